// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
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
	unseen  bool // no viewer has asked since the track was bound
}

func newKeyLimiter(interval time.Duration, force func()) *keyLimiter {
	return &keyLimiter{interval: interval, force: force, unseen: true}
}

// bound notes that a track has been bound: the key unit that it begins with is our
// own idea. The server only then tells viewers of the track, so the first of them asks
// for another one within the interval, and would wait for the rest of it.
func (l *keyLimiter) bound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unseen = true
}

// requestForViewer asks for a key unit because the server did. The first such request
// after a track was bound is passed on at once: libwebrtc, too, counts only
// what viewers ask for.
func (l *keyLimiter) requestForViewer() {
	l.mu.Lock()
	if l.unseen && !l.stopped {
		l.unseen, l.last = false, time.Time{}
		if l.pending != nil && l.pending.Stop() {
			l.pending = nil
		}
	}
	l.mu.Unlock()
	l.request()
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
