// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"time"

	"github.com/gstpublish/gstpublish/sink/congestion"
)

const (
	// maxPadding is the most that RTP has room for in one packet (RFC 3550, 5.1), in
	// bytes.
	maxPadding = 255
	// paddedHeader is an RTP header with the extension for TWCC, in bytes.
	paddedHeader = 20
	// retryProbe is how soon a probe goes on that found nothing to send: a frame was
	// on its way, which is a matter of microseconds.
	retryProbe = time.Millisecond
	// maxOverdue is how long after its time a probe is still gone on with, maxOverdueAsk
	// the same where it measures nothing: late is better than never then.
	maxOverdue    = 50 * time.Millisecond
	maxOverdueAsk = time.Second
)

// cluster is the probe that is being sent.
type cluster struct {
	active bool
	probe  congestion.Probe
	begun  time.Duration
	next   time.Duration // when to go on
	sent   int           // bytes on the wire; of one that asks, each packet as if it had its size
}

// total is what is to be sent, in bytes on the wire. Padding makes smaller packets
// than were asked for, and so more of them.
func (c *cluster) total() int { return c.probe.Packets * c.probe.Size }

// measures tells whether what is sent is part of a measurement, be it media.
func (c *cluster) measures() bool { return c.active && !c.probe.Ask }

// over tells whether a probe has been sent, or has no sense any more.
func (c *cluster) over(now time.Duration) bool {
	overdue := maxOverdue
	if c.probe.Ask {
		overdue = maxOverdueAsk
	}
	return c.sent >= c.total() || now > c.at(c.total())+overdue
}

// at is when the cluster has sent so many bytes, if all goes well.
func (c *cluster) at(bytes int) time.Duration {
	return c.begun + time.Duration(float64(bytes)*8/float64(c.probe.Rate)*float64(time.Second))
}

// padding is a track that sends some.
type padding struct{ send func(bytes int) bool }

// AddPadding offers a track for probes, which need padding where no media waits. send
// writes one RTP packet into the track, with its next sequence number, the last
// timestamp, no payload and so many bytes of padding (1 to 255), or returns false where
// it can't now: before the track is bound. It may come between the packets of a frame. It
// is called by one goroutine, under no lock, and must not block,
// nor call Wait. After remove no call begins.
func (n *Network) AddPadding(send func(bytes int) bool) (remove func()) {
	p := &padding{send}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.padding = append(n.padding, p)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.padding = without(n.padding, p)
	}
}

// beginProbe asks for a probe. n.mu must be held.
func (n *Network) beginProbe(now time.Duration) {
	if n.conn == nil || n.cluster.active {
		return
	}
	probe, ok := n.control.Probe(now)
	if !ok || probe.Rate <= 0 || probe.Packets <= 0 || probe.Size <= 0 {
		return
	}
	n.cluster = cluster{active: true, probe: probe, begun: now, next: now}
	n.probing.Store(true)
	if probe.Ask {
		n.n.asked++
	} else {
		n.n.probes++
	}
	n.log.Debug("probing", "rate", probe.Rate, "packets", probe.Packets, "size", probe.Size, "ask", probe.Ask)
}

// sendProbe sends what the probe is behind with.
func (n *Network) sendProbe() {
	for {
		send, size := n.continueProbe(n.enter())
		n.mu.Unlock()
		if len(send) == 0 {
			return
		}
		sent := false
		for i := 0; i < len(send) && !sent; i++ {
			sent = send[i].send(size)
		}
		if !sent {
			n.mu.Lock()
			n.cluster.next = n.now() + retryProbe
			n.mu.Unlock()
			return
		}
	}
}

// continueProbe says who may send how much padding now. n.mu must be held.
func (n *Network) continueProbe(now time.Duration) (send []*padding, size int) {
	c := &n.cluster
	if !c.active || c.next > now {
		return nil, 0
	}
	if n.conn == nil || c.over(now) {
		n.endProbe()
		return nil, 0
	}
	if c.next = c.at(c.sent); c.next > now {
		return nil, 0
	}
	if len(n.padding) == 0 || n.pacer.blocked && c.measures() {
		n.pacer.wake() // Media goes first: see mayGo.
		c.next = now + retryProbe
		return nil, 0
	}
	return n.padding, min(max(c.probe.Size-overhead-paddedHeader, 1), maxPadding)
}

// ofProbe tells which probe a packet belongs to: all that is sent while one goes on
// is part of it, be it media that didn't have to wait. One that only asks is of padding
// alone. n.mu must be held.
func (n *Network) ofProbe(bytes int, padding bool) (id int) {
	c := &n.cluster
	switch {
	case c.measures():
		c.sent += bytes
	case c.active && padding:
		c.sent += c.probe.Size
	default:
		return 0
	}
	c.next = c.at(c.sent)
	if c.sent >= c.total() {
		n.endProbe()
	}
	return c.probe.ID
}

// endProbe ends the probe that is being sent. n.mu must be held.
func (n *Network) endProbe() {
	n.cluster.active = false
	n.probing.Store(false)
}
