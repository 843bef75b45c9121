// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

// h265VUI skips vui_parameters (E.2.1).
func h265VUI(b *bitReader, subLayers int) {
	const extendedSAR = 255
	if b.flag() && b.u(8) == extendedSAR { // aspect_ratio_info_present_flag, aspect_ratio_idc
		b.u(16 + 16) // sar_width, sar_height
	}
	if b.flag() { // overscan_info_present_flag
		b.u(1)
	}
	if b.flag() { // video_signal_type_present_flag
		b.u(3 + 1)    // video_format, video_full_range_flag
		if b.flag() { // colour_description_present_flag
			b.u(24)
		}
	}
	if b.flag() { // chroma_loc_info_present_flag
		b.skipSE(2) // As long as unsigned ones, here and below.
	}
	b.u(3)        // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
	if b.flag() { // default_display_window_flag
		b.skipSE(4)
	}
	if b.flag() { // vui_timing_info_present_flag
		b.skip(32 + 32)
		if b.flag() { // vui_poc_proportional_to_timing_flag
			b.ue()
		}
		if b.flag() { // vui_hrd_parameters_present_flag
			h265HRD(b, subLayers)
		}
	}
	if b.flag() { // bitstream_restriction_flag
		b.u(3)
		b.skipSE(5)
	}
}

// h265HRD skips hrd_parameters (E.2.2), with the common information.
func h265HRD(b *bitReader, subLayers int) {
	nal, vcl := b.flag(), b.flag()
	lists, subPictures := 0, false
	if nal {
		lists++
	}
	if vcl {
		lists++
	}
	if lists > 0 {
		subPictures = b.flag()
		if subPictures {
			b.u(8 + 5 + 1 + 5)
		}
		b.u(4 + 4) // bit_rate_scale, cpb_size_scale
		if subPictures {
			b.u(4) // cpb_size_du_scale
		}
		b.u(5 + 5 + 5)
	}
	for range subLayers + 1 {
		general := b.flag()           // fixed_pic_rate_general_flag
		within := general || b.flag() // fixed_pic_rate_within_cvs_flag
		lowDelay := false
		if within {
			b.ue() // elemental_duration_in_tc_minus1
		} else {
			lowDelay = b.flag() // low_delay_hrd_flag
		}
		buffers := 1
		if !lowDelay {
			buffers += b.upTo(31) // cpb_cnt_minus1
		}
		h265Buffers(b, lists*buffers, subPictures)
	}
}

// h265Buffers skips sub_layer_hrd_parameters (E.2.3).
func h265Buffers(b *bitReader, n int, subPictures bool) {
	for range n {
		b.skipSE(2) // bit_rate_value_minus1, cpb_size_value_minus1
		if subPictures {
			b.skipSE(2) // cpb_size_du_value_minus1, bit_rate_du_value_minus1
		}
		b.u(1) // cbr_flag
	}
}
