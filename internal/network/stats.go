// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// Stats describes the current state of a network, with counters since New.
type Stats struct {
	// Estimate is how much to encode, AckedRate what arrived recently, and Demand how much there is
	// to send, in bit/s with all headers.
	Estimate, AckedRate, Demand int
	// PacingRate is how fast one frame may leave now, in bit/s.
	PacingRate int
	// Link is what the link has been shown to carry: at least, or at most.
	Link congestion.Link
	// State is the state of the estimator: see congestion.State.
	State string
	// RTT is the round trip and QueueDelay the part of it spent in queues; 0 if unknown.
	RTT, QueueDelay time.Duration
	// Loss is the fraction of packets lost recently, 0 to 1. Packets sent while nothing at all
	// arrived do not count.
	Loss float64
	// Connected reports whether there is a connection to send on.
	Connected bool
	// Packets and Bytes count what was sent with TWCC numbers; bytes on the wire.
	Packets, Bytes uint64
	// Retransmissions counts retransmitted packets.
	Retransmissions uint64
	// RetransmissionsRefused counts unanswered requests for packets: the packet was already on its way again, or the
	// link had no room for it.
	RetransmissionsRefused uint64
	// Reports counts the server's reports with TWCC numbers.
	Reports uint64
	// Probes counts the probes begun, and Asked how often padding was sent only to provoke a
	// report. ProbeBytes are the bytes on the wire of padding for both.
	Probes, Asked, ProbeBytes uint64
	// Waited is how long media has waited in Wait for its time to be sent, in total. It excludes
	// waiting for others.
	Waited time.Duration
}

// counters is protected by Network.mu.
type counters struct {
	packets, bytes, padding, retransmissions, refused, reports, probes, asked uint64
	waited                                                                    time.Duration
	loss                                                                      float64 // by the last receiver report
}

// Stats returns the statistics.
func (n *Network) Stats() Stats {
	n.enter()
	defer n.mu.Unlock()
	status := n.control.Status()
	loss := status.Loss
	if n.n.reports == 0 {
		loss = n.n.loss
	}
	return Stats{
		Estimate: status.Estimate, AckedRate: status.AckedRate, Demand: n.demand,
		PacingRate: status.PacingRate, Link: status.Link,
		State: status.State.String(),
		RTT:   status.RTT, QueueDelay: status.QueueDelay, Loss: loss,
		Connected: n.conn != nil,
		Packets:   n.n.packets, Bytes: n.n.bytes, Retransmissions: n.n.retransmissions,
		RetransmissionsRefused: n.n.refused,
		Reports:                n.n.reports, Probes: n.n.probes, Asked: n.n.asked, ProbeBytes: n.n.padding,
		Waited: n.n.waited,
	}
}
