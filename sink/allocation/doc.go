// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package allocation decides what is sent of a picture: in which sizes, at which
// rates, and at which frame rate. It knows no encoder and no network: it is told
// the time and an estimate, and answers.
//
//   - [Ladder] is the layers of a picture, as LiveKit's clients have them.
//   - An [Allocator] divides an estimate among the layers of a connection's
//     tracks that somebody watches.
//   - A [Scaler] makes a camera's picture smaller where its target is too low for
//     its size. A screen keeps its size.
//
// Rates are in bit/s, sizes in px, frame rates in frames a second.
package allocation
