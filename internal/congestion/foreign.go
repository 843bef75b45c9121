// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// besideFor is how long a queue of others is tolerated before it is checked again; besideStill
	// is how long a delay must stay constant to count as a longer path instead of a queue.
	besideFor   = 10 * time.Second
	besideStill = 3 * time.Second
	// backOff is the factor of the estimate when others' queue is met and when it overflows; it is
	// CUBIC's.
	backOff = 0.7
	// surelyForeign is a queue longer than those of senders that yield, as we do. Theirs drain now
	// and then, so a shorter one, of leastForeign, must have existed for notYielding.
	surelyForeign = 700 * time.Millisecond
	leastForeign  = 150 * time.Millisecond
	notYielding   = 6 * time.Second
	// hushFrom is a queue so long that media pauses to find out whose it is.
	hushFrom = 500 * time.Millisecond
)

// alone is the wait of a packet in a queue that contains nothing of ours.
type alone struct{ queue, sent time.Duration }

// foreign is a queue that others keep full, as a file transfer does until packets get lost. A
// sender that yields to it gets next to nothing.
type foreign struct {
	until time.Duration // 0 if there is none
	met   time.Duration // when it was last met, 0 for never
	moved time.Duration // when it was last seen to change
	cutAt time.Duration
	lost  int // packets, until then
}

// beside reports whether others keep the queue full.
func (c *Controller) beside(now time.Duration) bool { return now < c.foreign.until }

// metBefore reports whether others' queue was met recently.
func (c *Controller) metBefore(now time.Duration) bool {
	return c.foreign.met > 0 && now-c.foreign.met < 3*besideFor
}

// hush returns until when media waits for the queue to contain nothing of ours, 0 if it need not.
func (c *Controller) hush(now time.Duration) time.Duration {
	if !c.draining || c.drain.futile == 0 || c.acked.queue < hushFrom || c.metBefore(now) {
		return 0
	}
	return c.mediaAt + c.acked.queue*5/4
}

// meets reports whether the queue that does not drain belongs to others.
func (c *Controller) meets(now time.Duration) bool {
	standing, long := c.queue.standing(), surelyForeign
	if now-c.emptyAt > notYielding {
		long = leastForeign
	}
	if c.metBefore(now) {
		return standing > leastForeign
	}
	return standing > long && c.alone.queue > long && c.alone.sent > c.drain.begun
}

// meet begins to tolerate others' queue.
func (c *Controller) meet(now time.Duration) {
	c.foreign = foreign{until: now + besideFor, met: now, moved: now, cutAt: now, lost: c.losses.ever}
	c.estimate = max(c.estimate, c.drain.first*backOff)
	c.queue.rebase()
	c.trips.rebase()
	c.trend, c.draining, c.capacity, c.roseAt = trend{}, false, 0, now
}

// compete lets only loss lower the estimate, as others do.
func (c *Controller) compete(now time.Duration) {
	switch {
	case c.queue.standing() > c.noise():
		c.foreign.moved = now
	case now-c.foreign.moved > besideStill:
		c.foreign = foreign{}
	}
	if c.losses.ever > c.foreign.lost && c.losses.share > harmless && now-c.foreign.cutAt > c.rtt+time.Second {
		c.foreign.cutAt, c.foreign.lost = now, c.losses.ever
		c.estimate *= backOff
		c.limited = true
	}
	c.rise(now)
}
