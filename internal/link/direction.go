// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Direction is one direction of a flow through the link. All methods are safe for concurrent use,
// also after the flow has ended.
type Direction struct {
	start time.Time          // of the link
	send  func([]byte) error // passes a packet on
	wake  chan struct{}

	mu       sync.Mutex
	schedule *schedule
}

func newDirection(start time.Time, s *schedule, send func([]byte) error) *Direction {
	return &Direction{start: start, send: send, wake: make(chan struct{}, 1), schedule: s}
}

// Shape returns the current shape, with the defaults filled in.
func (d *Direction) Shape() Shape {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.schedule.shape
}

// SetShape changes the shape. A rate also applies to queued packets, a delay and a loss to packets
// that leave the queue from now on. Packets keep their order.
func (d *Direction) SetShape(s Shape) {
	d.mu.Lock()
	d.schedule.set(d.now(), s)
	d.mu.Unlock()
	d.awaken()
}

// Stats returns the statistics so far.
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

// History returns what happened since the last mark; it is empty without one. The caller owns it.
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

// push queues a copy of a packet.
func (d *Direction) push(data []byte) {
	d.mu.Lock()
	d.schedule.push(d.now(), slices.Clone(data))
	d.mu.Unlock()
	d.awaken()
}

// run passes packets on when they are due, until ctx ends.
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

// handOn sends the packets that are due and returns how long to wait for the next. ok is false if
// there is none.
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
		// The peer is gone, or a socket was closed meanwhile: UDP guarantees nothing.
		_ = d.send(data)
	}
}
