// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testframe

import (
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/gstpublish/gstpublish/appsrc"
)

const (
	// A block is black below the first luma, 0 to 255, and white above the second. An image with a block between them
	// is no frame of this package.
	blackBelow, whiteAbove = 100, 155
	// cornerTolerance is how far the channels of a corner may be off for Orientation.
	cornerTolerance = 60
	// samples is the number of pixels in each direction from which a mean is computed.
	samples = 16
)

// view reads a turned image as if it were upright.
type view struct {
	img           *image.RGBA
	turned        appsrc.Rotation // clockwise
	width, height int             // upright
}

func newView(img *image.RGBA, turned appsrc.Rotation) view {
	v := view{img, turned, img.Rect.Dx(), img.Rect.Dy()}
	if turned == appsrc.Rotation90 || turned == appsrc.Rotation270 {
		v.width, v.height = v.height, v.width
	}
	return v
}

// at returns the pixel that was at (x, y) before the frame was turned.
//
//go:norace
func (v view) at(x, y int) rgb {
	switch v.turned {
	case appsrc.Rotation0:
	case appsrc.Rotation90:
		x, y = v.height-1-y, x
	case appsrc.Rotation180:
		x, y = v.width-1-x, v.height-1-y
	case appsrc.Rotation270:
		x, y = y, v.width-1-x
	}
	i := y*v.img.Stride + x*4
	return rgb(v.img.Pix[i : i+3])
}

// mean returns the mean colour of the inner half of a rectangle in each direction.
//
//go:norace
func (v view) mean(r rect) rgb {
	x0, y0, x1, y1 := r.edges(v.width, v.height)
	stepX, stepY := max(1, (x1-x0)/2/samples), max(1, (y1-y0)/2/samples)
	var sum [3]int
	n := 0
	for y := y0 + (y1-y0)/4; y < y1-(y1-y0)/4; y += stepY {
		for x := x0 + (x1-x0)/4; x < x1-(x1-x0)/4; x += stepX {
			p := v.at(x, y)
			for i := range sum {
				sum[i] += int(p[i])
			}
			n++
		}
	}
	var c rgb
	for i := range c {
		c[i] = byte((sum[i] + n/2) / n)
	}
	return c
}

// Read returns the index of a frame that was turned clockwise since it was drawn. ok is false if the image is no such
// frame, or is too damaged. The frame may have been scaled.
func Read(img *image.RGBA, turned appsrc.Rotation) (index uint32, ok bool) {
	v := newView(img, turned)
	if v.width < MinWidth || v.height < MinHeight {
		return 0, false
	}
	word := uint32(0)
	for i := range blocks {
		c := v.mean(blockAt(i))
		luma := (299*int(c[0]) + 587*int(c[1]) + 114*int(c[2])) / 1000
		if luma >= blackBelow && luma <= whiteAbove {
			return 0, false
		}
		word <<= 1
		if luma > whiteAbove {
			word |= 1
		}
	}
	index = word >> 8
	return index, encode(index) == word
}

// CheckColours checks the mean colour of each flat patch of a frame that was turned clockwise since it was drawn. A
// channel may be off by tolerance, of 255. The error names each wrong patch.
func CheckColours(img *image.RGBA, turned appsrc.Rotation, tolerance int) error {
	v := newView(img, turned)
	if v.width < MinWidth || v.height < MinHeight {
		return fmt.Errorf("testframe: an image of %dx%d is too small to read", v.width, v.height)
	}
	var errs []error
	for i := range patches {
		p := &patches[i]
		if got := v.mean(p.at); !near(got, p.colour, tolerance) {
			errs = append(errs, fmt.Errorf("testframe: patch %s is RGB %v, want %v within %d",
				p.name, got, p.colour, tolerance))
		}
	}
	return errors.Join(errs...)
}

func near(a, b rgb, tolerance int) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

// Orientation returns how far a frame was turned clockwise since it was drawn, by the colours of its corners. The error
// lists the corners: they may be mirrored, or not be those of this package.
func Orientation(img *image.RGBA) (appsrc.Rotation, error) {
	v := newView(img, appsrc.Rotation0)
	if min(v.width, v.height) < MinHeight {
		return 0, fmt.Errorf("testframe: an image of %dx%d is too small to read", v.width, v.height)
	}
	var found [corners]int // the patch in each corner, clockwise
	names := make([]string, corners)
	for i := range found {
		c := v.mean(patches[i].at)
		found[i] = corner(c)
		names[i] = fmt.Sprint(c)
		if found[i] >= 0 {
			names[i], _, _ = strings.Cut(patches[found[i]].name, ",")
		}
	}
	// In a frame turned by 90° clockwise, the top left corner was at the bottom left.
	for turned := range corners {
		match := true
		for i := range found {
			match = match && found[i] == (i+corners-turned)%corners
		}
		if match {
			return appsrc.Rotation(turned), nil
		}
	}
	return 0, fmt.Errorf("testframe: the corners, clockwise from the top left, are %s", strings.Join(names, ", "))
}

// corner returns the index of the corner patch with a colour, or -1.
func corner(c rgb) int {
	for i := range corners {
		if near(c, patches[i].colour, cornerTolerance) {
			return i
		}
	}
	return -1
}
