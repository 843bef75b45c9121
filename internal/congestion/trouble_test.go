// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// settled returns a simulation that has measured its link.
func settled(l shape) *simulation {
	s := simulate(Options{}, screen{demand: demand}, l)
	s.run(5 * time.Second)
	return s
}

var free = shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms}

// steady requires that the estimate stays near the demand.
func (s *simulation) steady(t *testing.T, d time.Duration, share float64) {
	t.Helper()
	s.mark()
	s.run(d)
	require.Greater(t, float64(s.stat.lowest), share*demand, s)
	require.LessOrEqual(t, s.stat.highest, demand*11/10, s)
	require.Less(t, s.stat.wait, 100*ms, s)
}

func TestNumbersWrap(t *testing.T) {
	s := settled(free) // simulations begin just below the end of the numbers
	require.Less(t, s.seq, uint16(65000))
	s.steady(t, 5*time.Minute, 1)
	require.Less(t, s.c.Status().InFlight, 100_000)
}

func TestReportsThatComeTwice(t *testing.T) {
	s := settled(free)
	s.echo = true
	s.steady(t, 30*time.Second, 1)
	require.Zero(t, s.c.Status().Loss)
	require.GreaterOrEqual(t, s.c.Status().InFlight, 0)
}

func TestReportsThatGetLost(t *testing.T) {
	s := settled(free)
	s.lose = 0.1
	s.steady(t, 30*time.Second, 1)
	require.Zero(t, s.c.Status().Loss, "packets without a report are not lost")
}

func TestPacketsOutOfOrder(t *testing.T) {
	s := settled(free)
	s.up.swap = true
	s.steady(t, 30*time.Second, 1)
	require.Less(t, s.c.Status().Loss, 0.02)
}

// The receiver's clock is set, or another server takes over.
func TestReceiversClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{time.Second, -2 * time.Second, time.Hour, -20 * time.Minute, 400 * ms} {
		t.Run(jump.String(), func(t *testing.T) {
			s := settled(free)
			s.server.offset += jump
			s.steady(t, 30*time.Second, 0.8)
			require.Less(t, s.c.Status().QueueDelay, 20*ms)
			require.Greater(t, s.c.Status().AckedRate, demand/2)
		})
	}
}

// The path becomes longer, which looks like a queue.
func TestLongerWay(t *testing.T) {
	for _, rate := range []int{3_000_000, 0} {
		l := free
		l.rate = rate
		s := settled(l)
		s.up.delay = 150 * ms
		s.steady(t, 10*time.Second, 0.6)
		s.steady(t, 10*time.Second, 1)
		s.up.delay = 20 * ms
		s.steady(t, 10*time.Second, 1)
	}
}

// A path that becomes much longer looks like a queue of others, but not for long.
func TestMuchLongerWay(t *testing.T) {
	s := settled(free)
	s.up.delay = 400 * ms
	s.run(12 * time.Second)
	s.steady(t, 10*time.Second, 0.9)
	s.carry(600_000)
	s.run(4 * time.Second)
	s.mark()
	s.run(10 * time.Second)
	require.Less(t, s.stat.wait, 500*ms, s)
	require.Greater(t, s.share(), 0.8, s)
}

// A radio link that pauses for a moment is no reason to send less.
func TestStalls(t *testing.T) {
	l := free
	l.rate, l.stall = 10_000_000, 200*ms
	s := settled(l)
	s.mark()
	s.run(time.Minute)
	require.GreaterOrEqual(t, s.stat.lowest, demand)
}

// Nothing arrives for some time, which says nothing about the link's rate.
func TestOutage(t *testing.T) {
	for _, outage := range []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, 40 * time.Second} {
		for _, rate := range []int{0, 3_000_000} {
			t.Run(fmt.Sprint(outage, rate), func(t *testing.T) {
				l := free
				l.rate = rate
				s := settled(l)
				s.up.loss = 1
				s.run(time.Second)
				require.Equal(t, Stalled, s.c.Status().State)
				padded, shown := s.padded, s.shown
				s.run(outage - time.Second)
				require.Less(t, s.padded-padded, 3000*(1+int(outage/time.Second)), "requests for reports are small")
				require.LessOrEqual(t, s.shown-shown, 10*int(outage/time.Second), "little is sent")
				s.up.loss = 0
				s.mark()
				back := s.run(5*time.Second, func() bool { return s.c.Status().State != Stalled && s.atDemand() })
				t.Log(back, s)
				require.Less(t, back, time.Second)
				s.run(2 * time.Second)
				require.GreaterOrEqual(t, s.stat.lowest, demand*9/10)
			})
		}
	}
}

// A link that became slower during an outage is measured again.
func TestSlowerAfterAnOutage(t *testing.T) {
	s := settled(free)
	s.up.loss = 1
	s.run(5 * time.Second)
	s.up.loss = 0
	s.carry(600_000)
	s.run(2 * time.Second)
	s.mark()
	s.run(10 * time.Second)
	require.Less(t, s.stat.wait, 300*ms, s)
	require.Greater(t, s.share(), 0.9, s)
}

