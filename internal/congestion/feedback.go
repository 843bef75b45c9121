// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// Feedback handles one report. Results must be in the order of their numbers; Feedback does not
// keep them. It may change the estimate, and make Due and Grant's wait earlier.
func (c *Controller) Feedback(now time.Duration, results []Result) {
	now = c.clock(now)
	if len(results) == 0 || c.history.next == 0 {
		return
	}
	c.history.reported(c.history.unwrap(results[0].Seq), c.history.unwrap(results[len(results)-1].Seq))
	before, news := c.acked, false
	for rest := results; len(rest) > 0; {
		run := missed(rest)
		out := c.outage(rest[:run])
		for i := range run {
			c.lost(rest[i].Seq, out)
		}
		if rest = rest[run:]; len(rest) > 0 {
			news = c.arrival(now, &rest[0]) || news
			rest = rest[1:]
		}
	}
	if !news {
		return
	}
	if !c.reported {
		c.reported, c.blind = true, false
		c.roseAt = now
	}
	if c.acked.sent > before.sent || !before.known {
		c.rtt = now - c.acked.sent
		c.trips.add(now, c.rtt)
	}
	c.fedAt = now
	c.prober.carried(c.arrived.rate(c.acked.arrival, usageSpan/2))
	if !c.answer(now) {
		c.adapt(now) // or else by the next one: what a probe found is newer than its own queue
	}
	c.use()
}

// jumped detects a receiver's clock that was set, or is another one: a packet cannot have waited
// for longer than it has existed.
func (c *Controller) jumped(now time.Duration, r *record, oneWay time.Duration) {
	if !c.queue.any || oneWay-c.queue.base <= now-r.sent+reportEvery && c.queue.base-oneWay <= time.Second {
		return
	}
	c.queue, c.trend, c.throughput, c.arrived = delays{}, trend{}, throughput{}, meter{}
	c.headroom = headroom{}
	c.acked.arrival = longAgo
}

const (
	// outageSpan and outagePackets are the minimum duration and number of packets, none of which
	// arrived, that do not count as loss. A full queue lets some packets through, and random loss
	// hits ten packets in a row too rarely to matter.
	outageSpan    = 500 * time.Millisecond
	outagePackets = 10
)

// missed returns how many of the first results are of packets that did not arrive.
func missed(results []Result) (count int) {
	for count < len(results) && !results[count].Received {
		count++
	}
	return count
}

// outage reports whether packets, none of which arrived, were sent while the link was cut. That
// says nothing about what it carries.
func (c *Controller) outage(missed []Result) bool {
	if len(missed) < outagePackets {
		return false
	}
	first, last := c.history.find(missed[0].Seq), c.history.find(missed[len(missed)-1].Seq)
	return first != nil && last != nil && last.sent-first.sent >= outageSpan
}

// lost records a packet that is reported as not received.
func (c *Controller) lost(seq uint16, outage bool) {
	r := c.history.find(seq)
	if r == nil || r.fate == received || r.fate == lost {
		return
	}
	if r.fresh {
		c.history.settle(r, missing)
		return
	}
	if !outage {
		c.losses.add(true)
	}
	c.history.settle(r, lost)
}

// arrival records a packet that is reported as received, and reports whether that is news.
func (c *Controller) arrival(now time.Duration, result *Result) bool {
	r := c.history.find(result.Seq)
	if r == nil || r.fate == received {
		return false
	}
	if r.fate == lost {
		c.losses.found()
	} else {
		c.losses.add(false)
	}
	c.history.settle(r, received)
	oneWay := result.Arrival - r.sent
	c.jumped(now, r, oneWay)
	c.queue.add(r.sent, oneWay)
	waited := c.queue.queue(oneWay)
	if c.acked.known && r.sent > c.acked.arrival-c.queue.base+burstSpan {
		c.alone = alone{queue: waited, sent: r.sent} // everything sent before had left the link
	}
	c.arrived.add(result.Arrival, int(r.bytes))
	own := duration(float64(r.bytes), int(c.estimate))
	c.throughput.add(r.sent, result.Arrival, int(r.bytes), waited, c.noise(), own)
	if r.probe == 0 {
		c.trend.add(r.sent, result.Arrival)
	}
	c.headroom.add(r.sent, result.Arrival, int(r.bytes), waited > c.noise())
	c.prober.received(r, result.Arrival)
	if !c.acked.known || r.total > c.acked.total {
		c.acked = acked{sent: r.sent, queue: waited, total: r.total, arrival: c.acked.arrival, known: true}
	}
	c.acked.arrival = max(c.acked.arrival, result.Arrival)
	return true
}
