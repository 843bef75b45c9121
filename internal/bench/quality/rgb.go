// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"image"
	"math"
)

// RGB is how a frame looks beside its original: in the colours that people see, which luma alone does not have.
type RGB struct {
	// PSNR, in dB, and SSIM are means over red, green and blue.
	PSNR, SSIM float64
	// Coloured is the PSNR of what has colour and edges, such as coloured text: of the blocks of colouredBlock px in
	// which some pixel is coloured and some pixels differ. It is NaN without such blocks.
	Coloured float64
}

const (
	colouredBlock = 8
	// colouredBy is the difference, of 255, between a pixel's channels from which it counts as coloured, and between a
	// block's pixels from which it has an edge.
	colouredBy = 48
)

// InRGB compares a frame with its original. All figures are NaN if the sizes differ.
func InRGB(is, original *image.RGBA) RGB {
	if is.Rect.Size() != original.Rect.Size() {
		return RGB{math.NaN(), math.NaN(), math.NaN()}
	}
	w, h := is.Rect.Dx(), is.Rect.Dy()
	var all RGB
	mse := 0.0
	for c := range 3 {
		a, b := channel(is, c), channel(original, c)
		mse += MSE(a, b) / 3
		all.SSIM += SSIM(a, b, w, h) / 3
	}
	all.PSNR = ofMSE(mse)
	all.Coloured = ofMSE(colouredMSE(is, original))
	return all
}

// ofMSE returns the PSNR for a mean squared error, as PSNR does.
func ofMSE(mse float64) float64 {
	if mse == 0 {
		return PSNRMax
	}
	return min(PSNRMax, 10*math.Log10(255*255/mse))
}

// channel returns one of red, green and blue.
//
//go:norace
func channel(img *image.RGBA, c int) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	plane := make([]byte, 0, w*h)
	for y := range h {
		row := img.Pix[y*img.Stride:][:4*w]
		for x := range w {
			plane = append(plane, row[4*x+c])
		}
	}
	return plane
}

// colouredMSE returns the mean squared error of the coloured blocks, NaN without any.
//
//go:norace
func colouredMSE(is, original *image.RGBA) float64 {
	sum, n := 0, 0
	for y := 0; y+colouredBlock <= is.Rect.Dy(); y += colouredBlock {
		for x := 0; x+colouredBlock <= is.Rect.Dx(); x += colouredBlock {
			if !hasColouredEdge(original, x, y) {
				continue
			}
			for dy := range colouredBlock {
				a := is.Pix[(y+dy)*is.Stride+4*x:][:4*colouredBlock]
				b := original.Pix[(y+dy)*original.Stride+4*x:][:4*colouredBlock]
				for i := range a {
					if i%4 < 3 {
						d := int(a[i]) - int(b[i])
						sum, n = sum+d*d, n+1
					}
				}
			}
		}
	}
	return float64(sum) / float64(n)
}

// hasColouredEdge reports whether a block has a coloured pixel, and pixels that differ.
//
//go:norace
func hasColouredEdge(img *image.RGBA, x, y int) bool {
	lowest, highest := [3]byte{255, 255, 255}, [3]byte{}
	coloured := false
	for dy := range colouredBlock {
		row := img.Pix[(y+dy)*img.Stride+4*x:][:4*colouredBlock]
		for i := 0; i < len(row); i += 4 {
			p := [3]byte(row[i : i+3])
			coloured = coloured || max(p[0], p[1], p[2])-min(p[0], p[1], p[2]) >= colouredBy
			for c := range p {
				lowest[c], highest[c] = min(lowest[c], p[c]), max(highest[c], p[c])
			}
		}
	}
	edge := false
	for c := range lowest {
		edge = edge || highest[c]-lowest[c] >= colouredBy
	}
	return coloured && edge
}
