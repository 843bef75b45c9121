// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation

import (
	"cmp"
	"math"
	"slices"

	"github.com/gstpublish/gstpublish/internal/video"
)

// RIDs of layers, as LiveKit's clients and server use them. They depend on the rank, not the size:
// see [Ladder].
const (
	Low    = "q"
	Medium = "h"
	High   = "f"
)

// The numbers of LiveKit's JavaScript SDK 2.21.0
// (src/room/participant/publishUtils.ts).
const (
	threeFrom = 960 // px of the longer side from which there are three layers
	twoFrom   = 480 // the same for two layers

	leastHalf = 150_000 // bit/s of a layer below a screen
)

// fullSizeRates are the most that the lower layers of a screen send if all have the full size, in bit/s: what a viewer
// receives on a connection that carries 300 or 800 kbit/s, with the packets' headers and some room.
var fullSizeRates = [...]int{200_000, 600_000}

// preset is a camera's lower layer.
type preset struct {
	lines   int // px of the shorter side
	bitrate int // bit/s
}

// lowerFPS is the highest frame rate of a camera's lower layers.
const lowerFPS = 20

// The lower layers of cameras, from the lowest up: defaultSimulcastPresets169 and
// defaultSimulcastPresets43 of the same file, with src/room/track/options.ts.
var (
	wide   = [...]preset{{180, 160_000}, {360, 450_000}} // 16:9
	narrow = [...]preset{{180, 125_000}, {360, 330_000}} // 4:3
)

// Video describes the video to send.
type Video struct {
	Width, Height int // px
	// FPS is its nominal frame rate, in frames a second. The default is 30.
	FPS int
	// Bitrate is the target of the full size, in bit/s. The default is LiveKit's preset, which is
	// for VP8.
	Bitrate int
	// Layers is the requested number of layers, 1 to 3, including the full size. The default is 1.
	Layers int
	// Screencast marks it as a screen.
	Screencast bool
	// Spatial reports whether all layers are in one stream, where each has half the width and
	// height of the next.
	Spatial bool
	// FullSize gives all layers of a screen the full size: a lower one sends fewer frames.
	FullSize bool
	// Floor is the lowest target of a screen at its full size, in bit/s. The default is none.
	Floor int
}

// Layer is one of the sizes in which a video is sent.
type Layer struct {
	// RID is its name in RTP: Low, Medium or High.
	RID string
	// Width and Height are in px. They are even, except those of the full size, which are the
	// frame's own.
	Width, Height int
	// FPS is its highest frame rate, in frames a second.
	FPS int
	// Bitrate is its highest target, in bit/s.
	Bitrate int
	// MinBitrate is, for cameras, the rate below which the layer is not worth sending, in bit/s.
	// For screens it is the floor of the layer's policy: its part of Video.Floor.
	MinBitrate int
	// Most is the most that it sends, in bit/s, by sending fewer frames; 0 if that is Bitrate.
	Most int
}

// Highest returns the most that the layer sends, in bit/s.
func (l *Layer) Highest() int { return cmp.Or(l.Most, l.Bitrate) }

// pixels returns the number of pixels.
func (l *Layer) pixels() int { return l.Width * l.Height }

