// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/proof"
)

// hardwareLook is the time between two checks of a hardware encoder.
const hardwareLook = 50 * time.Millisecond

var errReordered = errors.New("it reorders frames: it produces B-frames")

// Encoder is a running encoder.
type Encoder[C Chain] struct {
	Choice proof.Choice
	Chain  C

	ran     chan error    // what Run returned
	failed  chan error    // other failures
	samples atomic.Uint64 // produced
	pushes  atomic.Uint64 // frames received
	resting atomic.Bool   // no checks are needed until the next frame
	pushed  chan struct{} // capacity 1; receives a value when checks are needed again
	last    int64         // PTS of the last sample; used by the goroutine that calls Sample
}

func newEncoder[C Chain](choice proof.Choice, chain C) *Encoder[C] {
	return &Encoder[C]{
		Choice: choice, Chain: chain,
		ran: make(chan error, 1), failed: make(chan error, 1), pushed: make(chan struct{}, 1), last: -1,
	}
}

// Pushed records that the encoder received a frame. It does not block.
func (e *Encoder[C]) Pushed() {
	e.pushes.Add(1)
	if !e.resting.CompareAndSwap(true, false) {
		return
	}
	select {
	case e.pushed <- struct{}{}:
	default:
	}
}

// Sample records a sample with its PTS in ns; negative if it has none. It returns false if the sample is out of order,
// which is a failure. Only the goroutine that pulls the samples may call it.
func (e *Encoder[C]) Sample(pts int64) bool {
	if pts >= 0 && pts <= e.last {
		select {
		case e.failed <- errReordered:
		default:
		}
		return false
	}
	e.last = max(e.last, pts)
	e.samples.Add(1)
	return true
}

// watch waits until the encoder has ended or failed. The error is nil if it has ended.
func (e *Encoder[C]) watch(softwareLook func(time.Time) time.Duration) error {
	untilLook := func() time.Duration {
		if e.Choice.Row.Hardware() {
			return hardwareLook
		}
		return softwareLook(time.Now())
	}
	s := newStall(&e.Choice, time.Now())
	timer := time.NewTimer(untilLook())
	defer timer.Stop()
	seen := e.pushes.Load()
	for {
		select {
		case err := <-e.ran:
			return err
		case err := <-e.failed:
			return err
		case <-e.pushed:
			seen = e.pushes.Load()
			timer.Reset(untilLook())
		case <-timer.C:
			pushes := e.pushes.Load()
			idle, err := e.look(s)
			if err != nil {
				return err
			}
			if !idle || pushes != seen || !e.rest(pushes) {
				timer.Reset(untilLook())
			}
			seen = pushes
		}
	}
}

// look checks the encoder. idle reports whether it has processed all its frames.
func (e *Encoder[C]) look(s *stall) (idle bool, err error) {
	now := time.Now()
	taken, busy := e.Chain.Progress()
	if e.Chain.Waiting() {
		s.wait(now)
	}
	err = s.check(now, taken, e.samples.Load(), busy)
	return !busy && s.answered == s.taken, err
}

// rest ends the checks until the next frame, so that a still screen costs nothing. It returns false if a frame has come
// since pushes were counted.
func (e *Encoder[C]) rest(pushes uint64) bool {
	e.resting.Store(true)
	if e.pushes.Load() == pushes {
		return true
	}
	// If Pushed came first, it wakes watch.
	return !e.resting.CompareAndSwap(true, false)
}
