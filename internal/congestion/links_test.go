// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bounds are the minimum use of a link with a rate, and the maximum of its queue, after the first ten seconds. At 100
// kbit/s one packet takes 100 ms, and a report comes every two seconds.
type bounds struct {
	rate         int
	share, media float64
	wait         time.Duration
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, b := range []bounds{
		{100_000, 0.90, 0.83, 1200 * ms},
		{300_000, 0.90, 0.85, 450 * ms},
		{600_000, 0.90, 0.85, 300 * ms},
		{1_200_000, 0.92, 0.86, 250 * ms},
		{3_000_000, 0.92, 0.86, 200 * ms},
		{10_000_000, 0.92, 0.86, 200 * ms},
	} {
		for i, delay := range []time.Duration{5 * ms, 50 * ms, 150 * ms} {
			for j, queue := range []time.Duration{50 * ms, 200 * ms, 2 * time.Second} {
				// Each of the four is combined with each delay and each queue.
				for _, c := range []struct{ floor, jitter int }{{0, (i + j) % 2 * 10}, {1_200_000, (i + j + 1) % 2 * 10}} {
					l := shape{rate: b.rate, delay: delay, jitter: time.Duration(c.jitter) * ms, queue: queue}
					t.Run(fmt.Sprint(b.rate, c.floor, delay, queue, l.jitter), func(t *testing.T) {
						t.Parallel()
						b.hold(t, c.floor, l)
					})
				}
			}
		}
	}
}

func (b bounds) hold(t *testing.T, floor int, l shape) {
	t.Helper()
	// The demand exceeds the link.
	s := simulate(Options{}, screen{demand: max(demand, b.rate*5/4), floor: floor}, l)
	s.run(10 * time.Second)
	s.mark()
	s.run(20 * time.Second)
	require.Greater(t, s.share(), b.share, s)
	require.Greater(t, s.mediaShare(), b.media, s)
	require.Less(t, s.stat.wait, b.wait, s)
}
