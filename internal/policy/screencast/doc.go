// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package screencast decides which frames of a screen to encode, when, and how well. It has no
// access to pixels, the encoder or the network: its caller reports events, and it returns
// decisions.
//
// It guarantees:
//
//   - The size of a frame never changes. If less can be sent, fewer frames are. The newest frame is
//     never the one that is dropped.
//   - No frame is encoded with less than Options.Floor allows at the nominal frame rate.
//   - A still screen is encoded again until it is sharp, and then repeated once in
//     Options.IdleRepeat.
//   - A requested key frame comes at once, from the current frame.
//
// A [Policy] is a state machine; every call passes the time. A [Driver] runs a Policy against the
// clock.
package screencast
