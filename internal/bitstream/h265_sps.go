// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// h265SPS is a sequence parameter set, as far as slice headers depend on it.
type h265SPS struct {
	separatePlanes     bool // separate_colour_plane_flag
	chroma             int  // ChromaArrayType
	width, height      int
	codedWidth         int // without the conformance window
	codedHeight        int
	codedBlocks        int // PicSizeInCtbsY
	pocBits            int
	adaptiveOffset     bool // sample_adaptive_offset_enabled_flag
	setCount           int  // num_short_term_ref_pic_sets
	sets               [64]h265RefSet
	longTerm           bool   // long_term_ref_pics_present_flag
	longTermCount      int    // num_long_term_ref_pics_sps
	longTermUsed       uint64 // used_by_curr_pic_lt_sps_flag, a bit for each
	temporalMV         bool   // sps_temporal_mvp_enabled_flag
	frameChoosesMVBits bool   // motion_vector_resolution_control_idc is 2
	format             Format
}

// readSPS reads seq_parameter_set_rbsp (7.3.2.2.1).
func (p *h265Parser) readSPS(b *bitReader) {
	s := &p.scratch
	*s = h265SPS{}
	b.u(4) // sps_video_parameter_set_id
	subLayers := b.u(3)
	b.u(1) // sps_temporal_id_nesting_flag
	s.format.Profile, s.format.Level = h265ProfileTierLevel(b, subLayers)
	id := b.upTo(h265SPSCount - 1)
	depth := s.size(b)
	s.format.Depth = max(depth[0], depth[1])
	s.pocBits = b.upTo(12) + 4
	n := 1
	if b.flag() { // sps_sub_layer_ordering_info_present_flag
		n += subLayers
	}
	b.skipSE(3 * n) // sps_max_dec_pic_buffering_minus1 and two more
	s.blocks(b)
	s.tools(b)
	s.references(b)
	s.temporalMV = b.flag()
	b.u(1)        // strong_intra_smoothing_enabled_flag
	if b.flag() { // vui_parameters_present_flag
		h265VUI(b, subLayers)
	}
	if b.flag() { // sps_extension_present_flag
		s.extensions(b, depth)
	}
	if b.err != nil {
		return
	}
	if p.sps[id] == nil {
		p.sps[id] = new(h265SPS)
	}
	*p.sps[id] = *s
}

// h265ProfileTierLevel reads profile_tier_level (7.3.3).
func h265ProfileTierLevel(b *bitReader, subLayers int) (profile, level int) {
	const profileBits, levelBits = 2 + 1 + 5 + 32 + 43 + 1 + 4, 8
	b.u(2 + 1) // general_profile_space, general_tier_flag
	profile = b.u(5)
	b.skip(profileBits - 8)
	level = b.u(levelBits)
	if subLayers == 0 {
		return profile, level
	}
	length := 0
	for i := range 8 {
		profile, level := b.flag(), b.flag() // or reserved_zero_2bits
		if i < subLayers && profile {
			length += profileBits
		}
		if i < subLayers && level {
			length += levelBits
		}
	}
	b.skip(length)
	return profile, level
}

// size reads the format and size of pictures. It returns the bits of samples of
// luma and of chroma.
func (s *h265SPS) size(b *bitReader) (depth [2]int) {
	const most = 1 << 16 // to bound what follows; level 6.2 has 8444
	s.chroma = b.upTo(3)
	s.format.Chroma = chromaOf(s.chroma)
	x, y := 1, 1
	if s.chroma == 1 || s.chroma == 2 {
		x = 2
	}
	if s.chroma == 1 {
		y = 2
	}
	if s.chroma == 3 {
		s.separatePlanes = b.flag()
	}
	if s.separatePlanes {
		s.chroma = 0
	}
	s.width, s.height = b.upTo(most), b.upTo(most)
	s.codedWidth, s.codedHeight = s.width, s.height
	if b.flag() { // conformance_window_flag
		s.width -= x * (b.upTo(most) + b.upTo(most))
		s.height -= y * (b.upTo(most) + b.upTo(most))
	}
	b.require(s.width > 0 && s.height > 0)
	return [2]int{b.upTo(8) + 8, b.upTo(8) + 8}
}

// blocks reads the sizes of coding blocks.
func (s *h265SPS) blocks(b *bitReader) {
	log2 := b.upTo(3) + 3 // log2_min_luma_coding_block_size_minus3
	log2 += b.upTo(3)     // log2_diff_max_min_luma_coding_block_size
	// log2_min_luma_transform_block_size_minus2, log2_diff_max_min_luma_transform_block_size,
	// max_transform_hierarchy_depth_inter, max_transform_hierarchy_depth_intra
	b.skipSE(4)
	up := 1<<log2 - 1
	s.codedBlocks = (s.codedWidth + up) >> log2 * ((s.codedHeight + up) >> log2)
}

// tools reads the flags of coding tools, from scaling lists to PCM.
func (s *h265SPS) tools(b *bitReader) {
	if b.both() { // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
		h265ScalingLists(b)
	}
	b.u(1) // amp_enabled_flag
	s.adaptiveOffset = b.flag()
	if b.flag() { // pcm_enabled_flag
		b.u(4 + 4) // pcm_sample_bit_depth_luma_minus1, pcm_sample_bit_depth_chroma_minus1
		b.ue()     // log2_min_pcm_luma_coding_block_size_minus3
		b.ue()     // log2_diff_max_min_pcm_luma_coding_block_size
		b.u(1)     // pcm_loop_filter_disabled_flag
	}
}

// references reads the sets of reference pictures.
func (s *h265SPS) references(b *bitReader) {
	s.setCount = b.upTo(len(s.sets))
	for i := range s.setCount {
		s.sets[i].read(b, s.sets[:i], false)
	}
	s.longTerm = b.flag()
	if !s.longTerm {
		return
	}
	s.longTermCount = b.upTo(32)
	for i := range s.longTermCount {
		b.u(s.pocBits) // lt_ref_pic_poc_lsb_sps
		if b.flag() {
			s.longTermUsed |= 1 << i
		}
	}
}

// extensions reads the extensions for range, multilayer and screen content coding (7.3.2.2.2, F.7.3.2.2.4, 7.3.2.2.3).
// A base layer with the 3D extension has none for screen content.
func (s *h265SPS) extensions(b *bitReader, depth [2]int) {
	ranges, multilayer, threeD, screen := b.flag(), b.flag(), b.flag(), b.flag()
	b.u(4) // sps_extension_4bits
	if !screen || threeD {
		return
	}
	if ranges {
		b.u(9)
	}
	if multilayer {
		b.u(1) // inter_view_mv_vert_constraint_flag
	}
	b.u(1)        // sps_curr_pic_ref_enabled_flag
	if b.flag() { // palette_mode_enabled_flag
		b.ue()        // palette_max_size
		b.ue()        // delta_palette_max_predictor_size
		if b.flag() { // sps_palette_predictor_initializers_present_flag
			n := b.upTo(1<<8) + 1
			length := n * depth[0]
			if s.chroma != 0 || s.separatePlanes { // chroma_format_idc isn't 0
				length += 2 * n * depth[1]
			}
			b.skip(length)
		}
	}
	s.frameChoosesMVBits = b.u(2) == 2
}
