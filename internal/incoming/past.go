// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import "hash/maphash"

// pastSamples is how many samples a Past remembers: a minute of 60 frames a second. Players of HLS begin three segments
// before the end of a playlist, which are rarely longer than ten seconds.
const pastSamples = 3600

var pastSeed = maphash.MakeSeed()

// Past remembers the last samples of a stream, to recognise those that its source brings again when it is opened again.
// The zero value is ready to use. It is not safe for concurrent use.
type Past struct {
	sums []uint64 // of samples, in a ring
	n    int      // samples so far
	at   int      // number of the sample that must come next if the source repeats itself; 0 at first
}

// Add remembers a sample.
func (p *Past) Add(data []byte) {
	sum := maphash.Bytes(pastSeed, data)
	if len(p.sums) < pastSamples {
		p.sums = append(p.sums, sum)
	} else {
		p.sums[p.n%pastSamples] = sum
	}
	p.n++
}

// Rewind notes that the source was opened again.
func (p *Past) Rewind() { p.at = 0 }

// Repeats reports whether the next sample after Rewind was there before. The first that was not there, or not in this
// order, ends that: Repeats must not be called again before Rewind.
func (p *Past) Repeats(data []byte) bool {
	sum := maphash.Bytes(pastSeed, data)
	if p.at == 0 {
		return p.find(sum)
	}
	if p.at >= p.n || p.sums[p.at%pastSamples] != sum {
		return false
	}
	p.at++
	return true
}

// find looks for the last sample with a sum, and continues after it.
func (p *Past) find(sum uint64) bool {
	for i := p.n - 1; i >= max(0, p.n-pastSamples); i-- {
		if p.sums[i%pastSamples] == sum {
			p.at = i + 1
			return true
		}
	}
	return false
}
