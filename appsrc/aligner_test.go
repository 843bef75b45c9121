// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

// step is one captured frame: its timestamp, when it is handed over, and the
// presentation time that is due.
type step struct {
	captureUS int64
	now       time.Duration
	want      time.Duration
}

func requireSteps(t *testing.T, a *aligner, steps []step) {
	t.Helper()
	for i, s := range steps {
		require.Equal(t, s.want, a.align(s.captureUS, s.now), "frame %d", i)
	}
}

func TestAlign(t *testing.T) {
	tests := map[string][]step{
		"no timestamps": {
			{0, 5 * ms, 5 * ms},
			{0, 38 * ms, 38 * ms},
			{0, 71*ms + 123, 71*ms + 123},
		},
		"constant offset": {
			{1_000_000, 0, 0},
			{1_033_333, 33_333 * us, 33_333 * us},
			{1_066_666, 66_666 * us, 66_666 * us},
			{2_066_666, 1_066_666 * us, 1_066_666 * us}, // A pause is no jump.
		},
		"same epoch as the clock": {
			{40_000, 40 * ms, 40 * ms},
			{73_000, 73 * ms, 73 * ms},
		},
		"unix epoch": {
			{1_795_411_200_000_000, 7 * ms, 7 * ms},
			{1_795_411_200_033_000, 40 * ms, 40 * ms},
		},
		"negative": {
			{-9_000_000, 7 * ms, 7 * ms},
			{-8_967_000, 40 * ms, 40 * ms},
			{-1, 9007*ms - us, 9007*ms - us},
			{1, 9007*ms + us, 9007*ms + 999*us}, // 1 ms after the one before.
		},
		"both ends of int64": {
			{math.MinInt64, 7 * ms, 7 * ms},
			{math.MinInt64 + 33_000, 40 * ms, 40 * ms},
			{-5, 73 * ms, 73 * ms},
			{math.MaxInt64, 106 * ms, 106 * ms},
		},
		// The odd frames come 10 ms late, which changes nothing.
		"jitter": {
			{500_000, 100 * ms, 100 * ms},
			{533_000, 143 * ms, 133 * ms},
			{566_000, 166 * ms, 166 * ms},
			{599_000, 209 * ms, 199 * ms},
			{632_000, 232 * ms, 232 * ms},
			{665_000, 275 * ms, 265 * ms},
		},
		// The first frames of a pipeline come late, all at once.
		"a late start": {
			{1_000_000, 400 * ms, 400 * ms},
			{1_033_000, 401 * ms, 401 * ms},
			{1_066_000, 402 * ms, 402 * ms},
			{1_399_000, 404 * ms, 404 * ms}, // On time, like all that follow.
			{1_432_000, 437 * ms, 437 * ms},
			{1_465_000, 470 * ms, 470 * ms},
		},
		// A busy machine delivers frames up to 250 ms late.
		"late for a while": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{1_033_000, 1283 * ms, 1033 * ms},
			{1_066_000, 1284 * ms, 1066 * ms},
			{1_099_000, 1285 * ms, 1099 * ms},
			{1_298_000, 1298 * ms, 1298 * ms},
		},
		"late by the limit": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{1_033_000, 1333 * ms, 1033 * ms},
		},
		"late by more than the limit": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{1_033_000, 1333*ms + us, 1333*ms + us},
			{1_066_000, 1366*ms + us, 1366*ms + us},
		},
		// The capture clock jumps ahead of the monotonic clock.
		"ahead by the limit": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{1_333_000, 1033 * ms, 1033 * ms},
			{1_366_000, 1066 * ms, 1066 * ms},
		},
		"ahead by more than the limit": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{1_333_001, 1033 * ms, 1033 * ms},
			{1_366_001, 1066 * ms, 1066 * ms},
		},
		"ahead by a year": {
			{1_000_000, 1000 * ms, 1000 * ms},
			{31_536_001_000_000, 1033 * ms, 1033 * ms},
			{31_536_001_033_000, 1066 * ms, 1066 * ms},
		},
		// Spacing outranks "not after now".
		"a burst without timestamps": {
			{0, 10 * ms, 10 * ms},
			{0, 10 * ms, 11 * ms},
			{0, 10*ms + 200*us, 12 * ms},
			{0, 43 * ms, 43 * ms},
		},
		"a burst with timestamps": {
			{1_000_000, 10 * ms, 10 * ms},
			{1_000_100, 10*ms + 100*us, 11 * ms},
			{1_000_200, 10*ms + 200*us, 12 * ms},
			{1_033_000, 43 * ms, 43 * ms},
		},
		// The same instant again is a repeat: at now, and says nothing of the offset.
		"equal timestamps": {
			{1_000_000, 10 * ms, 10 * ms},
			{1_000_000, 10 * ms, 11 * ms},
			{1_000_000, 250 * ms, 250 * ms},
			{1_283_000, 293 * ms, 293 * ms},
		},
		"zero between timestamps": {
			{1_000_000, 10 * ms, 10 * ms},
			{0, 26 * ms, 26 * ms},
			{1_033_000, 43 * ms, 43 * ms},
			{0, 60 * ms, 60 * ms},
			{400_000, 76 * ms, 76 * ms}, // A new start, so it may go back.
			{433_000, 109 * ms, 109 * ms},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			requireSteps(t, new(aligner), steps)
		})
	}
}

