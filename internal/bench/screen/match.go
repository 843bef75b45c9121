// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/internal/bench/quality"
)

// captured is when a frame of the clip was captured.
type captured struct {
	index int
	at    time.Duration // since the Unix epoch
}

// arrived is a sample at the viewer.
type arrived struct {
	rtp time.Duration // its RTP time, from any origin
	at  time.Duration // when its last packet came, since the Unix epoch
}

// errNoMatch means that nothing arrived, or nothing was captured.
var errNoMatch = errors.New("no arrival can be matched with a captured frame")

// slack is how long before its capture an arrival may seem to be: RTP times are rounded to milliseconds, and a capture
// is recorded after it has happened.
const slack = 2 * time.Millisecond

// strays is the percentage of arrivals whose RTP time may not be that of their capture: the first ones of some
// publishers, until these have synchronised their clock.
const strays = 3

// unroll converts RTP times at 90 kHz to durations since the first.
func unroll(rtp []uint32) []time.Duration {
	times := make([]time.Duration, len(rtp))
	for i := 1; i < len(rtp); i++ {
		times[i] = times[i-1] + time.Duration(int32(rtp[i]-rtp[i-1]))*time.Second/90_000
	}
	return times
}

// rtpOffset finds the difference between RTP times and times of capture, from the times alone: RTP time has another
// origin, but its differences are those of the captures.
//
// The result brings most arrivals next to a capture. Since captures are periodic, multiples of their interval are
// equally likely. Of these, the result is the largest with which almost nothing arrives before it was captured. So
// rtpOffset assumes that the quickest few arrivals need less than one interval more than least, the delay of the link.
func rtpOffset(captures []captured, arrivals []arrived, least time.Duration) (time.Duration, error) {
	if len(captures) < 2 || len(arrivals) == 0 {
		return 0, errNoMatch
	}
	gaps := make([]float64, len(captures)-1)
	for i := range gaps {
		gaps[i] = float64(captures[i+1].at - captures[i].at)
	}
	interval := time.Duration(quality.Median(gaps))
	offset, ok := likeliest(captures, arrivals, interval/8)
	if interval <= 0 || !ok {
		return 0, errNoMatch
	}
	delays := make([]float64, len(arrivals))
	for i, p := range arrivals {
		delays[i] = float64(p.at - p.rtp)
	}
	limit := time.Duration(quality.Percentile(delays, strays)) - least + slack
	steps := (limit - offset) / interval
	if limit < offset+steps*interval {
		steps-- // Round down, not to zero.
	}
	offset += steps * interval
	if near := residuals(captures, arrivals, offset, interval/8); len(near) > 0 {
		offset += time.Duration(quality.Median(near))
	}
	return min(offset, limit), nil
}

// likeliest returns the offset with which most arrivals are next to a capture, up to a multiple of the interval.
func likeliest(captures []captured, arrivals []arrived, tolerance time.Duration) (best time.Duration, ok bool) {
	most := 0
	for _, p := range arrivals {
		i := latest(captures, p.at)
		if i < 0 {
			continue
		}
		offset := captures[i].at - p.rtp
		if n := len(residuals(captures, arrivals, offset, tolerance)); n > most {
			best, most = offset, n
		}
	}
	if most == 0 {
		return 0, false
	}
	return best + time.Duration(quality.Median(residuals(captures, arrivals, best, tolerance))), true
}

// residuals returns how far the nearest capture is from each arrival's time of capture, in ns, for the arrivals for
// which that is within the tolerance.
func residuals(captures []captured, arrivals []arrived, offset, tolerance time.Duration) []float64 {
	near := make([]float64, 0, len(arrivals))
	for _, p := range arrivals {
		d := captures[nearest(captures, p.rtp+offset)].at - p.rtp - offset
		if d.Abs() <= tolerance {
			near = append(near, float64(d))
		}
	}
	return near
}

// latest returns the last capture that is not after at, or -1.
func latest(captures []captured, at time.Duration) int {
	i, _ := slices.BinarySearchFunc(captures, at+1, func(c captured, at time.Duration) int { return int(c.at - at) })
	return i - 1
}

// nearest returns the capture that is nearest to at.
func nearest(captures []captured, at time.Duration) int {
	i := latest(captures, at)
	if i < 0 || i+1 < len(captures) && captures[i+1].at-at < at-captures[i].at {
		i++
	}
	return i
}

// showing describes how a changed frame reached the viewer.
type showing struct {
	frame   int           // of the clip
	arrival int           // the first arrival that shows it
	latency time.Duration // from its capture to the arrival's last RTP packet
}

// match assigns the samples that arrived to frames of the clip.
type match struct {
	offset time.Duration
	frames []int // for each arrival, the frame captured at its time
	shown  []showing
}

// matchArrivals finds the frame of each arrival, with the offset of rtpOffset, and which changed frames were shown. An
// arrival that repeats or refines a still frame shows the changed frame that it repeats; only the first arrival of a
// frame counts.
func matchArrivals(captures []captured, arrivals []arrived, s *shape, offset time.Duration) *match {
	at := map[int]time.Duration{}
	for _, c := range captures {
		at[c.index] = c.at
	}
	m := &match{offset: offset, frames: make([]int, len(arrivals))}
	seen := map[int]bool{}
	for i, p := range arrivals {
		m.frames[i] = captures[nearest(captures, p.rtp+offset)].index
		frame := s.content[m.frames[i]]
		if _, counts := slices.BinarySearch(s.changed, frame); !counts || seen[frame] {
			continue
		}
		seen[frame] = true
		m.shown = append(m.shown, showing{frame, i, p.at - at[frame]})
	}
	return m
}
