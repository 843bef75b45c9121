// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPSNR(t *testing.T) {
	a := []byte{10, 20, 30, 40}
	require.InDelta(t, PSNRMax, PSNR(a, a), 0)
	// Each sample off by one: a mean squared error of 1, so 20·log10(255).
	require.InDelta(t, 48.1308, PSNR(a, []byte{11, 19, 31, 39}), 1e-4)
	// One of four off by 255.
	require.InDelta(t, 6.0206, PSNR([]byte{0, 7, 7, 7}, []byte{255, 7, 7, 7}), 1e-4)
	require.True(t, math.IsNaN(PSNR(a, a[:3])))
	require.True(t, math.IsNaN(PSNR(nil, nil)))
}

func TestSSIM(t *testing.T) {
	const w, h = 24, 16
	rng := rand.New(rand.NewPCG(1, 2))
	a, brighter, other := make([]byte, w*h), make([]byte, w*h), make([]byte, w*h)
	for i := range a {
		a[i], other[i] = byte(rng.IntN(200)), byte(rng.IntN(200))
		brighter[i] = a[i] + 20
	}
	require.InDelta(t, 1, SSIM(a, a, w, h), 1e-12)
	// A shift of brightness leaves the structure, noise doesn't.
	require.Greater(t, SSIM(a, brighter, w, h), 0.95)
	require.Less(t, SSIM(a, brighter, w, h), 1.0)
	require.InDelta(t, 0, SSIM(a, other, w, h), 0.2)
	// Flat windows: (2·100·120 + C1) / (100² + 120² + C1).
	flat, flatter := slices.Repeat([]byte{100}, w*h), slices.Repeat([]byte{120}, w*h)
	require.InDelta(t, 24006.5025/24406.5025, SSIM(flat, flatter, w, h), 1e-9)
	require.True(t, math.IsNaN(SSIM(a, a[:10], w, h)))
	require.True(t, math.IsNaN(SSIM(a[:49], a[:49], 7, 7)))
}

func TestPercentiles(t *testing.T) {
	values := []float64{40, 10, math.NaN(), 30, 20, 50}
	for p, want := range map[float64]float64{0: 10, 20: 10, 50: 30, 80: 40, 81: 50, 95: 50, 100: 50} {
		require.InDelta(t, want, Percentile(values, p), 0, "%v", p)
	}
	require.InDelta(t, 30, Median(values), 0)
	require.InDelta(t, 25, Median([]float64{40, 10, 20, 30}), 0)
	require.True(t, math.IsNaN(Median([]float64{math.NaN()})))
	require.InDelta(t, 20, Mean([]float64{10, 30}), 0)
	require.Equal(t, []float64{40, 10}, values[:2], "the values are left as they are")
}
