// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"math"
	"slices"
)

// Sharp is the PSNR of luma, in dB, from which text counts as sharp: the root mean square error is 1.4 of 255, which is
// invisible.
const Sharp = 45

// PSNRMax is the PSNR of equal frames, which have no noise.
const PSNRMax = 100

// PSNR returns the peak signal-to-noise ratio of 8-bit samples, in dB, at most PSNRMax. It is NaN if the lengths differ
// or are 0: such frames cannot be compared.
func PSNR(a, b []byte) float64 {
	mse := MSE(a, b)
	if mse == 0 {
		return PSNRMax
	}
	return min(PSNRMax, 10*math.Log10(255*255/mse))
}

// MSE returns the mean squared error of 8-bit samples; NaN if the lengths differ or are 0.
//
//go:norace
func MSE(a, b []byte) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return math.NaN()
	}
	var sum uint64
	for i, x := range a {
		d := int(x) - int(b[i])
		sum += uint64(d * d)
	}
	return float64(sum) / float64(len(a))
}

// The windows that SSIM is a mean over, in px.
const (
	ssimWindow = 8
	ssimStep   = 4
)

// SSIM is the structural similarity of two planes of 8-bit samples (Wang et al.,
// 2004), from 0 to 1: the mean over windows of 8 by 8, four pixels apart, all
// of their pixels having the same weight, as x264 and FFmpeg compute it. NaN
// where the planes can't be compared.
func SSIM(a, b []byte, width, height int) float64 {
	if len(a) != width*height || len(b) != len(a) || width < ssimWindow || height < ssimWindow {
		return math.NaN()
	}
	sum, n := 0.0, 0
	for y := 0; y+ssimWindow <= height; y += ssimStep {
		for x := 0; x+ssimWindow <= width; x += ssimStep {
			sum += ssimAt(a[y*width+x:], b[y*width+x:], width)
			n++
		}
	}
	return sum / float64(n)
}

// ssimAt is that of the window that begins both slices.
//
//go:norace
func ssimAt(a, b []byte, stride int) float64 {
	const (
		n  = ssimWindow * ssimWindow
		c1 = (0.01 * 255) * (0.01 * 255)
		c2 = (0.03 * 255) * (0.03 * 255)
	)
	var sa, sb, saa, sbb, sab int
	for y := range ssimWindow {
		rowA, rowB := a[y*stride:][:ssimWindow], b[y*stride:][:ssimWindow]
		for x, v := range rowA {
			p, q := int(v), int(rowB[x])
			sa, sb = sa+p, sb+q
			saa, sbb, sab = saa+p*p, sbb+q*q, sab+p*q
		}
	}
	meanA, meanB := float64(sa)/n, float64(sb)/n
	varA, varB := float64(saa)/n-meanA*meanA, float64(sbb)/n-meanB*meanB
	cov := float64(sab)/n - meanA*meanB
	return (2*meanA*meanB + c1) * (2*cov + c2) / ((meanA*meanA + meanB*meanB + c1) * (varA + varB + c2))
}

// Percentile is the smallest value that p per cent of all are not above
// (nearest rank); NaN where there are none. NaNs are left out.
func Percentile(values []float64, p float64) float64 {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(sorted) == 0 {
		return math.NaN()
	}
	slices.Sort(sorted)
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median is the middle value, or the mean of the middle two. NaNs are left out.
func Median(values []float64) float64 {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(sorted) == 0 {
		return math.NaN()
	}
	slices.Sort(sorted)
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Mean is NaN where there are no values.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
