// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"math/rand/v2"
	"time"
)

const (
	step     = 500 * time.Microsecond
	overhead = 62 // IP, UDP, RTP with extensions, SRTP's tag
)

// shape describes a link for a period.
type shape struct {
	rate   int           // bit/s, 0 is unlimited
	delay  time.Duration // one way, also back
	jitter time.Duration // more or less delay than that, in order
	queue  time.Duration // at the rate; what comes on top is dropped
	loss   float64       // before the queue
	stall  time.Duration // each five seconds nothing arrives for so long, then all at once
}

// parcel is a packet on its way.
type parcel struct {
	seq    uint16
	bytes  int
	marker bool
	media  bool
	from   int // whose it is, where a link is shared
}

// link is a link in one direction, with a drop-tail queue.
type link struct {
	shape
	random  *rand.Rand
	waiting []parcel
	queued  int           // bytes
	free    time.Duration // since when the first that waits is being sent
	on      []flying
	latest  time.Duration
	bytes   int // through the queue, ever
	media   int // the same of media
	dropped int
	swap    bool // some packets overtake others
}

type flying struct {
	parcel
	at time.Duration
}

// put passes a packet to the link. It reports whether the link has room for it.
func (l *link) put(now time.Duration, p parcel) bool {
	if l.loss > 0 && l.random.Float64() < l.loss {
		return true
	}
	if l.rate > 0 {
		limit := max(int(l.queue.Seconds()*float64(l.rate)/8), 2*1300)
		if l.queued+p.bytes > limit {
			l.dropped++
			return false
		}
	}
	if len(l.waiting) == 0 {
		l.free = max(l.free, now)
	}
	l.waiting = append(l.waiting, p)
	l.queued += p.bytes
	l.run(now)
	return true
}

// run moves the packets that are through the link by now.
func (l *link) run(now time.Duration) {
	for len(l.waiting) > 0 {
		p := l.waiting[0]
		end := l.free + duration(float64(p.bytes), l.rate)
		if end > now {
			return
		}
		l.free = end
		l.waiting = l.waiting[1:]
		l.queued -= p.bytes
		l.bytes += p.bytes
		if p.media {
			l.media += p.bytes
		}
		at := end + l.delay
		if l.jitter > 0 {
			at += time.Duration((l.random.Float64()*2 - 1) * float64(l.jitter))
		}
		at += max(l.stall-at%(5*time.Second), 0)
		l.latest = max(l.latest, at)
		l.on = append(l.on, flying{p, l.latest})
		if n := len(l.on); l.swap && n > 1 && p.seq%10 == 0 {
			l.on[n-1].parcel, l.on[n-2].parcel = l.on[n-2].parcel, l.on[n-1].parcel
		}
	}
}

// arrived removes and returns the packets that have arrived by now, in order.
func (l *link) arrived(now time.Duration, take func(flying)) {
	l.run(now)
	for len(l.on) > 0 && l.on[0].at <= now {
		p := l.on[0]
		l.on = l.on[1:]
		take(p)
	}
}

// wait returns how long a packet would wait in the queue.
func (l *link) wait(now time.Duration) time.Duration {
	if l.rate == 0 || l.queued == 0 {
		return 0
	}
	return max(l.free-now+duration(float64(l.queued), l.rate), 0)
}

// server reports as LiveKit's server does (mediatransportutil, pkg/twcc).
type server struct {
	offset time.Duration // of its clock
	got    map[int64]time.Duration
	newest int64
	from   int64
	held   int
	last   time.Duration
}

func (s *server) receive(at time.Duration, p parcel) []Result {
	n := int64(p.seq)
	if s.got == nil {
		s.got, s.newest, s.from = map[int64]time.Duration{}, n, n
	}
	n = s.newest + int64(int16(p.seq-uint16(s.newest)))
	s.newest = max(s.newest, n)
	s.from = min(s.from, n)
	s.got[n] = (at + s.offset).Round(250 * time.Microsecond)
	s.held++
	since := at - s.last
	if s.held <= 20 || since < 100*time.Millisecond && s.held <= 100 && (!p.marker || since < 50*time.Millisecond) {
		return nil
	}
	var results []Result
	for i := s.from; i <= s.newest; i++ {
		arrival, ok := s.got[i]
		results = append(results, Result{Seq: uint16(i), Arrival: arrival, Received: ok})
		delete(s.got, i-2000)
	}
	s.from, s.held, s.last = s.newest+1, 0, at
	return results
}
