// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "slices"

// vpx are the settings that the two encoders of libvpx share. The numbers of
// its rate control are libwebrtc's (libvpx_vp8_encoder.cc,
// libvpx_vp9_encoder.cc).
func vpx(settings ...Setting) []Setting {
	return slices.Concat([]Setting{
		{"deadline", "1"},
		{"lag-in-frames", "0"},
		{"end-usage", "cbr"},
		{"keyframe-mode", "disabled"},
		{"keyframe-max-dist", "3000"},
		{"buffer-initial-size", "500"},
		{"buffer-optimal-size", "600"},
		{"buffer-size", "1000"},
		{"noise-sensitivity", "0"},
		{"threads", "{threads}"},
	}, settings)
}

func vp8enc() Row {
	return Row{
		Factory: "vp8enc", Codec: VP8, Family: Software, Fronts: videoconvert("I420"),
		Caps:     "video/x-vp8",
		Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}},
		Drops:    true,
		Spreads:  true,
		Common: vpx([]Setting{
			{"max-intra-bitrate", "250"},
			{"undershoot", "100"},
			{"overshoot", "15"},
			{"max-quantizer", "56"},
			{"resize-allowed", "false"},
		}...),
		Camera: []Setting{{"cpu-used", "-6"}, {"min-quantizer", "2"}, {"static-threshold", "1"}},
		// 1.4 dB more of moving text than with -6, at the same cost; from -7 on blocks of scrolled text stay behind.
		// Without sharpness the loop filter, which also works on blocks that stand still, takes two fifths of faint
		// noise away again, whatever the quantizer: 42 dB of a page with some where there are 48 with it.
		Screen: []Setting{{"cpu-used", "-5"}, {"min-quantizer", "12"}, {"static-threshold", "1000"}, {"sharpness", "5"}},
		Sharp: []Sharp{
			{Settings: []Setting{{"min-quantizer", "4"}, {"max-quantizer", "30"}, {"static-threshold", "0"}}},
			{Settings: []Setting{{"max-quantizer", "12"}}},
			{Settings: []Setting{{"max-quantizer", "4"}}},
		},
		Coarse: []Setting{{"max-quantizer", "63"}},
		Traps: []Trap{
			{"libvpx", "each property set takes effect at once, and a min-quantizer above max-quantizer, if only for a " +
				"moment, is an error of the element"},
			{"libvpx 1.12", "with more threads than cores less one, they spin on a busy machine: a picture takes ten " +
				"times as long"},
		},
	}
}

func vp9enc() Row {
	return Row{
		Factory: "vp9enc", Codec: VP9, Family: Software, Fronts: videoconvert("I420"),
		Caps:     "video/x-vp9,profile=(string)0",
		Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}},
		Drops:    true,
		Spreads:  true,
		Common: vpx([]Setting{
			{"max-intra-bitrate", "300"},
			{"undershoot", "50"},
			{"overshoot", "50"},
			{"max-quantizer", "52"},
			{"row-mt", "true"},
			{"frame-parallel-decoding", "false"},
		}...),
		Camera: []Setting{
			{"cpu-used", "7"}, {"min-quantizer", "2"}, {"static-threshold", "1"}, {"aq-mode", "cyclic-refresh"},
		},
		// At 5, and from 7 on, blocks of scrolled text stay behind; the default of four tile columns costs 2 dB at
		// 720p.
		Screen: []Setting{
			{"cpu-used", "6"}, {"min-quantizer", "8"}, {"static-threshold", "1000"}, {"aq-mode", "off"}, {"tile-columns", "0"},
		},
		Sharp: append([]Sharp{
			// 8 mends what 6 and 7 take for unchanged (TestRestMendsWhatMotionLeft).
			{Settings: []Setting{
				{"min-quantizer", "4"}, {"max-quantizer", "24"}, {"static-threshold", "0"}, {"cpu-used", "8"},
			}},
			{Settings: []Setting{{"max-quantizer", "12"}}},
			{Settings: []Setting{{"max-quantizer", "6"}}},
		}, mending()...),
		Traps: []Trap{
			{"any", "without lag-in-frames=0 it holds 25 frames back"},
			{"libvpx 1.12 and later", "from cpu-used=5 up, a flat block of 32x32 pixels or more stays as it was where as much " +
				"of it becomes brighter as becomes darker, by the same (sse == var in model_rd_for_sb_y_large, vp9_pickmode.c); " +
				"at rest, cpu-used=8 mends it"},
			{"libvpx 1.13 and later", "the same of a block of which the change sums up to a multiple of 65536, as where 64x64 " +
				"pixels change by 16 each: 32 bits of the square are none (sum_sqr, there)"},
		},
	}
}
