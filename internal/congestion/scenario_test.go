// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ms     = time.Millisecond
	demand = 2_500_000
)

func (s *simulation) atDemand() bool { return s.c.Status().Estimate >= s.screen.demand }

func TestStart(t *testing.T) {
	for _, c := range []struct {
		rate, start int
		reached     time.Duration
	}{
		{0, 0, 500 * ms},
		{0, 300_000, time.Second},
		{3_000_000, 0, 500 * ms},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := simulate(Options{Start: c.start}, screen{demand: demand}, shape{rate: c.rate, delay: 20 * ms, queue: 500 * ms})
			require.LessOrEqual(t, s.run(2*time.Second, s.atDemand), c.reached)
			require.Less(t, s.stat.wait, 50*ms, s)
		})
	}
}

// The initial rate exceeds the link: the queue that builds up until the first reports is gone after two seconds.
func TestStartAboveTheLink(t *testing.T) {
	for _, c := range []struct {
		rate  int
		first time.Duration // longest wait in the first two seconds
		until time.Duration // when it is over
	}{
		{600_000, 500 * ms, 2 * time.Second},
		{300_000, 1300 * ms, 2 * time.Second},
		{100_000, 2 * time.Second, 5 * time.Second},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := simulate(Options{}, screen{demand: demand}, shape{rate: c.rate, delay: 20 * ms, queue: 2 * time.Second})
			s.run(c.until)
			require.Less(t, s.stat.wait, c.first, s)
			s.mark()
			s.run(10 * time.Second)
			require.Less(t, s.stat.wait, 300*ms, s)
			require.Greater(t, s.share(), 0.95, s)
		})
	}
}

// squeeze is a link that becomes slower, and then free again.
type squeeze struct {
	name      string
	screen    screen
	link      shape
	rate      int
	lose      float64 // reports
	wait      time.Duration
	share     float64
	media     float64
	usually   time.Duration // until the demand is reached, on average
	always    time.Duration // at most
	frames    float64       // a second, at least
	estimates float64       // the least estimate, over the rate
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	screens := func(floor int, overshoot float64) screen {
		return screen{demand: demand, floor: floor, overshoot: overshoot}
	}
	const rate, floor = 600_000, 1_200_000
	near, far := shape{delay: 20 * ms, queue: 2 * time.Second}, shape{delay: 150 * ms, queue: 2 * time.Second}
	short, lossy, unsteady := near, near, near
	short.queue, lossy.loss, unsteady.jitter = 100*ms, 0.05, 10*ms
	for _, c := range []squeeze{
		{"frames get worse", screens(0, 1), near, rate, 0, 200 * ms, 0.95, 0.92, 800 * ms, 1500 * ms, 25, 0.85},
		{"frames get fewer", screens(floor, 1), near, rate, 0, 200 * ms, 0.95, 0.92, 800 * ms, 1500 * ms, 10, 0.85},
		{"short queue", screens(floor, 1), short, rate, 0, 100 * ms, 0.95, 0.92, 800 * ms, 1500 * ms, 10, 0.85},
		{"overshooting", screens(0, 1.3), near, rate, 0, 200 * ms, 0.95, 0.92, 800 * ms, 1500 * ms, 15, 0.85},
		{"lost reports", screens(floor, 1), near, rate, 0.1, 500 * ms, 0.7, 0.67, 1500 * ms, 4 * time.Second, 10, 0.8},
		{"lost packets", screens(floor, 1), lossy, rate, 0, 300 * ms, 0.88, 0.83, time.Second, 4 * time.Second, 10, 0.75},
		{"jitter", screens(0, 1), unsteady, rate, 0, 400 * ms, 0.82, 0.74, 2 * time.Second, 6 * time.Second, 20, 0.7},
		{"far away", screens(0, 1), far, rate, 0, 800 * ms, 0.93, 0.9, 1500 * ms, 2 * time.Second, 20, 0.85},
		{"slow", screens(0, 1), near, 300_000, 0, time.Second, 0.8, 0.75, 1500 * ms, 4 * time.Second, 18, 0.8},
		{"less slow", screens(0, 1), near, 1_200_000, 0, 100 * ms, 0.95, 0.92, 800 * ms, 1500 * ms, 25, 0.85},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

// run squeezes the link repeatedly, so that it becomes free at every moment between two probes.
func (c *squeeze) run(t *testing.T) {
	t.Helper()
	const times, later = 12, 93 * ms
	s := simulate(Options{}, c.screen, c.link)
	s.lose = c.lose
	s.run(10 * time.Second)
	var all, longest time.Duration
	for i := range times {
		s.carry(c.rate)
		s.run(2 * time.Second)
		s.mark()
		s.run(8*time.Second + time.Duration(i)*later)
		require.Less(t, s.stat.wait, c.wait, "%d: %v", i, s)
		require.Greater(t, s.share(), c.share, "%d: %v", i, s)
		require.Greater(t, s.mediaShare(), c.media, "%d: %v", i, s)
		require.Greater(t, s.frames(), c.frames, "%d: %v", i, s)
		require.Greater(t, float64(s.stat.lowest), c.estimates*float64(c.rate), "%d: %v", i, s)
		s.carry(0)
		took := s.run(6*time.Second, s.atDemand)
		all, longest = all+took, max(longest, took)
		s.run(3 * time.Second)
	}
	t.Log(s, "reached after", all/times, "at most", longest)
	require.Less(t, all/times, c.usually)
	require.Less(t, longest, c.always)
}

// A still screen sends 100 bytes a second, and a report comes every 21 seconds.
func TestRest(t *testing.T) {
	for _, rest := range []time.Duration{time.Minute, 10 * time.Minute} {
		for _, jitter := range []time.Duration{0, 10 * ms} {
			t.Run(fmt.Sprint(rest, jitter), func(t *testing.T) {
				link := shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms, jitter: jitter}
				s := simulate(Options{}, screen{demand: demand}, link)
				s.run(5 * time.Second)
				estimate := s.c.Status().Estimate
				require.GreaterOrEqual(t, estimate, demand)
				require.LessOrEqual(t, estimate, demand*11/10)

				s.screen.rest = true
				s.run(time.Second)
				s.mark()
				wakes, probes := s.wakes, s.probes
				s.run(rest)
				require.Equal(t, estimate, s.stat.lowest)
				require.Equal(t, estimate, s.stat.highest)
				require.True(t, s.c.Status().ApplicationLimited)
				require.Equal(t, Holding, s.c.Status().State)
				require.Equal(t, probes, s.probes)
				require.Equal(t, wakes, s.wakes, "a still screen costs nothing")

				s.screen.rest = false
				s.frame = s.now
				skipped := s.skipped
				s.mark()
				s.run(time.Second)
				require.Equal(t, skipped, s.skipped, "full motion immediately")
				require.Equal(t, estimate, s.stat.lowest)
				require.Less(t, s.stat.wait, 50*ms)
			})
		}
	}
}

// The link becomes slower while the screen is still.
func TestSlowerAfterRest(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{rate: 3_000_000, delay: 20 * ms, queue: 2 * time.Second})
	s.run(5 * time.Second)
	s.screen.rest = true
	s.run(30 * time.Second)
	s.carry(600_000)
	s.run(30 * time.Second)
	s.screen.rest = false
	s.run(2 * time.Second)
	s.mark()
	s.run(10 * time.Second)
	require.Less(t, s.stat.wait, 200*ms, s)
	require.Greater(t, s.share(), 0.95, s)
}

