// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import "math"

const (
	// probeRows is how many rows of a frame a Finder compares, probeStep which of
	// their pixels.
	probeRows, probeStep = 24, 2
)

// Finder finds out which frame of a clip a decoded frame shows. It is safe for
// concurrent use.
type Finder struct {
	clip   *Clip
	frames []int    // the first and the changed ones
	probes [][]byte // samples of the luma of each
	at     []int    // where they are in a frame
}

// Finder returns a Finder for the clip. It compares samples of 24 rows, so frames
// that differ less than by that are not told apart: it is for clips that scroll.
func (c *Clip) Finder() *Finder {
	f := &Finder{clip: c, frames: append([]int{0}, c.Changed()...)}
	for i := range probeRows {
		row := (2*i + 1) * c.Height / (2 * probeRows)
		for x := 0; x < c.Width; x += probeStep {
			f.at = append(f.at, row*c.Width+x)
		}
	}
	p := c.Play()
	for more := true; more; more = p.Next() {
		if p.index > 0 && c.Changes[p.index].Empty() {
			continue
		}
		probe := make([]byte, len(f.at))
		for i, at := range f.at {
			probe[i] = p.frame[at]
		}
		f.probes = append(f.probes, probe)
	}
	return f
}

// Find returns the frame that a frame is most like, and how like it is: the PSNR
// of the samples in dB, at most 100. Of frames that are the same, it is the first.
// The luma must be of the clip's size and tightly packed, otherwise the index is -1.
//
//go:norace
func (f *Finder) Find(luma []byte) (index int, psnr float64) {
	if len(luma) != f.clip.Width*f.clip.Height {
		return -1, 0
	}
	samples := make([]byte, len(f.at))
	for i, at := range f.at {
		samples[i] = luma[at]
	}
	best, least := -1, math.MaxInt
	for k, probe := range f.probes {
		if sum := distance(samples, probe, least); sum < least {
			best, least = k, sum
		}
	}
	const peak, most = 255.0, 100.0
	psnr = most
	if least > 0 {
		psnr = min(most, 10*math.Log10(peak*peak*float64(len(samples))/float64(least)))
	}
	return f.frames[best], psnr
}

// distance is the sum of squared differences, or limit where that is more.
//
//go:norace
func distance(a, b []byte, limit int) int {
	const block = 1024
	sum := 0
	for len(a) > 0 && sum < limit {
		n := min(block, len(a))
		for i, v := range a[:n] {
			d := int(v) - int(b[i])
			sum += d * d
		}
		a, b = a[n:], b[n:]
	}
	return min(sum, limit)
}
