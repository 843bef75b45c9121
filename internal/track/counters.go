// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync/atomic"

	"github.com/gstpublish/gstpublish/internal/times"
)

// Counters count what becomes of a track's samples. They are read while they grow.
type Counters struct {
	Encoded atomic.Uint64 // bytes that the encoder made
	// Received are the samples that a pipeline has encoded, Largest is the bytes of the largest of them, and
	// Gaps counts where samples were missing.
	Received, Largest, Gaps atomic.Uint64
	Sent, Bytes, KeyFrames  atomic.Uint64
	Repeated                atomic.Uint64 // samples that were sent again for viewers who came after them; not in Sent
	PLIs, KeyRequests       atomic.Uint64
	ViewerKeys              atomic.Uint64 // of KeyRequests: because the server asked for one
	// Sending is the time from when a sample came out of the pipeline that has encoded it until it was sent.
	Sending times.Histogram
	// Samples and frames that were not sent, by cause.
	Unbound, Muted, Unwatched, Undecodable, Damaged, Backlog, WriteErrors atomic.Uint64
}
