// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import "sync/atomic"

// Counters count what becomes of a track's samples. They are read while they grow.
type Counters struct {
	Encoded                atomic.Uint64 // bytes that the encoder made
	Sent, Bytes, KeyFrames atomic.Uint64
	PLIs, KeyRequests      atomic.Uint64
	// Samples and frames that were not sent, by cause.
	Unbound, Muted, Unwatched, Undecodable, WriteErrors atomic.Uint64
}
