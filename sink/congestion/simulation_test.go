// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// screen is what a sender shows.
type screen struct {
	demand    int     // bit/s on the wire
	floor     int     // bit/s below which pictures get fewer, not worse
	overshoot float64 // what pictures are over their share
	rest      bool    // one packet of 100 bytes a second
}

// simulation is a screen, a controller, a link and a server.
type simulation struct {
	c       *Controller
	screen  screen
	up      link
	server  server
	now     time.Duration
	random  *rand.Rand
	seq     uint16
	packets []parcel // of the picture that is being sent
	queued  int
	frame   time.Duration // when the next picture is due
	probe   Probe
	probeAt time.Duration
	left    int
	backs   []back
	lose    float64 // of reports
	ups     int
	shown   int // pictures
	skipped int
	probes  int
	probed  int // bytes
	stat    statistics
	trace   time.Duration
	traceAt time.Duration
	silent  bool // a server without reports
}

type back struct {
	at      time.Duration
	results []Result
}

// statistics are since a mark.
type statistics struct {
	at       time.Duration
	bytes    int
	media    int
	shown    int
	wait     time.Duration // longest
	lowest   int           // estimate
	highest  int
	capacity float64 // what could have been sent, in bits
}

func simulate(o Options, s screen, l shape) *simulation {
	random := rand.New(rand.NewPCG(1, 2))
	sim := &simulation{
		c: New(o), screen: s, random: random,
		up:     link{shape: l, random: random},
		server: server{offset: 1234567 * time.Millisecond},
		now:    time.Second, seq: 65000,
	}
	sim.c.SetDemand(s.demand)
	sim.frame = sim.now
	sim.mark()
	return sim
}

// mark begins the statistics anew.
func (s *simulation) mark() {
	s.stat = statistics{at: s.now, bytes: s.up.bytes, media: s.up.media, shown: s.shown, lowest: 1 << 40}
}

// run goes on for a time, or until a condition holds.
func (s *simulation) run(d time.Duration, until ...func() bool) time.Duration {
	begun := s.now
	for end := s.now + d; s.now < end; s.now += step {
		s.step()
		if len(until) > 0 && until[0]() {
			break
		}
	}
	return s.now - begun
}

func (s *simulation) step() {
	s.up.run(s.now)
	for len(s.up.on) > 0 && s.up.on[0].at <= s.now {
		p := s.up.on[0]
		s.up.on = s.up.on[1:]
		results := s.server.receive(p.at, p.parcel)
		if results != nil && !s.silent && (s.lose == 0 || s.random.Float64() >= s.lose) {
			s.backs = append(s.backs, back{p.at + s.up.delay, results})
		}
	}
	for len(s.backs) > 0 && s.backs[0].at <= s.now {
		s.c.Feedback(s.now, s.backs[0].results)
		s.backs = s.backs[1:]
	}
	s.capture()
	s.pace()
	s.probing()
	s.measure()
}

// capture makes a picture if one is due, and nothing is far behind.
func (s *simulation) capture() {
	if s.now < s.frame {
		return
	}
	if s.screen.rest {
		s.frame += time.Second
		s.packets = append(s.packets, parcel{bytes: 100, marker: true, media: true})
		s.queued += 100
		return
	}
	s.frame += time.Second / 30
	status := s.c.Status()
	behind := s.c.Backlog(s.now) + duration(float64(s.queued), status.PacingRate)
	if behind > 50*time.Millisecond {
		s.skipped++
		return
	}
	target := s.screen.demand
	if status.Estimate > 0 {
		target = min(target, max(status.Estimate, s.screen.floor))
	}
	size := float64(target) / 8 / 30 * (0.85 + 0.3*s.random.Float64()) * max(s.screen.overshoot, 1)
	count := max(int((size+1199+overhead)/(1200+overhead)), 1)
	for i := range count {
		p := parcel{bytes: max(int(size)/count, 100), marker: i == count-1, media: true}
		s.packets = append(s.packets, p)
		s.queued += p.bytes
	}
	s.shown++
}

// pace sends what may be sent.
func (s *simulation) pace() {
	for len(s.packets) > 0 && s.c.Delay(s.now, s.packets[0].bytes) == 0 {
		p := s.packets[0]
		s.packets = s.packets[1:]
		s.queued -= p.bytes
		s.put(p, 0)
	}
}

func (s *simulation) put(p parcel, probe int) {
	p.seq = s.seq
	s.seq++
	s.c.Sent(s.now, Packet{Seq: p.seq, Bytes: p.bytes, Probe: probe, Media: probe == 0})
	s.up.put(s.now, p)
}

// probing sends clusters, and asks for them only when they are due.
func (s *simulation) probing() {
	for s.left > 0 && s.probeAt <= s.now {
		s.put(parcel{bytes: s.probe.Size}, s.probe.ID)
		s.left--
		s.probed += s.probe.Size
		s.probeAt += duration(float64(s.probe.Size), s.probe.Rate)
	}
	if at, ok := s.c.Due(s.now); !ok || at > s.now {
		return
	}
	s.ups++
	s.c.Tick(s.now)
	if p, ok := s.c.Probe(s.now); ok {
		s.probe, s.left, s.probeAt = p, p.Packets, s.now
		s.probes++
	}
}

func (s *simulation) measure() {
	status := s.c.Status()
	s.stat.wait = max(s.stat.wait, s.up.wait(s.now))
	s.stat.lowest = min(s.stat.lowest, status.Estimate)
	s.stat.highest = max(s.stat.highest, status.Estimate)
	s.stat.capacity += float64(s.up.rate) * step.Seconds()
	if s.trace > 0 && s.now >= s.traceAt {
		s.traceAt = s.now + s.trace
		fmt.Printf("%7.3f est %5d acked %5d cap %5d pace %5d rtt %4d q %4d link %4d loss %.2f fly %6d thr %5d %v ahead %d noise %d long %d\n",
			s.now.Seconds()-1, status.Estimate/1000, status.AckedRate/1000, status.Capacity/1000, status.PacingRate/1000,
			status.RTT.Milliseconds(), status.QueueDelay.Milliseconds(), s.up.wait(s.now).Milliseconds(), status.Loss,
			status.InFlight, s.c.throughput.rate()/1000, status.State, s.c.ahead(s.now).Milliseconds(),
			s.c.noise().Milliseconds(), s.c.tooLong().Milliseconds())
	}
}

// share is how much of the link was used since the mark.
func (s *simulation) share() float64 {
	return float64(s.up.bytes-s.stat.bytes) * 8 / s.stat.capacity
}

// mediaShare is the same of media alone.
func (s *simulation) mediaShare() float64 {
	return float64(s.up.media-s.stat.media) * 8 / s.stat.capacity
}

func (s *simulation) String() string {
	fps := float64(s.shown-s.stat.shown) / (s.now - s.stat.at).Seconds()
	return fmt.Sprintf("share %.2f media %.2f wait %v estimate %d..%d fps %.1f probes %d (%d B)", s.share(), s.mediaShare(),
		s.stat.wait.Round(time.Millisecond), s.stat.lowest, s.stat.highest, fps, s.probes, s.probed)
}
