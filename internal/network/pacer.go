// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"time"
)

// pacer is the queue of goroutines that wait to send. Only the first of them has asked the
// controller; the others wait for their turn, in the order in which they came.
type pacer struct {
	turn  chan struct{} // has room for the goroutine whose turn it is
	timer *time.Timer   // of the goroutine whose turn it is
	woken chan struct{} // has room for one notice that the answer may have changed

	// Under Network.mu.
	blocked bool // the goroutine whose turn it is waits
	bytes   int  // waiting for their turn
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

// wake makes the goroutine whose turn it is ask again. Network.mu must be held.
func (p *pacer) wake() {
	if !p.blocked {
		return
	}
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// Wait blocks until media may be sent. packets is the number of waiting RTP packets and bytes their
// total size without lower headers. It returns how many of these bytes may leave now; the last
// packet may exceed that. Several goroutines take turns in the order of their calls. It is for
// video only: audio must not wait. Without a connection there is nothing to wait for. The error is
// the context's cause, or ErrClosed.
func (n *Network) Wait(ctx context.Context, packets, bytes int) (granted int, err error) {
	select {
	case n.pacer.turn <- struct{}{}:
	default:
		// Two selects, since a context that never ends may lose to a free turn.
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

// pace waits until the controller grants some of so many bytes on the wire. Only the goroutine
// whose turn it is may call it.
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
		n.schedule(now) // What has been sent meanwhile may make a probe due.
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

// grant returns how much may leave now, or how long to wait. n.mu must be held.
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
		// The probe consists of media, which must not be a burst in it.
		if probed := max(c.at(c.sent)-now, 0); probed < wait || c.probe.Rate >= n.control.Status().PacingRate {
			granted, wait = 0, probed
			if probed == 0 {
				granted = 1 // one packet
			}
		}
	}
	return granted, wait, nil
}

// Backlog returns an estimate of how long a packet that came now would wait. It excludes packets
// for which Wait has not been called yet.
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
