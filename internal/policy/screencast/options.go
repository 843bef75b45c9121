// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/video"
)

// Defaults and bounds.
const (
	// DefaultFloor is the lowest target of a screen in bit/s. LiveKit's SDKs promise it
	// (VideoSource's is_screencast).
	DefaultFloor = 1_200_000
	// DefaultIdleRepeat is libwebrtc's (kZeroHertzIdleRepeatRatePeriod,
	// video/frame_cadence_adapter.cc). LiveKit's server considers a screen stopped after two
	// seconds without a packet (pkg/sfu/streamtracker/streamtracker_packet.go).
	DefaultIdleRepeat = time.Second
	// DefaultFPS is the nominal frame rate, in frames a second.
	DefaultFPS = video.DefaultFPS
)

// Options configures a Policy. Zero values are not replaced by defaults: begin with Defaults.
type Options struct {
	// FPS is the nominal and highest frame rate, in frames a second.
	FPS int
	// MaxBitrate is the highest target of the encoder, in bit/s.
	MaxBitrate int
	// Floor is the encoder's lowest target, in bit/s, at the nominal frame rate. If less can be
	// sent, fewer frames are.
	Floor int
	// IdleRepeat is the time between repeats of a sharp, still screen. 0 means never: then
	// LiveKit's server considers the track stopped after two seconds, and browsers request a key
	// frame after three.
	IdleRepeat time.Duration
	// Sharpness decides when a frame is sharp.
	Sharpness Sharpness
}

// Defaults returns the options for a screen of the given size in px: 30 frames a second, LiveKit's
// preset for the bit rate.
func Defaults(width, height int) Options {
	return Options{
		FPS: DefaultFPS, MaxBitrate: video.ScreenBitrate(width, height, DefaultFPS), Floor: DefaultFloor,
		IdleRepeat: DefaultIdleRepeat, Sharpness: SharpnessOf("VP8"),
	}
}

// OptionError names an invalid option.
type OptionError struct {
	Option string // the field's name
	Value  any
	Reason string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("screencast: %s %v: %s", e.Option, e.Value, e.Reason)
}

// Check returns an *OptionError for the first invalid option, or nil.
func (o Options) Check() error {
	frame := time.Second / time.Duration(max(o.FPS, 1))
	switch {
	case o.FPS < 1 || o.FPS > video.MaxFPS:
		return &OptionError{"FPS", o.FPS, fmt.Sprintf("must be between 1 and %d frames a second", video.MaxFPS)}
	case o.MaxBitrate < 1:
		return &OptionError{"MaxBitrate", o.MaxBitrate, "must be above 0 bit/s"}
	case o.Floor < 0:
		return &OptionError{"Floor", o.Floor, "must not be negative"}
	case o.Floor > o.MaxBitrate:
		return &OptionError{"Floor", o.Floor, fmt.Sprintf("must not be above MaxBitrate, %d bit/s", o.MaxBitrate)}
	case o.IdleRepeat < 0:
		return &OptionError{"IdleRepeat", o.IdleRepeat, "must not be negative; 0 means never"}
	case o.IdleRepeat > 0 && o.IdleRepeat < frame:
		return &OptionError{"IdleRepeat", o.IdleRepeat, fmt.Sprintf("must be at least a frame's duration, %v; 0 "+
			"means never", frame)}
	}
	return o.Sharpness.check()
}
