// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/media"
)

// gapWarning is the minimum time between two log records about gaps.
const gapWarning = 10 * time.Second

// Passed describes video that a pipeline has encoded.
type Passed struct {
	// Format is the codec, profile, chroma and depth.
	Format string
	// Warning says which viewers cannot decode the format; "" if all can.
	Warning string
}

// passing is the state of a track whose samples come from a pipeline.
type passing struct {
	check  *incoming.Check // nil for samples of encode chains, and for audio
	warned time.Time       // when a gap was logged
}

// Receive counts and checks a sample that a pipeline has encoded, before it is written, and sets its
// Key. pass is false if the sample must be dropped, since a key frame has to come first. The error is
// an *incoming.FormatError or an *incoming.ReorderedError: the stream must not be sent.
func (t *Track) Receive(s *media.Sample) (pass bool, err error) {
	t.n.Received.Add(1)
	t.n.Encoded.Add(uint64(len(s.Data)))
	if t.passing.check == nil {
		return true, nil
	}
	t.n.Largest.Store(max(t.n.Largest.Load(), uint64(len(s.Data))))
	v := t.passing.check.Look(&incoming.Sample{Data: s.Data, Key: s.Key, Gap: s.Gap, Corrupted: s.Corrupted})
	s.Key = v.Key
	if v.Warning != "" {
		t.noteFormat(v.Warning)
		t.log.Warn(v.Warning)
	}
	if v.Began {
		t.beginGap(time.Now())
	}
	if v.Drop {
		t.n.Damaged.Add(1)
		t.RequestKey() // The limiter coalesces requests.
	}
	return !v.Drop, v.Err
}

// noteFormat stores the format for Passed.
func (t *Track) noteFormat(warning string) {
	t.passed.Store(&Passed{Format: t.passing.check.Describe(), Warning: warning})
}

// beginGap counts and logs a gap.
func (t *Track) beginGap(now time.Time) {
	t.n.Gaps.Add(1)
	t.AwaitKey()
	if now.Sub(t.passing.warned) < gapWarning {
		return
	}
	t.passing.warned = now
	t.log.Warn("samples from the pipeline are missing or damaged: frames are dropped until the next key frame, "+
		"which was requested", "gaps", t.n.Gaps.Load())
}

// Passed describes the samples of a pipeline; it is the zero value for those of encode chains.
func (t *Track) Passed() Passed {
	if passed := t.passed.Load(); passed != nil {
		return *passed
	}
	return Passed{}
}
