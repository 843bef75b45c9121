// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import "time"

const (
	// noticed is the smallest reported change of the estimate, as a fraction of it.
	noticed = 0.02
	// minTurn is the minimum time between two turns, in case the controller requests one after
	// another.
	minTurn = time.Millisecond
)

// run is the goroutine.
func (n *Network) run() {
	defer close(n.ended)
	defer n.timer.Stop()
	for {
		select {
		case <-n.done:
			return
		case <-n.timer.C:
			n.turn()
		}
	}
}

// turn does what is due.
func (n *Network) turn() {
	now := n.enter()
	n.isArmed = false
	if at, ok := n.control.Due(now); ok && at <= now && n.conn != nil {
		n.control.Tick(now)
		n.note()
		n.pacer.wake()
		n.beginProbe(now)
	}
	n.mu.Unlock()
	n.sendProbe()
	n.tell()

	n.mu.Lock()
	defer n.mu.Unlock()
	n.scheduleAfter(n.now(), minTurn)
}

// changed must follow each call that may have changed the controller's values. n.mu must be held.
func (n *Network) changed(now time.Duration) {
	n.note()
	n.pacer.wake()
	n.schedule(now)
}

// schedule makes the goroutine wake when something is due, and not otherwise. n.mu must be held.
func (n *Network) schedule(now time.Duration) { n.scheduleAfter(now, 0) }

func (n *Network) scheduleAfter(now, least time.Duration) {
	var at time.Duration
	ok := false
	if n.conn != nil {
		at, ok = n.control.Due(now)
	}
	if n.cluster.active && (!ok || n.cluster.next < at) {
		at, ok = n.cluster.next, true
	}
	at = max(at, now+least)
	if n.untold() {
		at, ok = now, true
	}
	if !ok || n.closed || n.isArmed && n.armed <= at {
		return
	}
	n.armed, n.isArmed = at, true
	n.timer.Reset(at - now)
}
