// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// logs returns points with the given natural logarithms of kB, and with dB from a start on, 1 apart.
func logs(from float64, log ...float64) []Point {
	points := make([]Point, len(log))
	for i, l := range log {
		points[i] = Point{math.Exp(l), from + float64(i)}
	}
	return points
}

func TestBDRate(t *testing.T) {
	curved := []Point{{100, 34}, {180, 37}, {420, 41}, {1000, 44}}
	half := slices.Clone(curved)
	for i := range half {
		half[i].KB /= 2
	}
	unordered := slices.Clone(curved)
	slices.Reverse(unordered)
	for name, test := range map[string]struct {
		ref, test []Point
		want      float64
		from, to  float64
	}{
		"the same":          {curved, curved, 0, 34, 44},
		"half the bytes":    {curved, half, -50, 34, 44},
		"twice the bytes":   {half, curved, 100, 34, 44},
		"in any order":      {unordered, half, -50, 34, 44},
		"a constant factor": {[]Point{{100, 30}, {200, 36}}, []Point{{110, 30}, {220, 36}}, 10, 30, 36},
		// Straight lines that are 6 dB a doubling, 2 dB apart, on what both reach.
		"a part of each": {
			[]Point{{100, 30}, {400, 42}}, []Point{{100, 32}, {400, 44}}, 100 * (math.Exp2(-2.0/6) - 1), 32, 42,
		},
		// With slopes 0, 3/2 and 4 the first has an integral of 8/3 where the second's is 4.
		"by hand": {[]Point{{1, 40}, {math.Exp(4), 42}}, logs(40, 0, 1, 4), 100 * math.Expm1(-2.0/3), 40, 42},
		// A point in the middle of a straight line changes nothing.
		"on a line": {logs(40, 0, 2, 4), []Point{{math.E, 40}, {math.Exp(5), 42}}, 100 * math.Expm1(1), 40, 42},
		"beside one that is no better for more": {
			curved, append(slices.Clone(half), Point{700, 43.9}, Point{500, 44}), -50, 34, 44,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, from, to := BDRate(test.ref, test.test)
			require.InDelta(t, test.want, got, 1e-9)
			require.InDelta(t, test.from, from, 0)
			require.InDelta(t, test.to, to, 0)
		})
	}
}

// The rates of two curves relative to each other are inverse.
func TestBDRateBothWays(t *testing.T) {
	a := []Point{{85.95, 31.42}, {157.11, 34.24}, {309.58, 37.18}, {686.76, 40.28}}
	b := []Point{{112.75, 31.24}, {204.93, 34.17}, {407.80, 37.21}, {893.34, 40.39}}
	there, _, _ := BDRate(a, b)
	back, _, _ := BDRate(b, a)
	require.InDelta(t, 1, (1+there/100)*(1+back/100), 1e-12)
	require.InDelta(t, 31, there, 1)
}

func TestNoBDRate(t *testing.T) {
	curve := []Point{{100, 30}, {200, 36}}
	for name, test := range map[string][]Point{
		"nothing":           nil,
		"one point":         {{100, 33}},
		"nothing in common": {{100, 36}, {200, 40}},
		"falls":             {{100, 35}, {200, 31}},
		"unmeasured":        {{100, 33}, {200, math.NaN()}, {math.NaN(), 36}, {0, 20}},
	} {
		got, _, _ := BDRate(curve, test)
		require.True(t, math.IsNaN(got), name)
		got, _, _ = BDRate(test, curve)
		require.True(t, math.IsNaN(got), name)
	}
}

// Between its points a curve neither overshoots nor oscillates.
func TestCurveIsMonotone(t *testing.T) {
	c := newCurve([]Point{{100, 30}, {101, 31}, {102, 35}, {900, 35.5}, {5000, 44}})
	last := math.Inf(-1)
	for i := range len(c.dB) - 1 {
		for k := range 101 {
			dB := c.dB[i] + (c.dB[i+1]-c.dB[i])*float64(k)/100
			got := c.at(i, dB)
			require.GreaterOrEqual(t, got, last-1e-12, "%v dB", dB)
			last = max(last, got)
		}
	}
}
