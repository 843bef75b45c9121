// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package screencast decides which pictures of a screen are encoded, when, and
// how well. It knows no pixels, no encoder and no network: it is told what
// happens, and answers.
//
// What it promises:
//
//   - A picture's size is never its business: where less can be sent, fewer
//     pictures are. The one that is left out is never the newest.
//   - No picture is coded with less than Options.Floor allows at the nominal
//     frame rate.
//   - A screen at rest is encoded again until it is sharp, and then once in
//     Options.IdleRepeat.
//   - A key frame that is asked for comes at once, from the picture that
//     stands.
//
// A [Policy] is a state machine whose every call is given the time. A [Driver]
// runs one against the clock.
package screencast
