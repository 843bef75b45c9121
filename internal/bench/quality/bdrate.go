// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"cmp"
	"math"
	"slices"
)

// Point is the result of one limit: how much was sent, and at which quality.
type Point struct{ KB, DB float64 }

// BDRate returns Bjontegaard's delta rate (ITU-T VCEG-M33): how many per cent more bytes test takes than ref for the
// same PSNR, as the geometric mean over the PSNRs from and to, which both reach. Less than 0 is better.
//
// The logarithm of the bytes is interpolated over PSNR by piecewise cubics that preserve monotonicity (Fritsch and
// Butland, 1984), as in JVET's and AOM's test conditions, since a polynomial through all points oscillates. Points that
// cost more than another without better quality are ignored.
//
// The result is NaN if a curve has fewer than two points left, or if there is no PSNR that both reach.
func BDRate(ref, test []Point) (percent, from, to float64) {
	a, b := newCurve(ref), newCurve(test)
	if len(a.dB) < 2 || len(b.dB) < 2 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	from, to = max(a.dB[0], b.dB[0]), min(a.dB[len(a.dB)-1], b.dB[len(b.dB)-1])
	if from >= to {
		return math.NaN(), math.NaN(), math.NaN()
	}
	return 100 * math.Expm1((b.integral(from, to)-a.integral(from, to))/(to-from)), from, to
}

// curve is the natural logarithm of kB over dB, with its slopes at the points.
type curve struct{ dB, log, slope []float64 }

func newCurve(points []Point) *curve {
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b Point) int { return cmp.Or(cmp.Compare(a.KB, b.KB), cmp.Compare(b.DB, a.DB)) })
	c := &curve{}
	for _, p := range sorted {
		n := len(c.dB)
		if !(p.KB > 0) || math.IsNaN(p.DB) || n > 0 && p.DB <= c.dB[n-1] {
			continue
		}
		c.dB, c.log = append(c.dB, p.DB), append(c.log, math.Log(p.KB))
	}
	c.setSlopes()
	return c
}

// setSlopes sets each slope to the weighted harmonic mean of the steps beside the point; at the ends, to that of a
// parabola through three points, as far as that is monotone.
func (c *curve) setSlopes() {
	n := len(c.dB)
	c.slope = make([]float64, n)
	if n < 2 {
		return
	}
	width, steep := make([]float64, n-1), make([]float64, n-1)
	for i := range steep {
		width[i] = c.dB[i+1] - c.dB[i]
		steep[i] = (c.log[i+1] - c.log[i]) / width[i]
	}
	if n == 2 {
		c.slope[0], c.slope[1] = steep[0], steep[0]
		return
	}
	for i := 1; i < n-1; i++ {
		// Equal bytes for another PSNR: a step of 0 makes its ends flat.
		if steep[i-1]*steep[i] > 0 {
			w1, w2 := 2*width[i]+width[i-1], width[i]+2*width[i-1]
			c.slope[i] = (w1 + w2) / (w1/steep[i-1] + w2/steep[i])
		}
	}
	c.slope[0] = endSlope(width[0], width[1], steep[0], steep[1])
	c.slope[n-1] = endSlope(width[n-2], width[n-3], steep[n-2], steep[n-3])
}

func endSlope(width, nextWidth, steep, nextSteep float64) float64 {
	s := ((2*width+nextWidth)*steep - width*nextSteep) / (width + nextWidth)
	switch {
	case s*steep <= 0:
		return 0
	case steep*nextSteep < 0 && math.Abs(s) > 3*math.Abs(steep):
		return 3 * steep
	}
	return s
}

// at returns the value of the cubic between the points i and i+1.
func (c *curve) at(i int, dB float64) float64 {
	h := c.dB[i+1] - c.dB[i]
	t := (dB - c.dB[i]) / h
	u := 1 - t
	return u*u*(1+2*t)*c.log[i] + t*t*(3-2*t)*c.log[i+1] + t*u*h*(u*c.slope[i]-t*c.slope[i+1])
}

// integral returns the integral over dB, which must be between the curve's ends. Simpson's rule is exact for cubics.
func (c *curve) integral(from, to float64) float64 {
	sum := 0.0
	for i := range len(c.dB) - 1 {
		lo, hi := max(from, c.dB[i]), min(to, c.dB[i+1])
		if lo < hi {
			sum += (hi - lo) / 6 * (c.at(i, lo) + 4*c.at(i, (lo+hi)/2) + c.at(i, hi))
		}
	}
	return sum
}
