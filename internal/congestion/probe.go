// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// probeEvery is how often the application's wish for more is tried. A link that became
	// better is found after half of it, on average.
	probeEvery = 850 * time.Millisecond
	// probeShare is how much of the estimate padding may take over time: on slow links
	// probes come less often than probeEvery.
	probeShare = 0.08
	// probeSeldom is how long that puts off a cluster at most.
	probeSeldom = 3 * time.Second
	// probeSpan is how long a cluster takes, to which comes what jitter needs. goog_cc's is 15 ms.
	probeSpan     = 20 * time.Millisecond
	probeSpanMost = 80 * time.Millisecond
	// probePadding is how many bytes of padding may be spent beyond probeShare before a cluster that is due, and
	// probeAhead before one that follows another at once.
	probePadding = 4_000
	probeAhead   = 40_000
	// answered is how many packets make LiveKit's server report at once (mediatransportutil, pkg/twcc: more than 20).
	answered = 22
	// probeFewest is how many packets a cluster has at least that is of media alone, goog_cc's number.
	probeFewest = 5
	// probeLeast is the least size of a packet: headers, extensions, SRTP's tag, and a little.
	probeLeast = 90
	// largest is the size of the largest packet, in round figures.
	largest = 1200
	// enough is the share of a cluster's rate at which it was carried, goog_cc's.
	enough = 0.9
	// nearly is the share of a cluster's rate at which it was sent, for want of better timers, that counts as all of
	// it.
	nearly = 0.85
	// doubtful and longest bound how seldom a link is probed that carries clusters, but not the rate.
	doubtful = 2 * time.Second
	longest  = 4
)

// cluster is a probe that is under way.
type cluster struct {
	Probe
	begun    time.Duration
	sent     int   // bytes
	end      int64 // bytes sent ever, with its last packet
	got      int
	gotBytes int
	all      int64 // bytes that arrived behind the first, of the cluster or not
	first    record
	arrival  time.Duration // of the first
	gone     line
	came     line
}

// line is a line of least squares through times over bytes, which jitter moves less than it moves
// the first and the last packet.
type line struct{ n, x, y, xx, xy float64 }

func (l *line) add(bytes float64, at time.Duration) {
	t := at.Seconds()
	l.n++
	l.x += bytes
	l.y += t
	l.xx += bytes * bytes
	l.xy += bytes * t
}

// rate is the line's slope as bit/s, at most a terabit.
func (l *line) rate() float64 {
	above, below := l.n*l.xx-l.x*l.x, l.n*l.xy-l.x*l.y
	if above <= 0 || below <= above*8e-12 {
		return 1e12
	}
	return 8 * above / below
}

// prober decides when to probe, and reads the answers.
type prober struct {
	id     int
	begun  bool    // there was a cluster
	active cluster // ID is 0 if none is
	next   time.Duration
	asked  time.Duration // when a report was asked for
	wait   int           // times probeEvery
	liked  time.Duration // when one succeeded
	rate   float64       // what it said
	proven bool          // media was carried that fast since
	spent  float64       // bytes of padding, less probeShare of the estimate
	leaked time.Duration
}

// start makes a cluster.
func (p *prober) start(now time.Duration, rate int, jitter time.Duration, packetBytes float64) Probe {
	p.identify()
	p.begun = true
	bytes := max(float64(rate)/8*min(probeSpan+4*jitter, probeSpanMost).Seconds(), probeFewest*packetBytes)
	packets, size := answered, int(bytes)/answered
	if size > largest {
		packets, size = int(bytes)/largest, largest
	}
	size = max(size, probeLeast)
	p.next = now + time.Duration(p.wait)*probeEvery
	p.active = cluster{
		Probe: Probe{ID: p.id, Rate: rate, Packets: packets, Size: size},
		begun: now,
	}
	return p.active.Probe
}

// ask makes a cluster that measures nothing, but makes LiveKit's server report.
func (p *prober) ask(now time.Duration, rate float64, packets int) Probe {
	p.identify()
	p.asked = now
	return Probe{ID: p.id, Rate: int(rate), Packets: packets, Size: probeLeast, Ask: true}
}

// complete says whether a cluster is on its way.
func (p *prober) complete() bool {
	a := &p.active
	return a.ID != 0 && a.sent >= a.Packets*a.Size*9/10
}

// identify takes the next number.
func (p *prober) identify() {
	p.id++
	if p.id <= 0 || p.id > 1<<30 {
		p.id = 1
	}
}

