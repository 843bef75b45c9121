// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// Stats are the state of a Room, and what was counted since it was made. Each Publication
// has Stats of its own.
type Stats struct {
	// Joined reports whether the room has been joined.
	Joined bool
	// Interrupted reports whether the connection is interrupted now.
	Interrupted bool
	// Interruptions counts how often the connection broke, and Rejoins how often gstpublish joined
	// again.
	Interruptions, Rejoins uint64
	// Publications is the number of publications now.
	Publications int
	// Viewers is the number of other participants who may subscribe. The server does not say who
	// watches, only which layers are watched at all: see sink.LayerStats.
	Viewers int
	// ProofError says why encoders cannot be proven; empty if they can. Then the installed
	// software encoders are used.
	ProofError string
	// Network is what is known of the network.
	Network NetworkStats
}

// NetworkStats are what is known of the way to the server. Bit rates include all headers,
// and are of video: audio is neither measured nor held back.
type NetworkStats struct {
	// Connected reports whether there is a connection to send on.
	Connected bool
	// Estimate is how many bit/s may be sent, AckedRate how many arrived lately, and
	// Demand how many all publications would send without a limit.
	Estimate, AckedRate, Demand int
	// PacingRate is how fast a single frame may leave now, in bit/s.
	PacingRate int
	// LinkRate is what the link has shown to carry, in bit/s; 0 if nothing is known. It is
	// the most that the link carries if LinkIsLimit, and otherwise the least.
	LinkRate    int
	LinkIsLimit bool
	// State of the estimator, in one word.
	State string
	// RTT is the round-trip time, and QueueDelay the part of it that packets spend in
	// queues; 0 if unknown.
	RTT, QueueDelay time.Duration
	// Loss is the share of packets that were lost lately, from 0 to 1.
	Loss float64
	// Packets and Bytes were sent, in bytes on the wire; Retransmissions are packets that
	// were sent again.
	Packets, Bytes, Retransmissions uint64
	// RetransmissionsRefused counts unanswered requests for packets: the packet was on its
	// way again already, or the link had no room for it.
	RetransmissionsRefused uint64
	// Reports came from the server.
	Reports uint64
	// Probes were made to find more bandwidth, and padding was sent Asked times to make
	// the server report; ProbeBytes is the padding of both, in bytes on the wire.
	Probes, Asked, ProbeBytes uint64
	// Waited is how long packets waited for their time to be sent, in total.
	Waited time.Duration
}

// Stats returns the statistics. It is zero for a nil *Room.
func (r *Room) Stats() Stats {
	if r == nil {
		return Stats{}
	}
	s := Stats{
		Interrupted: r.away.Load(), Interruptions: r.interruptions.Load(), Rejoins: r.rejoins.Load(),
		Viewers: len(r.Viewers()), Network: r.networkStats(),
	}
	select {
	case <-r.joined:
		s.Joined = true
	default:
	}
	if err := r.prover.HookError(); err != nil {
		s.ProofError = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Publications = len(r.all)
	return s
}

// Viewers returns the other participants who may subscribe to what is published, in no order. There are none while the
// room is not joined, and for a nil *Room.
func (r *Room) Viewers() []*lksdk.RemoteParticipant {
	joined := r.LiveKit()
	if joined == nil {
		return nil
	}
	var viewers []*lksdk.RemoteParticipant
	for _, p := range joined.GetRemoteParticipants() {
		if may := p.Permissions(); may == nil || may.GetCanSubscribe() {
			viewers = append(viewers, p)
		}
	}
	return viewers
}

func (r *Room) networkStats() NetworkStats {
	n := r.network.Stats()
	return NetworkStats{
		Connected: n.Connected, Estimate: n.Estimate, AckedRate: n.AckedRate, Demand: n.Demand, PacingRate: n.PacingRate,
		LinkRate: n.Link.Rate, LinkIsLimit: n.Link.Bound == congestion.AtMost,
		State: n.State, RTT: n.RTT, QueueDelay: n.QueueDelay, Loss: n.Loss,
		Packets: n.Packets, Bytes: n.Bytes, Retransmissions: n.Retransmissions,
		RetransmissionsRefused: n.RetransmissionsRefused, Reports: n.Reports,
		Probes: n.Probes, Asked: n.Asked, ProbeBytes: n.ProbeBytes, Waited: n.Waited,
	}
}
