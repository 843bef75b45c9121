// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// freely is the pacing rate over the estimate if the link had no queue recently. A key frame is
	// about ten times an average frame, and should not take long if nothing speaks against it.
	freely = 1.5
	// overdue is the pacing rate over the estimate while one report is overdue, which may just be
	// lost, and trickle while more than one seems to be: enough to show that a link is back.
	overdue = 0.5
	trickle = 0.1
	// unknowing is the same before the first report.
	unknowing = 0.3
	// burstSpan is how much leaves at once.
	burstSpan = 5 * time.Millisecond
	// againSpan is by how much retransmitted packets may be ahead of the pacing rate.
	againSpan = 100 * time.Millisecond
	// blindRate and blindBurst only keep sockets from overflowing: a receive buffer of Linux's
	// default, 208 KiB, holds some 90 packets.
	blindRate  = 400_000_000
	blindBurst = 40 * largest
	// slack is how much later than expected a report may come.
	slack = 120 * time.Millisecond
	// reportEvery is the minimum time between two reports.
	reportEvery = 100 * time.Millisecond
	// longestQueue is the maximum time for which media waits for a queue to drain while no report
	// comes: its supposed content may have been dropped.
	longestQueue = 2 * time.Second
	// firstWindow is how many packets may be in flight before the first report, leastWindow how
	// many at any time.
	firstWindow = 48
	leastWindow = 32
)

// pacer is a bucket that leaks at the pacing rate: media waits until it is nearly empty.
type pacer struct {
	debt float64 // bytes
	at   time.Duration
}

func (p *pacer) leak(now time.Duration, rate int) {
	if now > p.at {
		p.debt = max(p.debt-float64(rate)/8*(now-p.at).Seconds(), 0)
		p.at = now
	}
}

// Grant returns how many bytes of media may be sent now, of so many waiting on the wire: all of
// them, or what may leave in one burst. The last packet may exceed it. 0 means that nothing may be
// sent; then ask again after wait, or earlier: Feedback and other sent packets change the answer.
// wait is at most [MaxWait], so that media notices a link that has recovered.
func (c *Controller) Grant(now time.Duration, bytes int) (granted int, wait time.Duration) {
	now = c.clock(now)
	next := min(bytes, largest) // at least one packet
	rate, burst := c.pacing(next)
	c.pacer.leak(now, rate)
	queued := c.ahead(now) - c.queueBound()
	if c.pacer.debt <= burst && queued <= 0 {
		return min(bytes, max(int(burst-c.pacer.debt), 1), max(c.window()-c.flying(), 1)), 0
	}
	// One wait for half a burst, not one for each of its packets. The other half compensates for
	// late timers.
	chunk := min(float64(bytes), max(burst/2, float64(next)))
	if c.tries() {
		chunk = min(float64(bytes), max(chunk, tryPackets*largest))
	}
	late := c.pacer.debt - max(burst-chunk+float64(next), 0)
	return 0, min(max(duration(late, rate), queued, 1), MaxWait)
}

// GrantAgain reports whether a packet of so many bytes on the wire, which the receiver misses, may
// be retransmitted now. ago is how long ago it was last retransmitted; 0 if it was not. Unlike
// media it does not wait, and media waits for it. A packet that is refused is lost for now:
// receivers repeat their requests.
//
// A receiver asks several times in a round trip. On a link with a full queue, answering each time,
// and at once, would push out of the queue what was to fill the gap.
func (c *Controller) GrantAgain(now time.Duration, bytes int, ago time.Duration) bool {
	now = c.clock(now)
	if ago > 0 && ago < max(c.rtt, c.trip()) {
		return false
	}
	rate, burst := c.pacing(bytes)
	c.pacer.leak(now, rate)
	if c.pacer.debt > burst+float64(rate)/8*againSpan.Seconds() {
		return false
	}
	c.pacer.debt += float64(bytes)
	return true
}

// MaxWait is the longest wait that [Controller.Grant] returns.
const MaxWait = 100 * time.Millisecond

