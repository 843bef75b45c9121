// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import "time"

const (
	// offsetSpan is how long the least difference of the clocks counts: between one and two spans. A capture clock
	// drifts by less than a millisecond meanwhile.
	offsetSpan = 2 * time.Second
	// offsetReset is the jump of the difference above which the capture clock is taken to have been set.
	offsetReset = 300 * time.Millisecond
	// offsetRise is the part of the way to a greater offset that each frame takes, so that times never jump ahead.
	offsetRise = 16
)

// offset is the distance of the monotonic clock from the capture clock, in µs.
//
// The monotonic clock is read when a frame arrives, which is late by a varying delay and never early. So the least of
// the recent differences is the truth, and not the mean: frames that a busy machine delivers late change nothing, and
// no time is after now. (libwebrtc's TimestampAligner takes the mean, and subtracts what is then after now. After
// frames that were late by 200 ms, all later times are behind by as much.)
//
// The zero value is ready.
type offset struct {
	us       int64 // in use
	least    int64 // the least difference of this span
	previous int64 // and of the one before
	began    time.Duration
	started  bool
}

// update adds the difference of the clocks at now, and returns the offset for this frame, which is at most diffUS.
func (o *offset) update(diffUS int64, now time.Duration) int64 {
	limit := offsetReset.Microseconds()
	if jump := diffUS - o.us; !o.started || jump > limit || jump < -limit {
		*o = offset{us: diffUS, least: diffUS, previous: diffUS, began: now, started: true}
		return diffUS
	}
	if now-o.began >= offsetSpan {
		o.previous, o.least, o.began = o.least, diffUS, now
	}
	o.least = min(o.least, diffUS)
	if target := min(o.least, o.previous); target < o.us {
		o.us = target
	} else {
		o.us += (target - o.us) / offsetRise
	}
	return o.us
}
