// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package camera decides about each frame of a camera: whether to encode it, at which size and target, and whether as a
// key frame. A camera keeps its frame rate. If less can be sent, its target decreases, then its size or the number of
// its spatial layers.
//
// A [Policy] is a state machine; every call passes the time. A [Driver] runs a Policy against the clock.
package camera
