// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// Clock turns presentation times into RTP timestamps.
type Clock struct {
	rate uint64 // ticks a second
	base uint32 // the RTP time of time 0, random as RFC 3550, 5.1 recommends
}

// NewClock returns a Clock with so many ticks a second.
func NewClock(rate int) Clock { return Clock{rate: uint64(rate), base: rand.Uint32()} }

// At returns the RTP timestamp of a presentation time in ns.
func (c Clock) At(ptsNS int64) uint32 {
	// 128 bits: at 90 kHz, 64 last for a day only.
	hi, lo := bits.Mul64(uint64(max(ptsNS, 0)), c.rate)
	lo, carry := bits.Add64(lo, uint64(time.Second/2), 0) // to the nearest tick
	ticks, _ := bits.Div64((hi+carry)%uint64(time.Second), lo, uint64(time.Second))
	return c.base + uint32(ticks)
}
