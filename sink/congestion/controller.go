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
	// Probe is the [Probe.ID] of the cluster that it was sent for, 0 for none.
	Probe int
	// Media says that it asked for its Delay before. Audio and retransmissions
	// didn't: they never wait, yet media behind them waits longer.
	Media bool
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
	// Estimate is how many bit/s on the wire (see [Packet.Bytes]) may be sent; 0
	// if that isn't known, see [Blind].
	Estimate int
	// AckedRate is how many bit/s arrived at last, by the receiver's clock.
	AckedRate int
	// Capacity is what the link carried when it last had a queue, in bit/s; 0 if
	// it had none lately.
	Capacity int
	// PacingRate is how fast media is let go now, in bit/s.
	PacingRate int
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
// more: duplicates of something sent before, with TWCC numbers of their own.
type Probe struct {
	// ID is never 0; each packet of the cluster is [Controller.Sent] with it.
	ID int
	// Rate is how fast to send them, in bit/s: one packet each
	// Size*8/Rate seconds. Media may go out between them.
	Rate int
	// Packets is how many. There are more than 20 where that is affordable, since
	// LiveKit's server then answers at once.
	Packets int
	// Size is how many bytes each should have on the wire (see [Packet.Bytes]),
	// about, from 90 to 1200. Where it is less than what is sent again has, the payload
	// may be cut if, and only if, that packet was reported as received: a receiver drops a duplicate
	// unseen, but would take a cut one for the real one if that was lost. Before the
	// first report it is 1200.
	Size int
}

// Controller is the state of one connection. It isn't for several goroutines at once.
type Controller struct {
	o      Options
	now    time.Duration
	demand int

	estimate float64
	blind    bool // no reports come
	reported bool // one came
	begun    time.Duration
	count    int           // packets sent, up to patientFor
	waited   time.Duration // when there were so many
	fedAt    time.Duration // when a report came last
	usedAt   time.Duration // when what the estimate allows was used last

	history     history
	sent        meter
	arrived     meter // by the receiver's clock
	packetBytes float64
	acked       acked
	queue       delays
	trips       delays
	rtt         time.Duration
	trend       trend
	throughput  throughput
	losses      losses

	capacity    float64 // what the link carried when it last had a queue; 0 if it had none lately
	congestedAt time.Duration
	roseAt      time.Duration
	drain       drain
	draining    bool
	pacer       pacer
	prober      prober
}

// acked is the last packet that arrived.
type acked struct {
	sent, queue, arrival time.Duration
	total                int64
	known                bool
}

// New makes a controller. No call of it ever fails or panics, and times that go
// backwards are taken as no time passed.
func New(o Options) *Controller {
	if o.Start <= 0 {
		o.Start = 1_200_000
	}
	if o.Min <= 0 {
		o.Min = 30_000
	}
	if o.Max > 0 {
		o.Min = min(o.Min, o.Max)
	}
	c := &Controller{o: o, history: newHistory(), packetBytes: largest}
	c.prober.wait = 1
	c.estimate = c.bounded(float64(o.Start))
	return c
}

// clock makes time go forwards.
func (c *Controller) clock(now time.Duration) time.Duration {
	c.now = max(c.now, now)
	return c.now
}

// bounded is an estimate within the options' bounds.
func (c *Controller) bounded(estimate float64) float64 {
	estimate = max(estimate, float64(c.o.Min))
	if c.o.Max > 0 {
		estimate = min(estimate, float64(c.o.Max))
	}
	return estimate
}

// Sent says that a packet was given to the network now. All packets with a TWCC
// number are to be told, in the order of their numbers.
func (c *Controller) Sent(now time.Duration, p Packet) {
	now = c.clock(now)
	if c.history.next == 0 {
		c.begun, c.usedAt = now, now
	}
	if c.count < patientFor {
		if c.count++; c.count == patientFor {
			c.waited = now
		}
	}
	c.history.add(now, p)
	rate, burst := c.pacing()
	c.pacer.leak(now, rate)
	if p.Probe != 0 {
		c.prober.sent(p.Probe)
	}
	if p.Probe == 0 || c.capacity > 0 {
		// What a link with a queue carried of probes, media makes room for.
		c.pacer.debt += float64(max(p.Bytes, 0))
	}
	if p.Probe != 0 {
		return
	}
	c.sent.add(now, p.Bytes)
	if p.Media {
		c.packetBytes += (float64(min(max(p.Bytes, 0), 1<<16)) - c.packetBytes) / 32
	}
	if c.pressing(now, duration(c.pacer.debt-burst, rate)) {
		c.usedAt = now
	}
}

const (
	// usage is the share of the estimate that is called using it.
	usage = 0.6
	// usageSpan is what the share is taken of, and how long it counts.
	usageSpan = 500 * time.Millisecond
	// pressed is how far behind media must be to call that using it, too: a picture
	// of a screen at rest never is.
	pressed = 100 * time.Millisecond
)

// pressing says whether the application sends what the estimate allows.
func (c *Controller) pressing(now, behind time.Duration) bool {
	return behind > pressed || float64(c.sent.rate(now, usageSpan)) > usage*c.estimate || c.draining && c.using(now)
}

