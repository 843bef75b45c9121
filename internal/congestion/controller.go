// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"math"
	"time"
)

// Controller is the state of one connection. It isn't for several goroutines at once.
type Controller struct {
	o      Options
	now    time.Duration
	demand int

	estimate float64
	blind    bool          // no reports come
	reported bool          // one came
	count    int           // packets sent, up to patientFor
	begun    time.Duration // when the first was sent
	// firstAsks is how often a first report was asked for.
	firstAsks int
	waited    time.Duration // when there were so many
	fedAt     time.Duration // when a report came last
	mediaAt   time.Duration // when media was sent last
	usedAt    time.Duration // when what the estimate allows was used last

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
	roseAt      time.Duration // when it was asked whether to rise
	raisedAt    time.Duration // when the estimate was raised
	drain       drain
	alone       alone
	foreign     foreign
	emptyAt     time.Duration // when the link had no queue last
	draining    bool
	limited     bool // the link has lowered the estimate, which has not met the demand since
	headroom    headroom
	pacer       pacer
	prober      prober
}

// acked is the newest packet that arrived.
type acked struct {
	sent    time.Duration
	queue   time.Duration // how long it waited
	total   int64         // bytes sent ever, with it
	known   bool
	arrival time.Duration // the latest of any packet
}

// longAgo is before every arrival.
const longAgo time.Duration = math.MinInt64

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
	c.acked.arrival, c.prober.wait = longAgo, 1
	c.losses.explained()
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
		c.usedAt, c.begun = now, now
	}
	if c.count < patientFor {
		if c.count++; c.count == patientFor {
			c.waited = now
		}
	}
	c.history.add(now, p)
	rate, burst := c.pacing(0)
	c.pacer.leak(now, rate)
	c.prober.sent(p, c.history.total)
	if p.Probe == 0 || p.Media || c.capacity > 0 {
		// What a link with a queue carried of padding, media makes room for.
		c.pacer.debt += float64(max(p.Bytes, 0))
	}
	if p.Probe != 0 && !p.Media {
		return
	}
	c.sent.add(now, p.Bytes)
	if p.Media {
		c.mediaAt = now
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
	// pressed is how far behind media must be for that to count as using it, too: a frame of a
	// still screen never is.
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
	rate, _ := c.pacing(0)
	s := Status{
		Estimate:           int(c.estimate),
		AckedRate:          c.arrived.rate(c.acked.arrival, usageSpan),
		Link:               c.link(),
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
	case c.flying() > c.window():
		return Stalled
	case c.raisedAt > 0 && c.using(c.now) && c.now-c.raisedAt < time.Second:
		return Rising
	default:
		return Holding
	}
}

// Reset reports a new connection, with TWCC numbers from another beginning. The estimate is kept,
// as a start that is probed; everything else is forgotten.
func (c *Controller) Reset(now time.Duration) {
	kept := c.estimate
	next := Controller{
		o: c.o, now: c.clock(now), demand: c.demand,
		estimate: kept, limited: c.limited, history: c.history, packetBytes: c.packetBytes,
	}
	next.history.forget()
	next.prober.id, next.prober.wait = c.prober.id, 1
	next.acked.arrival = longAgo
	next.losses.explained()
	*c = next
}
