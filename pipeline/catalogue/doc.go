// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogue is what the host knows of GStreamer's video encoders, as
// data: for each codec the elements that can make it, in the order in which
// they are tried, and for each element what to put in front of it, how it is
// set up for live video of cameras and of screens, how its bitrate is changed
// while it runs and how it is made to give a key frame.
//
// It holds no code that talks to GStreamer. Whether an element is there, and
// whether it works, is found out by package pipeline/proof.
package catalogue