// using says whether the application is limited by the estimate.
func (c *Controller) using(now time.Duration) bool {
	return now-c.usedAt <= usageSpan
}

// SetRTT says what RTCP receiver reports say of the round trip.
func (c *Controller) SetRTT(rtt time.Duration) {
	if rtt <= 0 || rtt > time.Minute {
		return
	}
	c.rtt = rtt
	c.trips.add(c.now, rtt)
}

// trip is the least round trip of the last minute, without queues.
func (c *Controller) trip() time.Duration {
	if !c.trips.any {
		return reportEvery
	}
	return c.trips.base
}

// SetDemand says how many bit/s on the wire the application would send if the link
// carried all: the sum of all layers' largest bitrates, with overhead. The estimate
// doesn't grow beyond 1.1 times of it. 0, the default, is not known: then nothing
// probes.
func (c *Controller) SetDemand(bps int) {
	c.demand = max(bps, 0)
}

// ceiling is what the estimate may grow to.
func (c *Controller) ceiling() float64 {
	ceiling := beyond * float64(c.demand)
	if c.demand == 0 {
		ceiling = ackedShare * float64(c.arrived.rate(c.acked.arrival, usageSpan))
	}
	return c.bounded(ceiling)
}

// Status returns what is known. It is cheap and allocates nothing.
func (c *Controller) Status() Status {
	rate, _ := c.pacing()
	s := Status{
		Estimate:           int(c.estimate),
		AckedRate:          c.arrived.rate(c.acked.arrival, usageSpan),
		Capacity:           int(c.capacity),
		PacingRate:         rate,
		RTT:                c.rtt,
		QueueDelay:         c.queue.standing(),
		Loss:               c.losses.share,
		InFlight:           c.history.inFlight,
		ApplicationLimited: !c.using(c.now),
		State:              c.state(),
	}
	if c.blind {
		s.Estimate = 0
	}
	return s
}

func (c *Controller) state() State {
	switch {
	case c.blind:
		return Blind
	case !c.reported:
		return Waiting
	case c.draining:
		return Draining
	case c.history.inFlight > c.window():
		return Stalled
	case c.using(c.now) && c.now-c.roseAt < time.Second:
		return Rising
	default:
		return Holding
	}
}

// Probe returns the cluster to send now, if any. It isn't returned again: a cluster
// that could not be sent is as one that was lost, and another follows a second later.
func (c *Controller) Probe(now time.Duration) (Probe, bool) {
	now = c.clock(now)
	c.Tick(now)
	if !c.wanting(now) || c.prober.active.ID != 0 || now < c.prober.next {
		return Probe{}, false
	}
	return c.prober.start(now, c.estimate, c.probeRate(), c.queue.jitter, c.reported), true
}

// wanting says whether the application would send more if it might, and a probe
// would do no harm now.
func (c *Controller) wanting(now time.Duration) bool {
	return !c.blind && c.count > 0 && c.demand > 0 && c.using(now) &&
		c.estimate < min(float64(c.demand), c.ceiling()) &&
		!c.draining && c.losses.share < bearable &&
		c.queue.standing() <= c.tooLong()/2 &&
		c.history.inFlight <= c.window()
}

// probeRate is how fast a cluster is sent.
func (c *Controller) probeRate() int {
	times := 2.0
	if !c.reported || c.prober.follows() {
		times = 3 // the first, and what follows one that succeeded
	}
	return int(min(times*c.estimate, c.ceiling()))
}

// Due returns when Tick, and then Probe, are to be called next, which may be now. It
// changes with each call of another method, Sent included. ok is false where there
// is nothing to do before something is sent or reported, as at rest.
func (c *Controller) Due(now time.Duration) (at time.Duration, ok bool) {
	now = c.clock(now)
	switch {
	case c.prober.active.ID != 0:
		at, ok = c.prober.active.begun+c.prober.patience(c.trip()), true
	case c.wanting(now):
		at, ok = c.prober.next, true
	}
	if !c.reported && !c.blind && c.count == patientFor && (!ok || c.waited+patience < at) {
		at, ok = c.waited+patience, true
	}
	return max(at, now), ok
}

const (
	// patientFor packets, and then patience, are what a receiver has before it is taken for one that doesn't
	// report. LiveKit's server does so after 21 packets.
	patientFor = 40
	patience   = 3 * time.Second
)

// Tick is to be called when Due says so. The estimate may be another one afterwards.
func (c *Controller) Tick(now time.Duration) {
	now = c.clock(now)
	if c.prober.expired(now, c.trip()) {
		c.prober.end()
	}
	if !c.reported && !c.blind && c.count == patientFor && now >= c.waited+patience {
		c.blind = true
		c.pacer.debt = 0
	}
}

// Reset says that the connection was made anew, with TWCC numbers from another
// beginning. The estimate is kept, as a start that is probed; all else is forgotten.
func (c *Controller) Reset(now time.Duration) {
	kept := c.estimate
	next := Controller{
		o: c.o, now: c.clock(now), demand: c.demand,
		estimate: kept, history: c.history, packetBytes: c.packetBytes,
	}
	next.history.forget()
	next.prober.id, next.prober.wait = c.prober.id, 1
	*c = next
}
