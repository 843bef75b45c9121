// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package allocation decides in which sizes, at which rates and at which frame rate to send a
// video. It has no access to encoders or the network: its caller passes the time and an estimate,
// and it returns decisions.
//
//   - [Ladder] returns the layers of a video, as LiveKit's clients define them.
//   - An [Allocator] divides an estimate among the watched layers of a connection's tracks.
//   - A [Scaler] makes a camera's frames smaller if its target is too low for its size. A screen
//     keeps its size.
//
// Rates are in bit/s, sizes in px, frame rates in frames a second.
package allocation
