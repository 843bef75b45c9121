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

// Wait returns when media may be sent, of which so many RTP packets with so many bytes in all, without lower headers,
// wait. It returns how many of these bytes may go now, at once; the last packet may exceed that. Several goroutines
// take turns in the order of their calls. It is for video alone: audio must not wait. There is nothing to wait for
// while there is no connection. An error is the context's cause, or ErrClosed.
func (n *Network) Wait(ctx context.Context, packets, bytes int) (granted int, err error) {
	select {
	case n.pacer.turn <- struct{}{}:
	default:
		// Two selects, since a context that ends never may lose to a free turn.
		n.mu.Lock()
		n.pacer.bytes += bytes
		n.mu.Unlock()
		err = n.awaitTurn(ctx)
		n.mu.Lock()
		n.pacer.bytes -= bytes
		n.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	defer func() { <-n.pacer.turn }()
	wire := bytes + packets*(extension+overhead)
	granted, err = n.pace(ctx, wire)
	if err != nil || granted >= wire {
		return bytes, err
	}
	return max(int(int64(granted)*int64(bytes)/int64(wire)), 1), nil
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

// pace waits until the controller grants some of so many bytes on the wire. Only the goroutine whose turn it is may
// call it.
func (n *Network) pace(ctx context.Context, bytes int) (granted int, err error) {
	var begun time.Duration
	for first := true; ; first = false {
		now := n.enter()
		if first {
			begun = now
		}
		granted, wait, err := n.grant(ctx, now, bytes)
		if err != nil || granted > 0 {
			n.pacer.blocked = false
			n.n.waited += now - begun
			n.mu.Unlock()
			return granted, err
		}
		n.pacer.blocked = true
		n.schedule(now) // What was sent since may be due a probe.
		n.mu.Unlock()
		n.pacer.timer.Reset(wait)
		select {
		case <-n.pacer.timer.C:
		case <-n.pacer.woken:
		case <-ctx.Done():
		case <-n.done:
		}
	}
}

// grant returns how much may go now, or how long to wait. n.mu must be held.
func (n *Network) grant(
	ctx context.Context, now time.Duration, bytes int,
) (granted int, wait time.Duration, err error) {
	switch {
	case n.closed:
		return 0, 0, ErrClosed
	case ctx.Err() != nil:
		return 0, 0, context.Cause(ctx)
	case n.conn == nil:
		return bytes, 0, nil
	}
	granted, wait = n.control.Grant(now, bytes)
	if c := &n.cluster; c.measures() {
		// Media is what the probe is made of, and must not be a burst in it.
		if probed := max(c.at(c.sent)-now, 0); probed < wait || c.probe.Rate >= n.control.Status().PacingRate {
			granted, wait = 0, probed
			if probed == 0 {
				granted = 1 // A packet.
			}
		}
	}
	return granted, wait, nil
}

// Backlog is how long a packet that came now would wait, as far as can be told. What
// nobody has called Wait for yet isn't in it.
func (n *Network) Backlog() time.Duration {
	now := n.enter()
	defer n.mu.Unlock()
	if n.conn == nil {
		return 0
	}
	backlog := n.control.Backlog(now)
	if rate := n.control.Status().PacingRate; rate > 0 {
		backlog += time.Duration(float64(n.pacer.bytes) * 8 / float64(rate) * float64(time.Second))
	}
	return backlog
}
