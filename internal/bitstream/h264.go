// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import "slices"

// Types of NAL units (ITU-T H.264, table 7-1).
const (
	h264Slice      = 1
	h264PartitionA = 2
	h264IDR        = 5
	h264SPSType    = 7
	h264PPSType    = 8
)

// Bounds of parameter sets (7.4.2.1.1, 7.4.2.2).
const (
	h264SPSCount = 32
	h264PPSCount = 256
	h264MaxRefs  = 32 // reference indices, for fields
)

// h264SPS is a sequence parameter set, as far as slice headers depend on it.
type h264SPS struct {
	known          bool
	separatePlanes bool // separate_colour_plane_flag
	chroma         int  // ChromaArrayType
	frameNumBits   int
	pocType        int
	pocBits        int
	noPOCDeltas    bool // delta_pic_order_always_zero_flag
	framesOnly     bool // frame_mbs_only_flag
	width, height  int
	format         Format
}

// h264PPS is a picture parameter set, as far as slice headers depend on it.
type h264PPS struct {
	known        bool
	sps          int
	cabac        bool   // entropy_coding_mode_flag
	fieldPOC     bool   // bottom_field_pic_order_in_frame_present_flag
	refs         [2]int // num_ref_idx_l0_default_active_minus1 and l1, plus 1
	weighted     bool   // weighted_pred_flag
	weightedB    bool   // weighted_bipred_idc is 1
	qp           int    // 26 + pic_init_qp_minus26
	redundantPic bool   // redundant_pic_cnt_present_flag
}

// h264Parser reads the NAL units of access units.
type h264Parser struct {
	sps [h264SPSCount]h264SPS
	pps [h264PPSCount]h264PPS

	current Format // of the last frame
	order   h264Order
}

func (p *h264Parser) format() Format { return p.current }

func (p *h264Parser) parse(data []byte) (Frame, error) {
	f := unread()
	for unit, rest := nextUnit(data); unit != nil; unit, rest = nextUnit(rest) {
		b := bitReader{data: unit, escaped: true}
		b.u(1) // forbidden_zero_bit
		reference := b.u(2) != 0
		switch kind := b.u(5); kind {
		case h264SPSType:
			p.readSPS(&b)
		case h264PPSType:
			p.readPPS(&b)
		case h264Slice, h264PartitionA, h264IDR:
			f.Shown, f.Key = true, f.Key || kind == h264IDR
			h := h264Header{bitReader: b, idr: kind == h264IDR, reference: reference}
			h.read(p, &f)
			b.err = h.err
		default: // other layers and views, and units without a slice header
		}
		if b.err != nil {
			return f, b.err
		}
	}
	if !f.Shown {
		return f, ErrNoFrame
	}
	return f, nil
}

// h264HighProfiles have chroma_format_idc and what follows it (7.3.2.1.1).
var h264HighProfiles = [...]int{100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}

// readSPS reads seq_parameter_set_data up to the cropping (7.3.2.1.1).
func (p *h264Parser) readSPS(b *bitReader) {
	s := h264SPS{known: true, chroma: 1}
	s.format = Format{Profile: b.u(8), Constraints: b.u(8), Level: b.u(8), Chroma: Chroma420, Depth: 8}
	id := b.upTo(h264SPSCount - 1)
	if slices.Contains(h264HighProfiles[:], s.format.Profile) {
		s.highProfile(b)
	}
	s.frameNumBits = b.upTo(12) + 4
	s.pictureOrder(b)
	b.ue()                       // max_num_ref_frames
	b.u(1)                       // gaps_in_frame_num_value_allowed_flag
	const mostBlocks = 1<<16 - 1 // to bound what follows; level 6.2 has far less
	s.width = 16 * (b.upTo(mostBlocks) + 1)
	units := b.upTo(mostBlocks) + 1
	s.framesOnly = b.flag()
	if !s.framesOnly {
		units *= 2
		b.u(1) // mb_adaptive_frame_field_flag
	}
	s.height = 16 * units
	b.u(1) // direct_8x8_inference_flag
	s.crop(b)
	if b.err == nil {
		p.sps[id] = s
	}
}

