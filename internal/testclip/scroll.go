// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Defaults of ScrollOptions.
const (
	DefaultWidth  = 1280
	DefaultHeight = 720
	DefaultFPS    = 30
	DefaultStill  = 3 * time.Second
	DefaultMotion = 4 * time.Second
	// DefaultStep is one line of text.
	DefaultStep = lineHeight
)

// ScrollOptions describe the clip that Scroll makes. The zero value is one of
// 1280x720 at 30 frames a second: still for 3 s, scrolled for 4 s by a line of text
// each frame, and still for 3 s.
type ScrollOptions struct {
	// Width and Height of the frames in pixels, rounded down to even numbers. They
	// default to DefaultWidth and DefaultHeight.
	Width, Height int
	// FPS is the frame rate. Defaults to DefaultFPS.
	FPS int
	// Before and After are how long the page is still before and after it is
	// scrolled. They default to DefaultStill.
	Before, After time.Duration
	// Motion is how long the page is scrolled; each of its frames is changed.
	// Defaults to DefaultMotion.
	Motion time.Duration
	// Step is how many pixels the page scrolls each frame, rounded down to an even
	// number. Defaults to DefaultStep.
	Step int
	// Seed selects the text. The same options always make the same clip.
	Seed uint64
}

// withDefaults fills in what is left open.
func (o *ScrollOptions) withDefaults() ScrollOptions {
	var filled ScrollOptions
	if o != nil {
		filled = *o
	}
	number := func(value *int, otherwise int) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	length := func(value *time.Duration, otherwise time.Duration) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	number(&filled.Width, DefaultWidth)
	number(&filled.Height, DefaultHeight)
	number(&filled.FPS, DefaultFPS)
	number(&filled.Step, DefaultStep)
	length(&filled.Before, DefaultStill)
	length(&filled.Motion, DefaultMotion)
	length(&filled.After, DefaultStill)
	filled.Width, filled.Height = max(filled.Width&^1, 2), max(filled.Height&^1, 2)
	filled.Step = max(filled.Step&^1, 2)
	return filled
}

// barHeight is what stays at the top and at the bottom while the page scrolls,
// where the frame is high enough for it.
const barHeight = 2 * lineHeight

// Scroll makes a clip of a page of text that is still, scrolls up, and is still
// again, between two bars that stay. No two lines of the page are the same. The
// page is drawn once; the frames of the clip refer to it, so that playing one
// copies its rows and no more. If o is nil, all options have their defaults.
func Scroll(o *ScrollOptions) *Clip {
	options := o.withDefaults()
	s := scroller{ScrollOptions: options, bar: barHeight}
	if s.Height < 4*barHeight {
		s.bar = 0
	}
	frames := func(d time.Duration) int { return int(d * time.Duration(s.FPS) / time.Second) }
	before, motion, after := frames(s.Before), frames(s.Motion), frames(s.After)
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	s.page = newSheet(s.Width, s.Height+motion*s.Step)
	s.page.write(rng)
	c := &Clip{
		Width: s.Width, Height: s.Height, FPS: s.FPS, First: make([]byte, FrameSize(s.Width, s.Height)),
		Changes: make([]Changes, max(before, 1)+motion+after),
	}
	bars := newSheet(s.Width, s.Height)
	bars.write(rng)
	copy(c.First, slices.Concat(bars.planes[:]...))
	first := s.body(0)
	first.apply(c.First)
	for i := range motion {
		c.Changes[max(before, 1)+i] = s.body((i + 1) * s.Step)
	}
	return c
}

// scroller knows where the page is in the frame.
type scroller struct {
	ScrollOptions

	bar  int
	page *sheet
}

// body is the part of a frame that scrolls, with the page scrolled so far.
func (s *scroller) body(offset int) Changes {
	var c Changes
	base := 0
	for plane := range s.page.planes {
		width, sub := s.page.row(plane)
		from, to := s.bar/sub, (s.Height-s.bar)/sub
		c.Spans = append(c.Spans, Span{
			At: base + from*width, Data: s.page.planes[plane][(from+offset/sub)*width : (to+offset/sub)*width],
		})
		base += width * s.Height / sub
	}
	return c
}
