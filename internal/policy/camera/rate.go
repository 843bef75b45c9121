// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import "github.com/gstpublish/gstpublish/internal/allocation"

// returnPercent is the share that a spatial layer needs to return, as a percentage of its minimum.
const returnPercent = 130

// SetEstimate sets the share of the estimate, in bit/s; 0 if there is none.
func (p *Policy) SetEstimate(bps int) {
	p.share = max(bps, 0)
	p.level()
}

// SetWatched sets the largest of the sizes in one stream that has viewers: 1 for the lowest alone.
func (p *Policy) SetWatched(n int) {
	p.watched = n
	p.level()
}

// level decides how many spatial layers to encode: those that have viewers and fit into the share.
func (p *Policy) level() {
	if len(p.sizes) < 2 || p.watched == 0 {
		return
	}
	watched, was := min(p.watched, len(p.sizes)), p.layers
	p.layers = watched
	for p.share > 0 && p.layers > 1 {
		least := p.sizes[p.layers-1].MinBitrate
		if p.layers > was {
			least = least * returnPercent / 100
		}
		if p.share >= least {
			break
		}
		p.layers--
	}
	if p.layers < was && p.layers < watched {
		// Between key frames, a viewer of a larger size does not receive the smaller ones and cannot switch to them.
		p.switches = true
	}
}

// target returns the encoder's target, in bit/s.
func (p *Policy) target() int {
	target := p.layer().Bitrate
	if p.layers > 0 && p.layers < p.watched && p.layers <= len(p.sizes) {
		target = p.sizes[p.layers-1].Bitrate
	}
	if p.share > 0 {
		target = min(target, max(p.share, allocation.LeastBitrate))
	}
	return target
}
