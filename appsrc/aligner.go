// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import "time"

// alignSpacing is the minimum distance between presentation times.
const alignSpacing = time.Millisecond

// aligner turns the timestamps of a capture clock of any epoch into
// presentation times on the caller's monotonic clock. The capture clock is
// taken to be steady but to drift, and the monotonic clock to be read late by a
// varying delay: see [offset].
//
// What it promises, first things first:
//
//  1. Presentation times rise, by 1 ms or more.
//  2. None is later than now. Only the first promise outranks this one: frames
//     that are captured faster than one a millisecond run ahead by what is
//     missing. (libwebrtc gives such frames equal times and drops them later;
//     here the newest frame must not be lost.)
//  3. They keep the distances of the capture timestamps, unless the offset
//     jumps by more than 300 ms: then the frame is at now.
//
// The zero value is ready. now must not be negative. Not safe for use by more
// than one goroutine at once.
type aligner struct {
	offset offset

	captureUS  int64 // previous capture timestamp, if hasCapture
	hasCapture bool

	last    time.Duration // previous presentation time, if started
	started bool
}

// align returns the presentation time of a frame that was captured at captureUS on its own clock,
// in microseconds, and arrives at now.
//
// A captureUS of 0 means now, and restarts the capture clock: the next timestamp may have any
// value. Otherwise a timestamp must not be before the previous one: see [timestamps.place], which judges
// that. A repeated timestamp is the same instant shown again: it says nothing new about the clocks, and
// the frame is placed as [aligner.advance] would.
func (a *aligner) align(captureUS int64, now time.Duration) time.Duration {
	switch {
	case captureUS == 0:
		a.hasCapture = false
		return a.advance(now)
	case a.hasCapture && captureUS == a.captureUS:
		return a.advance(now)
	}
	a.captureUS, a.hasCapture = captureUS, true

	nowUS := now.Microseconds()
	// Sums may wrap around for epochs at the ends of int64; the result does not, since it is never
	// further than offsetReset before now.
	ptsUS := captureUS + a.offset.update(nowUS-captureUS, now)
	return a.place(time.Duration(ptsUS) * time.Microsecond)
}

// restart makes the next timestamp the first of another clock.
func (a *aligner) restart() { a.hasCapture = false }

// advance returns the presentation time for repeating the last frame at now. Later times are after
// it.
func (a *aligner) advance(now time.Duration) time.Duration { return a.place(now) }

// place keeps the minimum distance from the previous time.
func (a *aligner) place(pts time.Duration) time.Duration {
	if earliest := a.last + alignSpacing; a.started && pts < earliest {
		pts = earliest
	}
	a.last, a.started = pts, true
	return pts
}
