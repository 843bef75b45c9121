// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package appsrc takes raw video frames from a program.
//
// A VideoSource is what LiveKit's Python SDK calls by that name: frames given
// to CaptureFrame are checked, rotated upright, put on a monotonic clock and
// handed by reference to whoever publishes them, above all package sink. The
// source keeps the last frame, so that a viewer who joins while nothing moves
// has something to see.
//
//	src, err := appsrc.NewVideoSource(1280, 720, nil)
//	...
//	frame, err := appsrc.NewVideoFrame(appsrc.BufferRGBA, 1280, 720, pixels)
//	...
//	err = src.CaptureFrame(frame, nil)
package appsrc
