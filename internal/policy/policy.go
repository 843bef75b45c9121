// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package policy has the types that the policies of screens and cameras share: a frame and the decision about it.
// See packages [github.com/gstpublish/gstpublish/internal/policy/screen] and
// [github.com/gstpublish/gstpublish/internal/policy/camera].
package policy

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

// Frame is a frame that could be encoded now.
type Frame struct {
	// Again reports whether this is a repeat of the last captured frame.
	Again bool
	// Captured is when the frame was captured, and PTS when to show it, on the source's clock.
	Captured, PTS time.Duration
	// Open reports whether a viewer can receive the sample.
	Open bool
	// Waiting is how long the current sample has been waiting for the network.
	Waiting time.Duration
}

// Decision is what to do with a Frame.
type Decision struct {
	// Encode reports whether to encode the frame now.
	Encode bool
	// Dropped is why a frame is dropped, or Kept if none is: the offered frame, or an earlier one that it
	// replaces.
	Dropped Cause

	// The following fields apply to a frame that is encoded.

	// PTS is the presentation time of the sample.
	PTS time.Duration
	// Key makes it a key frame, because it is the first frame or a key frame was requested.
	Key bool
	// Switch requests a key frame, without which viewers could not switch to the remaining spatial layers.
	Switch bool
	// Quality is the quality to encode it at.
	Quality screencast.Quality
	// Target is the encoder's target, in bit/s, at the nominal frame rate.
	Target int
	// FPS is the current frame rate, in frames a second: see encode.Chain.SetRate.
	FPS float64
	// Width and Height are the size to encode it at, in px; 0 for the frame's own.
	Width, Height int
	// Layers is the number of spatial layers to encode; 0 if the stream has one.
	Layers int
}

// Cause is why a frame is dropped.
type Cause int

// The values of Cause.
const (
	Kept      Cause = iota // it is not dropped
	FrameRate              // the frame rate is lower, or a newer frame came before it was due
	Congested              // the network is behind
)

// Encoder describes a new encoder.
type Encoder struct {
	// Sharpness decides when a still frame is sharp.
	Sharpness screencast.Sharpness
	// Efficiency is the bit rate that its codec needs relative to VP8 for the same quality.
	Efficiency float64
}

// Status describes the current state of a policy.
type Status struct {
	// Layers is the number of encoded spatial layers; 0 if the stream has one.
	Layers int
	// Screen is the state of a screen; zero for cameras.
	Screen screencast.Status
}