// Little motion, on links where it looks like congestion.
func TestCalm(t *testing.T) {
	radio := shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms, stall: 200 * ms}
	worse := shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms, stall: 600 * ms}
	unsteady := shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms, jitter: 10 * ms, loss: 0.03}
	for _, c := range []shape{radio, worse, unsteady} {
		for _, calm := range []int{50_000, 200_000, 800_000} {
			t.Run(fmt.Sprint(c, calm), func(t *testing.T) {
				s := simulate(Options{}, screen{demand: demand}, c)
				s.run(2*time.Second, s.atDemand)
				s.screen.calm = calm
				s.run(time.Second)
				s.mark()
				s.run(time.Minute)
				require.GreaterOrEqual(t, s.stat.lowest, demand)
				require.LessOrEqual(t, s.stat.highest, demand*11/10)
			})
		}
	}
}

func TestLoss(t *testing.T) {
	for _, c := range []struct {
		loss          float64
		least, lowest int
		most          int
	}{
		{0.02, demand, demand, demand * 11 / 10},
		{0.05, demand, demand, demand * 11 / 10},
		{0.10, demand * 8 / 10, demand * 8 / 10, demand * 11 / 10},
		{0.20, demand / 5, demand / 5, demand * 8 / 10},
		{0.40, demand / 5, demand / 5, demand / 2},
	} {
		t.Run(fmt.Sprint(c.loss), func(t *testing.T) {
			s := simulate(Options{}, screen{demand: demand}, shape{rate: 5_000_000, delay: 25 * ms, queue: 500 * ms})
			s.run(5 * time.Second)
			s.up.loss = c.loss
			s.mark()
			s.run(20 * time.Second)
			require.GreaterOrEqual(t, s.stat.lowest, c.lowest)
			s.mark()
			s.run(20 * time.Second)
			mean := s.stat.sum / s.stat.count
			require.GreaterOrEqual(t, mean, c.least)
			require.LessOrEqual(t, mean, c.most)

			s.up.loss = 0
			require.Less(t, s.run(10*time.Second, s.atDemand), 3*time.Second)
		})
	}
}

func TestLossFromTheStart(t *testing.T) {
	for _, loss := range []float64{0.05, 0.1} {
		s := simulate(Options{}, screen{demand: demand}, shape{rate: 5_000_000, delay: 25 * ms, queue: 500 * ms, loss: loss})
		require.Less(t, s.run(5*time.Second, s.atDemand), 2*time.Second)
	}
}
