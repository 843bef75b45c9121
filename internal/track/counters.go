// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import "sync/atomic"

// Counters count what becomes of a track's samples. They are read while they grow.
type Counters struct {
	Encoded atomic.Uint64 // bytes that the encoder made
	// Received are the samples that a pipeline has encoded, Largest is the bytes of the largest of them, and
	// Gaps counts where samples were missing.
	Received, Largest, Gaps atomic.Uint64
	Sent, Bytes, KeyFrames  atomic.Uint64
	PLIs, KeyRequests       atomic.Uint64
	// Samples and frames that were not sent, by cause.
	Unbound, Muted, Unwatched, Undecodable, Damaged, WriteErrors atomic.Uint64
}
