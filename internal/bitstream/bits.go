// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"bytes"
	"math"
	"math/bits"
)

// bitReader reads bits, the most significant first. After an error all that it
// reads is 0, so headers are read to their end and the error is looked at once;
// only loops without a bound of their own must look at it.
type bitReader struct {
	data  []byte
	next  int    // index of the byte that is loaded next
	cache uint64 // its lowest bits are loaded, and not read yet
	left  int    // how many
	// escaped says that emulation prevention bytes are left out (H.264, 7.3.1;
	// H.265, 7.3.1.1): the third of the bytes 0, 0, 3.
	escaped bool
	zeros   int // zero bytes that were loaded last
	err     error
}

// fail notes the first error.
func (b *bitReader) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// require notes that invalid header if a condition doesn't hold.
func (b *bitReader) require(valid bool) {
	if !valid {
		b.fail(ErrInvalid)
	}
}

// load takes one more byte into the cache.
func (b *bitReader) load() bool {
	if b.escaped && b.zeros >= 2 && b.next < len(b.data) && b.data[b.next] == 3 {
		b.next++
		b.zeros = 0
	}
	if b.next >= len(b.data) {
		b.fail(ErrTruncated)
		return false
	}
	v := b.data[b.next]
	b.next++
	if v == 0 {
		b.zeros++
	} else {
		b.zeros = 0
	}
	b.cache = b.cache<<8 | uint64(v)
	b.left += 8
	return true
}

// u reads an unsigned number of up to 32 bits.
func (b *bitReader) u(n int) int {
	for b.left < n {
		if b.err != nil || !b.load() {
			return 0
		}
	}
	if b.err != nil {
		return 0
	}
	b.left -= n
	return int(b.cache >> b.left & (1<<n - 1)) //nolint:gosec // 32 bits
}

func (b *bitReader) flag() bool { return b.u(1) == 1 }

// both reads a flag and, if it is set, the one behind it.
func (b *bitReader) both() bool {
	first := b.flag()
	return first && b.flag()
}

func (b *bitReader) skip(n int) {
	for ; n > 32; n -= 32 {
		b.u(32)
	}
	b.u(n)
}

// ue is an Exp-Golomb code (H.264 and H.265, 9.1 and 9.2). Values above
// math.MaxInt32 are given as that.
func (b *bitReader) ue() int {
	zeros := 0
	for !b.flag() {
		zeros++
		b.require(zeros <= 32)
		if b.err != nil {
			return 0
		}
	}
	if zeros > 30 {
		b.u(zeros)
		return math.MaxInt32
	}
	return 1<<zeros - 1 + b.u(zeros)
}

// upTo is an Exp-Golomb code that the standard bounds.
func (b *bitReader) upTo(limit int) int {
	v := b.ue()
	if v > limit {
		b.fail(ErrInvalid)
	}
	if b.err != nil {
		return 0
	}
	return v
}

// se is the signed one.
func (b *bitReader) se() int {
	v := b.ue()
	if v&1 == 1 {
		return v/2 + 1
	}
	return -v / 2
}

// skipSE passes over signed codes.
func (b *bitReader) skipSE(n int) {
	for range n {
		b.ue() // They are as long as unsigned ones.
	}
}

// ns is a number below n (AV1, 4.10.7).
func (b *bitReader) ns(n int) int {
	w := bitLen(n)
	m := 1<<w - n
	v := b.u(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + b.u(1)
}

// uvlc is AV1's Exp-Golomb code (4.10.3), which may have any number of zeros.
func (b *bitReader) uvlc() {
	zeros := 0
	for !b.flag() {
		if b.err != nil {
			return
		}
		zeros++
	}
	if zeros < 32 {
		b.skip(zeros)
	}
}

func bitLen(n int) int {
	return bits.Len(uint(n)) //nolint:gosec // never negative
}

// log2Up is Ceil(Log2(n)).
func log2Up(n int) int {
	if n <= 1 {
		return 0
	}
	return bitLen(n - 1)
}

// nextUnit finds the next NAL unit behind a start code (H.264 and H.265, annex
// B). It is nil at the end.
func nextUnit(data []byte) (unit, rest []byte) {
	const code = "\x00\x00\x01"
	for {
		start := bytes.Index(data, []byte(code))
		if start < 0 {
			return nil, nil
		}
		data = data[start+len(code):]
		end := bytes.Index(data, []byte(code))
		if end < 0 {
			end = len(data)
		}
		if end > 0 {
			return data[:end], data[end:]
		}
	}
}
