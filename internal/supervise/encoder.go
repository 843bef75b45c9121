// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/proof"
)

// hardwareLook is how often a hardware encoder is looked at.
const hardwareLook = 50 * time.Millisecond

var errReordered = errors.New("it reorders frames: it produces B-frames")

// Encoder is an encoder at work.
type Encoder[C Chain] struct {
	Choice proof.Choice
	Chain  C

	ran     chan error    // what Run returned
	failed  chan error    // what else was wrong
	samples atomic.Uint64 // that it gave
	pushes  atomic.Uint64 // frames that it was given
	resting atomic.Bool   // nothing is to be watched until the next frame
	pushed  chan struct{} // has room for one word that there is something to watch again
	last    int64         // PTS of the last sample; of the goroutine that takes them
}

func newEncoder[C Chain](choice proof.Choice, chain C) *Encoder[C] {
	return &Encoder[C]{
		Choice: choice, Chain: chain,
		ran: make(chan error, 1), failed: make(chan error, 1), pushed: make(chan struct{}, 1), last: -1,
	}
}

// Pushed notes that the encoder was given a frame. It does not block.
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

// Sample notes a sample with its PTS in ns; negative if it has none. It returns false for one that is out of order,
// which is a failure. It is for the one goroutine that takes the samples.
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

// watch waits until the encoder has ended, nil, or has failed.
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

// look checks the encoder. It reports whether there is nothing to wait for.
func (e *Encoder[C]) look(s *stall) (idle bool, err error) {
	now := time.Now()
	taken, busy := e.Chain.Progress()
	if e.Chain.Waiting() {
		s.wait(now)
	}
	err = s.check(now, taken, e.samples.Load(), busy)
	return !busy && s.answered == s.taken, err
}

// rest has the next frame wake watch, so that a still screen costs nothing. It returns false if there was one since
// pushes were counted.
func (e *Encoder[C]) rest(pushes uint64) bool {
	e.resting.Store(true)
	if e.pushes.Load() == pushes {
		return true
	}
	// If Pushed was first, it wakes watch.
	return !e.resting.CompareAndSwap(true, false)
}
