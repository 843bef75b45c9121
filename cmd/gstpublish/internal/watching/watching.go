// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package watching takes frames from a viewer until a limit is reached.
package watching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// Limits says how long to watch. Interval is required; the other fields may be zero, for no limit.
type Limits struct {
	Count    int           // frames
	Duration time.Duration // from the first frame
	Timeout  time.Duration // without a frame
	Interval time.Duration // between statistics
	Named    bool          // whether the user named the publisher or the track; for a hint
}

// Tell receives each event and, at the end, the reason for it. It returns false when nothing reads its output any more.
type Tell func(event, why string, start time.Time) bool

// Source is a viewer.
type Source interface {
	Next(ctx context.Context) (*viewer.Frame, error)
}

// Frames takes frames until a limit is reached, and returns the last one.
func (o *Limits) Frames(ctx context.Context, v Source, tell Tell) (*viewer.Frame, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWatcher(o, frames(ctx, v))
	defer w.close()
	for {
		why, err := w.step(ctx, tell)
		if err != nil {
			why = "failure"
		}
		if why != "" {
			tell("end", why, w.start)
			return w.last, err
		}
	}
}

// taken is the result of Viewer.Next.
type taken struct {
	frame *viewer.Frame
	err   error
}

// frames passes on the viewer's frames, until an error or the end of ctx.
func frames(ctx context.Context, v Source) <-chan taken {
	out := make(chan taken)
	go func() {
		for {
			p, err := v.Next(ctx)
			select {
			case out <- taken{p, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// watcher counts frames.
type watcher struct {
	options *Limits
	frames  <-chan taken
	start   time.Time
	ticker  *time.Ticker // for the statistics
	timeout *time.Timer  // from the last frame
	over    *time.Timer  // from the first frame
	last    *viewer.Frame
	count   int
}

func newWatcher(o *Limits, from <-chan taken) *watcher {
	w := &watcher{
		options: o, frames: from, start: time.Now(),
		ticker: time.NewTicker(o.Interval), timeout: time.NewTimer(o.Timeout), over: time.NewTimer(0),
	}
	w.over.Stop()
	if o.Timeout == 0 {
		w.timeout.Stop()
	}
	return w
}

func (w *watcher) close() {
	w.ticker.Stop()
	w.timeout.Stop()
	w.over.Stop()
}

// step waits for the next event. why is not empty at the end.
func (w *watcher) step(ctx context.Context, tell Tell) (why string, err error) {
	select {
	case got := <-w.frames:
		return w.take(got)
	case <-w.over.C:
		return "duration", nil
	case <-w.timeout.C:
		return "", w.nothing()
	case <-w.ticker.C:
		if !tell("stats", "", w.start) {
			return "output closed", nil
		}
		return "", nil
	case <-ctx.Done():
		if stopped := (*problem.StoppedError)(nil); errors.As(context.Cause(ctx), &stopped) {
			return stopped.Signal, nil
		}
		return "", context.Cause(ctx)
	}
}

// take counts a frame, or returns why there is none.
func (w *watcher) take(got taken) (why string, err error) {
	o := w.options
	switch {
	case errors.Is(got.err, io.EOF) && (o.Count > 0 || w.count == 0):
		return "", fmt.Errorf("the track ended after %d frames", w.count)
	case errors.Is(got.err, io.EOF):
		return "end of track", nil
	case got.err != nil:
		return "", got.err
	}
	if w.last = got.frame; w.count == 0 && o.Duration > 0 {
		w.over.Reset(o.Duration)
	}
	if o.Timeout > 0 {
		w.timeout.Reset(o.Timeout)
	}
	if w.count++; w.count == o.Count {
		return "frames", nil
	}
	return "", nil
}

// nothing returns the error of a timeout.
func (w *watcher) nothing() error {
	if w.count > 0 {
		return fmt.Errorf("no frame for %v, after %d frames", w.options.Timeout, w.count)
	}
	err := fmt.Errorf("no frame within %v", w.options.Timeout)
	if w.options.Named {
		return problem.Hint(err, "Check that --from and --track match a published video track.")
	}
	return problem.Hint(err, "Check that a participant publishes video in this room.")
}
