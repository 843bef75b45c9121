// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync"
	"time"
)

// keyUnitInterval is the least time between two key units that are asked for,
// as libwebrtc's (video/encoder_rtcp_feedback.cc).
const keyUnitInterval = 300 * time.Millisecond

// keyLimiter passes requests for key frames on. The first passes at once. Requests that come too soon after it are
// passed together at the end of the interval.
//
// On a slow link a key frame takes longer to send than the interval, and viewers ask for another one in the meantime.
// While one is on its way, it is the answer to their requests. A viewer that needs another one after that asks again:
// browsers repeat a request every 200 ms, and LiveKit's server repeats it until a new viewer has a key frame.
type keyLimiter struct {
	force func() // asks the encoder; called without the lock

	mu      sync.Mutex // protects what follows
	last    time.Time
	pending *time.Timer
	own     bool // pending is not for viewers alone
	stopped bool
	unseen  bool // no viewer has asked since the track was bound

	sending bool      // a key frame is being sent
	arrived time.Time // when an answer to the last key frame can be here at the earliest
}

func newKeyLimiter(force func()) *keyLimiter {
	return &keyLimiter{force: force, unseen: true}
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
	first := l.unseen && !l.stopped
	if first {
		l.unseen, l.last = false, time.Time{}
		l.cancel()
	}
	due := (first || !l.onItsWay()) && l.dueLocked(false)
	l.mu.Unlock()
	if due {
		l.force()
	}
}

// request asks for a key frame, also while one is on its way.
func (l *keyLimiter) request() {
	if l.due() {
		l.force()
	}
}

// begin notes that a key frame is being sent from now on. It answers the viewers' requests that wait.
func (l *keyLimiter) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending = true
	if !l.own {
		l.cancel()
	}
}

// sent notes that the key frame is sent, on a link with that round-trip time.
func (l *keyLimiter) sent(rtt time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending, l.arrived = false, time.Now().Add(rtt)
}

// onItsWay reports whether a viewer's request can be older than the arrival of the last key frame.
func (l *keyLimiter) onItsWay() bool { return l.sending || time.Now().Before(l.arrived) }

// cancel forgets the request that waits.
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
	if wait := keyUnitInterval - now.Sub(l.last); !l.last.IsZero() && wait > 0 {
		l.pending, l.own = time.AfterFunc(wait, l.fire), own
		return false
	}
	l.last = now
	return true
}

func (l *keyLimiter) fire() {
	l.mu.Lock()
	stopped := l.stopped
	l.pending, l.own, l.last = nil, false, time.Now()
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
