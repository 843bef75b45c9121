// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package timeline records when the stages of a program's start begin and end.
//
// A Timeline travels in a context, so that rooms which know nothing of each other
// can each record their own stage. Without one in the context, recording costs
// nothing and does nothing.
package timeline

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Timeline is a list of stages. All methods are safe for concurrent use, and do
// nothing on a nil *Timeline.
type Timeline struct {
	origin time.Time
	done   func(*Timeline)

	ended atomic.Bool // Finish was called

	mu     sync.Mutex // protects what follows
	stages []Stage
}

// Stage is a part of the start. Its times count from the Timeline's origin.
type Stage struct {
	Name       string
	Begin, End time.Duration // End is 0 for a stage that has not ended
}

// New returns an empty Timeline whose times count from origin. The first call of
// Finish calls done, on its own goroutine; done may be nil.
func New(origin time.Time, done func(*Timeline)) *Timeline {
	return &Timeline{origin: origin, done: done}
}

// Begin records that a stage begins. Calling end records that it ends; only the
// first call counts. Stages that begin after Finish are not recorded.
func (t *Timeline) Begin(name string) (end func()) {
	if t == nil {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended.Load() {
		return func() {}
	}
	i := len(t.stages)
	t.stages = append(t.stages, Stage{Name: name, Begin: time.Since(t.origin)})
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.stages[i].End == 0 {
			t.stages[i].End = time.Since(t.origin)
		}
	}
}

// Finish records a last stage that begins and ends now. Only the first call counts;
// later ones cost next to nothing.
func (t *Timeline) Finish(name string) {
	if t == nil || t.ended.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended.Swap(true) {
		return
	}
	now := time.Since(t.origin)
	t.stages = append(t.stages, Stage{Name: name, Begin: now, End: now})
	if t.done != nil {
		go t.done(t)
	}
}

// Stages returns what has been recorded, in the order in which the stages began.
func (t *Timeline) Stages() []Stage {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.stages)
}

// Attrs returns the stages for a log: one attribute each, in ms from the origin,
// as in preroll=120-310. A stage that took less than a millisecond has one number,
// as in main=20; one that has not ended has a dash after it.
func (t *Timeline) Attrs() (attrs []slog.Attr) {
	for _, s := range t.Stages() {
		attrs = append(attrs, slog.String(s.Name, s.String()))
	}
	return attrs
}

// String returns the stage's times as Attrs gives them.
func (s Stage) String() string {
	begin, end := milliseconds(s.Begin), milliseconds(s.End)
	switch {
	case s.End == 0:
		return begin + "-"
	case begin == end:
		return begin
	default:
		return begin + "-" + end
	}
}

type contextKey struct{}

// With returns a context that carries t.
func With(ctx context.Context, t *Timeline) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// From returns the context's Timeline, or nil if it has none.
func From(ctx context.Context) *Timeline {
	t, _ := ctx.Value(contextKey{}).(*Timeline)
	return t
}
