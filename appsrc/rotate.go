// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"unsafe"
)

// rotatePlane writes one plane of a validated frame to dst, turned clockwise.
func rotatePlane(dst Plane, frame *VideoFrame, i int, r Rotation) {
	p := frame.Type.format().planes[i]
	rowBytes, rows := frame.Type.PlaneSize(i, frame.Width, frame.Height)
	g := grid{src: frame.Planes[i], dst: dst, w: rowBytes / p.group, h: rows}
	if p.hsub != p.vsub && r != Rotation180 {
		g.quarterHalved(r, frame.Width, frame.Height)
		return
	}
	switch p.group {
	case 1:
		rotate[[1]byte](g, r)
	case 2:
		rotate[[2]byte](g, r)
	case 3:
		rotate[[3]byte](g, r)
	case 4:
		rotate[[4]byte](g, r)
	}
}

// grid is a plane of w by h groups of bytes, to be moved from src to dst.
type grid struct {
	src, dst Plane
	w, h     int
}

// group is a unit that stays together: a pixel, or a sample of one plane.
type group interface {
	[1]byte | [2]byte | [3]byte | [4]byte
}

func sizeOf[T group]() int {
	var none T
	return len(none)
}

func rotate[T group](g grid, r Rotation) {
	if r != Rotation180 {
		quarter[T](g, r)
		return
	}
	for y := range g.h {
		dst := row[T](g.dst, y, g.w)
		copy(dst, row[T](g.src, g.h-1-y, g.w))
		slices.Reverse(dst)
	}
}

// strip is the number of source rows from which quarter reads a column at a time. Each row has the
// column in a cache line of its own, and together they fit half of a first-level cache of 32 KiB.
const strip = 256

// quarter turns a column of the source into a row of dst. Reading out of order costs less than
// writing out of order, and for groups of three bytes, going from the bottom up costs at most half
// as much as from the top down, as measured.
func quarter[T group](g grid, r Rotation) {
	size := sizeOf[T]()
	for y := 0; y < g.h; y += strip {
		end := min(y+strip, g.h)
		for to := g.w - 1; to >= 0; to-- {
			dst := row[T](g.dst, to, g.h)
			if r == Rotation90 {
				gather(dst[g.h-end:g.h-y], g.src.Data, (end-1)*g.src.Stride+to*size, -g.src.Stride)
			} else {
				gather(dst[y:end], g.src.Data, y*g.src.Stride+(g.w-1-to)*size, g.src.Stride)
			}
		}
	}
}

// row is the y-th row of a plane, n groups long.
func row[T group](p Plane, y, n int) []T {
	b := p.Data[y*p.Stride:][:n*sizeOf[T]()]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// gather fills dst with the groups that lie step bytes apart in src, starting at at. It checks that
// the first and the last are in src, so that no other check is needed.
func gather[T group](dst []T, src []byte, at, step int) {
	size, last := sizeOf[T](), at+(len(dst)-1)*step
	_, _, _, _ = src[at], src[at+size-1], src[last], src[last+size-1]
	from := unsafe.Pointer(unsafe.SliceData(src))
	for i := range dst {
		dst[i] = *(*T)(unsafe.Add(from, at+i*step))
	}
}

// quarterHalved turns a chroma plane of 4:2:2 by a quarter. What was halved in width must be halved
// in width again: a sample of the result is the mean of two rows of the source, and each column of
// the source serves two rows.
func (g grid) quarterHalved(r Rotation, width, height int) {
	src, stride := g.src.Data, g.src.Stride
	for column := range g.w {
		y, next := 2*column, min(2*column+1, width-1)
		if r == Rotation270 {
			y, next = width-1-y, width-1-next
		}
		dst := g.dst.Data[y*g.dst.Stride:][:(height+1)/2]
		for x := range dst {
			a, b := 2*x, min(2*x+1, height-1)
			if r == Rotation90 {
				a, b = height-1-a, height-1-b
			}
			dst[x] = byte((int(src[a*stride+column]) + int(src[b*stride+column]) + 1) / 2)
		}
		copy(g.dst.Data[next*g.dst.Stride:], dst)
	}
}
