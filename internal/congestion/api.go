// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// Options are the bounds of an estimate. The zero value works.
type Options struct {
	// Start is the estimate in the beginning, in bit/s. Default 1_200_000.
	Start int
	// Min is the least estimate, in bit/s. Default 30_000, libwebrtc's least bitrate of video.
	Min int
	// Max is the largest estimate, in bit/s. Default 0: what the demand allows.
	Max int
}

// Packet is a packet that was given to the network.
type Packet struct {
	// Seq is its TWCC number.
	Seq uint16
	// Bytes is its size on the wire: payload, RTP header with extensions, SRTP's
	// tag, UDP and IP.
	Bytes int
	// Probe is the [Probe.ID] of the cluster that it is part of, 0 for none. Media may be, too.
	Probe int
	// Media says that it asked for its Delay before. Audio, retransmissions and
	// padding didn't: they never wait, yet media behind them waits longer.
	Media bool
	// New says that its stream has just begun. Servers report such packets as missing until they know the stream, so
	// that this is no loss.
	New bool
}

// Result is what a receiver reports of a packet.
type Result struct {
	// Seq is the packet's TWCC number.
	Seq uint16
	// Arrival is by the receiver's clock, whatever it began at. It has no meaning
	// where the packet wasn't received.
	Arrival time.Duration
	// Received is false for a packet that hasn't arrived yet.
	Received bool
}

// State is what the controller does.
type State uint8

// The states.
const (
	// Waiting for the first report: the estimate is [Options.Start], or what was
	// kept by [Controller.Reset].
	Waiting State = iota
	// Blind after no report came for what should have been answered: a receiver
	// that knows no TWCC. There is no estimate.
	Blind
	// Rising while the application uses what there is, and the link has no queue.
	Rising
	// Holding since the application is limited by itself, or the demand is met.
	Holding
	// Draining a queue of the link.
	Draining
	// Stalled while reports that were due haven't come: only a trickle is let go.
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

// Status is what is known of the connection.
type Status struct {
	// Estimate is what to encode: how many bit/s on the wire (see [Packet.Bytes]) may be sent over time. It ends at
	// the demand. It is 0 if nothing is known: see [Blind].
	Estimate int
	// PacingRate is how fast one frame may leave now, in bit/s.
	PacingRate int
	// Link is what the link has shown to carry. Only what it carries at most is a reason to drop a frame.
	Link Link
	// AckedRate is how many bit/s arrived at last, by the receiver's clock.
	AckedRate int
	// RTT is the last round trip, 0 if unknown. It includes queues.
	RTT time.Duration
	// QueueDelay is how long packets waited in queues of the link at last.
	QueueDelay time.Duration
	// Loss is the share of packets that were lost lately, 0 to 1.
	Loss float64
	// InFlight is how many bytes were sent and not yet reported.
	InFlight int
	// ApplicationLimited says that less is sent than the estimate allows.
	ApplicationLimited bool
	// State is what the controller does.
	State State
}

// Probe is a cluster of packets that are sent to find out whether the link carries
// more. Media that waits may be part of it, what lacks is padding.
type Probe struct {
	// ID is never 0; each packet of the cluster is [Controller.Sent] with it.
	ID int
	// Rate is how fast to send them, in bit/s: one packet each Size*8/Rate seconds.
	Rate int
	// Packets is how many. There are more than 20 where that is affordable, since
	// LiveKit's server then answers at once.
	Packets int
	// Size is how many bytes each should have on the wire (see [Packet.Bytes]), about.
	// Packets of other sizes do as well, if all together have Packets*Size bytes.
	Size int
	// Ask says that nothing is measured, but that so many packets of padding are to make
	// the server report. Then it is their number that counts, media isn't part of it, and is
	// to wait as [Controller.Delay] says.
	Ask bool
}