// A server that has not learned of a stream reports its packets as missing.
func TestANewStreamLosesNothing(t *testing.T) {
	s := settled(free)
	s.up.loss, s.fresh = 1, true
	s.run(200 * time.Millisecond)
	s.up.loss, s.fresh = 0, false
	s.run(time.Second)
	require.Zero(t, s.c.Status().Loss)
	require.Less(t, s.c.Status().InFlight, 100_000)
	require.Greater(t, s.c.Status().Estimate, demand)
}

// A server that takes over stops reporting.
func TestReportsThatEnd(t *testing.T) {
	s := settled(free)
	s.silent = true
	s.run(10 * time.Second)
	s.mark()
	s.run(time.Minute)
	require.Greater(t, s.frames(), 1.0)
	s.silent = false
	require.Less(t, s.run(10*time.Second, func() bool {
		return s.c.Status().State == Holding && s.atDemand()
	}), 8*time.Second)
}

func TestReset(t *testing.T) {
	s := settled(free)
	s.carry(600_000)
	s.run(10 * time.Second)
	estimate := s.c.Status().Estimate
	require.InDelta(t, 600_000, estimate, 100_000)

	s.reconnect()
	require.Equal(t, Waiting, s.c.Status().State)
	require.Equal(t, estimate, s.c.Status().Estimate)
	require.Zero(t, s.c.Status().InFlight)
	s.mark()
	s.run(5 * time.Second)
	require.Greater(t, s.share(), 0.9, s)
	require.Less(t, s.stat.wait, 200*ms, s)

	s.reconnect()
	s.carry(0)
	require.Less(t, s.run(2*time.Second, s.atDemand), time.Second)
	s.reconnect()
	s.carry(600_000)
	s.run(2 * time.Second)
	s.mark()
	s.run(5 * time.Second)
	require.Less(t, s.stat.wait, 200*ms, s)
}

func TestServerThatReportsNothing(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, free)
	s.silent = true
	s.run(2 * time.Second)
	require.Equal(t, 1_200_000, s.c.Status().Estimate)
	require.Equal(t, Waiting, s.c.Status().State)
	s.run(3 * time.Second)
	require.Zero(t, s.c.Status().Estimate)
	require.Equal(t, Blind, s.c.Status().State)
	_, ok := s.c.Due(s.now)
	require.False(t, ok)
	skipped := s.skipped
	s.run(10 * time.Second)
	require.Equal(t, skipped, s.skipped, "nothing waits")

	// A key frame leaves in bursts that fit into a socket's buffer.
	const packets = 200
	var took time.Duration
	for left := packets; left > 0; {
		granted, wait := s.c.Grant(s.now+took, left*1200)
		took += wait
		require.LessOrEqual(t, granted, 40*1200)
		for range (granted + 1199) / 1200 {
			s.put(parcel{bytes: 1200, media: true})
			left--
		}
	}
	require.Greater(t, took, 2*ms)
	require.Less(t, took, 6*ms)

	s.silent = false
	s.run(2 * time.Second)
	require.GreaterOrEqual(t, s.c.Status().Estimate, demand)
}

func TestUnknownDemand(t *testing.T) {
	s := simulate(Options{Start: 500_000}, screen{demand: demand}, free)
	s.c.SetDemand(0)
	s.run(time.Minute)
	require.Zero(t, s.probes)
	require.Greater(t, s.c.Status().Estimate, 2_000_000)
}

func TestDemandThatChanges(t *testing.T) {
	s := settled(shape{delay: 20 * ms, queue: 500 * ms})
	s.c.SetDemand(600_000)
	s.screen.demand = 600_000
	s.run(10 * time.Second)
	require.Equal(t, demand*11/10, s.c.Status().Estimate, "the known rate is kept")
	s.c.SetDemand(8_000_000)
	s.screen.demand = 8_000_000
	require.Less(t, s.run(5*time.Second, s.atDemand), 2*time.Second)
	require.LessOrEqual(t, s.c.Status().Estimate, 8_800_000)
}

func TestBounds(t *testing.T) {
	s := simulate(Options{Start: 10_000_000, Max: 1_000_000}, screen{demand: demand}, free)
	require.Equal(t, 1_000_000, s.c.Status().Estimate)
	s.run(10 * time.Second)
	require.Equal(t, 1_000_000, s.c.Status().Estimate)
	require.Equal(t, 400_000, New(Options{Start: 100_000, Min: 400_000}).Status().Estimate)
	require.Equal(t, 20_000, New(Options{Min: 50_000, Max: 20_000}).Status().Estimate)
}

// Retransmissions and audio never wait, but the media behind them does.
func TestOthersCount(t *testing.T) {
	s := settled(free)
	s.screen.rest = true
	s.run(2 * time.Second)
	waits := func() time.Duration {
		_, wait := s.c.Grant(s.now, 1200)
		return wait
	}
	require.Zero(t, waits())
	for range 50 {
		s.put(parcel{bytes: 1200})
	}
	require.Equal(t, MaxWait, waits())
	require.Greater(t, s.c.Backlog(s.now), MaxWait)
	s.run(time.Second)
	require.Zero(t, waits())
}

func TestStates(t *testing.T) {
	names := map[State]string{
		Waiting: "waiting", Blind: "blind", Rising: "rising", Holding: "holding",
		Draining: "draining", Stalled: "stalled", 99: "unknown",
	}
	for state, name := range names {
		require.Equal(t, name, state.String())
	}
}
