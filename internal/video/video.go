// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package video has the limits, defaults and presets of video that several packages share.
package video

const (
	// DefaultFPS is the nominal frame rate of video that does not state its own, in frames a second.
	DefaultFPS = 30
	// MaxFPS is the highest frame rate, in frames a second.
	MaxFPS = 240
	// MaxLayers is the maximum number of simulcast layers of a track, and of spatial or temporal layers in one stream:
	// LiveKit's low, medium and high.
	MaxLayers = 3
	// DefaultWidth is the assumed width of video whose size is not known yet, in px.
	DefaultWidth = 1280
	// DefaultHeight is the height that belongs to it, in px.
	DefaultHeight = 720
	// DefaultBitrate is the target for that size at DefaultFPS, in bit/s: that of CameraBitrate.
	DefaultBitrate = 1_700_000
)
