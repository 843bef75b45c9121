// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package launch reads launch text, the language of gst-launch-1.0, before GStreamer does: it finds errors with their
// place in the text, and rewrites what gstpublish accepts beyond gst-launch-1.0, such as caps at the end of a branch.
//
// It never changes the meaning of text that gst-launch-1.0 accepts. Syntax that it does not know is left to GStreamer.
package launch
