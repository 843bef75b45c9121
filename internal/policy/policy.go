// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package policy has what the policies of screens and of cameras share: the frame that a policy is offered, and what
// it decides. Package [github.com/gstpublish/gstpublish/internal/policy/screen] has that of screens, package
// [github.com/gstpublish/gstpublish/internal/policy/camera] that of cameras.
package policy

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

// Frame is a frame that may be encoded now.
type Frame struct {
	// Again reports that it is the last captured frame once more.
	Again bool
	// Captured and PTS are when it was captured, and when it is to be shown, on the clock of the source.
	Captured, PTS time.Duration
	// Open reports whether a viewer may get what is encoded now.
	Open bool
	// Waiting is how long the sample at hand has been waiting for the network.
	Waiting time.Duration
}

// Decision is what becomes of a Frame.
type Decision struct {
	// Encode reports whether to encode the frame now.
	Encode bool
	// Dropped is why a frame is dropped; Kept if none is. It is the offered frame, or one before it that the offered
	// frame replaces.
	Dropped Cause

	// What follows is for a frame that is encoded.

	// PTS to encode it with.
	PTS time.Duration
	// Key makes it a key frame: it is the first one, or one was requested.
	Key bool
	// Switch requests a key frame: without one, viewers could not follow to the spatial layers that are left.
	Switch bool
	// Quality is how well to encode it.
	Quality screencast.Quality
	// Target is the encoder's, in bit/s, at the nominal frame rate.
	Target int
	// FPS is the frame rate to which the encoder fits its target, in frames a second.
	FPS float64
	// Width and Height are the size to encode it in, in px; zero if that is the frame's own.
	Width, Height int
	// Layers is how many spatial layers to encode; zero if the stream has one.
	Layers int
}

// Cause is why a frame is dropped.
type Cause int

// The causes.
const (
	Kept      Cause = iota // it is not
	FrameRate              // it is not due yet by the frame rate, or a newer one replaced it before it was
	Congested              // the network is behind
)

// Encoder is what a policy needs to know of an encoder that begins.
type Encoder struct {
	// Sharpness is when a still frame is sharp.
	Sharpness screencast.Sharpness
	// Efficiency is the bit rate that its codec needs for the quality that VP8 has at a bit rate of 1.
	Efficiency float64
}

// Status is how things stand.
type Status struct {
	// Layers is how many spatial layers are encoded; zero if the stream has one.
	Layers int
	// Screen is how a screen stands; zero for cameras.
	Screen screencast.Status
}
