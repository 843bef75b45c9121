// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

const (
	// probeEvery is how often the application's wish for more is tried. A link that became
	// better is found after half of it, on average.
	probeEvery = 850 * time.Millisecond
	// probeShare is how much of the estimate probes may take over time: below 300 kbit/s
	// they come less often than probeEvery.
	probeShare = 0.05
	// probeSpan is how long a cluster takes, to which comes what jitter needs. goog_cc's is 15 ms.
	probeSpan     = 20 * time.Millisecond
	probeSpanMost = 50 * time.Millisecond
	// probeAhead is how many bytes of clusters may follow others at once before probeShare holds for them, too.
	probeAhead = 40_000
	// answered is how many packets make LiveKit's server report at once (mediatransportutil, pkg/twcc: more than 20).
	answered = 22
	// probeLeast is the least size of a packet: headers, extensions, SRTP's tag, and a little.
	probeLeast = 90
	// probeFirst is how many packets the least cluster has, goog_cc's number.
	probeFirst = 5
	// largest is the size of the largest packet, in round figures.
	largest = 1200
	// enough is the share of a cluster's rate at which it was carried, goog_cc's.
	enough = 0.9
	// doubtful and longest bound how seldom a link is probed that carries clusters, but not the rate.
	doubtful = 2 * time.Second
	longest  = 8
)

// cluster is a probe that is under way.
type cluster struct {
	Probe
	begun   time.Duration
	sent    int
	got     int
	first   record
	arrival time.Duration // of the first
	gone    line
	came    line
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
	active cluster // ID is 0 if none is
	next   time.Duration
	wait   int           // times probeEvery
	liked  time.Duration // when one succeeded
	rate   float64       // what it said
	spent  float64       // bytes of clusters that followed at once, leaking with probeShare
	leaked time.Duration
}

// start makes a cluster.
func (p *prober) start(now time.Duration, estimate float64, rate int, jitter time.Duration, reported bool) Probe {
	p.id++
	if p.id <= 0 || p.id > 1<<30 {
		p.id = 1
	}
	bytes := float64(rate) / 8 * min(probeSpan+2*jitter, probeSpanMost).Seconds()
	packets, size := answered, int(bytes)/answered
	if !reported || size > largest {
		// What was sent may only be cut and sent again when it is known to have
		// arrived. So the first clusters are of whole packets.
		packets, size = max(probeFirst, int(bytes)/largest), largest
	}
	size = max(size, probeLeast)
	pause := time.Duration(p.wait) * probeEvery
	pause = max(pause, duration(float64(packets*size)/probeShare, int(estimate)))
	if p.follows() {
		p.spent += float64(packets * size)
	}
	p.next = now + pause
	p.active = cluster{
		Probe: Probe{ID: p.id, Rate: rate, Packets: packets, Size: size},
		begun: now,
	}
	return p.active.Probe
}

// patience is how long a cluster's answer is waited for.
func (p *prober) patience(rtt time.Duration) time.Duration {
	return time.Second + 2*rtt
}

// expired says whether a cluster's answer can't be expected any more.
func (p *prober) expired(now, rtt time.Duration) bool {
	return p.active.ID != 0 && now-p.active.begun >= p.patience(rtt)
}

// sent takes a packet that was sent for a cluster.
func (p *prober) sent(id int) {
	if id == p.active.ID {
		p.active.sent++
	}
}

// received takes a packet of a cluster that arrived.
func (p *prober) received(r *record, arrival time.Duration) {
	a := &p.active
	if a.ID == 0 || int(r.probe) != a.ID {
		return
	}
	if a.got == 0 {
		a.first, a.arrival = *r, arrival
	}
	bytes := float64(r.total - a.first.total)
	a.gone.add(bytes, r.sent-a.first.sent)
	a.came.add(bytes, arrival-a.arrival)
	a.got++
}

// result is how fast a cluster, and what went out between its packets, was sent and
// carried, in bit/s. ok is false as long as most of it is under way.
func (p *prober) result() (sent, carried float64, ok bool) {
	a := &p.active
	if a.ID == 0 || a.got < 4 || a.got < a.sent*4/5 || a.sent < a.Packets/2 {
		return 0, 0, false
	}
	return a.gone.rate(), a.came.rate(), true
}

// end takes the cluster away.
func (p *prober) end() { p.active = cluster{} }

// succeeded remembers what a cluster said, and lets the next one follow at once.
func (p *prober) succeeded(now time.Duration, rate float64) {
	if now-p.liked > 2*doubtful {
		p.wait = 1
	}
	p.liked, p.rate = now, rate
	p.spent = max(p.spent-probeShare*rate/8*(now-p.leaked).Seconds(), 0)
	p.leaked = now
	if p.spent < probeAhead {
		p.next = now
	}
}

// follows says whether a cluster follows one that succeeded.
func (p *prober) follows() bool {
	return p.liked > 0 && p.liked == p.next
}

// failed says that the link didn't carry an estimate. If that was a probe's word, then
// this link lets bursts through that it doesn't carry for long, and is probed less often.
func (p *prober) failed(now time.Duration, capacity float64) {
	if p.liked == 0 || now-p.liked > doubtful || capacity > 0.85*p.rate {
		return
	}
	p.wait = min(p.wait*2, longest)
	p.next = max(p.next, now+time.Duration(p.wait)*probeEvery)
	p.liked = 0
}
