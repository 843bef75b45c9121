// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"sync"
	"time"
)

// rateWindow is the time over which Stats.FPS and Stats.BitsPerSecond are averaged: at least two
// frames, at one a second for a still screen.
const rateWindow = 2 * time.Second

// Stats describes what a viewer has received so far. The counts cover all tracks that it has
// viewed, and never decrease.
type Stats struct {
	// Codec is the name of the video codec, such as VP8. It is empty before the first packet.
	Codec string
	// Width and Height are the size of the last frame, in px.
	Width, Height int

	// Packets counts video packets that arrived, retransmissions included. Bytes counts their
	// payload without padding. Lost counts packets that did not arrive in time.
	Packets, Bytes, Lost uint64
	// Samples counts complete samples. KeyFrames counts the key frames among them.
	// KeyFramesWithoutParameterSets counts those that a new viewer could not decode: H.264 without
	// SPS and PPS, H.265 without these or VPS.
	Samples, KeyFrames, KeyFramesWithoutParameterSets uint64
	// Discarded counts samples that were not decoded because they were incomplete or no key frame
	// preceded them.
	Discarded uint64
	// Unshown counts samples that browsers would not show, although they arrived: B-frames, and what
	// follows them up to the next key frame.
	Unshown uint64
	// Blank counts the tiny black key frames that the server sends at the end of a track. No other
	// count includes them.
	Blank uint64
	// Decoded counts decoded frames. Dropped counts those that were dropped because Next was called
	// too late.
	Decoded, Dropped uint64
	// PLIs counts key frame requests.
	PLIs uint64
	// AudioPackets counts the packets of the Opus track, if there is one.
	AudioPackets uint64

	// Requested is when the last video track was requested. FirstFrame is the time from then to its
	// first decoded frame, including signalling and negotiation. Both are zero before.
	Requested  time.Time
	FirstFrame time.Duration

	// FPS is the number of samples per second, and BitsPerSecond the number of payload bits, over
	// the last two seconds.
	FPS           float64
	BitsPerSecond float64
}

// collector collects Stats. All methods are safe for concurrent use.
type collector struct {
	mu     sync.Mutex
	stats  Stats
	first  time.Time // when the first sample arrived
	recent []arrival // within rateWindow
}

// arrival is the arrival of a sample.
type arrival struct {
	at    time.Time
	bytes uint64 // since the previous arrival
	total uint64
}

func (c *collector) update(change func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}

// arrived counts a complete sample, and whether a browser would show it.
func (c *collector) arrived(f *sample, shown bool, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Samples++
	if !shown {
		c.stats.Unshown++
	}
	if f.key {
		c.stats.KeyFrames++
	}
	if !f.sets {
		c.stats.KeyFramesWithoutParameterSets++
	}
	a := arrival{at: at, total: c.stats.Bytes}
	if c.first.IsZero() {
		c.first, a.bytes = at, a.total
	} else if n := len(c.recent); n > 0 {
		a.bytes = a.total - c.recent[n-1].total
	}
	c.recent = append(c.recent, a)
	c.forget(at)
}

// forget removes arrivals before the window, except for the last arrival, whose total is needed.
// The caller holds the lock.
func (c *collector) forget(now time.Time) {
	for len(c.recent) > 1 && now.Sub(c.recent[0].at) > rateWindow {
		c.recent = c.recent[1:]
	}
}

// decoded counts a decoded frame.
func (c *collector) decoded(p *Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Decoded++
	c.stats.Width, c.stats.Height = p.Width, p.Height
	if c.stats.FirstFrame == 0 {
		c.stats.FirstFrame = p.Decoded.Sub(c.stats.Requested)
	}
}

// snapshot returns the Stats at a time.
func (c *collector) snapshot(now time.Time, dropped uint64) Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Dropped = dropped
	c.forget(now)
	var samples int
	var bytes uint64
	for _, a := range c.recent {
		if now.Sub(a.at) <= rateWindow {
			samples++
			bytes += a.bytes
		}
	}
	// Before a full window has passed, the mean is over the time so far, at least a second.
	if window := min(rateWindow, max(time.Second, now.Sub(c.first))).Seconds(); samples > 0 {
		s.FPS = float64(samples) / window
		s.BitsPerSecond = float64(8*bytes) / window
	}
	return s
}
