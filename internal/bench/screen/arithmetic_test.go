// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUnroll(t *testing.T) {
	require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, time.Second},
		unroll([]uint32{0xffff_0000, 24_464, 114_464, 24_464}))
	require.Empty(t, unroll(nil))
}

// recorded is a session with a known outcome: captures 33.3 ms apart with some
// jitter, and arrivals that take what delay says; negative is never.
func recorded(rng *rand.Rand, n int, delay func(i int) time.Duration) ([]captured, []arrived) {
	const origin = 1_790_000_000 * time.Second
	var captures []captured
	var arrivals []arrived
	for i := range n {
		at := origin + time.Duration(i)*time.Second/30 + time.Duration(rng.IntN(800))*time.Microsecond
		captures = append(captures, captured{i, at})
		if d := delay(i); d >= 0 {
			// RTP time is of the capture, to a millisecond, from another origin.
			rtp := (at - origin + 777*time.Second).Truncate(time.Millisecond)
			arrivals = append(arrivals, arrived{rtp: rtp, at: at + d})
		}
	}
	return captures, arrivals
}

func TestRTPOffset(t *testing.T) {
	for name, delay := range map[string]func(rng *rand.Rand, i int) time.Duration{
		"quick": func(rng *rand.Rand, _ int) time.Duration {
			return 3*time.Millisecond + time.Duration(rng.IntN(8000))*time.Microsecond
		},
		"quick with outliers": func(rng *rand.Rand, i int) time.Duration {
			if i%7 == 0 {
				return 150 * time.Millisecond
			}
			return 3*time.Millisecond + time.Duration(rng.IntN(8000))*time.Microsecond
		},
		"slow, but for some": func(rng *rand.Rand, i int) time.Duration {
			if i%10 == 3 {
				return 12 * time.Millisecond
			}
			return 50*time.Millisecond + time.Duration(rng.IntN(20_000))*time.Microsecond
		},
		"half are left out": func(_ *rand.Rand, i int) time.Duration {
			if i%2 == 0 {
				return -1
			}
			return 20 * time.Millisecond
		},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			captures, arrivals := recorded(rng, 200, func(i int) time.Duration { return delay(rng, i) })
			offset, err := rtpOffset(captures, arrivals, 0)
			require.NoError(t, err)
			require.InDelta(t, (1_790_000_000*time.Second - 777*time.Second).Seconds(), offset.Seconds(), 0.0015)
		})
	}
}

// The first arrivals may have RTP times that lie ahead of the others'.
func TestRTPOffsetWithStrays(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	captures, arrivals := recorded(rng, 150, func(int) time.Duration { return 5 * time.Millisecond })
	for i := range 4 {
		arrivals[i].rtp += 21 * time.Millisecond
	}
	offset, err := rtpOffset(captures, arrivals, 0)
	require.NoError(t, err)
	require.InDelta(t, (1_790_000_000*time.Second - 777*time.Second).Seconds(), offset.Seconds(), 0.0015)
}

// What an idle publisher adds comes at times of its own.
func TestRTPOffsetWithRepeatsBetweenCaptures(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	captures, arrivals := recorded(rng, 100, func(i int) time.Duration {
		if i > 60 {
			return -1
		}
		return 8 * time.Millisecond
	})
	last := arrivals[len(arrivals)-1]
	for i := range 30 {
		d := time.Duration(i+1) * 43 * time.Millisecond
		arrivals = append(arrivals, arrived{rtp: last.rtp + d, at: last.at + d - 5*time.Millisecond})
	}
	offset, err := rtpOffset(captures, arrivals, 0)
	require.NoError(t, err)
	require.InDelta(t, (1_790_000_000*time.Second - 777*time.Second).Seconds(), offset.Seconds(), 0.0015)
}

func TestMatch(t *testing.T) {
	const ms = time.Millisecond
	// Frames 2, 3, 4 and 7 are changed; 3 and 4 never get through in time.
	s := &shape{content: []int{0, 0, 2, 3, 4, 4, 4, 7, 7, 7}, changed: []int{2, 3, 4, 7}}
	var captures []captured
	for i := range s.content {
		captures = append(captures, captured{i, time.Hour + time.Duration(i)*33*ms})
	}
	arrival := func(frame, late int) arrived {
		at := captures[frame].at
		return arrived{rtp: at - time.Hour, at: at + time.Duration(late)*ms}
	}
	arrivals := []arrived{arrival(0, 5), arrival(2, 6), arrival(6, 4), arrival(7, 9), arrival(8, 3), arrival(9, 2)}
	offset, err := rtpOffset(captures, arrivals, 0)
	require.NoError(t, err)
	m := matchArrivals(captures, arrivals, s, offset)
	require.Equal(t, []int{0, 2, 6, 7, 8, 9}, m.frames)
	require.Equal(t, time.Hour, m.offset.Round(ms))
	// What stands still at 6 shows the frame that was captured as 4, late.
	require.Equal(t, []showing{{2, 1, 6 * ms}, {4, 2, 66*ms + 4*ms}, {7, 3, 9 * ms}}, m.shown)
}

func TestNearestCapture(t *testing.T) {
	captures := []captured{{0, 100}, {1, 200}, {2, 300}}
	for at, want := range map[time.Duration][2]int{
		0: {-1, 0}, 99: {-1, 0}, 100: {0, 0}, 149: {0, 0}, 151: {0, 1}, 200: {1, 1}, 299: {1, 2}, 999: {2, 2},
	} {
		require.Equal(t, want, [2]int{latest(captures, at), nearest(captures, at)}, "%d", at)
	}
}
