// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The text is in Go Mono, as an editor shows it: glyphs of 9 px, lines of 20.
const (
	points, dpi = 11, 96
	glyphWidth  = 9
	lineHeight  = 20
	baseline    = 15
	indent      = 4
)

// Luma of paper, of ink, and of what an editor shows paler.
const (
	paper, ink, pale = 235, 16, 100
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

// words are those of the text.
var words = strings.Fields( // never written
	"break case chan const continue defer else for func go if import interface map package range " +
		"return select struct switch type var err nil ctx buffer frame stream packet server handler request response " +
		"header length index offset value size width height rate time deadline close open read write send receive encode " +
		"decode publish track sample layer limit estimate target queue delay")

// face returns the font, which is part of the program and so can always be read.
func face() font.Face {
	parsed, _ := opentype.Parse(gomono.TTF)
	f, _ := opentype.NewFace(parsed, &opentype.FaceOptions{Size: points, DPI: dpi, Hinting: font.HintingFull})
	return f
}

// write fills the sheet with lines of numbered source code: indented, of different lengths, some of it in colour.
func (s *sheet) write(rng *rand.Rand) {
	luma := &image.Gray{Pix: s.planes[0], Stride: s.width, Rect: image.Rect(0, 0, s.width, s.height)}
	d := &font.Drawer{Dst: luma, Face: face()}
	depth := 0
	for line := range s.height / lineHeight {
		y := line*lineHeight + baseline
		s.text(d, fmt.Sprintf("%4d", line+1), 0, y, pale, neutral, neutral)
		depth = min(max(depth+rng.IntN(3)-1, 0), 5)
		if rng.IntN(8) == 0 {
			continue // An empty line.
		}
		column, end := 6+indent*depth, 6+indent*depth+rng.IntN(90)
		for column < min(end, s.width/glyphWidth-12) {
			word := words[rng.IntN(len(words))] + []string{"", ",", ".", "()", " =", ":"}[rng.IntN(6)]
			luma, cb, cr := ink, neutral, neutral
			if rng.IntN(3) == 0 {
				luma, cb, cr = 60+rng.IntN(60), 80+rng.IntN(96), 80+rng.IntN(96)
			}
			s.text(d, word, column, y, luma, cb, cr)
			column += len(word) + 1
		}
	}
}

// text draws a word from a column on, in a colour.
func (s *sheet) text(d *font.Drawer, word string, column, y, luma, cb, cr int) {
	x := column * glyphWidth
	d.Src, d.Dot = image.NewUniform(color.Gray{Y: uint8(luma)}), fixed.P(x, y)
	d.DrawString(word)
	if cb == neutral && cr == neutral {
		return
	}
	for cy := (y - baseline) / 2; cy < min((y-baseline+lineHeight)/2, s.height/2); cy++ {
		for cx := x / 2; cx < min((x+len(word)*glyphWidth)/2, s.width/2); cx++ {
			at := 2*cy*s.width + 2*cx
			row, below := s.planes[0][at:], s.planes[0][at+s.width:]
			covered := 4*paper - int(row[0]) - int(row[1]) - int(below[0]) - int(below[1])
			for plane, value := range [2]int{cb, cr} {
				s.planes[1+plane][cy*s.width/2+cx] = byte(neutral + (value-neutral)*covered/(4*(paper-luma)))
			}
		}
	}
}
