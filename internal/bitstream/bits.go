// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"bytes"
	"math"
	"math/bits"
)

// bitReader reads bits, the most significant first. After an error it reads zeros, so a header can be read to its end
// before the error is checked; only loops without a bound of their own must check it.
type bitReader struct {
	data  []byte
	next  int    // index of the byte that is loaded next
	cache uint64 // its lowest bits are loaded but unread
	left  int    // the number of unread bits
	// escaped reports whether the data has emulation prevention bytes, which the reader skips (H.264, 7.3.1; H.265,
	// 7.3.1.1): the third of the bytes 0, 0, 3.
	escaped bool
	zeros   int // the number of zero bytes that were just loaded
	err     error
}

// fail records the first error.
func (b *bitReader) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// require records an invalid header if a condition does not hold.
func (b *bitReader) require(valid bool) {
	if !valid {
		b.fail(ErrInvalid)
	}
}

// load loads one more byte into the cache.
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

// both reads a flag and, if it is set, the next one. It reports whether both are set.
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

// ue reads an unsigned Exp-Golomb code (H.264 and H.265, 9.1 and 9.2). Values above math.MaxInt32 are returned as
// math.MaxInt32.
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

// upTo reads an unsigned Exp-Golomb code that the standard bounds.
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

// se reads a signed Exp-Golomb code.
func (b *bitReader) se() int {
	v := b.ue()
	if v&1 == 1 {
		return v/2 + 1
	}
	return -v / 2
}

// skipSE skips n signed codes.
func (b *bitReader) skipSE(n int) {
	for range n {
		b.ue() // as long as a signed one
	}
}

// ns reads a number below n (AV1, 4.10.7).
func (b *bitReader) ns(n int) int {
	w := bitLen(n)
	m := 1<<w - n
	v := b.u(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + b.u(1)
}

// uvlc reads AV1's Exp-Golomb code (4.10.3), which may have any number of zeros.
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

// log2Up returns Ceil(Log2(n)).
func log2Up(n int) int {
	if n <= 1 {
		return 0
	}
	return bitLen(n - 1)
}

// nextUnit returns the next NAL unit behind a start code (H.264 and H.265, annex B), or nil at the end.
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
