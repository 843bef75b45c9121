// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"slices"
	"time"
)

// Clip is a recording of a screen. It must not be changed; its methods are safe
// for concurrent use.
type Clip struct {
	// Width and Height of the frames, in pixels.
	Width, Height int
	// FPS is how many frames a second there are.
	FPS int
	// FullChroma reports whether frames are I444, with U and V for each pixel. They are I420 without.
	FullChroma bool
	// First is the first frame.
	First []byte
	// Changes has an entry for each frame. That of the first is empty.
	Changes []Changes
}

// Changes turn a frame into the next one: all Moves in their order, then the Spans.
type Changes struct {
	Moves []Move
	Spans []Span
}

// Move copies bytes within a frame, as scrolling does. Source and destination may
// overlap. All of its fields count bytes.
type Move struct{ To, From, Size int }

// Span overwrites the bytes from At on.
type Span struct {
	At   int
	Data []byte
}

// FrameSize returns the bytes of an I420 frame of that size.
func FrameSize(width, height int) int {
	return width*height + 2*((width+1)/2)*((height+1)/2)
}

// FullSize returns the bytes of an I444 frame of that size.
func FullSize(width, height int) int { return 3 * width * height }

// frameSize returns the bytes of a frame of the clip.
func (c *Clip) frameSize() int {
	if c.FullChroma {
		return FullSize(c.Width, c.Height)
	}
	return FrameSize(c.Width, c.Height)
}

// Empty reports whether the next frame is the same.
func (c *Changes) Empty() bool { return len(c.Moves) == 0 && len(c.Spans) == 0 }

// apply changes a frame into the next one.
func (c *Changes) apply(frame []byte) {
	for _, m := range c.Moves {
		copy(frame[m.To:m.To+m.Size], frame[m.From:m.From+m.Size])
	}
	for _, s := range c.Spans {
		copy(frame[s.At:], s.Data)
	}
}

// Frames returns how many frames there are.
func (c *Clip) Frames() int { return len(c.Changes) }

// Interval returns the time from a frame to the next.
func (c *Clip) Interval() time.Duration { return time.Second / time.Duration(c.FPS) }

// At returns when a frame is due, counted from the first.
func (c *Clip) At(index int) time.Duration {
	return time.Duration(index) * time.Second / time.Duration(c.FPS)
}

// Changed returns the indices of the frames that differ from the one before, in
// order. The first frame is not among them.
func (c *Clip) Changed() []int {
	var changed []int
	for i := range c.Changes {
		if !c.Changes[i].Empty() {
			changed = append(changed, i)
		}
	}
	return changed
}

// Frame returns a copy of a frame. It rebuilds all frames before it: use a
// [Player] for one after another.
func (c *Clip) Frame(index int) []byte {
	p := c.Play()
	for range index {
		p.Next()
	}
	return p.frame
}

// Play returns a player that shows the first frame.
func (c *Clip) Play() *Player { return &Player{clip: c, frame: slices.Clone(c.First)} }

// Player plays a clip by changing one frame. It is not safe for concurrent use.
type Player struct {
	clip  *Clip
	frame []byte
	index int
}

// Pixels returns the frame. It is the same memory each time, and Next changes it.
func (p *Player) Pixels() []byte { return p.frame }

// Luma returns the frame's Y plane, which is the beginning of Pixels.
func (p *Player) Luma() []byte { return p.frame[:p.clip.Width*p.clip.Height] }

// Index returns which frame of the clip it is.
func (p *Player) Index() int { return p.index }

// Next changes the frame into the next one. After the last frame it changes
// nothing and returns false.
func (p *Player) Next() bool {
	if p.index+1 >= p.clip.Frames() {
		return false
	}
	p.index++
	p.clip.Changes[p.index].apply(p.frame)
	return true
}

// Rewind changes the frame into the first one.
func (p *Player) Rewind() {
	copy(p.frame, p.clip.First)
	p.index = 0
}
