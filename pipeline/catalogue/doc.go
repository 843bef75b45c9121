// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue describes GStreamer's video encoders as data. For each codec it lists the
// elements that can encode it, in the order in which they are tried. For each element it has the
// elements to put in front of it, the settings for live video from cameras and from screens, the
// way to change the bit rate while it runs, and the way to request a key frame.
//
// It does not talk to GStreamer. Package internal/proof finds out whether an element is installed
// and works.
package catalogue
