// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync"
	"time"
)

// keyUnitInterval is the minimum time between two requests for a key frame, as in libwebrtc
// (video/encoder_rtcp_feedback.cc).
const keyFrameInterval = 300 * time.Millisecond

// keyLimiter limits key frame requests. It passes on the first one immediately, and those that come too soon after it
// as one request at the end of the interval.
//
// On a slow link a key frame takes longer to send than the interval, and viewers request another
// one in the meantime. While one is on its way, it answers their requests. A viewer that needs
// another one after that repeats the request: browsers do so every 200 ms, and LiveKit's server
// until a new viewer has a key frame.
type keyLimiter struct {
	force func(forViewer bool) // requests one from the encoder; called without the lock

	mu      sync.Mutex // protects the following fields
	last    time.Time
	pending *time.Timer
	own     bool // pending is not for viewers alone
	stopped bool
	unseen  bool // no viewer has requested one since the track was bound

	sending bool      // a key frame is being sent
	arrived time.Time // when an answer to the last key frame can arrive at the earliest
}

func newKeyLimiter(force func(forViewer bool)) *keyLimiter {
	return &keyLimiter{force: force, unseen: true}
}

// bound records that a track has been bound: its first key frame is not a viewer's request. The
// server only then informs viewers of the track, so the first of them requests another key frame
// within the interval, and would wait for the rest of it.
func (l *keyLimiter) bound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unseen = true
}

// requestForViewer requests a key frame because the server did. The first such request after a
// track was bound is passed on at once: libwebrtc, too, counts only viewers' requests.
func (l *keyLimiter) requestForViewer() {
	l.mu.Lock()
	first := l.unseen && !l.stopped
	if first {
		l.unseen, l.last = false, time.Time{}
		l.cancel()
	}
	due := (first || !l.onItsWay()) && l.dueLocked(false)
	l.mu.Unlock()
	if due {
		l.force(true)
	}
}

// request requests a key frame, even if one is in transmission.
func (l *keyLimiter) request() {
	if l.due() {
		l.force(false)
	}
}

// begin records that the transmission of a key frame begins, which answers the viewers' waiting requests.
func (l *keyLimiter) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending = true
	if !l.own {
		l.cancel()
	}
}

// sent records that the key frame was sent, on a link with the given round-trip time.
func (l *keyLimiter) sent(rtt time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending, l.arrived = false, time.Now().Add(rtt)
}

// onItsWay reports whether a viewer's request can be older than the arrival of the last key frame.
func (l *keyLimiter) onItsWay() bool { return l.sending || time.Now().Before(l.arrived) }

// cancel removes the waiting request.
func (l *keyLimiter) cancel() {
	if l.pending != nil && l.pending.Stop() {
		l.pending, l.own = nil, false
	}
}

func (l *keyLimiter) due() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dueLocked(true)
}

func (l *keyLimiter) dueLocked(own bool) bool {
	if l.stopped {
		return false
	}
	if l.pending != nil {
		l.own = l.own || own
		return false
	}
	now := time.Now()
	if wait := keyFrameInterval - now.Sub(l.last); !l.last.IsZero() && wait > 0 {
		l.pending, l.own = time.AfterFunc(wait, l.fire), own
		return false
	}
	l.last = now
	return true
}

func (l *keyLimiter) fire() {
	l.mu.Lock()
	stopped, forViewer := l.stopped, !l.own
	l.pending, l.own, l.last = nil, false, time.Now()
	l.mu.Unlock()
	if !stopped {
		l.force(forViewer)
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
