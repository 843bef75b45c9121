// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

// screen describes the video of a sender.
type screen struct {
	demand    int     // bit/s on the wire
	floor     int     // bit/s below which frames get fewer, not worse
	overshoot float64 // what frames are over their share
	rest      bool    // one packet of 100 bytes a second
	calm      int     // what it sends at most, in bit/s; 0 for no less than it may
}

// simulation is a screen, a controller, a link and a server.
type simulation struct {
	c       *Controller
	screen  screen
	up      *link
	server  server
	now     time.Duration
	random  *rand.Rand
	seq     uint16
	packets []parcel // of the frame that is being sent
	queued  int
	frame   time.Duration // when the next frame is due
	cluster burst
	backs   []back
	lose    float64 // of reports
	wakes   int     // for Tick and Probe
	shown   int     // frames
	skipped int
	probes  int
	padded  int // bytes
	stat    statistics
	log     func(string, ...any) // nil is silent
	trace   time.Duration
	traceAt time.Duration
	silent  bool // a server without reports
	echo    bool // reports come twice
	from    int  // what its packets say
	fresh   bool // its stream has just begun
}

type back struct {
	at      time.Duration
	results []Result
}

// statistics count since a mark.
type statistics struct {
	at       time.Duration
	bytes    int
	media    int
	shown    int
	wait     time.Duration // longest
	lowest   int           // estimate
	highest  int
	sum      int
	count    int
	capacity float64 // what could have been sent, in bits
}

// randomness has the same seed in each run. CONGESTION_SEED in the environment, a number, sets another.
func randomness() *rand.Rand {
	seed := uint64(1)
	if other, err := strconv.ParseUint(os.Getenv("CONGESTION_SEED"), 10, 64); err == nil {
		seed = other
	}
	return rand.New(rand.NewPCG(seed, 2))
}

func simulate(o Options, s screen, l shape) *simulation {
	random := randomness()
	sim := &simulation{
		c: New(o), screen: s, random: random,
		up:     &link{shape: l, random: random},
		server: server{offset: 1234567 * time.Millisecond},
		now:    time.Second, seq: 65000,
	}
	sim.c.SetDemand(s.demand)
	sim.frame = sim.now
	sim.mark()
	return sim
}

// mark restarts the statistics.
func (s *simulation) mark() {
	s.stat = statistics{at: s.now, bytes: s.up.bytes, media: s.up.media, shown: s.shown, lowest: 1 << 40}
}

// carry makes the link carry another rate from now on.
func (s *simulation) carry(rate int) {
	s.up.run(s.now)
	s.up.rate = rate
	s.up.free = max(s.up.free, s.now) // restart what is being sent
}

// reconnect makes a new connection, to a server without knowledge of the old one.
func (s *simulation) reconnect() {
	s.c.Reset(s.now)
	s.server = server{offset: 42 * time.Hour}
	s.up.waiting, s.up.queued, s.up.on, s.backs = nil, 0, nil, nil
	s.cluster = burst{}
	s.seq = 7
}

// run continues for a time, or until a condition holds.
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
	s.up.arrived(s.now, s.arrive)
	s.act()
}

// arrive handles a packet at the server.
func (s *simulation) arrive(p flying) {
	results := s.server.receive(p.at, p.parcel)
	if results != nil && !s.silent && (s.lose == 0 || s.random.Float64() >= s.lose) {
		s.backs = append(s.backs, back{p.at + s.up.delay, results})
	}
}

// act plays the sender.
func (s *simulation) act() {
	for len(s.backs) > 0 && s.backs[0].at <= s.now {
		s.c.Feedback(s.now, s.backs[0].results)
		if s.echo {
			s.c.Feedback(s.now, s.backs[0].results)
		}
		s.backs = s.backs[1:]
	}
	s.capture()
	s.pace()
	s.probe()
	s.measure()
}

