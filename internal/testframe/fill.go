// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testframe

import (
	"math"

	"github.com/gstpublish/gstpublish/appsrc"
)

// opaque is the alpha of all frames.
const opaque = 255

// unit has the bytes of a plane for a block of hsub by vsub pixels.
type unit struct {
	bytes      [4]byte
	n          int
	hsub, vsub int
}

// fill fills a rectangle of the grid with one colour.
func fill(f *appsrc.VideoFrame, r rect, c rgb) {
	x0, y0, x1, y1 := r.edges(f.Width, f.Height)
	for i := range f.Type.PlaneCount() {
		u := unitOf(f.Type, i, c)
		left, right := x0/u.hsub*u.n, (x1+u.hsub-1)/u.hsub*u.n
		top, bottom := y0/u.vsub, (y1+u.vsub-1)/u.vsub
		plane := &f.Planes[i]
		first := plane.Data[top*plane.Stride+left : top*plane.Stride+right]
		copy(first, u.bytes[:u.n])
		for n := u.n; n < len(first); n *= 2 {
			copy(first[n:], first[:n])
		}
		for y := top + 1; y < bottom; y++ {
			copy(plane.Data[y*plane.Stride+left:], first)
		}
	}
}

// unitOf returns a colour as a plane stores it.
func unitOf(typ appsrc.BufferType, plane int, c rgb) unit {
	r, g, b := c[0], c[1], c[2]
	y, cb, cr := yuv(c)
	yuv8 := [...]byte{round(y), round(cb), round(cr)}
	switch typ {
	case appsrc.BufferRGBA:
		return unit{[4]byte{r, g, b, opaque}, 4, 1, 1}
	case appsrc.BufferABGR:
		return unit{[4]byte{opaque, b, g, r}, 4, 1, 1}
	case appsrc.BufferARGB:
		return unit{[4]byte{opaque, r, g, b}, 4, 1, 1}
	case appsrc.BufferBGRA:
		return unit{[4]byte{b, g, r, opaque}, 4, 1, 1}
	case appsrc.BufferRGB24:
		return unit{[4]byte{r, g, b}, 3, 1, 1}
	case appsrc.BufferNV12:
		if plane == 1 {
			return unit{[4]byte{yuv8[1], yuv8[2]}, 2, 2, 2}
		}
	case appsrc.BufferI010:
		v := uint16(math.Round(4 * [...]float64{y, cb, cr}[plane]))
		return unit{[4]byte{byte(v), byte(v >> 8)}, 2, subsampling(plane), subsampling(plane)}
	case appsrc.BufferI422:
		return unit{[4]byte{yuv8[plane]}, 1, subsampling(plane), 1}
	case appsrc.BufferI444:
		return unit{[4]byte{yuv8[plane]}, 1, 1, 1}
	case appsrc.BufferI420A:
		if plane == 3 {
			return unit{[4]byte{opaque}, 1, 1, 1}
		}
	case appsrc.BufferI420: // as below
	}
	return unit{[4]byte{yuv8[plane]}, 1, subsampling(plane), subsampling(plane)}
}

// subsampling returns 2 for the two chroma planes and 1 for luma.
func subsampling(plane int) int {
	if plane == 1 || plane == 2 {
		return 2
	}
	return 1
}

// yuv converts to BT.601 in limited range (ITU-R BT.601-7, section 2.5.1, and table 3), on the scale of 8 bits.
func yuv(c rgb) (y, cb, cr float64) {
	r, g, b := float64(c[0])/255, float64(c[1])/255, float64(c[2])/255
	luma := 0.299*r + 0.587*g + 0.114*b
	return 16 + 219*luma, 128 + 224*(b-luma)/1.772, 128 + 224*(r-luma)/1.402
}

func round(v float64) byte { return byte(math.Round(v)) }
