// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

const (
	// maxPadding is the maximum padding in an RTP packet (RFC 3550, 5.1), in bytes.
	maxPadding = 255
	// paddedHeader is an RTP header with the extension for TWCC, in bytes.
	paddedHeader = 20
	// retryProbe is how soon a probe continues that found nothing to send: a frame was being
	// written, which takes microseconds.
	retryProbe = time.Millisecond
	// maxOverdue is how long after its time a probe is still continued; maxOverdueAsk is the same
	// for one that measures nothing: then late is better than never.
	maxOverdue    = 50 * time.Millisecond
	maxOverdueAsk = time.Second
)

// cluster is the probe being sent.
type cluster struct {
	active bool
	probe  congestion.Probe
	begun  time.Duration
	next   time.Duration // when to continue
	sent   int           // bytes on the wire; for a probe that only asks, as if each packet had its size
}

// total returns what to send, in bytes on the wire. Padding makes smaller packets than requested,
// and so more of them.
func (c *cluster) total() int { return c.probe.Packets * c.probe.Size }

// measures reports whether packets sent now are part of a measurement, including media.
func (c *cluster) measures() bool { return c.active && !c.probe.Ask }

// over reports whether a probe has been sent, or has become pointless.
func (c *cluster) over(now time.Duration) bool {
	overdue := maxOverdue
	if c.probe.Ask {
		overdue = maxOverdueAsk
	}
	return c.sent >= c.total() || now > c.at(c.total())+overdue
}

// at returns when the cluster has sent so many bytes, if all goes well.
func (c *cluster) at(bytes int) time.Duration {
	return c.begun + time.Duration(float64(bytes)*8/float64(c.probe.Rate)*float64(time.Second))
}

// padding is a track that sends padding.
type padding struct{ send func(bytes int) bool }

// AddPadding offers a track for probes, which need padding if no media waits. send writes one RTP
// packet into the track, with its next sequence number, the last timestamp, no payload and so many
// bytes of padding (1 to 255), or returns false if it cannot: before the track is bound. It may
// come between the packets of a frame. One goroutine calls it, without holding a lock; it must not
// block, nor call Wait. After remove no call begins.
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

// beginProbe requests a probe. n.mu must be held.
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

// sendProbe sends the overdue part of the probe.
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

// continueProbe returns which track may send how much padding now. n.mu must be held.
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

// ofProbe returns the probe that a packet belongs to. Everything sent during a probe is part of it,
// even media that did not have to wait. A probe that only asks consists of padding alone. n.mu must
// be held.
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

// endProbe ends the current probe. n.mu must be held.
func (n *Network) endProbe() {
	n.cluster.active = false
	n.probing.Store(false)
}
