// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
)

const (
	// gap is how many bytes that are the same end a span: one of its own costs a call.
	gap = 64
	// fewestMoved is how many changed rows must have moved by the same distance for a
	// move to be worth it.
	fewestMoved = 8
)

// Reduce makes a clip of a recording in I420. read fills its argument with a frame, and is
// called for each frame in order. width, height, fps and frames must be above 0.
func Reduce(width, height, fps, frames int, read func(index int, frame []byte) error) (*Clip, error) {
	return reduce(Clip{Width: width, Height: height, FPS: fps}, frames, read)
}

// ReduceFull is like Reduce for a recording in I444.
func ReduceFull(width, height, fps, frames int, read func(index int, frame []byte) error) (*Clip, error) {
	return reduce(Clip{Width: width, Height: height, FPS: fps, FullChroma: true}, frames, read)
}

// reduce returns a clip with frames.
func reduce(c Clip, frames int, read func(index int, frame []byte) error) (*Clip, error) {
	if min(c.Width, c.Height, c.FPS, frames) < 1 {
		return nil, fmt.Errorf("testclip: width, height, fps and frames must be above 0, got %d, %d, %d and %d",
			c.Width, c.Height, c.FPS, frames)
	}
	c.Changes = make([]Changes, frames)
	c.First = make([]byte, c.frameSize())
	if err := read(0, c.First); err != nil {
		return nil, fmt.Errorf("testclip: reading frame 0: %w", err)
	}
	r := reducer{planes: c.planes(), seed: maphash.MakeSeed()}
	last, next := slices.Clone(c.First), make([]byte, len(c.First))
	for i := 1; i < frames; i++ {
		if err := read(i, next); err != nil {
			return nil, fmt.Errorf("testclip: reading frame %d: %w", i, err)
		}
		if !bytes.Equal(last, next) {
			c.Changes[i] = r.reduce(last, next)
		}
	}
	return &c, nil
}

// plane is where a plane is in a frame, in bytes.
type plane struct{ at, row, rows int }

// get returns a row of the plane.
func (p plane) get(frame []byte, y int) []byte { return frame[p.at+y*p.row:][:p.row] }

// planes returns where the planes of the clip's frames are.
func (c *Clip) planes() [3]plane {
	luma := plane{0, c.Width, c.Height}
	chroma := plane{c.Width * c.Height, (c.Width + 1) / 2, (c.Height + 1) / 2}
	if c.FullChroma {
		chroma.row, chroma.rows = c.Width, c.Height
	}
	other := chroma
	other.at += chroma.row * chroma.rows
	return [3]plane{luma, chroma, other}
}

// reducer finds what one frame changes of another.
type reducer struct {
	planes [3]plane
	seed   maphash.Seed
}

// reduce finds what turns last into next, and does that to last.
func (r *reducer) reduce(last, next []byte) Changes {
	var c Changes
	for _, p := range r.planes {
		if d := r.distance(p, last, next); d != 0 {
			c.Moves = append(c.Moves, moves(p, last, next, d)...)
		}
	}
	c.apply(last)
	for _, p := range r.planes {
		for y := range p.rows {
			c.Spans = appendSpans(c.Spans, p.at+y*p.row, p.get(last, y), p.get(next, y))
		}
	}
	copy(last, next)
	return c
}

// distance is how many rows further down most of the rows that changed were in the
// frame before; 0 if they did not move.
func (r *reducer) distance(p plane, last, next []byte) int {
	where := map[uint64]int{} // of the rows of last that are there once
	for y := range p.rows {
		hash := maphash.Bytes(r.seed, p.get(last, y))
		if _, twice := where[hash]; twice {
			where[hash] = -1
		} else {
			where[hash] = y
		}
	}
	votes := map[int]int{}
	best := 0
	for y := range p.rows {
		from, known := where[maphash.Bytes(r.seed, p.get(next, y))]
		if !known || from < 0 || from == y {
			continue
		}
		if votes[from-y]++; votes[from-y] > votes[best] {
			best = from - y
		}
	}
	if votes[best] < fewestMoved {
		return 0
	}
	return best
}

// moves are the runs of changed rows that were distance rows further down. They are
// in an order in which none overwrites what a later one reads.
func moves(p plane, last, next []byte, distance int) []Move {
	var all []Move
	for y := 0; y < p.rows; y++ {
		begin := y
		for y < p.rows && y+distance >= 0 && y+distance < p.rows &&
			!bytes.Equal(p.get(last, y), p.get(next, y)) && bytes.Equal(p.get(last, y+distance), p.get(next, y)) {
			y++
		}
		if y > begin {
			all = append(all, Move{To: p.at + begin*p.row, From: p.at + (begin+distance)*p.row, Size: (y - begin) * p.row})
		}
	}
	if distance < 0 {
		slices.Reverse(all)
	}
	return all
}

// appendSpans appends what differs of a row that begins at a byte of the frame.
func appendSpans(spans []Span, at int, last, next []byte) []Span {
	if bytes.Equal(last, next) {
		return spans
	}
	begin, end := -1, 0 // of the bytes that differ
	for x := range next {
		if last[x] == next[x] {
			continue
		}
		if begin >= 0 && x-end >= gap {
			spans = append(spans, Span{at + begin, slices.Clone(next[begin:end])})
			begin = -1
		}
		if begin < 0 {
			begin = x
		}
		end = x + 1
	}
	return append(spans, Span{at + begin, slices.Clone(next[begin:end])})
}