func (s *h264SPS) highProfile(b *bitReader) {
	s.chroma = b.upTo(3)
	s.format.Chroma = chromaOf(s.chroma)
	lists := 8
	if s.chroma == 3 {
		lists = 12
		s.separatePlanes = b.flag()
	}
	if s.separatePlanes {
		s.chroma = 0
	}
	s.format.Depth = 8 + max(b.upTo(6), b.upTo(6)) // bit_depth_luma_minus8, bit_depth_chroma_minus8

	b.u(1)         // qpprime_y_zero_transform_bypass_flag
	if !b.flag() { // seq_scaling_matrix_present_flag
		return
	}
	for i := range lists {
		if !b.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		h264ScalingList(b, size)
	}
}

// h264ScalingList reads scaling_list (7.3.2.1.1.1).
func h264ScalingList(b *bitReader, size int) {
	last := 8
	for range size {
		next := (last + b.se()) & 0xff
		if next == 0 {
			return
		}
		last = next
	}
}

func (s *h264SPS) pictureOrder(b *bitReader) {
	s.pocType = b.upTo(2)
	switch s.pocType {
	case 0:
		s.pocBits = b.upTo(12) + 4
	case 1:
		s.noPOCDeltas = b.flag()
		b.skipSE(2)           // offset_for_non_ref_pic, offset_for_top_to_bottom_field
		b.skipSE(b.upTo(255)) // offset_for_ref_frame
	}
}

// crop subtracts the frame cropping from the size (7.4.2.1.1).
func (s *h264SPS) crop(b *bitReader) {
	if !b.flag() {
		return
	}
	x, y := 1, 1
	if s.chroma == 1 || s.chroma == 2 {
		x = 2
	}
	if s.chroma == 1 {
		y = 2
	}
	if !s.framesOnly {
		y *= 2
	}
	s.width -= x * (b.upTo(s.width) + b.upTo(s.width))
	s.height -= y * (b.upTo(s.height) + b.upTo(s.height))
	b.require(s.width > 0 && s.height > 0)
}

// readPPS reads pic_parameter_set_rbsp up to redundant_pic_cnt_present_flag
// (7.3.2.2).
func (p *h264Parser) readPPS(b *bitReader) {
	s := h264PPS{known: true}
	id := b.upTo(h264PPSCount - 1)
	s.sps = b.upTo(h264SPSCount - 1)
	s.cabac, s.fieldPOC = b.flag(), b.flag()
	if groups := b.upTo(7) + 1; groups > 1 {
		h264SliceGroups(b, groups)
	}
	s.refs = [2]int{b.upTo(h264MaxRefs-1) + 1, b.upTo(h264MaxRefs-1) + 1}
	s.weighted = b.flag()
	s.weightedB = b.u(2) == 1
	s.qp = 26 + b.se()
	b.skipSE(2) // pic_init_qs_minus26, chroma_qp_index_offset
	b.u(2)      // deblocking_filter_control_present_flag, constrained_intra_pred_flag
	s.redundantPic = b.flag()
	if b.err == nil {
		p.pps[id] = s
	}
}

func h264SliceGroups(b *bitReader, groups int) {
	switch b.upTo(6) { // slice_group_map_type
	case 0:
		for range groups {
			b.ue() // run_length_minus1
		}
	case 2:
		for range groups - 1 {
			b.ue() // top_left
			b.ue() // bottom_right
		}
	case 3, 4, 5:
		b.u(1) // slice_group_change_direction_flag
		b.ue() // slice_group_change_rate_minus1
	case 6:
		bits := log2Up(groups)
		for n := b.ue() + 1; n > 0 && b.err == nil; n-- { // pic_size_in_map_units_minus1
			b.u(bits) // slice_group_id
		}
	}
}
