// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// Probe returns the cluster to send now, if any. It isn't returned again: a cluster
// that could not be sent is as one that was lost, and another follows a second later.
// One that only asks may come while another is on its way, and goes behind it.
func (c *Controller) Probe(now time.Duration) (Probe, bool) {
	now = c.clock(now)
	c.Tick(now)
	if at, packets := c.asking(); packets > 0 && now >= at {
		rate := c.estimate
		if !c.reported {
			rate = blindRate // Behind the first train, all at once.
			c.firstAsks++
		}
		return c.prober.ask(now, rate, packets), true
	}
	if c.prober.active.ID != 0 || !c.wanting(now) || now < c.prober.due(now, c.estimate) {
		return Probe{}, false
	}
	return c.prober.start(now, c.probeRate(), c.queue.jitter, c.packetBytes), true
}

// asking returns when a report is to be asked for, and with how many packets; none if it isn't.
func (c *Controller) asking() (at time.Duration, packets int) {
	switch {
	case c.blind || c.count == 0:
		return 0, 0
	case !c.reported:
		return c.askingFirst()
	case c.flying() > c.window()*3/2:
		// Reports that were due haven't come. They got lost, and the trickle that is
		// sent meanwhile would take long to bring another.
		overdue := 2*(c.trip()+c.reports()) + slack
		if c.prober.asked <= c.fedAt {
			return c.fedAt + overdue, answered
		}
		return c.prober.asked + max(overdue, min(c.prober.asked-c.fedAt, askSeldom)), answered
	case c.prober.complete() && c.prober.asked < c.prober.active.begun:
		// The answer to a probe waits for a report that media would bring later.
		lacking := answered - c.history.unreported()
		if soon := duration(float64(lacking)*c.packetBytes, int(c.estimate)); soon < reportEvery {
			return 0, 0
		}
		return c.now, lacking
	default:
		return 0, 0
	}
}

// askingFirst is asking before the first report.
func (c *Controller) askingFirst() (at time.Duration, packets int) {
	switch {
	case c.demand == 0 || c.firstAsks >= firstAsks:
		return 0, 0
	case c.firstAsks > 0:
		return c.prober.asked + firstAgain, answered / 2
	case c.count >= firstTrain:
		return c.now, max(answered-c.count, 1)
	default:
		return c.begun + firstPatience, answered - c.count
	}
}

// wanting says whether the application would send more if it might, and a probe
// would do no harm now.
func (c *Controller) wanting(now time.Duration) bool {
	return !c.blind && c.reported && c.demand > 0 && c.using(now) &&
		c.estimate < min(float64(c.demand), c.ceiling()) &&
		!c.draining && c.losses.share < bearable &&
		c.queue.standing() <= c.tooLong()/2 &&
		c.flying() <= c.window()
}

// probeRate is how fast a cluster is sent.
func (c *Controller) probeRate() int {
	times := 2.0
	if !c.prober.begun || c.prober.follows() {
		times = 3 // the first, and what follows one that succeeded
	}
	return int(min(times*c.estimate, c.ceiling()))
}

// Due returns when to call Tick, and then Probe, which may be now. It changes with each call of
// another method, including Sent. ok is false if there is nothing to do before something is sent or
// reported, as for a still screen.
func (c *Controller) Due(now time.Duration) (at time.Duration, ok bool) {
	now = c.clock(now)
	switch {
	case c.prober.active.ID != 0:
		at, ok = c.prober.active.begun+c.prober.patience(c.trip()), true
	case c.wanting(now):
		at, ok = c.prober.due(now, c.estimate), true
	}
	if ask, packets := c.asking(); packets > 0 {
		at, ok = sooner(at, ok, ask), true
	}
	if !c.reported && !c.blind && c.count == patientFor {
		at, ok = sooner(at, ok, c.waited+c.patience()), true
	}
	return max(at, now), ok
}

// sooner is the sooner of two times, the first of which counts if ok.
func sooner(at time.Duration, ok bool, other time.Duration) time.Duration {
	if ok && at < other {
		return at
	}
	return other
}

const (
	// askSeldom is how seldom a report is asked for at least, while none comes.
	askSeldom = 2 * time.Second
	// patientFor packets, and then patience, are what a receiver has before it is taken for one that doesn't
	// report. LiveKit's server does so after 21 packets.
	patientFor = 40
	patience   = 3 * time.Second
)

// patience is how long the first report is waited for: it, too, stands in a queue.
func (c *Controller) patience() time.Duration {
	return patience + 4*c.rtt
}

// Tick is to be called when Due says so. The estimate may be another one afterwards.
func (c *Controller) Tick(now time.Duration) {
	now = c.clock(now)
	if c.prober.expired(now, c.trip()) {
		c.prober.end()
	}
	if !c.reported && !c.blind && c.count == patientFor && now >= c.waited+c.patience() {
		c.blind = true
		c.pacer.debt = 0
	}
}

// answer looks whether a probe has its result, and says whether that raised the estimate.
func (c *Controller) answer(now time.Duration) bool {
	rate, ok := c.prober.result(c.acked.total)
	if ok || c.prober.passed(c.acked.total) {
		c.prober.end()
	}
	if !ok || c.draining {
		return false
	}
	rate = min(rate, c.ceiling())
	if rate <= c.estimate*1.02 {
		c.prober.refused()
		return false
	}
	if rate > c.capacity {
		c.capacity = 0
	}
	c.estimate, c.roseAt, c.raisedAt = rate, now, now
	c.prober.succeeded(now, rate)
	return true
}
