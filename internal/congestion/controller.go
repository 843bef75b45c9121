// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"math"
	"time"
)

// Controller is the state of one connection. It is not safe for concurrent use.
type Controller struct {
	o      Options
	now    time.Duration
	demand int

	estimate float64
	blind    bool          // no reports come
	reported bool          // a report has come
	count    int           // packets sent, up to patientFor
	begun    time.Duration // when the first was sent
	// firstAsks is how often a first report was requested.
	firstAsks int
	waited    time.Duration // when count reached patientFor
	fedAt     time.Duration // when the last report came
	mediaAt   time.Duration // when media was last sent
	usedAt    time.Duration // when the estimate was last fully used

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

	capacity    float64 // what the link carried when it last had a queue; 0 if it had none recently
	congestedAt time.Duration
	roseAt      time.Duration // when rising was last considered
	raisedAt    time.Duration // when the estimate was raised
	drain       drain
	alone       alone
	foreign     foreign
	emptyAt     time.Duration // when the link last had no queue
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
	total   int64         // bytes sent so far, including it
	known   bool
	arrival time.Duration // the latest of any packet
}

// longAgo is before every arrival.
const longAgo time.Duration = math.MinInt64

// New returns a Controller. Its methods never fail or panic, and treat times that go backwards as
// if no time had passed.
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

// clock ensures that time never goes backwards.
func (c *Controller) clock(now time.Duration) time.Duration {
	c.now = max(c.now, now)
	return c.now
}

// bounded limits an estimate to the options' bounds.
func (c *Controller) bounded(estimate float64) float64 {
	estimate = max(estimate, float64(c.o.Min))
	if c.o.Max > 0 {
		estimate = min(estimate, float64(c.o.Max))
	}
	return estimate
}

// Sent reports that a packet was passed to the network now. Report all packets with a TWCC number,
// in the order of their numbers.
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
		// Media makes room for what a link with a queue carried of padding.
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
	// usage is the fraction of the estimate above which it counts as used.
	usage = 0.6
	// usageSpan is the time over which the fraction is measured, and for which it counts.
	usageSpan = 500 * time.Millisecond
	// pressed is how far behind media must be for that to count as using it, too: a frame of a
	// still screen never is.
	pressed = 100 * time.Millisecond
)

// pressing reports whether the application sends what the estimate allows.
func (c *Controller) pressing(now, behind time.Duration) bool {
	return behind > pressed || float64(c.sent.rate(now, usageSpan)) > usage*c.estimate || c.draining && c.using(now)
}

// using reports whether the application is limited by the estimate.
func (c *Controller) using(now time.Duration) bool {
	return now-c.usedAt <= usageSpan
}

// SetRTT sets the round trip from RTCP receiver reports.
func (c *Controller) SetRTT(rtt time.Duration) {
	if rtt <= 0 || rtt > time.Minute {
		return
	}
	c.rtt = rtt
	c.trips.add(c.now, rtt)
}

// trip returns the minimum round trip of the last minute, without queues.
func (c *Controller) trip() time.Duration {
	if !c.trips.any {
		return reportEvery
	}
	return c.trips.base
}

// SetDemand sets how many bit/s on the wire the application would send if the link carried
// everything: the sum of all layers' maximum bit rates, with overhead. The estimate does not exceed
// 1.1 times the demand. 0, the default, means unknown: then there are no probes.
func (c *Controller) SetDemand(bps int) {
	c.demand = max(bps, 0)
}

// ceiling returns the limit of the estimate.
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
