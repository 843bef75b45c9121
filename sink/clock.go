// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"time"
)

// keyUnitInterval is the least time between two key units that are asked for,
// as libwebrtc's (video/encoder_rtcp_feedback.cc).
const keyUnitInterval = 300 * time.Millisecond

// keyLimiter passes requests for key units on, the first at once and those that
// come too soon after one together at the end of the interval.
type keyLimiter struct {
	interval time.Duration
	force    func() // asks the encoder; called without the lock

	mu      sync.Mutex // protects what follows
	last    time.Time
	pending *time.Timer
	stopped bool
}

func newKeyLimiter(interval time.Duration, force func()) *keyLimiter {
	return &keyLimiter{interval: interval, force: force}
}

// request asks for a key unit.
func (l *keyLimiter) request() {
	if l.due() {
		l.force()
	}
}

func (l *keyLimiter) due() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || l.pending != nil {
		return false
	}
	now := time.Now()
	if wait := l.interval - now.Sub(l.last); !l.last.IsZero() && wait > 0 {
		l.pending = time.AfterFunc(wait, l.fire)
		return false
	}
	l.last = now
	return true
}

func (l *keyLimiter) fire() {
	l.mu.Lock()
	stopped := l.stopped
	l.pending, l.last = nil, time.Now()
	l.mu.Unlock()
	if !stopped {
		l.force()
	}
}

// stop ends the limiter; later requests do nothing.
func (l *keyLimiter) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	if l.pending != nil {
		l.pending.Stop()
	}
}

// rtpClock turns presentation times into RTP timestamps.
type rtpClock struct {
	rate uint64 // ticks a second
	base uint32 // where time 0 is, at random as RFC 3550, 5.1 wants
}

func newRTPClock(rate int) rtpClock { return rtpClock{rate: uint64(rate), base: rand.Uint32()} }

// at is the RTP timestamp of a presentation time in ns.
func (c rtpClock) at(ptsNS int64) uint32 {
	// 128 bits: at 90 kHz, 64 last for a day only.
	hi, lo := bits.Mul64(uint64(max(ptsNS, 0)), c.rate)
	lo, carry := bits.Add64(lo, uint64(time.Second/2), 0) // to the nearest tick
	ticks, _ := bits.Div64((hi+carry)%uint64(time.Second), lo, uint64(time.Second))
	return c.base + uint32(ticks)
}
