// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package stamps

import "time"

const (
	// reorder is how far the frames of one stream may be out of order: H.264 and H.265 allow 16 frames.
	reorder = 500 * time.Millisecond
	// liveAhead is how much faster than the clock the stamps of live media may run for a moment: receivers of RTP
	// deliver what was delayed by up to their latency, 2 s at most by default (rtspsrc).
	liveAhead = 3 * time.Second
	// longestPause is the longest pause between two samples of a file that is taken for one: recordings of still
	// screens have such pauses.
	longestPause = time.Minute
)

// Line turns the stamps of a stream into presentation times without wrong stamps and without steps, in ns.
type Line struct {
	clock   Clock
	offset  int64 // of presentation times from stamps
	at, now int64 // of the last sample with a right stamp, or with none
	last    int64 // presentation time of the last sample
	begun   bool
}

// NewLine returns a Line of a stream. Live reports whether the samples come at the pace of their stamps. The stamps of
// video may be those of reordered frames.
func NewLine(live, video bool) *Line {
	l := &Line{clock: Clock{Live: live, Ahead: int64(longestPause)}}
	if live {
		l.clock.Ahead = int64(liveAhead)
	}
	if video {
		l.clock.Back = int64(reorder)
	}
	return l
}

// Place returns the presentation time of a sample whose stamp is in ns, or negative if it has none. It arrives at now,
// in ns of any clock. interval is the usual distance of two samples, for those of a file without a right stamp.
//
// A sample without a right stamp is placed by its arrival if the stream is live, otherwise one interval after the
// previous one.
func (l *Line) Place(stamp, now, interval int64) (at int64, v Verdict) {
	v = Missing
	if stamp >= 0 {
		v = l.clock.Judge(stamp, now)
	}
	switch {
	case v == Regular && l.begun && l.offset != unset:
		at = stamp + l.offset
	case !l.begun:
		at = max(stamp, 0)
	default:
		at = l.estimate(now, interval)
	}
	switch v {
	case Wrong:
	case Missing:
		l.at, l.now = at, now
	default:
		l.offset, l.at, l.now = at-stamp, at, now
	}
	if !l.begun && v == Missing {
		l.offset = unset
	}
	l.last, l.begun = at, true
	return at, v
}

// unset is the offset of a stream whose samples had no stamps yet.
const unset = 1<<63 - 1

// estimate returns the presentation time of a sample without a right stamp.
func (l *Line) estimate(now, interval int64) int64 {
	if l.clock.Live {
		return max(l.at+max(now-l.now, 0), l.last)
	}
	return l.last + interval
}
