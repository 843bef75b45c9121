// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import "math/rand/v2"

// Measures of text in pixels: a glyph with the space around it, its strokes, and a
// line. A tab indents by four glyphs.
const (
	glyphWidth, glyphHeight = 9, 12
	strokes                 = 3
	lineHeight              = 20
	indent                  = 4 * glyphWidth
)

// Luma of paper and ink, and of the edge of a stroke, which fonts smooth.
const (
	paper, ink, edge = 235, 30, 140
	neutral          = 128
)

// sheet is paper with text, as I420 of any height. Width and height are even.
type sheet struct {
	width, height int
	planes        [3][]byte
}

func newSheet(width, height int) *sheet {
	s := &sheet{width: width, height: height}
	for plane := range s.planes {
		row, sub := s.row(plane)
		s.planes[plane] = make([]byte, row*height/sub)
		value := byte(neutral)
		if plane == 0 {
			value = paper
		}
		for i := range s.planes[plane] {
			s.planes[plane][i] = value
		}
	}
	return s
}

// row returns the bytes of a row of a plane, and how many rows of the sheet are one
// of the plane's.
func (s *sheet) row(plane int) (size, sub int) {
	if plane == 0 {
		return s.width, 1
	}
	return s.width / 2, 2
}

// write fills the sheet with lines of words, as source code has them: indented, of
// different lengths, some words in colour.
func (s *sheet) write(rng *rand.Rand) {
	for y := 4; y+glyphHeight <= s.height; y += lineHeight {
		x := glyphWidth + indent*rng.IntN(4)
		end := x + (s.width-x)*(2+rng.IntN(7))/8
		for x+glyphWidth < end {
			colour := [2]byte{neutral, neutral}
			if rng.IntN(3) == 0 {
				colour = [2]byte{byte(80 + rng.IntN(96)), byte(80 + rng.IntN(96))}
			}
			for range 2 + rng.IntN(9) {
				if x+glyphWidth >= end {
					break
				}
				s.glyph(rng, x, y, colour)
				x += glyphWidth
			}
			x += glyphWidth
		}
	}
}

// glyph draws some strokes, as letters have them, in a colour (Cb, Cr).
func (s *sheet) glyph(rng *rand.Rand, x, y int, colour [2]byte) {
	for range strokes {
		column, row := rng.IntN(glyphWidth-3), rng.IntN(glyphHeight)
		switch rng.IntN(3) {
		case 0: // down
			for dy := range glyphHeight {
				s.dot(x+column, y+dy)
			}
		case 1: // across
			for dx := range glyphWidth - 2 {
				s.dot(x+dx, y+row)
			}
		default: // aslant
			for d := range glyphWidth - 2 {
				s.dot(x+d, y+(row+d)%glyphHeight)
			}
		}
	}
	for plane, value := range colour {
		for cy := y / 2; cy < (y+glyphHeight)/2; cy++ {
			for cx := x / 2; cx < (x+glyphWidth-2)/2; cx++ {
				s.planes[1+plane][cy*s.width/2+cx] = value
			}
		}
	}
}

// dot draws a pixel of ink, and the edge on its right.
func (s *sheet) dot(x, y int) {
	at := y*s.width + x
	s.planes[0][at] = ink
	if s.planes[0][at+1] == paper {
		s.planes[0][at+1] = edge
	}
}
