// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package stamps

import "math"

// Verdict is what a Clock says of a stamp.
type Verdict int

// The verdicts.
const (
	Regular Verdict = iota // it continues the stream
	Wrong                  // it does not; the next stamp shows whether it is alone
	Step                   // it continues the wrong one before it: the stream's clock was set
	Missing                // there is none
)

// Clock follows the time stamps of one stream, and distinguishes a single wrong stamp from a clock that was set. All
// times are in one unit of the caller's choice.
type Clock struct {
	// Back is how far a stamp may lie before the previous one, as those of reordered frames do.
	Back int64
	// Ahead is how far a stamp may lie after the previous one, in addition to the time that has passed in between if
	// the stream is Live.
	Ahead int64
	// Live reports whether the stream comes at the pace of its stamps. Then a pause is as long on both clocks.
	Live bool

	last, wrong mark
	begun       bool
	doubt       bool // wrong is set
}

// mark is a stamp and when it arrived.
type mark struct{ stamp, now int64 }

// Judge judges the next stamp of the stream, which arrives at now.
func (c *Clock) Judge(stamp, now int64) Verdict {
	m := mark{stamp, now}
	v := Regular
	switch {
	case !c.begun, c.follows(c.last, m):
	case c.doubt && c.follows(c.wrong, m):
		v = Step
	default:
		c.wrong, c.doubt = m, true
		return Wrong
	}
	c.last, c.begun, c.doubt = m, true, false
	return v
}

// Forget makes the next stamp the first.
func (c *Clock) Forget() { c.begun, c.doubt = false, false }

func (c *Clock) follows(before, m mark) bool {
	most := c.Ahead
	if c.Live {
		most += max(m.now-before.now, 0)
	}
	by := sub(m.stamp, before.stamp)
	return by >= -c.Back && by <= most
}

// sub returns a-b, or the nearest value that fits.
func sub(a, b int64) int64 {
	d := a - b
	if (a < b) != (d < 0) {
		if a < b {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return d
}
