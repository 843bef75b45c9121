// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package pipeline hosts GStreamer pipelines.
//
// A Pipeline is built from launch text, from a launch file or, as an
// EncodeChain, from the description of an encoding. It is run once with Run,
// ended with Stop and given back with Close. What it produces leaves through
// its Outputs: coded video, raw video that is still to be encoded, or Opus.
//
// Errors name what a user can change: the line and word of a launch file, the
// Debian package of a missing element, the two pads that can't agree on caps.
package pipeline
