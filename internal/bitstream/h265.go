// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import "bytes"

// Types of NAL units (ITU-T H.265, table 7-1).
const (
	h265LastSlice = 9 // RASL_R; those up to 15 are reserved
	h265FirstIRAP = 16
	h265IDRRADL   = 19
	h265IDRLP     = 20
	h265LastIRAP  = 21 // CRA_NUT; those up to 31 are reserved
	h265SPSType   = 33
	h265PPSType   = 34
)

// Bounds of parameter sets (7.4.3.2.1, 7.4.3.3.1, 7.4.7.1).
const (
	h265SPSCount = 16
	h265PPSCount = 64
	h265MaxRefs  = 16 // reference indices, and pictures
)

// h265PPS is a picture parameter set, as far as slice headers depend on it.
type h265PPS struct {
	known              bool
	sps                int
	dependentSlices    bool   // dependent_slice_segments_enabled_flag
	outputFlag         bool   // output_flag_present_flag
	extraBits          int    // num_extra_slice_header_bits
	cabacInit          bool   // cabac_init_present_flag
	refs               [2]int // num_ref_idx_l0_default_active_minus1 and l1, plus 1
	qp                 int    // 26 + init_qp_minus26
	weighted           bool   // weighted_pred_flag
	weightedB          bool   // weighted_bipred_flag
	listsModification  bool   // lists_modification_present_flag
	currentPictureRefs bool   // pps_curr_pic_ref_enabled_flag
}

// h265Parser reads the NAL units of access units, those of the base layer.
type h265Parser struct {
	sps [h265SPSCount]*h265SPS
	pps [h265PPSCount]h265PPS
	// Scratch memory: what is wrong must not replace what was right.
	scratch h265SPS
	set     h265RefSet // of the slice that is read

	current Format // of the last frame
}

func (p *h265Parser) format() Format { return p.current }

func (p *h265Parser) parse(data []byte) (Frame, error) {
	f := unread()
	found := false
	for unit, rest := nextUnit(data); unit != nil; unit, rest = nextUnit(rest) {
		b := bitReader{data: unit, escaped: true}
		b.u(1) // forbidden_zero_bit
		kind := b.u(6)
		layer := b.u(6)
		b.u(3) // nuh_temporal_id_plus1
		irap := kind >= h265FirstIRAP && kind <= h265LastIRAP
		switch {
		case layer > 0:
		case kind == h265SPSType:
			p.readSPS(&b)
		case kind == h265PPSType:
			p.readPPS(&b)
		case kind <= h265LastSlice || irap:
			if !found {
				found, f.Shown, f.Key = true, true, irap
			}
			h := h265Header{bitReader: b, irap: irap, idr: kind == h265IDRRADL || kind == h265IDRLP}
			h.read(p, &f)
			b.err = h.err
		}
		if b.err != nil {
			return f, b.err
		}
	}
	if !found {
		return f, ErrNoFrame
	}
	return f, nil
}

// readPPS reads pic_parameter_set_rbsp (7.3.2.3.1), up to
// pps_curr_pic_ref_enabled_flag.
func (p *h265Parser) readPPS(b *bitReader) {
	s := h265PPS{known: true}
	id := b.upTo(h265PPSCount - 1)
	s.sps = b.upTo(h265SPSCount - 1)
	s.dependentSlices, s.outputFlag = b.flag(), b.flag()
	s.extraBits = b.u(3)
	b.u(1) // sign_data_hiding_enabled_flag
	s.cabacInit = b.flag()
	s.refs = [2]int{b.upTo(h265MaxRefs-2) + 1, b.upTo(h265MaxRefs-2) + 1}
	s.qp = 26 + b.se()
	b.u(1) // constrained_intra_pred_flag
	transformSkip := b.flag()
	if b.flag() { // cu_qp_delta_enabled_flag
		b.ue() // diff_cu_qp_delta_depth
	}
	b.skipSE(2) // pps_cb_qp_offset, pps_cr_qp_offset
	b.u(1)      // pps_slice_chroma_qp_offsets_present_flag
	s.weighted, s.weightedB = b.flag(), b.flag()
	b.u(1) // transquant_bypass_enabled_flag
	h265Tiles(b)
	h265Deblocking(b)
	if b.flag() { // pps_scaling_list_data_present_flag
		h265ScalingLists(b)
	}
	s.listsModification = b.flag()
	b.ue()        // log2_parallel_merge_level_minus2
	b.u(1)        // slice_segment_header_extension_present_flag
	if b.flag() { // pps_extension_present_flag
		s.extensions(b, transformSkip)
	}
	if b.err == nil {
		p.pps[id] = s
	}
}

