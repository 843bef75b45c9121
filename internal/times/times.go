// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package times measures how long frames take, without an allocation for each of them.
package times

import (
	"sync"
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of the buckets of a Histogram, from the lowest up. Those below 100 ms are about the
// duration of a frame at 240, 120, 60, 30, 20 and 15 frames a second.
var bounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 4 * time.Millisecond, 8 * time.Millisecond, 16 * time.Millisecond,
	33 * time.Millisecond, 50 * time.Millisecond, 66 * time.Millisecond, 100 * time.Millisecond,
	150 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
}

// Histogram counts durations. The zero value is ready to use. All methods are safe for concurrent use.
type Histogram struct {
	counts [len(bounds) + 1]atomic.Uint64
	sum    atomic.Int64
}

// Observe counts a duration. A negative one counts as zero.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// Bucket is how many durations were at most Max.
type Bucket struct {
	Max   time.Duration
	Count uint64
}

// Snapshot returns the buckets from the lowest bound up, how many durations there were and their sum.
func (h *Histogram) Snapshot() (buckets []Bucket, count uint64, sum time.Duration) {
	buckets = make([]Bucket, len(bounds))
	for i, bound := range bounds {
		count += h.counts[i].Load()
		buckets[i] = Bucket{Max: bound, Count: count}
	}
	return buckets, count + h.counts[len(bounds)].Load(), time.Duration(h.sum.Load())
}

// held is how many frames an encoder holds at most, of which the times are known.
const held = 32

// Frames remembers when the frames inside an encoder were captured and passed to it. The zero value is ready to use.
// All methods are safe for concurrent use.
type Frames struct {
	mu       sync.Mutex // protects the following fields
	captured time.Duration
	at       time.Time // when the frame of captured was captured
	fresh    bool      // that frame has not been encoded yet
	inside   [held]frame
	next     int
}

type frame struct {
	pts              time.Duration
	captured, pushed time.Time // captured is zero for a repeat
}

// Captured records that a frame was captured now. stamp is its time on the clock of the source.
func (f *Frames) Captured(stamp time.Duration, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.captured, f.at, f.fresh = stamp, now, true
}

// Pushed records that the frame that was captured at stamp is passed to the encoder now, with this PTS.
func (f *Frames) Pushed(stamp, pts time.Duration, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entry := frame{pts: pts, pushed: now}
	if f.fresh && stamp == f.captured {
		entry.captured, f.fresh = f.at, false
	}
	f.inside[f.next] = entry
	f.next = (f.next + 1) % held
}

// Encoded returns when the frame with this PTS was captured and passed to the encoder. captured is zero for a repeat;
// both are zero for an unknown frame. Each frame is returned once.
func (f *Frames) Encoded(pts time.Duration) (captured, pushed time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.inside {
		if entry := f.inside[i]; entry.pts == pts && !entry.pushed.IsZero() {
			f.inside[i] = frame{}
			return entry.captured, entry.pushed
		}
	}
	return time.Time{}, time.Time{}
}
