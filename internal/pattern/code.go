// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"image"
	"image/color"
	"time"
)

// Strip is where the time of a frame is: a row of square cells, in px. White is 1. The first 48 cells are the
// milliseconds since 1970, the most significant bit first; the last 8 are the exclusive or of these six bytes.
type Strip struct {
	X     int `json:"x"`
	Y     int `json:"y"`
	Size  int `json:"size"` // of a cell
	Cells int `json:"cells"`
}

// Patch is where vertical lines of 1 px are, black and white.
type Patch struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Code and Fine are what a viewer measures.
var (
	Code = Strip{X: 40, Y: 672, Size: 16, Cells: 56}                            // never written
	Fine = Patch{X: 860, Y: 468 + titleBar + 14, Width: 120, Height: 468 - 368} // never written
)

const timeBits = 48

// bits returns the cells of a time.
func bits(now time.Time) uint64 {
	milliseconds := uint64(now.UnixMilli()) & (1<<timeBits - 1)
	sum := uint64(0)
	for shift := 0; shift < timeBits; shift += 8 {
		sum ^= milliseconds >> shift & 0xff
	}
	return milliseconds<<8 | sum
}

// code draws the time.
func (p *painter) code(now time.Time) {
	cells := bits(now)
	for i := range Code.Cells {
		c := color.RGBA{0, 0, 0, 255}
		if cells>>(Code.Cells-1-i)&1 == 1 {
			c = color.RGBA{255, 255, 255, 255}
		}
		x := Code.X + i*Code.Size
		fill(p.img, image.Rect(x, Code.Y, x+Code.Size, Code.Y+Code.Size), c)
	}
}

// ReadTime returns when a frame was drawn. ok is false if it does not show a time.
func ReadTime(img image.Image) (at time.Time, ok bool) {
	if !Code.bounds().In(img.Bounds()) {
		return time.Time{}, false
	}
	var cells uint64
	for i := range Code.Cells {
		gray := color.GrayModel.Convert(img.At(Code.X+i*Code.Size+Code.Size/2, Code.Y+Code.Size/2)).(color.Gray)
		cells <<= 1
		if gray.Y >= 128 {
			cells |= 1
		}
	}
	at = time.UnixMilli(int64(cells >> 8))
	return at, bits(at) == cells
}

func (s Strip) bounds() image.Rectangle {
	return image.Rect(s.X, s.Y, s.X+s.Cells*s.Size, s.Y+s.Size)
}

// Description says where a frame shows what a viewer measures.
type Description struct {
	Width  int   `json:"width"`
	Height int   `json:"height"`
	Code   Strip `json:"code"`
	Fine   Patch `json:"fine"`
}

// Describe returns the description of the frames.
func Describe() *Description { return &Description{Width, Height, Code, Fine} }
