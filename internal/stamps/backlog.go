// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package stamps

import "time"

const (
	// closeEnough is how much later than usual a sample may come to be current.
	closeEnough = 300 * time.Millisecond
	// hopeless is how long a stream may stay late without coming closer. Then it is delayed, and there is no backlog.
	hopeless = time.Second
	// forgetLag is how fast the usual lag is forgotten, as a part of the time: clocks drift by less.
	forgetLag = 1000
)

// Backlog finds, in a live stream, the samples that piled up while the process was stopped, as by SIGSTOP or a laptop's
// lid. Viewers must not see them at many times their speed. All times are in ns.
type Backlog struct {
	lag   int64 // the least lag of samples behind their presentation times
	last  int64 // when it was measured
	begun bool

	behind     bool
	since, was int64 // when the stream fell behind, and its lag
}

// Add reports whether a sample with presentation time at, which arrives at now, is of a backlog, so it must be dropped.
// stopped reports whether the process was stopped before it.
func (b *Backlog) Add(at, now int64, stopped bool) (drop bool) {
	lag := now - at
	if stopped && b.begun && !b.behind && lag > b.lag+int64(closeEnough) {
		b.behind, b.since, b.was = true, now, lag
	}
	if b.behind {
		passed := now - b.since
		switch {
		case lag <= b.lag+int64(closeEnough):
			b.behind = false
		case passed >= int64(hopeless) && lag > b.was-passed/2:
			b.behind, b.begun = false, false
		default:
			return true
		}
	}
	if least := b.lag + (now-b.last)/forgetLag; !b.begun || lag < least {
		b.lag = lag
	} else {
		b.lag = least
	}
	b.last, b.begun = now, true
	return false
}
