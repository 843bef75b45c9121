// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package camera decides what happens to each frame of a camera: whether it is encoded, in which size, with which
// target, and whether as a key frame. A camera keeps its frame rate. If less can be sent, its target goes down, then
// its size, or the number of its spatial layers.
//
// A [Policy] is a state machine that receives the time with each call. A [Driver] runs one against the clock.
package camera
