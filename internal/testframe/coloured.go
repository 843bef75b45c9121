// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testframe

// ColouredText returns a frame of words in colours that 4:2:0 blurs, such as red on blue: tightly packed, four bytes a
// pixel, in the order of appsrc.BufferBGRA.
//
//go:norace
func ColouredText(width, height int) []byte {
	const glyphW, glyphH = 8, 16
	colours := [...][2][3]byte{ // foreground and background: blue, green, red
		{{0, 0, 230}, {200, 20, 20}},
		{{20, 20, 190}, {250, 250, 250}},
		{{120, 220, 90}, {40, 30, 30}},
		{{220, 60, 20}, {250, 250, 250}},
	}
	pixels := make([]byte, 0, 4*width*height)
	for y := range height {
		for x := range width {
			row, column := y/glyphH, x/glyphW
			colour := colours[4*x/width]
			p := colour[1]
			glyph := uint(row*31+column*column*7+column) % 251 * 2654435761 //nolint:gosec // never negative
			word := (column+row*5)%9 < 6                                    // of six glyphs, with gaps
			if gx, gy := x%glyphW, y%glyphH; word && gx < 6 && gy > 2 && gy < 13 && glyph>>(gx/2+3*(gy/3)+8)&3 == 1 {
				p = colour[0]
			}
			pixels = append(pixels, p[0], p[1], p[2], 255)
		}
	}
	return pixels
}
