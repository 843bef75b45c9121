// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// trainGap is the longest pause between two packets of one train. Pacing sends media every
	// burstSpan.
	trainGap = burstSpan + time.Millisecond
	// trainPackets and trainBytes are the shortest meaningful train.
	trainPackets = 5
	trainBytes   = 5_000
	// trains is how many recent trains count. One that a busy receiver read late shows less than
	// the link carries.
	trains = 8
	// arrivalUnit is the resolution of the arrival times in a report
	// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
	arrivalUnit = 250 * time.Microsecond
	// headSpan limits the queue that a burst may cause: it leaves at once if the link, at the rate
	// that it has shown, carries it within headSpan.
	headSpan = 10 * time.Millisecond
	// tryPackets is the size of a burst for the shortest meaningful train. It leaves on a link that
	// never had a queue, until the link has shown tryUntil bit/s.
	tryPackets = trainPackets + 1
	tryUntil   = 20_000_000
	// headWindow is how much more may be in flight with headroom, as time at the rate that the link has shown.
	headWindow = 20 * time.Millisecond
	// headPackets bounds that: a large key frame, but not what is sent in a second after the link was cut.
	headPackets = 128
	// reportSlack is how much later than expected a report may come before headroom is in doubt.
	reportSlack = 50 * time.Millisecond
	// firstTrain is how many packets go out at once before the first report. They cause a queue of 100 ms on a link of
	// 1 Mbit/s, and show what a wide link carries before the first key frame is half sent.
	firstTrain = 10
	// firstPatience is how long the first train may take before a report is requested without it.
	firstPatience = 20 * time.Millisecond
	// firstAsks is how often a first report is requested, firstAgain the time between requests:
	// servers do not count packets that come before they know a stream.
	firstAsks  = 2
	firstAgain = 60 * time.Millisecond
)

// headroom is the rate at which the link has carried packets lately, as far as they showed it. It is a lower bound:
// a train of packets that arrives within a time was carried in that time.
//
// Media is what shows it. So finding headroom costs nothing, and each frame confirms it.
type headroom struct {
	carried [trains]float64 // bit/s of the last trains
	count   int             // trains, including the current one
	rate    float64         // the highest of carried

	// The current train.
	sent    time.Duration // of its newest packet
	first   time.Duration // arrival of its first packet
	last    time.Duration // the latest arrival
	bytes   int           // behind the first packet
	packets int
	queued  bool // the link was busy with something else when it began
}

// add records a packet that arrived, and whether it had to wait in a queue.
func (h *headroom) add(sent, arrival time.Duration, bytes int, queued bool) {
	if h.packets == 0 || sent-h.sent > trainGap || sent < h.sent {
		if h.tells() {
			h.count++
			h.carried[h.count%trains] = 0
		}
		h.first, h.last, h.bytes, h.packets, h.sent, h.queued = arrival, arrival, 0, 1, sent, queued
		return
	}
	h.sent = sent
	h.packets++
	h.bytes += bytes
	h.first, h.last = min(h.first, arrival), max(h.last, arrival)
	if h.tells() {
		// If pacing or a busy receiver spreads a train out, its beginning is the most meaningful
		// part.
		took := h.last - h.first + arrivalUnit
		carried := &h.carried[h.count%trains]
		*carried = max(*carried, float64(h.bytes)*8/took.Seconds())
	}
}

// tells reports whether the current train is long enough, and found the link empty.
func (h *headroom) tells() bool {
	return !h.queued && h.packets >= trainPackets && h.bytes >= trainBytes
}

// update takes the arrivals into account.
func (h *headroom) update() {
	h.rate = 0
	for _, carried := range h.carried {
		h.rate = max(h.rate, carried)
	}
}

// Bound is the direction in which a link's rate is known.
type Bound uint8

const (
	// AtLeast is a rate that the link has been shown to carry. It may carry far more.
	AtLeast Bound = iota
	// AtMost is a limit: more than that caused a queue or loss, or is more than [Options.Max].
	AtMost
)

// String returns "at least" or "at most".
func (b Bound) String() string {
	if b == AtMost {
		return "at most"
	}
	return "at least"
}

// Link is what a link has been shown to carry.
type Link struct {
	// Rate is in bit/s on the wire, 0 if nothing is known.
	Rate int
	// Bound tells "at least" from "at most".
	Bound Bound
}

// link returns what is known about the link.
func (c *Controller) link() Link {
	switch {
	case c.blind:
		return Link{}
	case c.capacity > 0:
		return Link{Rate: int(c.capacity), Bound: AtMost}
	case c.limited || c.beside(c.now) || c.capped():
		return Link{Rate: int(c.estimate), Bound: AtMost}
	case !c.reported:
		return Link{}
	default:
		return Link{Rate: int(max(c.headroom.rate, float64(c.arrived.rate(c.acked.arrival, usageSpan)))), Bound: AtLeast}
	}
}

// capped reports whether the options keep the estimate below the demand.
func (c *Controller) capped() bool { return c.o.Max > 0 && c.demand > c.o.Max }

// hasHeadroom reports whether a frame may leave faster than the estimate, at the rate that the link has shown.
func (c *Controller) hasHeadroom() bool {
	return c.headroom.rate > 0 && c.reported && c.capacity == 0 && !c.draining && !c.limited &&
		c.losses.share < harmless && !c.beside(c.now) && !c.reportOverdue()
}

// reportOverdue reports whether the server has received enough packets for a report, if the link is
// as wide as it was, and the report has not come.
func (c *Controller) reportOverdue() bool {
	sent, ok := c.history.sentAt(c.history.newest + answered)
	return ok && c.now-sent > c.trip()+reportEvery+reportSlack
}

// use follows a report: it gives headroom up at the first sign of a queue or of loss, and raises an
// estimate that the link has never limited to what the link has shown.
func (c *Controller) use() {
	if c.limited && c.losses.share < bearable && c.estimate >= min(float64(c.demand), c.ceiling()) {
		c.limited = false
	}
	c.headroom.update()
	if c.draining || c.losses.share >= harmless {
		c.headroom = headroom{}
		return
	}
	if c.congestedAt == 0 && c.hasHeadroom() && c.demand > 0 {
		c.raise(below * c.headroom.rate)
	}
}

// raise raises the estimate to a rate that the link has shown, as far as the application needs it.
func (c *Controller) raise(rate float64) {
	if rate = min(rate, c.ceiling()); rate > c.estimate {
		c.estimate, c.roseAt, c.raisedAt = rate, c.now, c.now
	}
}
