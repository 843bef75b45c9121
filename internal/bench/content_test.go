// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"math/rand/v2"

	"github.com/gstpublish/gstpublish/appsrc"
)

// moving draws content that changes from frame to frame.
type moving interface {
	// paint returns the i-th frame, which is valid until the next call.
	paint(i int) *appsrc.VideoFrame
}

// newFrame returns a frame with memory of its own.
func newFrame(typ appsrc.BufferType, width, height int) (*appsrc.VideoFrame, error) {
	size, err := appsrc.FrameSize(typ, width, height)
	if err != nil {
		return nil, err
	}
	return appsrc.NewVideoFrame(typ, width, height, make([]byte, size))
}

// room is a camera that pans over a scene of soft and hard edges, with a noisy sensor.
type room struct {
	frame *appsrc.VideoFrame
	scene [3]appsrc.Plane // Y, U and V; wider than the frame
	noise []int8
	rng   *rand.Rand
}

// pan is how far, in px, a room moves to one side before it moves back.
const pan = 256

func newRoom(width, height int) (*room, error) {
	frame, err := newFrame(appsrc.BufferI420, width, height)
	if err != nil {
		return nil, err
	}
	r := &room{frame: frame, noise: make([]int8, 1<<16), rng: rand.New(rand.NewPCG(1, 2))}
	for i := range r.noise {
		// The mean of the noise is 0, its standard deviation 2 steps of luma.
		r.noise[i] = int8(r.rng.IntN(5) + r.rng.IntN(5) - 4)
	}
	for i := range r.scene {
		rowBytes, rows := appsrc.BufferI420.PlaneSize(i, width+pan, height)
		r.scene[i] = appsrc.Plane{Data: make([]byte, rowBytes*rows), Stride: rowBytes}
		for at := range r.scene[i].Data {
			r.scene[i].Data[at] = scenery(i, at%rowBytes, at/rowBytes, rows)
		}
	}
	return r, nil
}

// scenery returns the luma or chroma at a point of the scene: waves of some lengths, and boards with an edge in every
// tenth of the height.
func scenery(plane, x, y, rows int) byte {
	size := float64(rows)
	u, v := float64(x)/size, float64(y)/size
	waves := math.Sin(5*u+3*v) + math.Sin(23*u-11*v)/2 + math.Sin(61*u+71*v)/4 + math.Sin(190*u*v)/8
	boards := float64((x*10/rows+y*10/rows)%2) * 24
	if plane > 0 {
		return byte(128 + 20*waves)
	}
	return byte(110 + 40*waves + boards)
}

func (r *room) paint(i int) *appsrc.VideoFrame {
	shift := 2 * i % (2 * pan)
	shift = min(shift, 2*pan-shift)
	for p := range r.scene {
		dst, src := r.frame.Planes[p], r.scene[p]
		rowBytes, rows := appsrc.BufferI420.PlaneSize(p, r.frame.Width, r.frame.Height)
		from := shift
		if p > 0 {
			from /= 2
		}
		for y := range rows {
			row := dst.Data[y*dst.Stride:][:rowBytes]
			copy(row, src.Data[y*src.Stride+from:])
			if p > 0 {
				continue
			}
			noise := r.noise[r.rng.IntN(len(r.noise)-rowBytes):][:rowBytes]
			for x, n := range noise {
				row[x] += byte(n)
			}
		}
	}
	return r.frame
}

// page is a screen with small text that scrolls below a fixed bar.
type page struct {
	frame *appsrc.VideoFrame
	text  []byte // BGRA, as wide as the frame and some screens high
	rows  int
}

// The dimensions of a page in px: a glyph with the space around it, the height of a line, and how far it scrolls from
// frame to frame.
const (
	glyphWidth, glyphHeight = 8, 12
	lineHeight              = 18
	scroll                  = 3
)

func newPage(width, height int) (*page, error) {
	frame, err := newFrame(appsrc.BufferBGRA, width, height)
	if err != nil {
		return nil, err
	}
	p := &page{frame: frame, rows: (4*height + lineHeight - 1) / lineHeight * lineHeight}
	p.text = make([]byte, p.rows*width*4)
	for i := range p.text {
		p.text[i] = 255
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for y := 0; y < p.rows; y += lineHeight {
		for x := 0; x+glyphWidth <= width; x += glyphWidth {
			if rng.IntN(6) > 0 { // Otherwise a space between words.
				p.glyph(rng, x, y+2)
			}
		}
	}
	return p, nil
}

// glyph draws some strokes, like those of letters.
func (p *page) glyph(rng *rand.Rand, x, y int) {
	dot := func(dx, dy int) { copy(p.text[((y+dy)*p.frame.Width+x+dx)*4:], []byte{32, 32, 32}) }
	for range 2 {
		column := 1 + rng.IntN(glyphWidth-3)
		for dy := range glyphHeight {
			dot(column, dy)
		}
		row := rng.IntN(glyphHeight)
		for dx := 1; dx < glyphWidth-1; dx++ {
			dot(dx, row)
		}
	}
}

func (p *page) paint(i int) *appsrc.VideoFrame {
	f := p.frame
	stride := f.Planes[0].Stride
	bar := f.Height / 10
	for at := range bar * stride {
		f.Planes[0].Data[at] = 96
	}
	for y := bar; y < f.Height; y++ {
		from := (y + scroll*i) % p.rows * stride
		copy(f.Planes[0].Data[y*stride:(y+1)*stride], p.text[from:])
	}
	return f
}
