// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync/atomic"

	"github.com/gstpublish/gstpublish/internal/times"
)

// Counters count the fate of a track's samples. They are safe for concurrent use.
type Counters struct {
	Encoded atomic.Uint64 // bytes that the encoder produced
	// Received counts samples that a pipeline has encoded, and Gaps the places where some were missing. Largest is the
	// size of the largest in bytes.
	Received, Largest, Gaps atomic.Uint64
	Sent, Bytes, KeyFrames  atomic.Uint64
	Repeated                atomic.Uint64 // samples that were sent again for viewers who came after them; not in Sent
	PLIs, KeyRequests       atomic.Uint64
	ViewerKeys              atomic.Uint64 // the part of KeyRequests that the server requested
	// Sending is the time from when the pipeline produced a sample until it was sent.
	Sending times.Histogram
	// Samples and frames that were not sent, by cause.
	Unbound, Muted, Unwatched, Undecodable, Damaged, Backlog, WriteErrors atomic.Uint64
}
