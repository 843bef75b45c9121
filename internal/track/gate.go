// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"sync"
	"sync/atomic"
	"time"
)

// unmuteGrace is how long an unmuted track stays silent. The server drops media until it has handled the unmute, which
// takes another path than the media. Then it continues in the middle of the stream without a key frame request, and
// viewers would decode frames that refer to one that they never received.
const unmuteGrace = 100 * time.Millisecond

// gate decides by the SDK's state whether viewers can receive samples. The SDK reports no changes, and a track that
// opens must begin with a key frame, so only look opens the gate. All methods are safe for concurrent use.
type gate struct {
	shut atomic.Bool // muted or asleep; read for each frame

	mu     sync.Mutex // protects the following fields
	muted  bool       // or unmuted less than unmuteGrace ago
	opens  time.Time  // when unmuteGrace is over; zero while the track is muted
	asleep bool       // there is no viewer
}

// isShut reports whether nothing may be sent.
func (g *gate) isShut() bool { return g.shut.Load() }

// look updates the gate by the SDK's current state, and reports whether that has opened it. If wait is not zero, call
// look again after that time.
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

// note closes the gate if the SDK's current state requires it. g.mu must be held.
func (g *gate) note(muted, watched bool) {
	if muted {
		g.muted, g.opens = true, time.Time{}
	}
	g.asleep = g.asleep || !watched
	g.shut.Store(g.muted || g.asleep)
}

// closed is why a sample is not sent.
type closed int

const (
	unbound   closed = iota // there is no connection
	muted                   // the track is muted, or was until a moment ago
	unwatched               // there is no viewer
)

// drop records that a sample is not sent because of the SDK's current state, and returns the cause. It closes the gate,
// so that even if the state changes back before the next look, the track opens with a key frame.
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