// Backlog returns an estimate of how far media is behind: how long until a packet made now could be
// sent, with nothing else in front. MaxWait does not limit it. The caller must add what waits
// outside.
func (c *Controller) Backlog(now time.Duration) time.Duration {
	now = c.clock(now)
	rate, burst := c.pacing(0)
	c.pacer.leak(now, rate)
	return max(duration(c.pacer.debt-burst, rate), c.ahead(now)-c.queueBound(), 0)
}

// pacing returns how fast media is sent whose next packet has so many bytes, and how many bytes at
// once.
func (c *Controller) pacing(next int) (rate int, burst float64) {
	flying, window := c.flying()+next, c.window()
	switch {
	case c.blind:
		return blindRate, blindBurst
	case c.starting():
		return blindRate, float64(max(firstTrain-c.count-1, 0) * largest)
	case flying > window && !c.reported:
		return int(c.estimate * unknowing), 0
	case flying > window*3/2:
		return int(c.estimate * trickle), 0
	case flying > window:
		return int(c.estimate * overdue), 0
	case c.unburdened():
		rate = int(c.estimate * freely)
	default:
		rate = int(c.estimate)
	}
	burst = float64(rate) / 8 * burstSpan.Seconds()
	if c.hasHeadroom() && c.headroom.rate >= float64(rate) {
		rate = int(min(c.headroom.rate, blindRate))
		burst = float64(rate) / 8 * headSpan.Seconds()
	}
	if c.tries() {
		burst = max(burst, tryPackets*largest)
	}
	return rate, min(max(burst, largest), blindBurst)
}

// tries reports whether bursts may be longer to find out what the link carries: it never had a queue.
func (c *Controller) tries() bool {
	return c.reported && c.congestedAt == 0 && !c.limited && c.losses.share < harmless &&
		(c.headroom.rate == 0 || c.headroom.rate >= c.estimate) && c.headroom.rate < tryUntil
}

// starting reports whether the first train of a new connection is not complete.
func (c *Controller) starting() bool { return !c.reported && !c.limited && c.count < firstTrain }

// unburdened reports whether nothing speaks against sending faster than the estimate for a moment.
func (c *Controller) unburdened() bool {
	return c.reported && c.capacity == 0 && c.losses.share < harmless &&
		(c.prober.liked == 0 || c.now-c.prober.liked > doubtful) &&
		(c.congestedAt == 0 || c.now-c.congestedAt > lasting)
}

// window returns how many bytes may be in flight: what is sent in a round trip and until the next
// report, and some more. A link that became slower stops later packets even before its first
// report.
func (c *Controller) window() int {
	if !c.reported {
		return firstWindow * largest
	}
	trip := c.trip()
	if c.beside(c.now) {
		trip = max(trip, c.rtt)
	}
	time := trip + c.reports() + slack
	window := c.estimate / 8 * time.Seconds()
	if c.hasHeadroom() {
		window += min(c.headroom.rate/8*headWindow.Seconds(), headPackets*largest)
	}
	return max(int(window), leastWindow*largest)
}

// flying returns an estimate of how many bytes are in flight and will be reported.
func (c *Controller) flying() int {
	if c.losses.share > heavy {
		return int(float64(c.history.inFlight) * (1 - c.losses.share))
	}
	return c.history.inFlight
}

// reports returns the interval between reports at the estimate.
func (c *Controller) reports() time.Duration {
	return max(reportEvery, duration(answered*c.packetBytes, int(c.estimate)))
}

// ahead returns how long a packet that is sent now would wait in the link, from what the link
// carries and everything sent after the last packet whose wait is known. It needs no reports to
// know when a queue is gone.
func (c *Controller) ahead(now time.Duration) time.Duration {
	if c.capacity == 0 || !c.acked.known {
		return 0
	}
	behind := duration(float64(c.history.total-c.acked.total), int(c.capacity))
	gone := min(max(c.acked.sent+c.acked.queue+behind, c.hush(now)), c.fedAt+longestQueue)
	if c.losses.share > heavy {
		gone = min(gone, c.fedAt+c.acked.queue+slack) // a queue that drops so much is as long as it can be
	}
	return max(gone-now, 0)
}

// queueBound returns the longest wait in the link that media may be sent into.
func (c *Controller) queueBound() time.Duration {
	if c.draining {
		return c.noise() + burstSpan
	}
	return c.tooLong() + 2*burstSpan
}
