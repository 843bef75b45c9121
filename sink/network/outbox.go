// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/sink/congestion"
)

// outboxSize is how many packets wait for the controller at most, a power of two: those of a burst.
const outboxSize = 64

// outbox takes what was sent to the controller without a lock for each packet. One goroutine at a time puts, the one
// that holds conn.wire; one at a time takes, the one that holds Network.mu.
type outbox struct {
	packets   [outboxSize]outgoing
	put, took atomic.Uint32
}

// outgoing is a packet that was given to the network.
type outgoing struct {
	congestion.Packet

	padding bool
	at      time.Duration
}

// add puts a packet. It returns false if there is no room for another one.
func (o *outbox) add(p outgoing) (room bool) {
	put := o.put.Load()
	o.packets[put%outboxSize] = p
	o.put.Store(put + 1)
	return put+1-o.took.Load() < outboxSize
}

// sent notes a packet before it is written, since its report may come before writing returns. The controller learns
// of it with the end of its frame, or when it is asked next. What ends no frame of media, and every packet of a
// probe, it learns of now: when the next one goes depends on it. conn.wire must be held.
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

// drain tells the controller of all that was sent. n.mu must be held.
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

// discard forgets what a connection sent that is not in use. Network.mu must be held.
func (c *conn) discard() { c.outbox.took.Store(c.outbox.put.Load()) }
