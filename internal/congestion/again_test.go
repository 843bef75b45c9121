// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Retransmissions keep to the rate of the link, and media makes room for them.
func TestWhatIsSentAgainIsPaced(t *testing.T) {
	const rate, size = 600_000, 1250
	s := simulate(Options{}, screen{demand: demand}, shape{rate: rate, delay: 20 * ms, queue: 400 * ms})
	s.run(5 * time.Second)
	require.Equal(t, AtMost, s.c.Status().Link.Bound)
	s.screen.rest = true
	s.run(2 * time.Second) // Nothing waits.
	again := 0
	for range 1000 {
		if s.c.GrantAgain(s.now, size, 0) {
			again++
		}
	}
	estimate := s.c.Status().Estimate
	at := float64(again*size*8) / float64(estimate)
	require.InDelta(t, (againSpan + burstSpan).Seconds(), at, 0.04, "immediately, as far ahead as allowed")
	granted, wait := s.c.Grant(s.now, size)
	require.Zero(t, granted, "media waits for retransmissions")
	require.Greater(t, wait, 10*ms)

	begin := s.now
	for again = 0; s.now-begin < 10*time.Second; s.now += 10 * ms {
		for range 10 {
			if s.c.GrantAgain(s.now, size, 0) {
				again++
			}
		}
	}
	require.InDelta(t, s.c.Status().PacingRate, again*size*8/10, 0.1*rate)
}

// A retransmission that is on its way is not repeated.
func TestWhatIsSentAgainHasTimeToArrive(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{rate: 600_000, delay: 50 * ms, queue: 400 * ms})
	s.run(5 * time.Second)
	s.screen.rest = true
	s.run(2 * time.Second)
	rtt := s.c.Status().RTT
	require.GreaterOrEqual(t, rtt, 100*ms)
	require.False(t, s.c.GrantAgain(s.now, 1200, rtt-1))
	require.True(t, s.c.GrantAgain(s.now, 1200, rtt))
}

// Before the first report, and on a link that has been shown to carry far more, retransmissions leave immediately.
func TestWhatIsSentAgainOnAFreeLink(t *testing.T) {
	s := simulate(Options{}, screen{demand: demand}, shape{delay: 20 * ms, queue: 500 * ms})
	for range 20 {
		require.True(t, s.c.GrantAgain(s.now, 1200, 0))
	}
	s.send(120_000)
	s.frame = s.now
	s.run(5 * time.Second)
	for range 50 {
		require.True(t, s.c.GrantAgain(s.now, 1200, 0))
	}
}
