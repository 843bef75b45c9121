// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// text returns black text on white, and red text on blue in the right half.
func text() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			ink, paper := color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
			if x >= 32 {
				ink, paper = color.RGBA{200, 20, 20, 255}, color.RGBA{20, 20, 200, 255}
			}
			if x%4 == 1 {
				paper = ink
			}
			img.SetRGBA(x, y, paper)
		}
	}
	return img
}

func TestInRGB(t *testing.T) {
	original := text()
	same := InRGB(text(), original)
	require.Equal(t, RGB{PSNRMax, 1, PSNRMax}, same)

	grey := text()
	for i := 0; i < len(grey.Pix); i += 4 {
		if i/4%64 < 32 {
			grey.Pix[i] ^= 1 // Red is off by one, where there is no colour.
		}
	}
	got := InRGB(grey, original)
	require.InDelta(t, 48.1308+10*math.Log10(6), got.PSNR, 1e-3, "a sixth of all values")
	require.InDelta(t, PSNRMax, got.Coloured, 0)

	blurred := text()
	for i := 0; i < len(blurred.Pix); i += 4 {
		if i/4%64 >= 32 {
			blurred.Pix[i+2] ^= 8 // Blue is off by eight, where there is colour.
		}
	}
	got = InRGB(blurred, original)
	require.InDelta(t, 48.1308+10*math.Log10(3.0/64), got.Coloured, 1e-3)
	require.Less(t, got.SSIM, 1.0)

	for i := 0; i < len(original.Pix); i += 4 {
		original.Pix[i+1], original.Pix[i+2] = original.Pix[i], original.Pix[i]
	}
	require.True(t, math.IsNaN(InRGB(original, original).Coloured), "nothing has colour")
	require.True(t, math.IsNaN(InRGB(image.NewRGBA(image.Rect(0, 0, 8, 8)), original).PSNR))
}
