// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"log/slog"
	"time"

	"github.com/gstpublish/gstpublish/internal/stamps"
)

// TimestampStats counts the frames whose timestamps did not continue those before them.
type TimestampStats struct {
	// Refused frames were rejected with a *TimestampError: their timestamps were before that of the
	// previous frame.
	Refused uint64
	// Replaced frames were passed on with the time of their arrival: their timestamps were ahead of
	// the time that had passed since the previous frame, by 10 s or more.
	Replaced uint64
	// Steps is how often the capture clock was set: a second frame continued a timestamp that had
	// been refused or replaced.
	Steps uint64
}

// Timestamps returns the counts so far.
func (s *VideoSource) Timestamps() TimestampStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stamps.n
}

// timestampAhead is how far a timestamp may be ahead of the time that has passed, in µs. Programs
// may capture what they have recorded faster than it was recorded.
const timestampAhead = int64(10 * time.Second / time.Microsecond)

// timestamps turns the timestamps of a capture clock into presentation times. A single wrong one
// costs at most its frame, and a clock that was set one frame.
type timestamps struct {
	align aligner
	clock stamps.Clock // in µs
	last  int64        // the last timestamp that was right
	n     TimestampStats
	log   *slog.Logger
}

// place returns the presentation time of a frame that was captured at captureUS, and arrives at
// now: see aligner.align. The error is a *TimestampError.
func (t *timestamps) place(captureUS int64, now time.Duration) (time.Duration, error) {
	if captureUS == 0 {
		t.clock.Forget()
		return t.align.align(0, now), nil
	}
	t.clock.Live, t.clock.Ahead = true, timestampAhead
	switch t.clock.Judge(captureUS, now.Microseconds()) {
	case stamps.Wrong:
		if captureUS < t.last {
			t.n.Refused++
			t.tell(t.n.Refused, "a frame was dropped: its timestamp is before that of the previous frame", captureUS)
			return 0, &TimestampError{TimestampUS: captureUS, LastUS: t.last}
		}
		t.n.Replaced++
		t.tell(t.n.Replaced, "a frame has a timestamp in the future: it is shown now", captureUS)
		return t.align.align(0, now), nil
	case stamps.Step:
		t.n.Steps++
		t.tell(t.n.Steps, "the clock of the timestamps was set", captureUS)
		t.align.restart()
	case stamps.Regular, stamps.Missing:
	}
	t.last = captureUS
	return t.align.align(captureUS, now), nil
}

// tell logs the first of many events as a warning.
func (t *timestamps) tell(count uint64, what string, captureUS int64) {
	if count == 1 {
		t.log.Warn(what, "timestamp_us", captureUS, "last_us", t.last)
	}
}
