// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package chroma is the policy of full chroma (4:4:4): it notices that viewers cannot decode it. Time is an argument.
package chroma

import (
	"slices"
	"time"
)

const (
	// pause is the longest time between two requests of a viewer that decodes nothing. LiveKit's server 1.13.5 passes on
	// one in half a second, or in a second (pli_throttle), and its clients repeat them sooner.
	pause = 1500 * time.Millisecond
	// rounds is how many requests in a row must have been in vain.
	rounds = 4
	// welcome is how long after a participant joins a request may be its first one.
	welcome = 3 * time.Second
)

// Doubt notices requests for key frames that key frames do not answer: those of a viewer that cannot decode the
// format. The viewers of a room who join request one each, which does not count. The zero value is ready to use. It is
// not safe for concurrent use.
type Doubt struct {
	requests, keys uint64
	last           time.Time   // when the last request came
	vain           int         // requests in a row that key frames did not answer
	present        []string    // the participants
	firsts         []time.Time // when the participants joined whose first request has not come, in order
}

// Look takes the numbers of requests from viewers, and of key frames that were sent, at a time, and the participants of
// the room. It reports whether viewers cannot decode the key frames.
func (d *Doubt) Look(now time.Time, requests, keys uint64, participants []string) bool {
	d.meet(now, participants)
	if requests == d.requests {
		if now.Sub(d.last) > pause {
			d.vain = 0
		}
		return false
	}
	switch {
	case len(d.firsts) > 0:
		d.firsts = slices.Delete(d.firsts, 0, 1)
	case now.Sub(d.last) > pause:
		d.vain = 1
	case keys > d.keys || d.vain == 0:
		d.vain++
	}
	d.requests, d.keys, d.last = requests, keys, now
	return d.vain >= rounds
}

// meet notes who has joined.
func (d *Doubt) meet(now time.Time, participants []string) {
	for len(d.firsts) > 0 && now.Sub(d.firsts[0]) > welcome {
		d.firsts = slices.Delete(d.firsts, 0, 1)
	}
	for _, p := range participants {
		if !slices.Contains(d.present, p) {
			d.firsts = append(d.firsts, now)
		}
	}
	d.present = append(d.present[:0], participants...)
}
