// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// Options are the limits of an estimate. The zero value works.
type Options struct {
	// Start is the initial estimate, in bit/s. The default is 1,200,000.
	Start int
	// Min is the minimum estimate, in bit/s. The default is 30,000, libwebrtc's minimum bit rate of
	// video.
	Min int
	// Max is the maximum estimate, in bit/s. The default, 0, means what the demand allows.
	Max int
}

// Packet is a packet that was passed to the network.
type Packet struct {
	// Seq is its TWCC number.
	Seq uint16
	// Bytes is its size on the wire: payload, RTP header with extensions, SRTP's
	// tag, UDP and IP.
	Bytes int
	// Probe is the [Probe.ID] of the packet's cluster, 0 for none. Media may be part of a cluster,
	// too.
	Probe int
	// Media reports whether the packet waited for its Grant. Audio, retransmissions and padding
	// never wait, but media behind them waits longer.
	Media bool
	// New reports whether its stream has just begun. Servers report such packets as missing until
	// they know the stream; that is not loss.
	New bool
}

// Result is what a receiver reports about a packet.
type Result struct {
	// Seq is the packet's TWCC number.
	Seq uint16
	// Arrival is the time on the receiver's clock, which may start anywhere. It has no meaning if
	// the packet was not received.
	Arrival time.Duration
	// Received is false for a packet that has not arrived yet.
	Received bool
}

// State is the current activity of the controller.
type State uint8

// The states.
const (
	// Waiting for the first report: the estimate is [Options.Start], or what was
	// kept by [Controller.Reset].
	Waiting State = iota
	// Blind means that no report came when one was due: the receiver does not support TWCC. There
	// is no estimate.
	Blind
	// Rising while the application uses the estimate, and the link has no queue.
	Rising
	// Holding because the application sends less, or the demand is met.
	Holding
	// Draining a queue of the link.
	Draining
	// Stalled while reports are overdue: only a trickle is sent.
	Stalled
)

// String returns the state's name in lower case.
func (s State) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Blind:
		return "blind"
	case Rising:
		return "rising"
	case Holding:
		return "holding"
	case Draining:
		return "draining"
	case Stalled:
		return "stalled"
	default:
		return "unknown"
	}
}

// Status is what is known about the connection.
type Status struct {
	// Estimate is how much to encode: how many bit/s on the wire (see [Packet.Bytes]) may be sent
	// over time. It does not exceed the demand by much. It is 0 if nothing is known: see [Blind].
	Estimate int
	// PacingRate is how fast one frame may leave now, in bit/s.
	PacingRate int
	// Link is what the link has been shown to carry. Only a rate that it carries at most is a
	// reason to drop a frame.
	Link Link
	// AckedRate is how many bit/s arrived recently, by the receiver's clock.
	AckedRate int
	// RTT is the last round trip, 0 if unknown. It includes queues.
	RTT time.Duration
	// QueueDelay is how long packets recently waited in queues of the link.
	QueueDelay time.Duration
	// Loss is the fraction of packets lost recently, 0 to 1.
	Loss float64
	// InFlight is how many bytes were sent and are not reported yet.
	InFlight int
	// ApplicationLimited reports whether less is sent than the estimate allows.
	ApplicationLimited bool
	// State is the current activity of the controller.
	State State
}

// Probe is a cluster of packets that are sent to find out whether the link carries more. It
// consists of waiting media, and padding for the rest.
type Probe struct {
	// ID is never 0; report each packet of the cluster to [Controller.Sent] with it.
	ID int
	// Rate is how fast to send them, in bit/s: one packet every Size*8/Rate seconds.
	Rate int
	// Packets is the number of packets. There are more than 20 if that is affordable, since
	// LiveKit's server then reports at once.
	Packets int
	// Size is how many bytes each should have on the wire (see [Packet.Bytes]), approximately.
	// Packets of other sizes are fine if all together have Packets*Size bytes.
	Size int
	// Ask reports whether the cluster measures nothing, but is padding to make the server report.
	// Then the number of packets counts, and media is not part of it.
	Ask bool
}
