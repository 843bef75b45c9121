// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import "slices"

// Places in ref_frame_idx: LAST_FRAME is 0, the others follow as in 6.10.24.
const (
	av1Last2    = 1
	av1Last3    = 2
	av1Golden   = 3
	av1Backward = 4
	av1AltRef2  = 5
	av1AltRef   = 6
)

// inter reads the part that only inter frames have.
func (h *av1Header) inter() {
	refs := h.references()
	if h.sizeOverride && !h.resilient {
		h.sizeWithRefs(refs)
	} else {
		h.frameSize()
		h.renderSize()
	}
	if !h.integerMV {
		h.u(1) // allow_high_precision_mv
	}
	if !h.flag() { // is_filter_switchable
		h.u(2) // interpolation_filter
	}
	h.u(1) // is_motion_mode_switchable
	if !h.resilient && h.refMotionVectors {
		h.u(1) // use_ref_frame_mvs
	}
}

// references reads ref_frame_idx.
func (h *av1Header) references() (refs [av1Refs]int) {
	short := h.orderHints && h.flag() // frame_refs_short_signaling
	if short {
		last, golden := h.u(3), h.u(3)
		refs = h.setFrameRefs(last, golden)
	}
	for i := range refs {
		if !short {
			refs[i] = h.u(3)
		}
		if h.frameIDs {
			h.u(h.deltaIDBits) // delta_frame_id_minus_1
		}
	}
	return refs
}

// setFrameRefs implements the set frame refs process (7.8).
func (h *av1Header) setFrameRefs(last, golden int) (refs [av1Refs]int) {
	var distance [av1Slots]int // in frames; before the current frame it is negative
	for i, s := range h.slots {
		distance[i] = h.relative(s.orderHint, h.orderHint)
	}
	used := 1<<last | 1<<golden
	for i := range refs {
		refs[i] = -1
	}
	refs[0], refs[av1Golden] = last, golden
	latest := func(a, b int) bool { return a >= b }
	earliest := func(a, b int) bool { return a < b }
	find := func(forward bool, better func(a, b int) bool) int {
		found := -1
		for i, d := range distance {
			if used>>i&1 == 0 && (d < 0) == forward && (found < 0 || better(d, distance[found])) {
				found = i
			}
		}
		if found >= 0 {
			used |= 1 << found
		}
		return found
	}
	refs[av1AltRef] = find(false, latest)
	refs[av1Backward] = find(false, earliest)
	refs[av1AltRef2] = find(false, earliest)
	for _, i := range [...]int{av1Last2, av1Last3, av1Backward, av1AltRef2, av1AltRef} {
		if refs[i] < 0 {
			refs[i] = find(true, latest)
		}
	}
	for i := range refs {
		if refs[i] < 0 {
			refs[i] = slices.Index(distance[:], slices.Min(distance[:])) // the oldest
		}
	}
	return refs
}

// relative implements get_relative_dist (5.9.3), for order hints, which wrap around.
func (h *av1Header) relative(a, b int) int {
	sign := 1 << (h.orderHintBits - 1)
	diff := a - b
	return diff&(sign-1) - diff&sign
}

// sizeWithRefs reads frame_size_with_refs (5.9.7).
func (h *av1Header) sizeWithRefs(refs [av1Refs]int) {
	for _, ref := range refs {
		if !h.flag() { // found_ref
			continue
		}
		s := &h.slots[ref]
		if !s.known { // The tiles depend on the size, and the quantizer is behind them.
			h.fail(ErrMissing)
			return
		}
		h.frame.Width, h.frame.Height = s.width, s.height
		h.superresParams()
		return
	}
	h.frameSize()
	h.renderSize()
}

// frameSize reads frame_size (5.9.5).
func (h *av1Header) frameSize() {
	h.frame.Width, h.frame.Height = h.width, h.height
	if h.sizeOverride {
		h.frame.Width, h.frame.Height = h.u(h.widthBits)+1, h.u(h.heightBits)+1
	}
	h.superresParams()
}

// superresParams reads superres_params (5.9.8).
func (h *av1Header) superresParams() {
	h.codedWidth = h.frame.Width
	if h.superres && h.flag() {
		denominator := h.u(3) + 9 // SUPERRES_DENOM_MIN
		h.codedWidth = (h.frame.Width*8 + denominator/2) / denominator
	}
}

func (h *av1Header) renderSize() {
	if h.flag() {
		h.u(32)
	}
}

// tileInfo reads tile_info (5.9.15).
func (h *av1Header) tileInfo() {
	const maxWidth, maxArea, maxTiles = 4096, 4096 * 2304, 64 // MAX_TILE_…
	shift := 6                                                // of a superblock's width in pixels
	if h.superblock128 {
		shift = 7
	}
	// Sizes are rounded up to 8 pixels first, which makes no difference here.
	columns, rows := superblocks(h.codedWidth, shift), superblocks(h.frame.Height, shift)
	widest := maxWidth >> shift
	minColumns := tileLog2(widest, columns)
	minTiles := max(minColumns, tileLog2(maxArea>>(2*shift), rows*columns))
	var columnsLog2, rowsLog2 int
	if h.flag() { // uniform_tile_spacing_flag
		columnsLog2 = h.increments(minColumns, tileLog2(1, min(columns, maxTiles)))
		rowsLog2 = h.increments(max(minTiles-columnsLog2, 0), tileLog2(1, min(rows, maxTiles)))
	} else {
		n, width := h.tileSizes(columns, widest)
		columnsLog2 = tileLog2(1, n)
		area := rows * columns
		if minTiles > 0 {
			area >>= minTiles + 1
		}
		n, _ = h.tileSizes(rows, max(area/max(width, 1), 1))
		rowsLog2 = tileLog2(1, n)
	}
	if columnsLog2+rowsLog2 > 0 {
		h.skip(columnsLog2 + rowsLog2 + 2) // context_update_tile_id, tile_size_bytes_minus_1
	}
}

// increments reads increment_tile_cols_log2 or increment_tile_rows_log2.
func (h *av1Header) increments(from, to int) int {
	for from < to && h.flag() {
		from++
	}
	return from
}

// tileSizes reads width_in_sbs_minus_1 or height_in_sbs_minus_1 of all tiles.
func (h *av1Header) tileSizes(length, limit int) (n, widest int) {
	for at := 0; at < length && h.err == nil; n++ {
		size := h.ns(min(length-at, limit)) + 1
		widest = max(widest, size)
		at += size
	}
	return n, widest
}

func superblocks(pixels, shift int) int { return (pixels + 1<<shift - 1) >> shift }

// tileLog2 returns tile_log2 (5.9.16): the smallest k with block<<k at least target.
func tileLog2(block, target int) int {
	k := 0
	for block<<k < target {
		k++
	}
	return k
}
