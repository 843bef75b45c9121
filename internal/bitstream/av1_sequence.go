// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// av1Select is SELECT_SCREEN_CONTENT_TOOLS and SELECT_INTEGER_MV: each frame has a flag of its own.
const av1Select = 2

// av1Operating is an operating point of a sequence header.
type av1Operating struct {
	idc          int  // operating_point_idc
	decoderModel bool // decoder_model_present_for_this_op
}

// av1Sequence is a sequence header, as far as frame headers depend on it.
type av1Sequence struct {
	reduced                bool // reduced_still_picture_header
	equalInterval          bool // equal_picture_interval
	decoderModel           bool // decoder_model_info_present_flag
	bufferDelayBits        int
	removalTimeBits        int
	presentationTimeBits   int
	points                 [32]av1Operating
	pointCount             int
	widthBits, heightBits  int
	width, height          int // maxima
	frameIDs               bool
	deltaIDBits, idBits    int
	superblock128          bool
	orderHints             bool
	orderHintBits          int
	refMotionVectors       bool // enable_ref_frame_mvs
	screenTools, integerMV int  // seq_force_screen_content_tools, seq_force_integer_mv
	superres               bool
	format                 Format
}

// av1SequenceHeader reads sequence_header_obu up to enable_superres (5.5.1).
func av1SequenceHeader(data []byte) (av1Sequence, error) {
	b := bitReader{data: data}
	s := av1Sequence{screenTools: av1Select, integerMV: av1Select, pointCount: 1}
	profile := b.u(3)
	b.u(1) // still_picture
	s.reduced = b.flag()
	if s.reduced {
		b.u(5) // seq_level_idx
	} else {
		s.timing(&b)
		s.operatingPoints(&b)
	}
	s.widthBits, s.heightBits = b.u(4)+1, b.u(4)+1
	s.width, s.height = b.u(s.widthBits)+1, b.u(s.heightBits)+1
	s.frameIDs = !s.reduced && b.flag()
	if s.frameIDs {
		s.deltaIDBits = b.u(4) + 2
		s.idBits = s.deltaIDBits + b.u(3) + 1
	}
	s.superblock128 = b.flag()
	b.u(2) // enable_filter_intra, enable_intra_edge_filter
	if !s.reduced {
		s.tools(&b)
	}
	s.superres = b.flag()
	if c := b; b.err == nil { // Frame headers do not depend on the rest.
		s.format = av1Color(&c, profile)
	}
	return s, b.err
}

// av1Color reads color_config (5.5.2). If it ends early, the format is unknown.
func av1Color(b *bitReader, profile int) Format {
	b.u(2) // enable_cdef, enable_restoration
	f := Format{Profile: profile, Chroma: Chroma420, Depth: 8}
	if b.flag() { // high_bitdepth
		f.Depth = 10
		if profile == 2 && b.flag() { // twelve_bit
			f.Depth = 12
		}
	}
	monochrome := profile != 1 && b.flag() // mono_chrome
	const srgb = 1<<16 | 13<<8             // CP_BT_709, TC_SRGB, MC_IDENTITY
	isRGB := b.flag() && b.u(24) == srgb   // color_description_present_flag
	switch {
	case monochrome:
		f.Chroma = Monochrome
	case isRGB || profile == 1:
		f.Chroma = Chroma444
	case profile == 2:
		b.u(1) // color_range
		x := f.Depth < 12 || b.flag()
		y := f.Depth == 12 && x && b.flag()
		f.Chroma = subsampled(x, y)
	}
	if b.err != nil {
		return Format{}
	}
	return f
}

// timing reads timing_info and decoder_model_info (5.5.3, 5.5.4).
func (s *av1Sequence) timing(b *bitReader) {
	if !b.flag() { // timing_info_present_flag
		return
	}
	b.skip(32 + 32) // num_units_in_display_tick, time_scale
	s.equalInterval = b.flag()
	if s.equalInterval {
		b.uvlc() // num_ticks_per_picture_minus_1
	}
	s.decoderModel = b.flag()
	if !s.decoderModel {
		return
	}
	s.bufferDelayBits = b.u(5) + 1
	b.u(32) // num_units_in_decoding_tick
	s.removalTimeBits = b.u(5) + 1
	s.presentationTimeBits = b.u(5) + 1
}

// operatingPoints reads the list of operating points, with operating_parameters_info (5.5.5).
func (s *av1Sequence) operatingPoints(b *bitReader) {
	displayDelay := b.flag() // initial_display_delay_present_flag
	s.pointCount = b.u(5) + 1
	for i := range s.pointCount {
		p := &s.points[i]
		p.idc = b.u(12)
		if b.u(5) > 7 { // seq_level_idx
			b.u(1) // seq_tier
		}
		if s.decoderModel {
			p.decoderModel = b.flag()
		}
		if p.decoderModel {
			// decoder_buffer_delay, encoder_buffer_delay, low_delay_mode_flag
			b.skip(2*s.bufferDelayBits + 1)
		}
		if displayDelay && b.flag() {
			b.u(4) // initial_display_delay_minus_1
		}
	}
}

// tools reads the flags of tools that streams of still pictures lack.
func (s *av1Sequence) tools(b *bitReader) {
	// enable_interintra_compound, enable_masked_compound, enable_warped_motion,
	// enable_dual_filter
	b.u(4)
	s.orderHints = b.flag()
	if s.orderHints {
		b.u(1) // enable_jnt_comp
		s.refMotionVectors = b.flag()
	}
	if !b.flag() { // seq_choose_screen_content_tools
		s.screenTools = b.u(1)
	}
	if s.screenTools > 0 && !b.flag() { // seq_choose_integer_mv
		s.integerMV = b.u(1)
	}
	if s.orderHints {
		s.orderHintBits = b.u(3) + 1
	}
}
