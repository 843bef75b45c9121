// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// Feedback takes one report. Results are in the order of their numbers, and aren't
// kept. The estimate may be another one afterwards, and Due and Delay may be earlier.
func (c *Controller) Feedback(now time.Duration, results []Result) {
	now = c.clock(now)
	if len(results) == 0 || c.history.next == 0 {
		return
	}
	c.history.reported(c.history.unwrap(results[0].Seq), c.history.unwrap(results[len(results)-1].Seq))
	before, news := c.acked, false
	for i := range results {
		news = c.result(now, &results[i]) || news
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
}

// jumped looks for a receiver's clock that was set, or is another's: a packet can't have
// waited for longer than it is known.
func (c *Controller) jumped(now time.Duration, r *record, oneWay time.Duration) {
	if !c.queue.any || oneWay-c.queue.base <= now-r.sent+reportEvery && c.queue.base-oneWay <= time.Second {
		return
	}
	c.queue, c.trend, c.throughput, c.arrived = delays{}, trend{}, throughput{}, meter{}
	c.acked.arrival = longAgo
}

// result takes what is reported of one packet, and says whether it is news of an arrival.
func (c *Controller) result(now time.Duration, result *Result) bool {
	r := c.history.find(result.Seq)
	if r == nil || r.fate == received {
		return false
	}
	if !result.Received {
		if r.fate != lost {
			c.losses.add(true)
			c.history.settle(r, lost)
		}
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
	c.arrived.add(result.Arrival, int(r.bytes))
	own := duration(float64(r.bytes), int(c.estimate))
	c.throughput.add(r.sent, result.Arrival, int(r.bytes), waited, c.noise(), own)
	if r.probe == 0 {
		c.trend.add(r.sent, result.Arrival)
	}
	c.prober.received(r, result.Arrival)
	if !c.acked.known || r.total > c.acked.total {
		c.acked = acked{sent: r.sent, queue: waited, total: r.total, arrival: c.acked.arrival, known: true}
	}
	c.acked.arrival = max(c.acked.arrival, result.Arrival)
	return true
}
