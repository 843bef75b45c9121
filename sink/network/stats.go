// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"time"

	"github.com/gstpublish/gstpublish/sink/congestion"
)

// Stats are what is known of a network now, and what was counted since New.
type Stats struct {
	// Estimate is what to encode, AckedRate what arrived lately, and Demand what is wanted, in bit/s with all headers.
	Estimate, AckedRate, Demand int
	// PacingRate is how fast one frame may leave now, in bit/s.
	PacingRate int
	// Link is what the link has shown to carry: at least, or at most.
	Link congestion.Link
	// State of the estimator, in a word: see congestion.State.
	State string
	// RTT is the round trip and QueueDelay its part in queues; 0 if unknown.
	RTT, QueueDelay time.Duration
	// Loss is the share of packets that got lost lately, 0 to 1. What was sent while nothing at all
	// arrived isn't counted.
	Loss float64
	// Connected tells whether there is a connection to send on.
	Connected bool
	// Packets and Bytes that were sent with TWCC numbers; bytes on the wire.
	Packets, Bytes uint64
	// Retransmissions are packets that were sent again.
	Retransmissions uint64
	// RetransmissionsRefused are requests for packets that were not answered: the packet was on its way again already,
	// or the link had no room for it.
	RetransmissionsRefused uint64
	// Reports of the server with TWCC numbers.
	Reports uint64
	// Probes that were begun, and Asked, how often padding was sent only to make the server
	// report. ProbeBytes are the bytes on the wire of padding for both.
	Probes, Asked, ProbeBytes uint64
	// Waited is how long media waited in Wait for its time to be sent, in all. Waiting
	// for others isn't in it.
	Waited time.Duration
}

// counters are under Network.mu.
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
