// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package pipeline hosts GStreamer pipelines.
//
// A Pipeline is built from launch text or from a launch file. Run runs it once, Stop ends it, and
// Close releases it. Its media leaves through its Outputs: encoded video, raw video that is still to
// be encoded, or Opus.
//
// Errors name what a user can change: the line and word of a launch file, the Debian package of a
// missing element, the two pads that cannot agree on caps.
package pipeline
