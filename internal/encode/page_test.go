// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is a frame of a screen in I420, in GStreamer's layout for a width that is a multiple of eight.
type page struct {
	w, h int
	pix  []byte
}

//go:norace
func (p *page) set(x, y int, c colour) {
	p.pix[y*p.w+x] = c.y
	u := p.w*p.h + y/2*(p.w/2) + x/2
	p.pix[u], p.pix[u+p.w*p.h/4] = c.u, c.v
}

//go:norace
func (p *page) fill(r image.Rectangle, at func(x, y int) colour) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p.set(x, y, at(x-r.Min.X, y-r.Min.Y))
		}
	}
}

// colour is a colour in BT.601, in studio range.
type colour struct{ y, u, v byte }

var (
	paper, ink  = colour{225, 128, 128}, colour{30, 128, 128}
	grey        = colour{126, 128, 128}
	red, blue   = colour{82, 90, 240}, colour{41, 240, 110}
	green, gold = colour{145, 54, 34}, colour{170, 60, 150}
)

// fine has the areas of testPattern with details that denoising or scaling would remove.
var fine = map[string]image.Rectangle{
	"noise":         image.Rect(432, 32, 528, 96),
	"dark on light": image.Rect(432, 144, 528, 208),
	"light on dark": image.Rect(544, 144, 624, 208),
	"coloured":      image.Rect(432, 256, 528, 320),
}

// testPattern returns a page of 640x360: text that is scrolled up, noise of 4 to 8 steps of luma that changes with it,
// and still lines of one pixel.
func testPattern(scrolled int) *page {
	return kept(patternKey{scrolled}, func() *page { return drawTestPattern(scrolled) })
}

// patternKey is the key of a test pattern among the pages that are kept.
type patternKey struct{ scrolled int }

// pages are those that several tests or encoders show. None is changed.
var pages = map[any]*page{}

// kept returns the page with a key. If there is none, it draws and keeps one.
func kept(key any, draw func() *page) *page {
	if pages[key] == nil {
		pages[key] = draw()
	}
	return pages[key]
}

func drawTestPattern(scrolled int) *page {
	p := textPage(640, 360, 320, scrolled)
	random := rand.New(rand.NewPCG(3, uint64(scrolled))) //nolint:gosec // the same noise each time
	p.fill(fine["noise"], func(int, int) colour {
		c := grey
		c.y += byte((4 + random.IntN(5)) * (1 - 2*random.IntN(2)))
		return c
	})
	for name, r := range fine {
		if name != "noise" {
			p.lines(r, name)
		}
	}
	return p
}

// lines fills a rectangle with lines of one pixel: horizontal in its first third, vertical in its second, diagonal in
// its last.
func (p *page) lines(r image.Rectangle, name string) {
	p.fill(r, func(x, y int) colour {
		n := []int{y, x, x + y}[min(3*x/r.Dx(), 2)]
		on := n%8 == 0
		switch {
		case name == "coloured" && on:
			return []colour{red, blue, green, gold}[n/8%4]
		case name == "coloured":
			return grey
		case on == (name == "dark on light"):
			return ink
		default:
			return paper
		}
	})
}

// textPage returns a page of text up to a column that looks like source code: indented lines of different lengths with
// some coloured words.
func textPage(w, h, column, scrolled int) *page {
	const glyphW, glyphH = 8, 18
	p := &page{w: w, h: h, pix: slices.Repeat([]byte{paper.u}, w*h*3/2)} // which is also its V
	copy(p.pix, slices.Repeat([]byte{paper.y}, w*h))
	for row := scrolled / glyphH; row*glyphH < scrolled+h; row++ {
		random := rand.New(rand.NewPCG(5, uint64(row))) //nolint:gosec // the same text each time
		x, end := glyphW*(1+4*random.IntN(4)), column*(5+random.IntN(4))/8
		for x < end {
			c := []colour{ink, ink, ink, red, blue}[random.IntN(5)]
			for range 2 + random.IntN(8) {
				p.glyph(x, row*glyphH-scrolled, random.IntN(1<<10), c)
				x += glyphW
			}
			x += glyphW
		}
	}
	return p
}

// glyph draws strokes of one pixel in a cell of 6x10: three horizontal ones, four vertical ones, two diagonal ones and
// a dot.
//
//go:norace
func (p *page) glyph(x0, y0, strokes int, c colour) {
	for y := range 10 {
		for x := range 6 {
			stroke := -1
			switch {
			case y == 0 || y == 4 || y == 9:
				stroke = y / 4
			case x == 0 || x == 5:
				stroke = 3 + x/5 + 2*(y/5)
			case x == y/2:
				stroke = 7
			case x == 5-y/2:
				stroke = 8
			case x == 3 && y == 7:
				stroke = 9
			}
			if stroke < 0 || strokes>>stroke&1 == 0 || x0+x >= p.w || y0+y < 0 || y0+y >= p.h {
				continue
			}
			p.set(x0+x, y0+y, c)
		}
	}
}

// psnr returns the PSNR of luma, in dB.
//
//go:norace
func (p *page) psnr(decoded []byte) float64 {
	sum := 0
	for i, want := range p.pix[:p.w*p.h] {
		sum += square(want, decoded[i])
	}
	return 10 * math.Log10(255*255*float64(p.w*p.h)/math.Max(float64(sum), 1))
}

// plane is one of the three planes of a page.
type plane struct {
	pix  []byte
	w    int
	half int // the divisor of coordinates
}

func (p *page) plane(pix []byte, n int) plane {
	if n == 0 {
		return plane{pix, p.w, 1}
	}
	return plane{pix[p.w*p.h*(3+n)/4:], p.w / 2, 2}
}

// contrast returns how much contrast of a rectangle is left after decoding: 1 is all, 0 is a smooth surface. It is the
// slope of the regression line of the decoded values on the original ones.
//
//go:norace
func (p *page) contrast(t *testing.T, decoded []byte, r image.Rectangle, n int) float64 {
	t.Helper()
	was, is := p.plane(p.pix, n), p.plane(decoded, n)
	var count, sumX, sumY, sumXX, sumXY float64
	for y := r.Min.Y / was.half; y < r.Max.Y/was.half; y++ {
		for x := r.Min.X / was.half; x < r.Max.X/was.half; x++ {
			a, b := float64(was.pix[y*was.w+x]), float64(is.pix[y*was.w+x])
			count, sumX, sumY, sumXX, sumXY = count+1, sumX+a, sumY+b, sumXX+a*a, sumXY+a*b
		}
	}
	spread := sumXX*count - sumX*sumX
	require.Positive(t, spread, "there is nothing in it")
	return (sumXY*count - sumX*sumY) / spread
}

// stale counts the blocks of 16x16 that are more similar to the previous page.
//
//go:norace
func (p *page) stale(before *page, decoded []byte) (blocks int) {
	for y0 := 0; y0+16 <= p.h; y0 += 16 {
		for x0 := 0; x0+16 <= p.w; x0 += 16 {
			own, old := 0, 0
			for y := y0; y < y0+16; y++ {
				at := y*p.w + x0
				is, was, shown := p.pix[at:at+16], before.pix[at:at+16], decoded[at:at+16]
				for x, v := range shown {
					own += square(is[x], v)
					old += square(was[x], v)
				}
			}
			if old < own {
				blocks++
			}
		}
	}
	return blocks
}

//go:norace
func square(a, b byte) int { return (int(a) - int(b)) * (int(a) - int(b)) }
