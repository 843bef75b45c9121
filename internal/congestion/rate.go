// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// beyond is what the estimate may be over the demand: encoders overshoot.
	beyond = 1.1
	// ackedShare is what the estimate may be over what arrives, where the demand isn't known. goog_cc's.
	ackedShare = 1.5
	// below is the estimate after a queue, over what the link carried. goog_cc takes 0.85, since it only knows what
	// arrived; here the queue is drained by waiting, not by sending less for long.
	below = 0.95
	// grow is the growth a second where nothing is known against it, goog_cc's; growNear where the link
	// had a queue lately.
	grow     = 0.08
	growNear = 0.04
	// lasting is how long a link's capacity is believed.
	lasting = 10 * time.Second
	// queueMost is the standing queue that is too long, to which comes a packet's own time on
	// the link and jitter. queueGrowing is the same where delays are seen to grow, or packets get lost.
	queueMost    = 40 * time.Millisecond
	queueGrowing = 15 * time.Millisecond
	// queueLong is a queue that is congestion even where no capacity could be measured.
	queueLong = 150 * time.Millisecond
)

// noise is a queueing delay that says nothing.
func (c *Controller) noise() time.Duration {
	return 10*time.Millisecond + c.queue.jitter
}

// tooLong is a standing queue that is too long.
func (c *Controller) tooLong() time.Duration {
	return queueMost + c.queue.jitter + duration(c.packetBytes, int(c.estimate))
}

// adapt makes the estimate another one by what the reports said.
func (c *Controller) adapt(now time.Duration) {
	if c.capacity > 0 && now-c.congestedAt > lasting {
		c.capacity = 0
	}
	if c.queue.standing() <= c.noise() {
		c.emptyAt = now
	}
	switch {
	case c.beside(now):
		c.compete(now)
	case c.congested() && c.congestion(now):
	case c.draining && c.queue.standing() > c.noise() && c.ahead(now) > c.noise():
	default:
		if c.draining {
			c.draining = false
			c.losses.explained()
		}
		c.rise(now)
		arrives := float64(c.arrived.rate(c.acked.arrival, time.Second))
		cut := c.losses.cut(now, c.rtt, c.estimate, arrives)
		c.limited = c.limited || cut < c.estimate
		c.estimate = cut
	}
	c.estimate = c.bounded(c.estimate)
}

// congested says whether the link has a queue that is too long or grows.
func (c *Controller) congested() bool {
	standing := c.queue.standing()
	if standing > c.tooLong() {
		return true
	}
	own := duration(c.packetBytes, int(c.estimate))
	if c.losses.share > harmless && standing > c.noise()+own/2 {
		return true // a short queue that is full
	}
	return c.trend.growing && standing > queueGrowing+c.queue.jitter+own
}

// drain is one queue, from when it was seen until it is gone.
type drain struct {
	estimate float64 // before
	first    float64 // the same, of which estimate is lowered while the queue persists
	begun    time.Duration
	until    time.Duration // what is sent later should find it gone
	queue    time.Duration // when it was seen
	futile   int           // reports that say that it isn't gone
}

// congestion lowers the estimate to what the link carries, and lets the queue drain. It is
// false where that can't be told: a few packets say nothing of a link.
func (c *Controller) congestion(now time.Duration) bool {
	rate := float64(c.throughput.rate())
	if rate == 0 {
		if c.queue.standing() < queueLong && c.losses.share < heavy || !c.using(now) {
			return false
		}
		rate = float64(c.arrived.rate(c.acked.arrival, usageSpan))
	}
	c.congestedAt, c.limited = now, true
	// What was sent since then, less than before, tells of the link only if it is too much still.
	late := c.draining && c.acked.sent > c.drain.begun
	switch {
	case !c.draining || c.capacity == 0 || c.throughput.filling():
		c.capacity = rate
		c.prober.failed(now, rate)
	case !late:
		// It arrives as fast as it was sent. That media was held back meanwhile is no sign of a slower link.
		c.capacity = max(c.capacity, rate)
	}
	if !c.draining {
		c.draining = true
		c.drain = drain{
			estimate: c.estimate, first: c.estimate,
			queue: c.queue.standing(), begun: now, until: now + c.ahead(now),
		}
	}
	c.estimate = min(c.drain.estimate, below*c.capacity)
	c.roseAt = now
	if c.acked.sent > c.drain.until+burstSpan {
		c.persisted(now)
	}
	return true
}

// persisted is called where a queue should be gone by what was sent, but isn't. It
// isn't ours then: less is sent, and where that doesn't help it is others', or how long the way is.
func (c *Controller) persisted(now time.Duration) {
	standing := c.queue.standing()
	c.drain.futile++
	if c.meets(now) {
		c.meet(now)
		return
	}
	if c.drain.futile > 3 && standing > c.drain.queue*7/10 {
		c.queue.rebase()
		c.trips.rebase()
		c.trend, c.draining = trend{}, false
		return
	}
	c.drain.until = now + max(c.ahead(now), c.trip())
	c.drain.estimate = c.estimate * below
	c.drain.queue = max(standing, c.drain.queue/2)
}

// rise raises the estimate of a link without a queue, if the application uses it.
func (c *Controller) rise(now time.Duration) {
	passed := min(now-c.roseAt, time.Second)
	c.roseAt = now
	ceiling := c.ceiling()
	if c.losses.share > harmless {
		ceiling = min(ceiling, c.capacity)
	}
	if !c.using(now) || c.estimate >= ceiling || c.queue.standing() > c.tooLong()/2 && !c.beside(now) {
		return
	}
	c.raisedAt = now
	share := grow
	if c.capacity > 0 {
		share = growNear
	}
	c.estimate = min(c.estimate*(1+share*passed.Seconds())+1000*passed.Seconds(), ceiling)
}
