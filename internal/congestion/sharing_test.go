// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sharers are independent senders on one link.
type sharers struct {
	up      *link
	now     time.Duration
	screens []*simulation
	file    *file         // nil if there is none
	bytes   map[int]int   // that arrived, of each
	wait    time.Duration // the longest
}

// share returns a link without senders.
func share(l shape) *sharers {
	return &sharers{up: &link{shape: l, random: randomness()}, now: time.Second, bytes: map[int]int{}}
}

// add starts a screen now.
func (s *sharers) add(screen screen) *simulation {
	one := simulate(Options{}, screen, s.up.shape)
	one.up, one.random, one.now, one.frame = s.up, s.up.random, s.now, s.now
	one.from = len(s.screens)
	one.server.offset += time.Duration(one.from) * time.Hour
	s.screens = append(s.screens, one)
	return one
}

// run continues for a time.
func (s *sharers) run(d time.Duration) {
	for end := s.now + d; s.now < end; s.now += step {
		s.up.arrived(s.now, func(p flying) {
			s.bytes[p.from] += p.bytes
			if p.from == fileSender {
				s.file.acks = append(s.file.acks, ack{at: p.at + s.up.delay, bytes: p.bytes})
			} else {
				s.screens[p.from].arrive(p)
			}
		})
		for _, one := range s.screens {
			one.now = s.now
			one.act()
		}
		if s.file != nil {
			s.file.act(s.now, s.up)
		}
		s.wait = max(s.wait, s.up.wait(s.now))
	}
}

// until continues until a condition holds, or a time has passed.
func (s *sharers) until(d time.Duration, is func() bool) time.Duration {
	begun := s.now
	for s.now-begun < d && !is() {
		s.run(step)
	}
	return s.now - begun
}

// rates runs for some seconds, and returns the rate of each sender, in bit/s.
func (s *sharers) rates(d time.Duration) map[int]float64 {
	clear(s.bytes)
	s.wait = 0
	s.run(d)
	rates := map[int]float64{}
	for from, bytes := range s.bytes {
		rates[from] = float64(8*bytes) / d.Seconds()
	}
	return rates
}

// fileSender marks the packets of a file.
const fileSender = -1

// file is sent as fast as losses allow, with a window like that of TCP's CUBIC (RFC 9438).
type file struct {
	window   float64 // packets
	slow     float64 // until which it doubles each round trip
	most     float64 // when a packet was lost last
	epoch    time.Duration
	inFlight int  // packets
	ended    bool // nothing is left to send
	acks     []ack
	blind    time.Duration // losses before are of the same event
}

// ack reports that a packet has arrived or was lost.
type ack struct {
	at    time.Duration
	bytes int
	sent  time.Duration
	lost  bool
}

const segment = 1500

func newFile() *file { return &file{window: 10, slow: math.Inf(1)} }

func (f *file) act(now time.Duration, l *link) {
	kept := f.acks[:0]
	for _, a := range f.acks {
		switch {
		case a.at > now:
			kept = append(kept, a)
		case a.lost:
			f.inFlight--
			f.lost(a, now)
		default:
			f.inFlight--
			f.acked(now)
		}
	}
	f.acks = kept
	for !f.ended && float64(f.inFlight) < f.window {
		f.inFlight++
		if !l.put(now, parcel{bytes: segment, from: fileSender}) {
			// A loss is noticed when the next packets arrive.
			f.acks = append(f.acks, ack{at: now + l.wait(now) + 2*l.delay, sent: now, lost: true})
		}
	}
}

func (f *file) acked(now time.Duration) {
	if f.window < f.slow {
		f.window++
		return
	}
	const scale = 0.4
	since := (now - f.epoch).Seconds() - math.Cbrt(f.most*0.3/scale)
	target := min(scale*since*since*since+f.most, 1.5*f.window)
	f.window += max(target-f.window, 0) / f.window
}

func (f *file) lost(a ack, now time.Duration) {
	if a.sent < f.blind {
		return
	}
	f.blind, f.epoch, f.most = now, now, f.window
	f.window = max(0.7*f.window, 2)
	f.slow = f.window
}

// Two screens share a link. The second starts when the first uses all of it.
func TestTwoScreens(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{600_000, 3_000_000} {
		for _, queue := range []time.Duration{100 * ms, 2 * time.Second} {
			for _, later := range []time.Duration{0, 300 * ms, 20 * time.Second} {
				t.Run(fmt.Sprint(rate, queue, later), func(t *testing.T) {
					t.Parallel()
					s := share(shape{rate: rate, delay: 20 * ms, queue: queue})
					s.add(screen{demand: rate * 5 / 4})
					s.run(later)
					s.add(screen{demand: rate * 5 / 4})
					s.run(10 * time.Second)
					least, longest, all := 1.0, time.Duration(0), 0.0
					for range 6 {
						rates := s.rates(10 * time.Second)
						least = min(least, rates[0]/float64(rate), rates[1]/float64(rate))
						longest = max(longest, s.wait)
						all += (rates[0] + rates[1]) / float64(rate) / 6
					}
					t.Logf("the least share in ten seconds %.2f, of both %.2f, longest queue %v", least, all, longest)
					require.Greater(t, least, 0.25*0.5)
					require.Greater(t, all, 0.9)
					require.Less(t, longest, 900*ms)
				})
			}
		}
	}
}

// A screen beside a file that fills any queue. If the queue is deep, frames only have to keep
// coming.
func TestBesideAFile(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1_200_000, 3_000_000} {
		for queue, share := range map[time.Duration]float64{100 * ms: 0.5, 500 * ms: 0.3, 2 * time.Second: 0.1} {
			for _, first := range []bool{true, false} {
				t.Run(fmt.Sprint(rate, queue, first), func(t *testing.T) {
					t.Parallel()
					besideAFile(t, shape{rate: rate, delay: 20 * ms, queue: queue}, first, share)
				})
			}
		}
	}
}

// besideAFile requires a part of the fair share. first reports whether the screen starts before the file.
func besideAFile(t *testing.T, l shape, first bool, least float64) {
	t.Helper()
	s := share(l)
	if !first {
		s.file = newFile()
		s.run(10 * time.Second)
	}
	one := s.add(screen{demand: demand, floor: 1_200_000})
	s.run(10 * time.Second)
	if first {
		s.file = newFile()
		s.run(5 * time.Second)
	}
	one.mark()
	rates := s.rates(time.Minute)
	fair := min(float64(l.rate)/2, demand)
	t.Logf("screen %.2f of its fair share, %.2f of the link, file %.2f; %v",
		rates[0]/fair, rates[0]/float64(l.rate), rates[fileSender]/float64(l.rate), one)
	require.Greater(t, rates[0], least*fair)
	require.Greater(t, one.frames(), 1.5)
	require.Greater(t, rates[fileSender], 0.2*float64(l.rate))

	s.file.ended = true
	wanted := min(demand, l.rate*8/10)
	took := s.until(time.Minute, func() bool { return one.c.Status().Estimate >= wanted })
	t.Log("alone again, the screen uses all of the link after", took)
	require.Less(t, took, 15*time.Second)
	s.run(15 * time.Second)
	s.rates(10 * time.Second)
	require.Less(t, s.wait, 300*ms, "the queue of others no longer excuses a wait")
}
