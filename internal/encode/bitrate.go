// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import "time"

// Minimum times between changes of the target if each change costs a key frame: reductions come
// soon, since a full link is worse; increases and small changes wait.
const (
	costlyDown = 500 * time.Millisecond
	costlyUp   = 3 * time.Second
)

// bitrateGate delays changes of a target until they are due. Its clock is the time of the frames.
type bitrateGate struct {
	costly  bool // each change costs a key frame
	current int  // the encoder's target, in bit/s; 0 for none yet
	wanted  int
	at      time.Duration // when it last changed
	started bool          // a frame has been encoded
}

// want requests a target and reports whether to set it at once.
func (g *bitrateGate) want(bps int) bool {
	g.wanted = bps
	if g.costly && g.started {
		return false
	}
	g.current = bps
	return true
}

// due reports, at the time of a frame, whether to set the requested target before it.
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
