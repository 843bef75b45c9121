// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"time"
)

// pacer is the queue of those who wait to send. Only the first of them has asked
// the controller; the others wait for their turn, in the order in which they came.
type pacer struct {
	turn  chan struct{} // has room for the one whose turn it is
	timer *time.Timer   // of the one whose turn it is
	woken chan struct{} // has room for one word that the answer may be another now

	// Under Network.mu.
	blocked bool // the one whose turn it is waits
	bytes   int  // that wait for their turn
}

func newPacer() pacer {
	p := pacer{
		turn:  make(chan struct{}, 1),
		timer: time.NewTimer(time.Hour),
		woken: make(chan struct{}, 1),
	}
	p.timer.Stop()
	return p
}

// wake lets the one whose turn it is ask again. Network.mu must be held.
func (p *pacer) wake() {
	if !p.blocked {
		return
	}
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// Wait returns when an RTP packet of so many bytes, without lower headers, may be
// sent. Several goroutines take their turns in the order of their calls. It is for
// video alone; audio is never to wait. There is nothing to wait for while there is
// no connection. An error is the context's, or ErrClosed.
func (n *Network) Wait(ctx context.Context, bytes int) error {
	select {
	case n.pacer.turn <- struct{}{}:
	default:
		// Two selects, since a context that ends never may lose to a free turn.
		n.mu.Lock()
		n.pacer.bytes += bytes
		n.mu.Unlock()
		err := n.awaitTurn(ctx)
		n.mu.Lock()
		n.pacer.bytes -= bytes
		n.mu.Unlock()
		if err != nil {
			return err
		}
	}
	defer func() { <-n.pacer.turn }()
	return n.pace(ctx, bytes+extension+overhead)
}

func (n *Network) awaitTurn(ctx context.Context) error {
	select {
	case n.pacer.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-n.done:
		return ErrClosed
	}
}

// pace waits until the controller lets go of so many bytes on the wire. Only the
// one whose turn it is may call it.
func (n *Network) pace(ctx context.Context, bytes int) error {
	var begun time.Duration
	for first := true; ; first = false {
		n.mu.Lock()
		now := n.now()
		if first {
			begun = now
		}
		delay, err := n.mayGo(ctx, now, bytes)
		if err != nil || delay == 0 {
			n.pacer.blocked = false
			n.n.waited += now - begun
			n.mu.Unlock()
			return err
		}
		n.pacer.blocked = true
		n.mu.Unlock()
		n.pacer.timer.Reset(delay)
		select {
		case <-n.pacer.timer.C:
		case <-n.pacer.woken:
		case <-ctx.Done():
		case <-n.done:
		}
	}
}

// mayGo says how long to wait yet. n.mu must be held.
func (n *Network) mayGo(ctx context.Context, now time.Duration, bytes int) (time.Duration, error) {
	switch {
	case n.closed:
		return 0, ErrClosed
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case n.conn == nil:
		return 0, nil
	}
	delay := n.control.Delay(now, bytes)
	if c := &n.cluster; c.measures() {
		// Media is what the probe is made of, and shall not be a burst in it.
		if probed := max(c.at(c.sent)-now, 0); probed < delay || c.probe.Rate >= n.control.Status().PacingRate {
			delay = probed
		}
	}
	return delay, nil
}

// Backlog is how long a packet that came now would wait, as far as can be told. What
// nobody has called Wait for yet isn't in it.
func (n *Network) Backlog() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn == nil {
		return 0
	}
	backlog := n.control.Backlog(n.now())
	if rate := n.control.Status().PacingRate; rate > 0 {
		backlog += time.Duration(float64(n.pacer.bytes) * 8 / float64(rate) * float64(time.Second))
	}
	return backlog
}
