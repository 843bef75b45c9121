// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// outboxSize is the maximum number of packets that wait for the controller, a power of two: those
// of a burst.
const outboxSize = 64

// outbox passes sent packets to the controller without a lock for each packet. One goroutine at a
// time adds, the holder of conn.wire; one at a time removes, the holder of Network.mu.
type outbox struct {
	packets   [outboxSize]outgoing
	put, took atomic.Uint32
}

// outgoing is a packet that was passed to the network.
type outgoing struct {
	congestion.Packet

	padding bool
	at      time.Duration
}

// add adds a packet. It returns false if there is no room for another one.
func (o *outbox) add(p outgoing) (room bool) {
	put := o.put.Load()
	o.packets[put%outboxSize] = p
	o.put.Store(put + 1)
	return put+1-o.took.Load() < outboxSize
}

// sent records a packet before it is written, since its report may come before writing returns. The
// controller learns of it at the end of its frame, or at its next use. It learns at once of packets
// that end no frame of media, and of every packet of a probe, because the time of the next one
// depends on it. conn.wire must be held.
func (c *conn) sent(p outgoing, last bool) {
	n := c.n
	room := c.outbox.add(p)
	if room && p.Media && !last && !n.probing.Load() {
		return
	}
	n.enter()
	defer n.mu.Unlock()
	if n.conn == c {
		n.schedule(n.now())
	} else {
		c.discard()
	}
}

// drain reports all sent packets to the controller. n.mu must be held.
func (n *Network) drain() {
	c := n.conn
	if c == nil {
		return
	}
	o := &c.outbox
	took, put := o.took.Load(), o.put.Load()
	for ; took != put; took++ {
		p := o.packets[took%outboxSize]
		p.Probe = n.ofProbe(p.Bytes, p.padding)
		n.n.packets++
		n.n.bytes += uint64(p.Bytes)
		if p.padding {
			n.n.padding += uint64(p.Bytes)
		}
		c.reports.sent(p.Seq)
		n.control.Sent(p.at, p.Packet)
	}
	o.took.Store(took)
}

// discard forgets what an unused connection has sent. Network.mu must be held.
func (c *conn) discard() { c.outbox.took.Store(c.outbox.put.Load()) }
