// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package testframe draws frames that tests can read again after an encoder, a network and a decoder.
//
// A frame has an index of 24 bits with a checksum, in 32 black or white blocks, and twelve flat patches of known
// colours, four of them in the corners. So a frame alone shows which one it is, whether channels or planes were
// swapped, and how it was turned.
//
// All of this is on a grid of 10 by 8 cells, whatever the size. Cells begin at even pixels, so that no chroma sample
// belongs to two of them.
package testframe

import (
	"fmt"

	"github.com/gstpublish/gstpublish/appsrc"
)

// The minimum size of a frame. Its blocks have 8 by 8 px, the size of a transform block, and remain readable at any
// reasonable bit rate. At 160x120 they have 16 by 14 px.
const (
	MinWidth  = columns * 8
	MinHeight = rows * 8
)

// MaxIndex is the largest index.
const MaxIndex = 1<<indexBits - 1

const (
	columns, rows = 10, 8

	indexBits = 24
	blocks    = indexBits + 8 // including the checksum
	// The position of the blocks in the grid.
	blockColumn, blockRow = 1, 2
	blockColumns          = 8
)

// rect is a rectangle of the grid, in cells: from (x0, y0) up to but not including (x1, y1).
type rect struct{ x0, y0, x1, y1 int }

// patch is a rectangle of one colour.
type patch struct {
	name   string
	colour rgb
	at     rect
}

type rgb [3]byte

// patches has the corners first, clockwise from the top left. The conversion of these colours to 8-bit Y'CbCr and back
// has an error below 0.1, so that tests do not measure rounding. In most of them no two channels are equal, so that
// each swap of channels shows.
var patches = [...]patch{ // never written
	{"red, top left", rgb{204, 50, 45}, rect{0, 0, 2, 2}},
	{"green, top right", rgb{43, 164, 64}, rect{8, 0, 10, 2}},
	{"grey, bottom right", rgb{128, 128, 128}, rect{8, 6, 10, 8}},
	{"blue, bottom left", rgb{45, 68, 206}, rect{0, 6, 2, 8}},
	{"yellow", rgb{210, 187, 49}, rect{2, 0, 4, 2}},
	{"magenta", rgb{171, 40, 173}, rect{4, 0, 6, 2}},
	{"cyan", rgb{45, 187, 196}, rect{6, 0, 8, 2}},
	{"orange", rgb{232, 131, 24}, rect{2, 6, 4, 8}},
	{"purple", rgb{109, 52, 192}, rect{4, 6, 6, 8}},
	{"light", rgb{228, 218, 210}, rect{6, 6, 8, 8}},
	{"dark", rgb{28, 26, 38}, rect{0, 2, 1, 6}},
	{"rose", rgb{136, 124, 128}, rect{9, 2, 10, 6}},
}

// corners is the number of patches that are corners.
const corners = 4

// Draw returns a new frame with tightly packed planes. YUV types are BT.601 in limited range. It panics if the size is
// below MinWidth x MinHeight, or if appsrc does not accept the type or the size.
func Draw(typ appsrc.BufferType, width, height int, index uint32) *appsrc.VideoFrame {
	size, err := appsrc.FrameSize(typ, width, height)
	if err != nil {
		panic(fmt.Sprintf("testframe: %v", err)) //nolint:forbidigo // for tests, where a wrong call is a wrong test
	}
	f, err := appsrc.NewVideoFrame(typ, width, height, make([]byte, size))
	if err != nil {
		panic(fmt.Sprintf("testframe: %v", err)) //nolint:forbidigo // for tests, where a wrong call is a wrong test
	}
	Paint(f, index)
	return f
}

// Paint draws into the memory of a frame, with any strides. It does not allocate. It panics like Draw.
func Paint(f *appsrc.VideoFrame, index uint32) {
	if f.Width < MinWidth || f.Height < MinHeight {
		//nolint:forbidigo // for tests, where a wrong call is a wrong test
		panic(fmt.Sprintf("testframe: %dx%d is below %dx%d", f.Width, f.Height, MinWidth, MinHeight))
	}
	for i := range patches {
		fill(f, patches[i].at, patches[i].colour)
	}
	Redraw(f, index)
}

// Redraw changes the index of a frame that Draw or Paint has drawn. It does not allocate.
func Redraw(f *appsrc.VideoFrame, index uint32) {
	word := encode(index)
	for i := range blocks {
		colour := rgb{}
		if word>>(blocks-1-i)&1 == 1 {
			colour = white(i)
		}
		fill(f, blockAt(i), colour)
	}
}

// white returns the white of the i-th block. Each block has another one, and its luma is brighter than black by an odd
// number. libvpx and libaom consider a large flat block unchanged if as much of it becomes darker as becomes brighter
// by the same amount; libvpx from 1.13 on also if its flat change sums up to a multiple of 65536. Real frames are
// hardly ever like that.
func white(i int) rgb {
	luma := 219 - 8*(i%blockColumns) - 2*(i/blockColumns)
	v := byte((luma*255 + 109) / 219)
	return rgb{v, v, v}
}

// blockAt returns the position of the i-th bit, from the most significant.
func blockAt(i int) rect {
	x, y := blockColumn+i%blockColumns, blockRow+i/blockColumns
	return rect{x, y, x + 1, y + 1}
}

// encode returns the index followed by its checksum.
func encode(index uint32) uint32 {
	index &= MaxIndex
	return index<<8 | uint32(checksum(index))
}

// checksum returns the CRC-8 (polynomial 0x07) of the index's 24 bits. With its initial value, neither all black nor
// all white is a valid frame.
func checksum(index uint32) byte {
	crc := byte(0x5a)
	for shift := indexBits - 8; shift >= 0; shift -= 8 {
		crc ^= byte(index >> shift)
		for range 8 {
			carry := crc >> 7
			crc = crc<<1 ^ carry*0x07
		}
	}
	return crc
}

// edges returns the rectangle's position in pixels.
func (r rect) edges(width, height int) (x0, y0, x1, y1 int) {
	return edge(r.x0, columns, width), edge(r.y0, rows, height),
		edge(r.x1, columns, width), edge(r.y1, rows, height)
}

// edge returns where cell i of n begins: an even number, except for the end of the frame.
func edge(i, n, size int) int {
	if i == n {
		return size
	}
	return i * size / n &^ 1
}