// Ladder returns the layers for a frame, from the lowest to the full size, as in LiveKit's JavaScript SDK 2.21.0
// (computeVideoEncodings):
//
//   - Cameras: 180 and 360 lines below the full size, at 20 frames a second. Three
//     layers from 960 px on, two from 480 px on, both of the longer side.
//   - Screens: half the size below the full one, with a quarter of its bitrate.
//     A third layer, which that SDK leaves to its caller, has a quarter of the size
//     and a sixteenth of the bitrate. All have the full frame rate. The same applies
//     to cameras with all layers in one stream, as is usual for VP9. There, the
//     bitrate of a layer includes those below it.
//   - Screens with FullSize: up to two layers of the full size below the full
//     rate. They have its target, so that text stays readable, and send as few
//     frames as their rate permits.
//
// There are fewer layers than requested if the frame is too small, or if one would have more than three quarters of the
// next one's pixels. If two are requested, the lowest and the full size remain. No layer has a higher bitrate than the
// one above it.
//
// A single layer is High. Two are Low and Medium, as in LiveKit's clients, since its server counts RIDs from "q" up
// (pkg/sfu/buffer/videolayerutils.go of 1.13.5). It accepts Low and High too, but only once the SDP has named them:
// until then "h" is the second. A viewer that requests high quality receives the highest layer that exists.
//
// A frame without a size has no layers.
func Ladder(p Video) []Layer {
	if p.Width < 1 || p.Height < 1 {
		return nil
	}
	p = p.withDefaults()
	full := Layer{Width: p.Width, Height: p.Height, FPS: p.FPS, Bitrate: p.Bitrate}
	var lower []Layer // from the lowest up
	switch {
	case p.Screencast && p.FullSize:
		return p.finish(append([]Layer{full}, p.slower(full)...))
	case p.Screencast || p.Spatial:
		lower = p.halves()
	default:
		lower = p.cameras()
	}
	ladder := []Layer{full} // from the highest down
	for _, l := range slices.Backward(lower) {
		above := &ladder[len(ladder)-1]
		if l.Width >= above.Width || l.Height >= above.Height || 4*l.pixels() > 3*above.pixels() {
			continue // The SDK sorts layers by their widths.
		}
		l.Bitrate = min(l.Bitrate, above.Bitrate)
		ladder = append(ladder, l)
	}
	return p.finish(ladder)
}

func (p Video) withDefaults() Video {
	p.FPS = cmp.Or(max(p.FPS, 0), video.DefaultFPS)
	p.Layers = min(max(p.Layers, 1), video.MaxLayers)
	if p.Bitrate < 1 {
		p.Bitrate = video.CameraBitrate(p.Width, p.Height)
		if p.Screencast {
			p.Bitrate = video.ScreenBitrate(p.Width, p.Height, p.FPS)
		}
	}
	return p
}

// lower returns how many layers there may be below the full size.
func (p *Video) lower() int {
	switch long := max(p.Width, p.Height); {
	case long >= threeFrom:
		return p.Layers - 1
	case long >= twoFrom:
		return min(p.Layers-1, 1)
	}
	return 0
}

// cameras returns the layers of a camera below its full size.
func (p *Video) cameras() []Layer {
	presets := narrow
	long, short := max(p.Width, p.Height), min(p.Width, p.Height)
	if aspect := float64(long) / float64(short); math.Abs(aspect-16.0/9) < math.Abs(aspect-4.0/3) {
		presets = wide
	}
	layers := make([]Layer, 0, video.MaxLayers)
	for _, s := range presets[:p.lower()] {
		layers = append(layers, Layer{
			Width: even(p.Width, s.lines, short), Height: even(p.Height, s.lines, short),
			FPS: min(p.FPS, lowerFPS), Bitrate: s.bitrate,
		})
	}
	return layers
}

// halves returns the layers of a screen below its full size, or of any video with all layers in one
// stream.
func (p *Video) halves() []Layer {
	layers := make([]Layer, 0, video.MaxLayers)
	for i := p.lower(); i > 0; i-- {
		scale := 1 << i // 2, or 4 and 2
		layers = append(layers, Layer{
			Width: even(p.Width, 1, scale), Height: even(p.Height, 1, scale),
			FPS: p.FPS, Bitrate: max(leastHalf, p.Bitrate/(scale*scale)),
		})
	}
	return layers
}

// slower returns the layers of a screen that have its full size and fewer frames, from the highest down.
func (p *Video) slower(full Layer) []Layer {
	layers := make([]Layer, 0, video.MaxLayers)
	for _, rate := range slices.Backward(fullSizeRates[:p.Layers-1]) {
		if 4*rate <= 3*p.Bitrate {
			full.Most = rate
			layers = append(layers, full)
		}
	}
	return layers
}

// finish reverses a ladder to start with the lowest layer, and adds minima and names.
func (p *Video) finish(down []Layer) []Layer {
	rids := [...]string{Low, Medium, High}
	up := make([]Layer, 0, len(down))
	for _, l := range slices.Backward(down) {
		l.RID = rids[len(up)]
		if p.Screencast {
			l.MinBitrate = portion(min(max(p.Floor, 0), p.Bitrate), l.Bitrate, p.Bitrate)
		} else {
			l.MinBitrate = min(at(simulcastMinima, l.pixels()), l.Bitrate)
		}
		up = append(up, l)
	}
	if len(up) == 1 {
		up[0].RID = High
	}
	return up
}
