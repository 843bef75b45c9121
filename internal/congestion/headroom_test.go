// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// send passes one frame to the controller and returns how long the frame takes to leave.
func (s *simulation) send(bytes int) time.Duration {
	for left := bytes; left > 0; left -= 1200 {
		s.add(min(left, 1200), left <= 1200)
	}
	s.frame = s.now + time.Minute // Nothing else is captured.
	return s.run(5*time.Second, func() bool { return len(s.packets) == 0 })
}

// On a wide link, the first frame shows what the link carries, and each later frame leaves immediately.
func TestHeadroom(t *testing.T) {
	for _, delay := range []time.Duration{0, 20 * ms, 150 * ms} {
		for _, jitter := range []time.Duration{0, 2 * ms} {
			for _, overshoot := range []float64{1, 2.5} { // An encoder that keeps to its target, and one that does not.
				t.Run(fmt.Sprint(delay, jitter, overshoot), func(t *testing.T) {
					s := simulate(Options{}, screen{demand: demand, overshoot: overshoot},
						shape{delay: delay, jitter: jitter, queue: 500 * ms})
					key := s.send(120_000)
					require.Less(t, key, 2*delay+10*ms, "the first key frame waits for one report")
					s.frame = s.now
					s.run(10 * time.Second)
					if delay <= 20*ms { // Until the first report comes, 300 ms are many frames.
						require.Zero(t, s.skipped, s)
					}
					status := s.c.Status()
					require.Equal(t, AtLeast, status.Link.Bound)
					require.Greater(t, status.Link.Rate, 10_000_000)
					require.GreaterOrEqual(t, status.PacingRate, 10_000_000)
					require.InDelta(t, demand*11/10, status.Estimate, 1, "the amount to encode follows the demand")
					require.Less(t, s.padded, 10_000, s)
				})
			}
		}
	}
}

// After a still minute, the rate that the link has shown still holds.
func TestHeadroomAfterRest(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{delay: 20 * ms, queue: 500 * ms})
	s.send(120_000)
	s.frame = s.now
	s.run(2 * time.Second)
	s.screen.rest = true
	s.run(time.Minute)
	require.Less(t, s.send(100_000), 6*ms)
}

// Key frames of video that a pipeline has encoded may be 275 kB among small frames. With a demand of ten of them a
// second, as package sink sets it, the first waits for one report. Each later one is there as soon as the link carries
// it: after 44 ms at 50 Mbit/s, and 5 ms on a link without a limit.
func TestLargeKeyFrames(t *testing.T) {
	const size, span = 275_000, 100 * ms
	for _, c := range []struct {
		rate int
		last time.Duration // until the last byte of a later one is there
	}{{0, 6 * ms}, {1_000_000_000, 6 * ms}, {100_000_000, 23 * ms}, {50_000_000, 45 * ms}, {40_000_000, 56 * ms}} {
		for _, delay := range []time.Duration{0, 20 * ms, 100 * ms} {
			t.Run(fmt.Sprint(c.rate, delay), func(t *testing.T) {
				s := simulate(Options{}, screen{demand: size * 8 * int(time.Second/span), calm: 700_000},
					shape{rate: c.rate, delay: delay, queue: 500 * ms})
				first := s.send(size)
				require.Less(t, first, 2*delay+c.last+5*ms)
				for i := range 5 {
					s.frame = s.now
					s.run(2 * time.Second)
					took := s.send(size) + s.up.wait(s.now)
					if i > 0 { // The second may find out more.
						require.LessOrEqual(t, took, c.last, s)
					}
					require.Less(t, took, span)
				}
			})
		}
	}
}

// A large frame leaves no faster than the link has shown to carry, and causes a queue of a few packets.
func TestHeadroomOfANarrowLink(t *testing.T) {
	for _, rate := range []int{3_000_000, 10_000_000, 30_000_000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			s := simulate(Options{}, screen{demand: demand}, shape{rate: rate, delay: 20 * ms, queue: 500 * ms})
			s.run(5 * time.Second)
			link := s.c.Status().Link
			require.Equal(t, AtLeast, link.Bound)
			require.Greater(t, float64(link.Rate), 0.8*demand)
			require.Less(t, float64(link.Rate), 1.05*float64(rate))
			s.run(100 * ms)
			s.mark()
			s.send(60_000)
			require.Less(t, s.stat.wait, 60*ms, s)
		})
	}
}

// Headroom is lost when the link becomes slower, and found again when the link is free.
func TestHeadroomIsGivenUp(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{delay: 20 * ms, queue: 500 * ms})
	s.run(5 * time.Second)
	s.carry(1_000_000)
	s.run(2 * time.Second)
	status := s.c.Status()
	require.Equal(t, AtMost, status.Link.Bound)
	require.InDelta(t, 1_000_000, status.Link.Rate, 100_000)
	require.LessOrEqual(t, status.PacingRate, 1_100_000)
	s.run(20 * time.Second)
	require.Equal(t, AtMost, s.c.Status().Link.Bound, "the link is still narrow")

	s.carry(0)
	back := s.run(5*time.Second, func() bool {
		status := s.c.Status()
		return status.Link.Bound == AtLeast && status.PacingRate > 20_000_000
	})
	t.Log("found again after", back)
	require.Less(t, back, 3*time.Second)
}

// Loss also ends headroom.
func TestNoHeadroomWithLoss(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{delay: 20 * ms, queue: 500 * ms})
	s.run(5 * time.Second)
	s.up.loss = 0.05
	s.run(5 * time.Second)
	require.LessOrEqual(t, s.c.Status().PacingRate, demand*3/2)
	s.up.loss = 0
	s.run(5 * time.Second)
	require.Greater(t, s.c.Status().PacingRate, 20_000_000)
}

// The caller's limit counts like the link's.
func TestMaxIsALimit(t *testing.T) {
	s := simulate(Options{Max: 400_000}, screen{demand: demand}, shape{delay: 20 * ms, queue: 500 * ms})
	s.run(5 * time.Second)
	require.Equal(t, Link{Rate: 400_000, Bound: AtMost}, s.c.Status().Link)
	require.Equal(t, "at most", AtMost.String())
	require.Equal(t, "at least", AtLeast.String())
}
