// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package chroma is the policy of full chroma (4:4:4): it notices that viewers cannot decode it. Time is an argument.
package chroma

import "time"

const (
	// pause is the longest time between two requests of a viewer that decodes nothing. LiveKit's server 1.13.5 passes on
	// one in half a second, or in a second (pli_throttle), and its clients repeat them sooner.
	pause = 1500 * time.Millisecond
	// rounds is how many requests in a row must have been in vain.
	rounds = 5
)

// Doubt notices requests for key frames that key frames do not answer: those of a viewer that cannot decode the
// format. The viewers of a room who join one after another request them too, but each is content with one. The zero
// value is ready to use. It is not safe for concurrent use.
type Doubt struct {
	requests, keys uint64
	last           time.Time // when the last request came
	vain           int       // requests in a row that key frames did not answer
}

// Look takes the numbers of requests from viewers, and of key frames that were sent, at a time. It reports whether
// viewers cannot decode them.
func (d *Doubt) Look(now time.Time, requests, keys uint64) bool {
	if requests == d.requests {
		if now.Sub(d.last) > pause {
			d.vain = 0
		}
		return false
	}
	if d.vain > 0 && keys > d.keys && now.Sub(d.last) <= pause {
		d.vain++
	} else if d.vain == 0 || now.Sub(d.last) > pause {
		d.vain = 1
	}
	d.requests, d.keys, d.last = requests, keys, now
	return d.vain >= rounds
}
