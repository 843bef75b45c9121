// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"context"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
)

const (
	// mostKept is how many bytes of a live stream are kept: a second at 2 Mbit/s, which a link carries in less. What is
	// larger waits for its next key frame.
	mostKept = 256 << 10
	// keptWait limits how long what is left of a live stream that has ended waits for a track.
	keptWait = 10 * time.Second
)

// A live stream that was encoded elsewhere cannot be asked for a key frame. Without what came since its last one,
// viewers would see nothing until the next, which may be seconds away, or never come.

// Begin is for the first sample of a live stream.
func (t *Track) Begin(ctx context.Context, first *media.Sample, way *Way) {
	if !way.Remote || !t.keep(ctx, first) {
		t.Write(ctx, *first) // It counts as dropped, since the track is not bound.
	}
}

// keep keeps a sample of a live stream that was encoded elsewhere, and reports whether it waits for the track to open
// for the first time. If the track has opened since the last call, or a viewer has come soon after that, it sends what
// the sample refers to.
func (t *Track) keep(ctx context.Context, s *media.Sample) (waits bool) {
	p := &t.pump
	if s.Key {
		t.miss()
	}
	p.group.add(s, mostKept)
	if len(p.group.samples) == 0 {
		t.miss()
		return false
	}
	if !p.opened && !t.Open() {
		p.waiting++
		return true
	}
	p.opened = true
	if p.waiting > 0 || !s.Key && t.Open() && (t.awaitKey.Load() || t.isAsked()) {
		t.refresh(ctx, s)
	}
	return false
}

// isAsked reports whether a viewer has asked for a key frame soon after the track has opened.
func (t *Track) isAsked() bool {
	if !time.Now().Before(t.pump.answers) {
		return false
	}
	select {
	case <-t.pump.asked:
		return true
	default:
		return false
	}
}

// refresh sends what a sample refers to, with times just before its own, so that viewers see the present at once.
func (t *Track) refresh(ctx context.Context, s *media.Sample) {
	p, before := &t.pump, t.pump.group.before()
	step := min((s.PTS-t.pts)/int64(before+1), groupStep)
	if s.PTS < 0 || step < leastGroupStep {
		return
	}
	write := t.writeAgain
	if p.waiting > 0 {
		write = t.Write
	}
	for i := range before {
		one := p.group.at(i)
		one.PTS = s.PTS - int64(before-i)*step
		write(ctx, one)
	}
	p.waiting, p.answers = 0, time.Now().Add(answerTime)
}

// miss counts what was kept and will not be sent.
func (t *Track) miss() {
	t.n.Unbound.Add(uint64(t.pump.waiting))
	t.pump.waiting = 0
}

// lose empties the group of a live stream that lacks a sample.
func (t *Track) lose() {
	t.miss()
	t.pump.group = group{}
}

// sendKept sends what is left of a live stream that has ended before its track was open, as a file is sent.
func (t *Track) sendKept(ctx context.Context, way *Way) {
	g := &t.pump.group
	if t.pump.waiting == 0 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, keptWait)
	defer cancel()
	if !t.AwaitBound(limited) {
		t.miss()
		return
	}
	t.pump.waiting = 0
	first := g.at(0)
	begun := time.Now()
	t.Write(ctx, first)
	if way.Viewers() {
		t.awaitViewers(ctx, func() {
			t.pump.shift = time.Since(begun)
			t.again(ctx, first)
		}, leadFirst)
	}
	for i := 1; i < len(g.samples) && ctx.Err() == nil; i++ {
		s := g.at(i)
		due := begun.Add(t.pump.shift + time.Duration(s.PTS-first.PTS))
		wait(ctx, time.Until(due))
		s.PTS += int64(t.pump.shift)
		t.Write(ctx, s)
	}
}

// wait waits for some time, or until ctx is done.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