// patience is how long a cluster's answer is waited for.
func (p *prober) patience(rtt time.Duration) time.Duration {
	return time.Second + 2*rtt
}

// expired says whether a cluster's answer can't be expected any more.
func (p *prober) expired(now, rtt time.Duration) bool {
	return p.active.ID != 0 && now-p.active.begun >= p.patience(rtt)
}

// sent takes a packet that was sent, and how many bytes were sent ever.
func (p *prober) sent(packet Packet, total int64) {
	if packet.Probe != 0 && !packet.Media {
		p.spent += float64(max(packet.Bytes, 0))
	}
	if a := &p.active; a.ID != 0 && packet.Probe == a.ID {
		a.sent += packet.Bytes
		a.end = total
	}
}

// passed says whether what was sent behind a cluster arrived.
func (p *prober) passed(total int64) bool {
	return p.complete() && total > p.active.end
}

// received takes a packet that arrived.
func (p *prober) received(r *record, arrival time.Duration) {
	a := &p.active
	a.all += int64(r.bytes)
	if a.ID == 0 || int(r.probe) != a.ID {
		return
	}
	if a.got == 0 {
		a.first, a.arrival, a.all = *r, arrival, 0
	}
	// A packet is sent behind the bytes before it, and arrives with its own where the link is full. Where sizes
	// differ, the middle is nearest to both. What got lost didn't take the link's time.
	half := float64(r.bytes) / 2
	a.gone.add(float64(r.total-a.first.total)-half, r.sent-a.first.sent)
	a.came.add(float64(a.all)-half, arrival-a.arrival)
	a.got++
	a.gotBytes += int(r.bytes)
}

// result is what a cluster, and what went out between its packets, says that the link
// carries, in bit/s. ok is false as long as most of it is under way, and where most of it is lost.
func (p *prober) result(total int64) (rate float64, ok bool) {
	a := &p.active
	share := 0.8
	if p.passed(total) {
		share = 0.5
	}
	if a.ID == 0 || a.got < 4 || float64(a.gotBytes) < share*float64(a.sent) || a.sent < a.Packets*a.Size/2 {
		return 0, false
	}
	sent, carried := a.gone.rate(), a.came.rate()
	switch {
	case carried < enough*sent:
		return carried * below, true // the link was full: what it carried is what it has
	case sent > nearly*float64(a.Rate):
		return float64(a.Rate), true
	default:
		return min(sent, carried), true
	}
}

// end takes the cluster away.
func (p *prober) end() { p.active = cluster{} }

// succeeded remembers what a cluster said, and lets the next one follow at once.
func (p *prober) succeeded(now time.Duration, rate float64) {
	if now-p.liked > 2*doubtful {
		p.wait = 1
	}
	p.liked, p.rate, p.proven = now, rate, false
	if p.leak(now, rate); p.spent < probeAhead {
		p.next = now
	}
}

// leak forgets padding as fast as it may be sent.
func (p *prober) leak(now time.Duration, estimate float64) {
	p.spent = max(p.spent-probeShare*estimate/8*(now-p.leaked).Seconds(), 0)
	p.leaked = now
}

// due is when the next cluster may be sent.
func (p *prober) due(now time.Duration, estimate float64) time.Duration {
	if p.follows() {
		return p.next
	}
	p.leak(now, estimate)
	afford := now + duration((p.spent-probePadding)/probeShare, int(estimate))
	return max(p.next, min(afford, p.next+probeSeldom))
}

// follows says whether a cluster follows one that succeeded.
func (p *prober) follows() bool {
	return p.liked > 0 && p.liked == p.next
}

// refused says that a cluster said that the link carries no more.
func (p *prober) refused() {
	p.wait = max(p.wait/2, 1)
}

// carried says how fast a report's packets were carried lately.
func (p *prober) carried(rate int) {
	p.proven = p.proven || float64(rate) > 0.8*p.rate
}

// failed says that the link didn't carry an estimate. If that was a probe's word, then
// this link lets bursts through that it doesn't carry for long, and is probed less often.
func (p *prober) failed(now time.Duration, capacity float64) {
	if p.liked == 0 || p.proven || now-p.liked > doubtful || capacity > 0.7*p.rate {
		return
	}
	p.wait = min(p.wait*2, longest)
	p.next = max(p.next, now+time.Duration(p.wait)*probeEvery)
	p.liked = 0
}
