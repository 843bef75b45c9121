// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package stamps

import "time"

// late is how far a stream may fall behind before it continues from where it is. Less than that it catches up: a
// decoder that was slow for a moment, or a scheduler.
const late = 200 * time.Millisecond

// Pacer says when samples that are not live are due, so that they come at the pace of their presentation times. The
// streams of one pipeline share one, so they stay together. All times are in ns; now is of a clock that only rises.
type Pacer struct {
	base  int64 // the time now of presentation time 0
	start int64 // base at the beginning
	begun bool
}

// Due returns when a sample is due. The first one is due at once. A sample that is late is due at once too. If it is
// later than 200 ms, or than slack if that is positive, the stream continues from where it is: the time that was lost
// is not made up for.
func (p *Pacer) Due(at, now, slack int64) (due int64) {
	if !p.begun {
		p.base, p.begun = now-at, true
		p.start = p.base
	}
	if slack <= 0 {
		slack = int64(late)
	}
	if behind := now - (p.base + at); behind > slack {
		p.base += behind
	}
	return p.base + at
}

// Time returns the presentation time of a sample that is due then: on the clock of now, relative to the beginning.
func (p *Pacer) Time(due int64) int64 { return due - p.start }

// Resume makes the sample with presentation time at due now, after the stream was held up on purpose.
func (p *Pacer) Resume(at, now int64) {
	p.base, p.begun = now-at, true
	p.start = p.base
}
