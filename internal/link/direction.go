// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Direction is one way through the link, of one flow. Its methods are safe for concurrent use, also when the flow has
// ended.
type Direction struct {
	start time.Time          // of the link
	send  func([]byte) error // hands a packet on
	wake  chan struct{}

	mu       sync.Mutex
	schedule *schedule
}

func newDirection(start time.Time, s *schedule, send func([]byte) error) *Direction {
	return &Direction{start: start, send: send, wake: make(chan struct{}, 1), schedule: s}
}

// Shape is what the direction is like now, with the defaults filled in.
func (d *Direction) Shape() Shape {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.schedule.shape
}

// SetShape changes what the direction is like. A rate holds for what is queued
// already too, a delay and a loss for what leaves the queue from now on. The
// order of packets stays.
func (d *Direction) SetShape(s Shape) {
	d.mu.Lock()
	d.schedule.set(d.now(), s)
	d.mu.Unlock()
	d.awaken()
}

// Stats tells what went through so far.
func (d *Direction) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	wait := d.schedule.wait(d.now())
	s := d.schedule.record.stats
	s.Queued, s.QueueDelay = d.schedule.queued, wait
	return s
}

// Mark restarts the history.
func (d *Direction) Mark() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.schedule.advance(now)
	d.schedule.record.begin(now)
}

// History is what happened since the last mark; nothing without one. It is the
// caller's.
func (d *Direction) History() History {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.schedule.advance(d.now())
	r := &d.schedule.record
	return History{Since: d.start.Add(r.mark), Events: slices.Clone(r.history)}
}

func (d *Direction) now() time.Duration { return time.Since(d.start) }

func (d *Direction) awaken() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// push takes a packet and copies it.
func (d *Direction) push(data []byte) {
	d.mu.Lock()
	d.schedule.push(d.now(), slices.Clone(data))
	d.mu.Unlock()
	d.awaken()
}

// run hands packets on when they are due, until the context ends.
func (d *Direction) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if pause, ok := d.handOn(); ok {
			timer.Reset(pause)
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-d.wake:
		case <-ctx.Done():
			return
		}
	}
}

// handOn sends what is due, and tells how long there is nothing to do; ok is
// false where that is until something comes.
func (d *Direction) handOn() (pause time.Duration, ok bool) {
	for {
		d.mu.Lock()
		now := d.now()
		data, due := d.schedule.pop(now)
		at, ok := d.schedule.next()
		d.mu.Unlock()
		if !due {
			return at - now, ok
		}
		// The other side is gone, or a socket was closed meanwhile: UDP guarantees nothing.
		_ = d.send(data)
	}
}
