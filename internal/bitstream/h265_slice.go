// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// Types of slices (table 7-7).
const (
	h265B = 0
	h265P = 1
)

// h265Header is a slice segment's header while it is read.
type h265Header struct {
	bitReader
	irap, idr  bool
	follows    bool // it keeps pictures that are shown after it
	sps        *h265SPS
	pps        *h265PPS
	kind       int    // slice_type
	lists      int    // the number of reference lists
	refs       [2]int // the number of indices in each
	pictures   int    // NumPicTotalCurr
	temporalMV bool   // slice_temporal_mvp_enabled_flag
	// current has a bit for each index that is the current picture itself, which
	// screen content coding allows.
	current [2]uint32
}

// read reads slice_segment_header up to slice_qp_delta (7.3.6.1).
func (h *h265Header) read(p *h265Parser, f *Frame) {
	first := h.flag()
	if h.irap {
		h.u(1) // no_output_of_prior_pics_flag
	}
	h.pps = &p.pps[h.upTo(h265PPSCount-1)]
	h.sps = p.sps[h.pps.sps]
	if h.err != nil {
		return
	}
	if !h.pps.known || h.sps == nil {
		h.fail(ErrMissing)
		return
	}
	if !first {
		dependent := h.pps.dependentSlices && h.flag()
		h.u(log2Up(h.sps.codedBlocks)) // slice_segment_address
		if dependent {
			return // It continues a slice and has that slice's quantizer.
		}
	}
	h.independent(&p.set, f)
	qp := h.pps.qp + h.se()
	h.require(qp <= 51)
	if h.err == nil {
		f.Quantizer = max(f.Quantizer, qp, 0)
		f.Width, f.Height = h.sps.width, h.sps.height
		p.current = h.sps.format
		f.Reordered = h.follows || f.Reordered
	}
}

// independent reads what dependent slice segments inherit from the previous segment.
func (h *h265Header) independent(set *h265RefSet, f *Frame) {
	h.u(h.pps.extraBits)
	h.kind = h.upTo(2)
	if h.pps.outputFlag && !h.flag() && h.err == nil {
		f.Shown = false
	}
	if h.sps.separatePlanes {
		h.u(2) // colour_plane_id
	}
	if !h.idr {
		h.pictureOrder(set)
	}
	if h.pps.currentPictureRefs {
		h.pictures++
	}
	if h.sps.adaptiveOffset {
		h.u(1) // slice_sao_luma_flag
		if h.sps.chroma != 0 {
			h.u(1) // slice_sao_chroma_flag
		}
	}
	switch h.kind {
	case h265P:
		h.lists = 1
	case h265B:
		h.lists = 2
	}
	if h.lists > 0 {
		h.inter()
	}
}

// pictureOrder reads the reference picture set.
func (h *h265Header) pictureOrder(set *h265RefSet) {
	h.u(h.sps.pocBits) // slice_pic_order_cnt_lsb
	sets := h.sps.sets[:h.sps.setCount]
	if !h.flag() { // short_term_ref_pic_set_sps_flag
		set.read(&h.bitReader, sets, true)
	} else {
		i := h.u(log2Up(len(sets))) // short_term_ref_pic_set_idx
		if i >= len(sets) {
			h.fail(ErrInvalid)
			return
		}
		set = &sets[i]
	}
	h.pictures = set.usedCount()
	// A picture that is shown before earlier ones lists those of them that it, or a later picture, refers to. Its count
	// alone says less: counts begin again with an IDR picture, which may be lost.
	h.follows = !h.irap && set.count > set.negative
	if h.sps.longTerm {
		h.longTerm()
	}
	if h.sps.temporalMV {
		h.temporalMV = h.flag()
	}
}

func (h *h265Header) longTerm() {
	listed := 0
	if h.sps.longTermCount > 0 {
		listed = h.upTo(min(h.sps.longTermCount, 2*h265MaxRefs)) // num_long_term_sps
	}
	n := listed + h.upTo(2*h265MaxRefs) // num_long_term_pics
	for i := range n {
		var used bool
		if i < listed {
			index := h.u(log2Up(h.sps.longTermCount)) // lt_idx_sps
			used = h.sps.longTermUsed>>index&1 == 1
		} else {
			h.u(h.sps.pocBits) // poc_lsb_lt
			used = h.flag()    // used_by_curr_pic_lt_flag
		}
		if used {
			h.pictures++
		}
		if h.flag() { // delta_poc_msb_present_flag
			h.ue() // delta_poc_msb_cycle_lt
		}
	}
}

// inter reads the part that only P and B slices have.
func (h *h265Header) inter() {
	h.refs = h.pps.refs
	if h.flag() { // num_ref_idx_active_override_flag
		for i := range h.lists {
			h.refs[i] = h.upTo(h265MaxRefs-2) + 1
		}
	}
	h.referenceLists()
	if h.kind == h265B {
		h.u(1) // mvd_l1_zero_flag
	}
	if h.pps.cabacInit {
		h.u(1) // cabac_init_flag
	}
	if h.temporalMV {
		list := 0
		if h.kind == h265B && !h.flag() { // collocated_from_l0_flag
			list = 1
		}
		if h.refs[list] > 1 {
			h.ue() // collocated_ref_idx
		}
	}
	if h.kind == h265P && h.pps.weighted || h.kind == h265B && h.pps.weightedB {
		h.predWeightTable()
	}
	h.ue() // five_minus_max_num_merge_cand
	if h.sps.frameChoosesMVBits {
		h.u(1) // use_integer_mv_flag
	}
}

// referenceLists reads ref_pic_lists_modification (7.3.6.2) and finds the current picture in the lists (8.3.4): it is
// the last of the pictures, which repeat until the list is full.
func (h *h265Header) referenceLists() {
	possible := h.pps.listsModification && h.pictures > 1
	for list := range h.lists {
		modified := possible && h.flag() // ref_pic_list_modification_flag
		for i := range h.refs[list] {
			entry := i
			if modified {
				entry = h.u(log2Up(h.pictures)) // list_entry
			}
			if h.pps.currentPictureRefs && entry%h.pictures == h.pictures-1 {
				h.current[list] |= 1 << i
			}
		}
		if h.pps.currentPictureRefs && !modified && list == 0 && h.pictures > h.refs[0] {
			h.current[0] |= 1 << (h.refs[0] - 1)
		}
	}
}

// predWeightTable reads pred_weight_table (7.3.6.3). The current picture has no
// weights.
func (h *h265Header) predWeightTable() {
	h.ue() // luma_log2_weight_denom
	if h.sps.chroma != 0 {
		h.ue() // delta_chroma_log2_weight_denom
	}
	for list := range h.lists {
		n := h.refs[list]
		luma := h.weightFlags(list)
		chroma := uint32(0)
		if h.sps.chroma != 0 {
			chroma = h.weightFlags(list)
		}
		for i := range n {
			if luma>>i&1 == 1 {
				h.skipSE(2)
			}
			if chroma>>i&1 == 1 {
				h.skipSE(4)
			}
		}
	}
}

func (h *h265Header) weightFlags(list int) (flags uint32) {
	for i := range h.refs[list] {
		if h.current[list]>>i&1 == 0 && h.flag() {
			flags |= 1 << i
		}
	}
	return flags
}
