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

// Stats is what a viewer got so far. Counts are over all tracks that it has
// viewed, and only rise.
type Stats struct {
	// Codec is the video codec's name, such as VP8; empty before the first
	// packet.
	Codec string
	// Width and Height of the last frame, in px.
	Width, Height int

	// Packets and Bytes (payload) of video that arrived, retransmissions
	// included, padding not in Bytes. Lost are those that didn't come in time.
	Packets, Bytes, Lost uint64
	// Samples are samples that arrived complete; KeyFrames are the key
	// frames of these, and KeyFramesWithoutParameterSets those that a new
	// viewer could not decode: H.264 without SPS and PPS, H.265 without these
	// or VPS.
	Samples, KeyFrames, KeyFramesWithoutParameterSets uint64
	// Discarded are samples that were not decoded: incomplete, or with
	// no key frame before them.
	Discarded uint64
	// Blank are tiny black key frames that the server itself sends at the end
	// of a track. They are in no other count.
	Blank uint64
	// Frames were decoded; Dropped are those of which Next was too slow.
	Decoded, Dropped uint64
	// PLIs are key frames asked for.
	PLIs uint64
	// AudioPackets are those of the Opus track, if there is one.
	AudioPackets uint64

	// Requested is when the video track was asked for, the last one if there
	// were several; FirstFrame is how long its first decoded frame took
	// from then, signalling and negotiation included. Zero before.
	Requested  time.Time
	FirstFrame time.Duration

	// FPS is how many samples arrived in a second and BitsPerSecond how
	// many bits (of payload), over the last two seconds.
	FPS           float64
	BitsPerSecond float64
}

// collector gathers Stats. Its methods are safe for concurrent use.
type collector struct {
	mu     sync.Mutex
	stats  Stats
	first  time.Time // the first frame's time
	recent []arrival // within rateWindow
}

// arrival is one sample.
type arrival struct {
	at    time.Time
	bytes uint64 // that came since the one before
	total uint64
}

func (c *collector) update(change func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}

// arrived counts a complete sample.
func (c *collector) arrived(f *sample, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Samples++
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

// forget drops what is outside of the window. The caller has the lock. The last
// stays, for its total.
func (c *collector) forget(now time.Time) {
	for len(c.recent) > 1 && now.Sub(c.recent[0].at) > rateWindow {
		c.recent = c.recent[1:]
	}
}

// decoded counts a frame.
func (c *collector) decoded(p *Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Decoded++
	c.stats.Width, c.stats.Height = p.Width, p.Height
	if c.stats.FirstFrame == 0 {
		c.stats.FirstFrame = p.Decoded.Sub(c.stats.Requested)
	}
}

// snapshot is the Stats as of now.
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
	// In the beginning the mean is over what there was, but not below a second.
	if window := min(rateWindow, max(time.Second, now.Sub(c.first))).Seconds(); samples > 0 {
		s.FPS = float64(samples) / window
		s.BitsPerSecond = float64(8*bytes) / window
	}
	return s
}