// capture makes a frame if one is due and the queue is short.
func (s *simulation) capture() {
	if s.now < s.frame {
		return
	}
	if s.screen.rest {
		s.frame += time.Second
		s.add(100, true)
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
	if s.screen.calm > 0 {
		target = min(target, s.screen.calm)
	}
	size := float64(target) / 8 / 30 * (0.85 + 0.3*s.random.Float64()) * max(s.screen.overshoot, 1)
	count := max(int((size+1199+overhead)/(1200+overhead)), 1)
	for i := range count {
		s.add(max(int(size)/count, 100), i == count-1)
	}
	s.shown++
}

func (s *simulation) add(bytes int, marker bool) {
	s.packets = append(s.packets, parcel{bytes: bytes, marker: marker, media: true})
	s.queued += bytes
}

// pace sends the packets that may leave.
func (s *simulation) pace() {
	granted := 0
	for len(s.packets) > 0 {
		p := s.packets[0]
		if s.probing() {
			if s.cluster.at() > s.now {
				return
			}
			granted = 1
		}
		if granted <= 0 {
			granted, _ = s.c.Grant(s.now, s.queued)
		}
		if granted <= 0 {
			return
		}
		granted -= p.bytes
		s.packets = s.packets[1:]
		s.queued -= p.bytes
		s.put(p)
	}
}

// cluster is a probe that is being sent.
type burst struct {
	Probe
	begun time.Duration
	sent  int // bytes; packets, if it asks
}

func (c *burst) left() bool {
	if c.Ask {
		return c.sent < c.Packets
	}
	return c.sent < c.Packets*c.Size
}

// at returns when to continue.
func (c *burst) at() time.Duration {
	bytes := c.sent
	if c.Ask {
		bytes *= c.Size
	}
	return c.begun + duration(float64(bytes), c.Rate)
}

// probing reports whether media is part of a probe now.
func (s *simulation) probing() bool {
	return s.cluster.left() && !s.cluster.Ask
}

func (s *simulation) put(p parcel) {
	p.seq, p.from = s.seq, s.from
	s.seq++
	id := 0
	if s.cluster.left() && (!p.media || !s.cluster.Ask) {
		id = s.cluster.ID
		s.cluster.sent += p.bytes
		if s.cluster.Ask {
			s.cluster.sent -= p.bytes - 1
		}
	}
	s.c.Sent(s.now, Packet{Seq: p.seq, Bytes: p.bytes, Probe: id, Media: p.media, New: s.fresh})
	s.up.put(s.now, p)
}

// probe sends padding in steps as small as those of package network, and requests probes only when they are due.
func (s *simulation) probe() {
	for s.cluster.left() && s.cluster.at() <= s.now {
		p := parcel{bytes: min(s.cluster.Size, 300)}
		s.put(p)
		s.padded += p.bytes
	}
	if at, ok := s.c.Due(s.now); !ok || at > s.now {
		return
	}
	s.wakes++
	s.c.Tick(s.now)
	if p, ok := s.c.Probe(s.now); ok {
		s.cluster = burst{Probe: p, begun: s.now}
		s.probes++
		s.tracef("probe %+v", p)
	}
}

func (s *simulation) measure() {
	status := s.c.Status()
	s.stat.wait = max(s.stat.wait, s.up.wait(s.now))
	s.stat.lowest = min(s.stat.lowest, status.Estimate)
	s.stat.highest = max(s.stat.highest, status.Estimate)
	s.stat.sum += status.Estimate
	s.stat.count++
	s.stat.capacity += float64(s.up.rate) * step.Seconds()
	if s.log != nil && s.now >= s.traceAt {
		s.traceAt = s.now + s.trace
		s.tracef("%+v link %v", status, s.up.wait(s.now))
	}
}

func (s *simulation) tracef(format string, args ...any) {
	if s.log != nil {
		s.log("%8.3f "+format, append([]any{s.now.Seconds()}, args...)...)
	}
}

// share returns how much of the link was used since the mark.
func (s *simulation) share() float64 {
	return float64(s.up.bytes-s.stat.bytes) * 8 / s.stat.capacity
}

// mediaShare is share for media alone.
func (s *simulation) mediaShare() float64 {
	return float64(s.up.media-s.stat.media) * 8 / s.stat.capacity
}

// frames returns how many frames a second were sent since the mark.
func (s *simulation) frames() float64 {
	return float64(s.shown-s.stat.shown) / (s.now - s.stat.at).Seconds()
}

func (s *simulation) String() string {
	return fmt.Sprintf("share %.2f, of media %.2f, wait %v, estimate %d to %d, %.1f frames/s, "+
		"%d probes, %d bytes of padding", s.share(), s.mediaShare(), s.stat.wait.Round(time.Millisecond),
		s.stat.lowest, s.stat.highest, s.frames(), s.probes, s.padded)
}