// h265Tiles reads on from tiles_enabled_flag.
func h265Tiles(b *bitReader) {
	const mostColumns, mostRows = 20, 22 // level 6.2 (A.4.1); twice that is allowed here
	tiles := b.flag()
	b.u(1) // entropy_coding_sync_enabled_flag
	if tiles {
		columns, rows := b.upTo(2*mostColumns), b.upTo(2*mostRows)
		if !b.flag() { // uniform_spacing_flag
			b.skipSE(columns + rows) // column_width_minus1, row_height_minus1; as long as signed ones
		}
		b.u(1) // loop_filter_across_tiles_enabled_flag
	}
	b.u(1) // pps_loop_filter_across_slices_enabled_flag
}

func h265Deblocking(b *bitReader) {
	if !b.flag() { // deblocking_filter_control_present_flag
		return
	}
	b.u(1)         // deblocking_filter_override_enabled_flag
	if !b.flag() { // pps_deblocking_filter_disabled_flag
		b.skipSE(2) // pps_beta_offset_div2, pps_tc_offset_div2
	}
}

// h265ScalingLists reads scaling_list_data (7.3.4).
func h265ScalingLists(b *bitReader) {
	for size := range 4 {
		matrices, coefficients := 6, min(64, 16<<(2*size))
		if size == 3 {
			matrices = 2
		}
		for range matrices {
			switch {
			case !b.flag(): // scaling_list_pred_mode_flag
				b.ue() // scaling_list_pred_matrix_id_delta
			case size > 1:
				b.skipSE(1 + coefficients) // scaling_list_dc_coef_minus8 comes first
			default:
				b.skipSE(coefficients)
			}
		}
	}
}

// extensions are those of range, multilayer and screen content coding (7.3.2.3.2,
// F.7.3.2.3.4, 7.3.2.3.3). A base layer that has one of 3D has none of screen
// content.
func (s *h265PPS) extensions(b *bitReader, transformSkip bool) {
	ranges, multilayer, threeD, screen := b.flag(), b.flag(), b.flag(), b.flag()
	b.u(4) // pps_extension_4bits
	if !screen || threeD {
		return
	}
	if ranges {
		if transformSkip {
			b.ue() // log2_max_transform_skip_block_size_minus2
		}
		b.u(1)        // cross_component_prediction_enabled_flag
		if b.flag() { // chroma_qp_offset_list_enabled_flag
			b.ue()                        // diff_cu_chroma_qp_offset_depth
			b.skipSE(2 * (b.upTo(5) + 1)) // cb_qp_offset_list, cr_qp_offset_list
		}
		b.ue() // log2_sao_offset_scale_luma
		b.ue() // log2_sao_offset_scale_chroma
	}
	if multilayer && !h265Multilayer(b) {
		return
	}
	s.currentPictureRefs = b.flag()
}

// h265Multilayer passes over pps_multilayer_extension. It can't where there is a
// table to map colours, which only layers above the base have.
func h265Multilayer(b *bitReader) bool {
	if b.flag() { // pps_infer_scaling_list_flag
		b.u(6) // pps_scaling_list_ref_layer_id
	}
	for range b.upTo(63) { // num_ref_loc_offsets
		b.u(6)        // ref_loc_offset_layer_id
		if b.flag() { // scaled_ref_layer_offset_present_flag
			b.skipSE(4)
		}
		if b.flag() { // ref_region_offset_present_flag
			b.skipSE(4)
		}
		if b.flag() { // resample_phase_set_present_flag
			b.skipSE(4) // phases; as long as signed ones
		}
	}
	return !b.flag() // colour_mapping_enabled_flag
}

// WithoutRepeatH265 returns the part of an access unit of H.265, in byte-stream format, from the last repetition of its
// first VPS on. All parameter sets in front of that are repeated behind it, and x265enc of GStreamer 1.22 appends about
// 100 bytes of uninitialised memory to the first ones, which may look like a slice. Other access units are returned as
// they are.
func WithoutRepeatH265(data []byte) []byte {
	const start = "\x00\x00\x01\x40\x01" // a VPS of the base layer
	first, last := bytes.Index(data, []byte(start)), bytes.LastIndex(data, []byte(start))
	if first == last {
		return data
	}
	vps, _ := nextUnit(data[last:])
	if !bytes.HasPrefix(data[first+3:], vps) {
		return data
	}
	if data[last-1] == 0 {
		last-- // The first start code has four bytes.
	}
	return data[last:]
}
