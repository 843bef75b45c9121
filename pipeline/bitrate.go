// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import "time"

// How often a target may change where each change costs a key frame: what must
// go down goes soon, since a full link is worse; what may go up, or hardly
// changes, waits.
const (
	costlyDown = 500 * time.Millisecond
	costlyUp   = 3 * time.Second
)

// bitrateGate holds changes of a target back until they are due. Its clock is
// the time of the pictures.
type bitrateGate struct {
	costly  bool // each change costs a key frame
	current int  // what the encoder has, in bit/s; 0 for nothing yet
	wanted  int
	at      time.Duration // when it last changed
	started bool          // a picture was encoded
}

// want asks for a target and tells whether it is to be set at once.
func (g *bitrateGate) want(bps int) bool {
	g.wanted = bps
	if g.costly && g.started {
		return false
	}
	g.current = bps
	return true
}

// due tells at the time of a picture whether the target that is wanted is to be
// set before it.
func (g *bitrateGate) due(pts time.Duration) bool {
	if !g.started {
		g.started, g.at = true, pts
	}
	if g.wanted == g.current {
		return false
	}
	wait := costlyUp
	if g.wanted <= g.current*9/10 {
		wait = costlyDown
	}
	if pts-g.at < wait {
		return false
	}
	g.current, g.at = g.wanted, pts
	return true
}
