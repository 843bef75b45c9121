// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "time"

const (
	// exactAfter is how long a screen must be still before it is encoded without loss. That frame is large, and a change
	// that follows waits for it.
	exactAfter = time.Second
	// exactTime is the longest time that it may take.
	exactTime = time.Second
	// exactCost is its size, in those of the repeats that made the screen sharp. A page of text in VP9 has 1.6 to 3.1.
	exactCost = 3
)

// exactness follows a sharp, still screen until the encoder has lost nothing of it.
type exactness struct {
	can   bool // the encoder can
	done  bool // viewers have the exact frame
	rest  int  // bytes of the repeats since the last change
	owed  int  // of earlier ones, which no exact frame followed
	tried bool // since the last change
}

// begin restarts: the frame has changed.
func (e *exactness) begin() {
	e.owed, e.rest, e.done, e.tried = max(e.owed, e.rest), 0, false, false
}

// repeated records a repeat of a quality.
func (e *exactness) repeated(sample Sample, q Quality) {
	switch {
	case sample.Key: // It replaced what was there.
		*e = exactness{can: e.can, rest: sample.Bytes / exactCost}
	case q == Idle: // It adds nothing.
	case q != Exact:
		e.rest += sample.Bytes
	case sample.Quantizer == 0:
		*e = exactness{can: e.can, done: true}
	default:
		e.tried = true // The encoder does not: again after the next change.
	}
}

// due reports whether an exact frame is missing.
func (e *exactness) due() bool { return e.can && !e.done && !e.tried }

// size returns the expected size of an exact frame, in bytes.
func (e *exactness) size() int { return exactCost * max(e.owed, e.rest) }

// room reports whether the link has room for a frame of that size.
func (r *rate) room(bytes int) bool {
	bps := r.estimate
	if bps == 0 {
		bps = r.highest
	}
	return !r.limited && float64(8*bytes) <= float64(bps)*exactTime.Seconds()
}
