// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package appsrc takes raw video frames from a program.
//
// A VideoSource follows the class of that name in LiveKit's Python SDK. It checks each frame given
// to CaptureFrame, rotates it upright, maps its timestamp to a monotonic clock, and passes it by
// reference to the consumers, usually package sink. The source keeps the last frame, so that a
// viewer who joins while nothing moves sees it.
//
//	src, err := appsrc.NewVideoSource(1280, 720, nil)
//	...
//	frame, err := appsrc.NewVideoFrame(appsrc.BufferRGBA, 1280, 720, pixels)
//	...
//	err = src.CaptureFrame(frame, nil)
package appsrc