func TestTimestampsBackInTime(t *testing.T) {
	for name, back := range map[string]int64{
		"a microsecond": 1, "within the limit": 200_000, "above the limit": 400_000, "below 0": 3_000_000,
	} {
		t.Run(name, func(t *testing.T) {
			stamps := timestamps{log: slog.New(slog.DiscardHandler)}
			requirePlaced := func(captureUS int64, now time.Duration) {
				got, err := stamps.place(captureUS, now)
				require.NoError(t, err)
				require.Equal(t, now, got)
			}
			requirePlaced(1_967_000, 10*ms)
			requirePlaced(2_000_000, 43*ms)
			before := stamps.align
			_, err := stamps.place(2_000_000-back, 76*ms)
			var te *TimestampError
			require.ErrorAs(t, err, &te)
			require.ErrorIs(t, err, ErrTimestamp)
			require.Equal(t, TimestampError{TimestampUS: 2_000_000 - back, LastUS: 2_000_000}, *te)
			require.Equal(t, before, stamps.align, "a refused frame changes nothing")
			requirePlaced(2_033_000, 76*ms)
		})
	}
}

// A capture clock may be 0.1 % fast, so that each frame seems to be more punctual than the one
// before. One that is slow as much is followed with a delay.
func TestAlignDrift(t *testing.T) {
	const interval, drift = 34_000, 34 // µs
	var fast, slow aligner
	for k := range int64(1000) {
		now := time.Second + time.Duration(k)*interval*us
		require.Equal(t, now, fast.align(1+k*(interval+drift), now), "fast, frame %d", k)

		got := slow.align(1+k*(interval-drift), now)
		// The drift of two spans, and of the frames that the rise takes.
		require.LessOrEqual(t, now-got, 2*offsetSpan/1000+2*offsetRise*drift*us, "slow, frame %d", k)
		require.GreaterOrEqual(t, now-got, time.Duration(0))
	}
}

// A capture clock that stood still for 200 ms is believed after two spans, without a jump.
func TestAlignALastingDelay(t *testing.T) {
	const interval, delay = 33 * ms, 200 * ms
	var a aligner
	var last, now time.Duration
	for k := range time.Duration(400) {
		capture := time.Second + k*interval
		if now = capture; k >= 100 {
			now += delay
		}
		got := a.align(capture.Microseconds(), now)
		if k < 100+offsetSpan/interval {
			require.Equal(t, capture, got, "frame %d", k)
		}
		if k > 0 {
			require.InDelta(t, interval, got-last, float64(delay/offsetRise), "frame %d", k)
		}
		last = got
	}
	require.InDelta(t, now, last, float64(ms))
}

// Whatever comes, times rise by 1 ms or more, and none is after now where
// frames come no faster than that.
func TestAlignInvariants(t *testing.T) {
	random := uint64(1)
	next := func(n int64) int64 { // A linear congruential generator, Knuth's numbers.
		random = random*6364136223846793005 + 1442695040888963407
		return int64(random>>33) % n
	}
	var a aligner
	now, capture, last := time.Duration(0), int64(-5_000_000), -ms
	for i := range 20_000 {
		now += ms + time.Duration(next(30_000))*us
		var got time.Duration
		switch next(8) {
		case 0:
			got = a.advance(now)
		case 1:
			got = a.align(0, now)
			capture -= next(700_000) // The capture clock may restart.
		default:
			capture += 1 + next(60_000)
			if next(50) == 0 {
				capture += next(2_000_000)
			}
			got = a.align(capture, now)
		}
		require.GreaterOrEqual(t, got-last, ms, "frame %d", i)
		require.LessOrEqual(t, got, now, "frame %d", i)
		require.GreaterOrEqual(t, got, now-2*offsetReset, "frame %d", i)
		last = got
	}
}

func TestAdvance(t *testing.T) {
	var a aligner
	require.Equal(t, 3*ms, a.advance(3*ms), "before any frame")
	requireSteps(t, &a, []step{{1_000_000, 10 * ms, 10 * ms}})
	require.Equal(t, 1010*ms, a.advance(1010*ms))
	require.Equal(t, 1011*ms, a.advance(1010*ms), "twice at once")
	// The capture clock continues undisturbed.
	requireSteps(t, &a, []step{{2_033_000, 1043 * ms, 1043 * ms}})
	// A frame captured before a repeat, but handed over after it.
	require.Equal(t, 1075*ms, a.advance(1075*ms))
	requireSteps(t, &a, []step{{2_064_000, 1075*ms + 500*us, 1076 * ms}})
}
