// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// indexed returns a frame that shows its index.
func indexed(w, h, n int) *frame {
	p := &frame{w: w, h: h}
	for i, plane := range testframe.Draw(appsrc.BufferI420, w, h, uint32(n)).Planes[:3] {
		p.planes[i] = plane.Data
	}
	return p
}

// TestNothingIsLeftBehind checks that no block of a frame keeps the content of the previous one.
func TestNothingIsLeftBehind(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, screen := range []bool{false, true} {
			const w, h, count = 320, 180, 300
			f := start(t, e, fmt.Sprintf("screen=%v target-bitrate=1200000", screen))
			var all []sample
			for n := range count {
				all = append(all, f.encode(indexed(w, h, n)))
			}
			var img image.RGBA
			decode(t, e, all, func(n int, d decoded) {
				index, ok := testframe.Read(d.rgba(&img), 0)
				require.True(t, ok, "screen %v: frame %d is damaged", screen, n)
				require.EqualValues(t, n, index)
			})
		}
	})
}

// square is a page with a square of two halves, of that luma, at x = at and y = 64.
//
//go:norace
func square(w, h, at int, halves [2]byte) *frame {
	const size = 64
	p := page(w, h, 0)
	for y := size; y < 2*size; y++ {
		for x := range size {
			p.planes[0][y*w+at+x] = halves[2*x/size]
			for _, chroma := range p.planes[1:] {
				chroma[y/2*(w/2)+(at+x)/2] = 128
			}
		}
	}
	return p
}

// TestStillFramesRepairFlatBlocks checks that a still frame repairs flat blocks. libvpx and libaom
// leave a flat block unchanged if as much of it becomes brighter as becomes darker, by the same
// amount: they check for each transform block whether the mean stayed, but use the whole block's
// (model_rd_for_sb_y_large in vp9_pickmode.c). From libvpx 1.13 on, the same happens for a change
// that sums to a multiple of 65536, of which the low 32 bits of the square are zero. The fifth
// repeat of a still screen repairs it, at the latest: until then libvpx may copy the block sizes.
func TestStillFramesRepairFlatBlocks(t *testing.T) {
	need.Encoding(t)
	for name, squares := range map[string][2][2]byte{
		"halves that swap":     {{16, 235}, {235, 16}},
		"as much as overflows": {{16, 16}, {144, 144}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, e *element) {
				t.Helper()
				for _, size := range [][2]int{{320, 180}, {640, 360}, {1280, 720}} {
					for _, moving := range []int{15, 19, 31} {
						left := leftInMotion(t, e, size[0], size[1], moving, squares)
						t.Logf("%dx%d: left in %d of %d frames", size[0], size[1], left, moving)
					}
				}
			})
		})
	}
}

// leftInMotion counts the frames in motion that show the square of the previous one, and checks
// that those of a still screen do not.
func leftInMotion(t *testing.T, e *element, w, h, moving int, squares [2][2]byte) (left int) {
	t.Helper()
	at := w / 2 &^ 63
	f := start(t, e, "screen=true target-bitrate=1500000")
	drawn := [2]*frame{square(w, h, at, squares[0]), square(w, h, at, squares[1])}
	var all []sample
	for n := range moving + 6 {
		f.set("quality", min(max(0, n-moving+1), 4))
		all = append(all, f.encode(drawn[min(n, moving-1)%2]))
	}
	decode(t, e, all, func(n int, d decoded) {
		is := squares[min(n, moving-1)%2][0]
		shown := d.luma[96*w+at+16]
		right := max(is, shown)-min(is, shown) < 50
		switch {
		case n >= moving+4:
			require.True(t, right, "%d frames, %d into the rest: %d, not %d", moving, n-moving, shown, is)
		case n < moving && !right:
			left++
		}
	})
	return left
}

// rgba makes img the frame in grey.
//
//go:norace
func (d *decoded) rgba(img *image.RGBA) *image.RGBA {
	*img = image.RGBA{
		Pix: slices.Grow(img.Pix[:0], 4*d.w*d.h)[:4*d.w*d.h], Stride: 4 * d.w, Rect: image.Rect(0, 0, d.w, d.h),
	}
	for i, v := range d.luma {
		p := img.Pix[4*i:][:4]
		p[0], p[1], p[2], p[3] = v, v, v, 255
	}
	return img
}
