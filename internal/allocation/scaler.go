// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation

import (
	"cmp"
	"time"

	"github.com/gstpublish/gstpublish/internal/video"
)

const (
	// fewestLines is the minimum size of a frame, in px of its shorter side: that of LiveKit's
	// lowest layer of cameras.
	fewestLines = 180
	// smallerAfter and biggerAfter are how long a target must be too low or high enough before the
	// size changes, which costs a key frame.
	smallerAfter = time.Second
	biggerAfter  = 5 * time.Second
	// headroom is what a larger size needs relative to its minimum.
	headroom = 1.25
	// mostNeeded is the maximum that the full size needs, as a part of its highest target: a low
	// target set by the caller is no reason to change the size.
	mostNeeded = 0.75
)

// Scaler decides at which size to encode a camera's frames: the full one, or a smaller one while
// the target is too low for it. It is for a layer that is alone: simulcast has lower layers for
// that purpose. It is not safe for concurrent use.
//
// The sizes are those of libwebrtc (media/base/video_adapter.cc): alternately three quarters and
// two thirds of the previous one, beginning with two thirds if that divides the size, down to 180
// lines. 1920x1080 has 1280x720, 960x540, 640x360, 480x270 and 320x180.
type Scaler struct {
	sizes []size // the full size first
	at    int    // the current one
	begun bool
	low   spell // of targets below what the size needs
	high  spell // of targets that suffice for a larger size
}

// size is a size at which frames may be encoded.
type size struct {
	width, height int
	needed        int // bit/s
}

// NewScaler returns a Scaler for the frames of a layer. efficiency is what a codec needs relative
// to VP8: 1 for H.264, 0.85 for VP9, 0.7 for AV1 and H.265 in LiveKit's JavaScript SDK. 0 means 1.
//
// The needs of a size are libwebrtc's, for 30 frames a second; half the frame rate needs three
// quarters of that, as in LiveKit's presets for screens of 720 lines. The full size never needs
// more than three quarters of the layer's highest target: if that is low, all sizes need less.
func NewScaler(l Layer, efficiency float64) *Scaler {
	factor := cmp.Or(max(efficiency, 0), 1)
	if l.FPS > 0 {
		factor *= (1 + float64(l.FPS)/video.DefaultFPS) / 2
	}
	if full := factor * float64(at(sizeMinima, l.pixels())); l.Bitrate > 0 && full > 0 {
		factor *= min(1, mostNeeded*float64(l.Bitrate)/full)
	}
	s := &Scaler{sizes: []size{{width: l.Width, height: l.Height}}}
	for num, den := firstScale(l.Width, l.Height); ; {
		num, den = nextScale(num, den)
		width, height := even(l.Width, num, den), even(l.Height, num, den)
		if min(width, height) < fewestLines {
			break
		}
		s.sizes = append(s.sizes, size{width: width, height: height})
	}
	// The smallest size needs nothing, since there is none below it.
	for i := range s.sizes[:len(s.sizes)-1] {
		z := &s.sizes[i]
		z.needed = int(factor * float64(at(sizeMinima, z.width*z.height)))
	}
	return s
}

// firstScale returns 1, as the fraction that nextScale begins with.
func firstScale(width, height int) (num, den int) {
	switch {
	case width%9 == 0 && height%9 == 0:
		return 36, 36 // two thirds twice
	case width%3 == 0 && height%3 == 0:
		return 6, 6 // two thirds first
	}
	return 1, 1
}

// nextScale returns the scale below another.
func nextScale(num, den int) (lowerNum, lowerDen int) {
	if num%3 == 0 && den%2 == 0 {
		return num / 3, den / 2
	}
	return num * 3, den * 4
}

// Size returns the size in px at which to encode the next frame, with the layer's current target in
// bit/s. Without a target, 0, it does not change.
//
// The first target decides at once. Later the size decreases when no target of the last second was
// enough for it, and increases when every target of 5 seconds was enough for a larger one with a
// quarter to spare. Call it for each frame.
func (s *Scaler) Size(now time.Duration, target int) (width, height int) {
	if target > 0 {
		s.decide(now, target)
	}
	z := &s.sizes[s.at]
	return z.width, z.height
}

func (s *Scaler) decide(now time.Duration, target int) {
	if !s.begun {
		s.begun, s.at = true, s.biggest(target, 1)
		return
	}
	short := s.low.note(now, target, target < s.sizes[s.at].needed)
	ample := s.high.note(now, target, s.at > 0 && fits(target, s.sizes[s.at-1].needed, headroom))
	switch {
	case short >= smallerAfter:
		s.at = s.biggest(s.low.most, 1)
	case ample >= biggerAfter:
		s.at = s.biggest(s.high.least, headroom)
	default:
		return
	}
	s.low, s.high = spell{}, spell{}
}

// biggest returns the largest size for which a target is enough.
func (s *Scaler) biggest(target int, spare float64) int {
	i := 0
	for i < len(s.sizes)-1 && !fits(target, s.sizes[i].needed, spare) {
		i++
	}
	return i
}

func fits(target, needed int, spare float64) bool { return float64(target) >= spare*float64(needed) }

// spell is a time during which a condition holds for every target.
type spell struct {
	lasts       bool
	since       time.Duration
	least, most int // of its targets
}

// note records a target, and whether the condition holds. It returns for how long it has held;
// negative if it does not.
func (p *spell) note(now time.Duration, target int, holds bool) time.Duration {
	if !holds {
		p.lasts = false
		return -1
	}
	if !p.lasts {
		*p = spell{lasts: true, since: now, least: target, most: target}
	}
	p.least, p.most = min(p.least, target), max(p.most, target)
	return now - p.since
}
