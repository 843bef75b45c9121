// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bounds are what a link of a rate has at least to be used, and what its queue may be at most, after
// the first ten seconds. At 100 kbit/s a packet alone takes 100 ms, and a report comes each two seconds.
type bounds struct {
	rate         int
	share, media float64
	wait         time.Duration
}

func TestLinks(t *testing.T) {
	for _, b := range []bounds{
		{100_000, 0.90, 0.83, 1200 * ms},
		{300_000, 0.90, 0.85, 450 * ms},
		{600_000, 0.90, 0.85, 300 * ms},
		{1_200_000, 0.92, 0.86, 250 * ms},
		{3_000_000, 0.92, 0.86, 200 * ms},
		{10_000_000, 0.92, 0.86, 200 * ms},
	} {
		for _, floor := range []int{0, 1_200_000} {
			for _, delay := range []time.Duration{5 * ms, 50 * ms, 150 * ms} {
				for _, queue := range []time.Duration{50 * ms, 200 * ms, 2 * time.Second} {
					for _, jitter := range []time.Duration{0, 10 * ms} {
						l := shape{rate: b.rate, delay: delay, jitter: jitter, queue: queue}
						name := fmt.Sprint(b.rate, floor, delay, queue, jitter)
						t.Run(name, func(t *testing.T) { b.hold(t, floor, l) })
					}
				}
			}
		}
	}
}

func (b bounds) hold(t *testing.T, floor int, l shape) {
	t.Helper()
	// More is wanted than the link has.
	s := simulate(Options{}, screen{demand: max(demand, b.rate*5/4), floor: floor}, l)
	s.run(10 * time.Second)
	s.mark()
	s.run(20 * time.Second)
	require.Greater(t, s.share(), b.share, s)
	require.Greater(t, s.mediaShare(), b.media, s)
	require.Less(t, s.stat.wait, b.wait, s)
}
