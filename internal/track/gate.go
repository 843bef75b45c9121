// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync"
	"sync/atomic"
	"time"
)

// unmuteGrace is how long an unmuted track stays silent. The server drops media until it has handled the unmuting,
// which goes another way than the media. It continues in the middle of the stream then, without asking for a key frame:
// viewers would decode on top of a frame that they never got.
const unmuteGrace = 100 * time.Millisecond

// gate decides whether viewers get what is sent, by what the SDK says. The SDK only answers questions, and a track that
// opens must begin with a key frame, so the gate opens nowhere but in look. Its methods are safe for concurrent use.
type gate struct {
	shut atomic.Bool // muted or asleep, for the question that is asked with each frame

	mu     sync.Mutex // protects what follows
	muted  bool       // or unmuted a moment ago
	opens  time.Time  // when that moment is over; zero while the track is muted
	asleep bool       // there is no viewer
}

// isShut reports whether nothing is to be sent.
func (g *gate) isShut() bool { return g.shut.Load() }

// look takes what the SDK says now. It reports whether the gate has opened by that. If wait is not zero, look is to be
// called again after it.
func (g *gate) look(now time.Time, muted, watched bool) (opened bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.shut.Load()
	g.note(muted, watched)
	switch {
	case muted || !g.muted:
	case g.opens.IsZero():
		g.opens, wait = now.Add(unmuteGrace), unmuteGrace
	case !now.Before(g.opens):
		g.muted = false
	}
	g.asleep = !watched
	g.shut.Store(g.muted || g.asleep)
	return was && !g.shut.Load(), wait
}

// note closes the gate for what the SDK says now. g.mu must be held.
func (g *gate) note(muted, watched bool) {
	if muted {
		g.muted, g.opens = true, time.Time{}
	}
	g.asleep = g.asleep || !watched
	g.shut.Store(g.muted || g.asleep)
}

// closed is why something is not sent.
type closed int

const (
	unbound   closed = iota // the connection is not there
	muted                   // the track is, or was a moment ago
	unwatched               // there is no viewer
)

// drop notes that something is not sent, by what the SDK says now, and returns why. A gate that closes so opens as any:
// although the SDK may have changed its mind before the next look, what comes next does not reach back.
func (g *gate) drop(isMuted, watched bool) closed {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.note(isMuted, watched)
	switch {
	case g.muted:
		return muted
	case g.asleep:
		return unwatched
	}
	return unbound
}
