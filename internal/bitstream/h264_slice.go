// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// Types of slices (table 7-6).
const (
	h264P  = 0
	h264B  = 1
	h264I  = 2
	h264SP = 3
	h264SI = 4
)

// h264Header is a slice's header while it is read.
type h264Header struct {
	bitReader
	idr       bool
	reference bool // nal_ref_idc isn't 0
	sps       *h264SPS
	pps       *h264PPS
	kind      int // slice_type
	field     bool
	lists     int    // the number of reference lists
	refs      [2]int // the number of indices in each
	num       int    // frame_num
	lowest    int    // pic_order_cnt_lsb
	forgets   bool   // the frames before it are no longer counted from
}

// read reads slice_header up to slice_qp_delta (7.3.3).
func (h *h264Header) read(p *h264Parser, f *Frame) {
	h.ue() // first_mb_in_slice
	h.kind = h.upTo(9) % 5
	h.pps = &p.pps[h.upTo(h264PPSCount-1)]
	h.sps = &p.sps[h.pps.sps]
	if h.err != nil {
		return
	}
	if !h.pps.known || !h.sps.known {
		h.fail(ErrMissing)
		return
	}
	if h.sps.separatePlanes {
		h.u(2) // colour_plane_id
	}
	h.pictureOrder()
	if h.pps.redundantPic && h.ue() > 0 {
		return // a copy, in case the primary picture is lost
	}
	h.references()
	if h.weighted() {
		h.predWeightTable()
	}
	if h.reference {
		h.decRefPicMarking()
	}
	if h.pps.cabac && h.kind != h264I && h.kind != h264SI {
		h.ue() // cabac_init_idc
	}
	qp := h.pps.qp + h.se()
	h.require(qp <= 51)
	if h.err == nil {
		f.Quantizer = max(f.Quantizer, qp, 0)
		f.Width, f.Height = h.sps.width, h.sps.height
		p.current = h.sps.format
		f.Reordered = h.isReordered(&p.order) || f.Reordered
	}
}

// isReordered reports whether the frame is a B-frame that is shown before an earlier one. Other frames never are:
// encoders that reorder frames use B slices, and counts of type 0.
func (h *h264Header) isReordered(o *h264Order) bool {
	if h.idr || !o.follows(h.num, 1<<h.sps.frameNumBits) {
		o.begin()
	}
	if h.sps.pocType != 0 {
		return false
	}
	reordered := o.add(h.num, o.count(h.lowest, h.sps.pocBits), h.reference)
	if h.forgets {
		o.begin()
	}
	return reordered && h.kind == h264B
}

func (h *h264Header) pictureOrder() {
	h.num = h.u(h.sps.frameNumBits)
	if !h.sps.framesOnly {
		h.field = h.flag()
		if h.field {
			h.u(1) // bottom_field_flag
		}
	}
	if h.idr {
		h.ue() // idr_pic_id
	}
	both := h.pps.fieldPOC && !h.field
	switch {
	case h.sps.pocType == 0:
		h.lowest = h.u(h.sps.pocBits)
		if both {
			h.se() // delta_pic_order_cnt_bottom
		}
	case h.sps.pocType == 1 && !h.sps.noPOCDeltas:
		h.se() // delta_pic_order_cnt[0]
		if both {
			h.se() // delta_pic_order_cnt[1]
		}
	}
}

// references reads the number of references and ref_pic_list_modification (7.3.3.1).
func (h *h264Header) references() {
	switch h.kind {
	case h264P, h264SP:
		h.lists = 1
	case h264B:
		h.lists = 2
		h.u(1) // direct_spatial_mv_pred_flag
	}
	h.refs = h.pps.refs
	if h.lists > 0 && h.flag() { // num_ref_idx_active_override_flag
		for i := range h.lists {
			h.refs[i] = h.upTo(h264MaxRefs-1) + 1
		}
	}
	for range h.lists {
		if !h.flag() { // ref_pic_list_modification_flag
			continue
		}
		for h.upTo(5) != 3 && h.err == nil { // modification_of_pic_nums_idc
			h.ue() // abs_diff_pic_num_minus1, long_term_pic_num
		}
	}
}

