// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The size of the frames, in px, and how many are drawn in a second.
const (
	Width  = 1280
	Height = 720
	FPS    = 30
)

// The parts of the screen.
var (
	terminal = image.Rect(40, 76, 812, 636)   // never written
	clock    = image.Rect(844, 76, 1240, 232) // never written
	chart    = image.Rect(844, 264, 1240, 436)
	detail   = image.Rect(844, 468, 1240, 636)
)

// titleBar is the height of a window's title, in px.
const titleBar = 28

// Colours.
var (
	desktop = color.RGBA{38, 50, 72, 255}    // never written
	bar     = color.RGBA{226, 230, 238, 255} // never written
	paper   = color.RGBA{250, 250, 252, 255} // never written
	ink     = color.RGBA{28, 32, 40, 255}    // never written
	dark    = color.RGBA{18, 22, 30, 255}    // never written
	light   = color.RGBA{214, 222, 235, 255} // never written
	green   = color.RGBA{120, 220, 140, 255} // never written
	blue    = color.RGBA{66, 120, 246, 255}  // never written
)

// lineTime is the time between two lines of the terminal, and tick that between two states of the clock.
const (
	lineTime = 250 * time.Millisecond
	tick     = 100 * time.Millisecond
)

// painter draws the screen into one frame, from which each call changes what has changed.
type painter struct {
	img          *image.RGBA
	small, large font.Face
	line, shown  int64 // the last line of the terminal and state of the clock
	first        int64 // what the lines are counted from
}

func newPainter() *painter {
	p := &painter{
		img: image.NewRGBA(image.Rect(0, 0, Width, Height)), small: face(11), large: face(38), line: -1, shown: -1,
	}
	fill(p.img, p.img.Rect, desktop)
	p.text(p.small, light, 40, 46, "gstpublish demo: a screen, drawn 30 times a second")
	p.window(terminal, "terminal", dark)
	p.window(clock, "clock", paper)
	p.window(chart, "chart", paper)
	p.window(detail, "detail of 1 px", paper)
	p.text(p.small, light, Code.X+Code.Cells*Code.Size+16, Code.Y+14, "time of this frame")
	p.fine(0)
	for line := range terminal.Dy() / lineHeight {
		p.scroll(int64(line))
	}
	return p
}

// face returns the font, which is part of the program and so can always be read.
func face(points float64) font.Face {
	parsed, _ := opentype.Parse(gomono.TTF)
	f, _ := opentype.NewFace(parsed, &opentype.FaceOptions{Size: points, DPI: 96, Hinting: font.HintingFull})
	return f
}

func fill(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (p *painter) text(f font.Face, c color.Color, x, y int, s string) {
	(&font.Drawer{Dst: p.img, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}).DrawString(s)
}

// window draws a window with a title.
func (p *painter) window(r image.Rectangle, title string, inside color.Color) {
	fill(p.img, r.Add(image.Pt(6, 6)), color.RGBA{26, 35, 52, 255})
	fill(p.img, r, bar)
	fill(p.img, image.Rect(r.Min.X+1, r.Min.Y+titleBar, r.Max.X-1, r.Max.Y-1), inside)
	p.text(p.small, ink, r.Min.X+12, r.Min.Y+19, title)
}

// fine draws lines and a checkerboard of single pixels, which move by one pixel with each step. The first third is
// Fine, which a viewer measures.
func (p *painter) fine(step int64) {
	for y := Fine.Y; y < Fine.Y+Fine.Height; y++ {
		for x := Fine.X; x < detail.Max.X-16; x++ {
			on := (x+int(step))%2 == 0
			switch part := (x - Fine.X) / Fine.Width; {
			case part == 1:
				on = (y+int(step))%2 == 0
			case part > 1:
				on = (x+y+int(step))%2 == 0
			}
			c := color.RGBA{0, 0, 0, 255}
			if on {
				c = color.RGBA{255, 255, 255, 255}
			}
			p.img.SetRGBA(x, y, c)
		}
	}
}

// draw draws the screen as it is at a time.
func (p *painter) draw(now time.Time) {
	if line := now.UnixNano() / int64(lineTime); line != p.line {
		if p.line < 0 {
			p.first = line - int64(terminal.Dy()/lineHeight)
		}
		p.line = line
		p.scroll(line - p.first)
		p.fine(line - p.first)
	}
	if shown := now.UnixNano() / int64(tick); shown != p.shown {
		p.shown = shown
		r := image.Rect(clock.Min.X+1, clock.Min.Y+titleBar, clock.Max.X-1, clock.Max.Y-1)
		fill(p.img, r, paper)
		p.text(p.large, ink, r.Min.X+28, r.Min.Y+80, now.Format("15:04:05.0"))
	}
	p.bars(now)
	p.code(now)
}

// words are what the terminal prints.
var words = [...]string{ // never written
	"the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs",
	"sphinx of black quartz, judge my vow", "how vexingly quick daft zebras jump", "0123456789 {}[]()<> #!$%&*+-=/?",
}

// lineHeight is that of the terminal, in px.
const lineHeight = 20

// scroll moves the terminal up by a line, and writes a new one.
func (p *painter) scroll(line int64) {
	r := image.Rect(terminal.Min.X+1, terminal.Min.Y+titleBar+11, terminal.Max.X-1, terminal.Max.Y-1)
	for y := r.Min.Y; y < r.Max.Y-lineHeight; y++ {
		copy(p.img.Pix[p.img.PixOffset(r.Min.X, y):p.img.PixOffset(r.Max.X, y)],
			p.img.Pix[p.img.PixOffset(r.Min.X, y+lineHeight):])
	}
	fill(p.img, image.Rect(r.Min.X, r.Max.Y-lineHeight, r.Max.X, r.Max.Y), dark)
	p.text(p.small, green, r.Min.X+10, r.Max.Y-8, fmt.Sprintf("line %06d", line%1_000_000))
	p.text(p.small, light, r.Min.X+136, r.Max.Y-8, words[line%int64(len(words))])
}

// bars draws the chart.
func (p *painter) bars(now time.Time) {
	const count, pitch, width, height = 24, 15, 11, 104
	r := image.Rect(chart.Min.X+1, chart.Min.Y+titleBar, chart.Max.X-1, chart.Max.Y-1)
	seconds := float64(now.UnixMilli()%3_600_000) / 1000
	for i := range count {
		x := r.Min.X + 18 + i*pitch
		value := 0.5 + 0.3*math.Sin(seconds*2+float64(i)*0.5) + 0.18*math.Sin(seconds*3.1-float64(i)*0.9)
		top := r.Max.Y - 14 - int(height*value)
		fill(p.img, image.Rect(x, r.Min.Y+4, x+width, top), paper)
		fill(p.img, image.Rect(x, top, x+width, r.Max.Y-14), blue)
	}
}