func (h *h264Header) weighted() bool {
	if h.kind == h264B {
		return h.pps.weightedB
	}
	return h.lists > 0 && h.pps.weighted
}

// predWeightTable reads pred_weight_table (7.3.3.2).
func (h *h264Header) predWeightTable() {
	h.ue() // luma_log2_weight_denom
	if h.sps.chroma != 0 {
		h.ue() // chroma_log2_weight_denom
	}
	for _, n := range h.refs[:h.lists] {
		for range n {
			if h.flag() {
				h.skipSE(2) // luma_weight, luma_offset
			}
			if h.sps.chroma != 0 && h.flag() {
				h.skipSE(4)
			}
		}
	}
}

// decRefPicMarking reads dec_ref_pic_marking (7.3.3.3).
func (h *h264Header) decRefPicMarking() {
	if h.idr {
		h.u(2) // no_output_of_prior_pics_flag, long_term_reference_flag
		return
	}
	if !h.flag() { // adaptive_ref_pic_marking_mode_flag
		return
	}
	for h.err == nil {
		switch h.upTo(6) { // memory_management_control_operation
		case 0:
			return
		case 5:
			h.forgets = true
		case 1, 2, 4, 6:
			h.ue()
		case 3:
			h.ue() // difference_of_pic_nums_minus1
			h.ue() // long_term_frame_idx
		}
	}
}

// h264MostAbove is how many of the fields or frames before a B-frame are shown after it, at most. Encoders have
// hierarchies of up to five frames. A lost IDR picture leaves at least 14 such frames, if it leaves any that
// frame_num does not show: frame_num has at least four bits.
const h264MostAbove = 12

// h264Order finds frames that are shown before a frame that came earlier, by their picture order counts. Those begin
// again with each IDR picture. If that picture is lost, a frame seems to be shown before earlier ones. But frame_num,
// which counts reference frames, shows that something is missing: earlier frames then say nothing about a frame.
type h264Order struct {
	previous int // count of the last frame that others may refer to
	begun    bool
	num      int // frame_num of the last frame
	last     int // its count

	counts [h264MostAbove]int // of the last frames
	seen   int                // frames since the order began
}

// begin forgets the frames before an IDR picture.
func (o *h264Order) begin() { *o = h264Order{} }

// follows reports whether nothing is missing before a frame, as far as frame_num shows it (7.4.3): it is that of the
// last frame, or one more. span is the number of values that it can have.
func (o *h264Order) follows(num, span int) bool {
	return !o.begun || (num-o.num)&(span-1) <= 1
}

// count returns the picture order count of a frame from its lowest bits (8.2.1.1).
func (o *h264Order) count(lowest, bits int) int {
	span := 1 << bits
	high := o.previous - o.previous&(span-1)
	switch before := o.previous & (span - 1); {
	case lowest < before && before-lowest >= span/2:
		high += span
	case lowest > before && lowest-before > span/2:
		high -= span
	}
	return high + lowest
}

// above returns how many of the last frames are shown after a count.
func (o *h264Order) above(count int) (n int) {
	for _, c := range o.counts[:min(o.seen, len(o.counts))] {
		if c > count {
			n++
		}
	}
	return n
}

// add notes a slice of a frame and reports whether the frame is shown before an earlier one. reference reports whether
// the next count is relative to this one.
func (o *h264Order) add(num, count int, reference bool) (reordered bool) {
	above := o.above(count)
	if above == h264MostAbove {
		o.begin()
		above = 0
	}
	if !o.begun || count != o.last { // Otherwise it is another slice of the last frame.
		o.counts[o.seen%h264MostAbove] = count
		o.seen++
	}
	o.begun, o.num, o.last = true, num, count
	if reference {
		o.previous = count
	}
	return above > 0
}
