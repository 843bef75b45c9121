// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "slices"

// vpx returns the settings that libvpx's two encoders share. The numbers of its rate control are
// libwebrtc's (libvpx_vp8_encoder.cc, libvpx_vp9_encoder.cc).
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
		// 1.4 dB more for moving text than with -6, at the same cost; from -7 on, blocks of
		// scrolled text stay behind. Without sharpness the loop filter, which also works on
		// unchanged blocks, removes two fifths of faint noise, whatever the quantizer: 42 dB for a
		// page with noise instead of 48.
		Screen: []Setting{{"cpu-used", "-5"}, {"min-quantizer", "12"}, {"static-threshold", "1000"}, {"sharpness", "5"}},
		Sharp: []Sharp{
			{Settings: []Setting{{"min-quantizer", "4"}, {"max-quantizer", "30"}, {"static-threshold", "0"}}},
			{Settings: []Setting{{"max-quantizer", "12"}}},
			{Settings: []Setting{{"max-quantizer", "4"}}},
		},
		Coarse: []Setting{{"max-quantizer", "63"}},
		// From -3 down, text that has scrolled by more than a few lines is encoded as if it were new. With -2 a
		// frame has a third to a half of the bytes, and takes 18 ms in 720p instead of 5.
		Thorough: []Setting{{"cpu-used", "-2"}},
		Traps: []Trap{
			{"libvpx", "each property takes effect as soon as it is set, and a min-quantizer above max-quantizer, " +
				"even for a moment, is an error of the element"},
			{"libvpx 1.12", "more threads than cores minus one spin on a busy machine: a frame " +
				"takes ten times as long"},
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
		// At 5, and from 7 on, blocks of scrolled text stay behind; the default of four tile
		// columns costs 2 dB at 720p.
		Screen: []Setting{
			{"cpu-used", "6"}, {"min-quantizer", "8"}, {"static-threshold", "1000"}, {"aq-mode", "off"}, {"tile-columns", "0"},
		},
		Sharp: append([]Sharp{
			// 8 repairs what 6 and 7 take for unchanged (TestStillScreenRepairsRemnantsOfMotion).
			{Settings: []Setting{
				{"min-quantizer", "4"}, {"max-quantizer", "24"}, {"static-threshold", "0"}, {"cpu-used", "8"},
			}},
			{Settings: []Setting{{"max-quantizer", "12"}}},
			{Settings: []Setting{{"max-quantizer", "6"}}},
		}, repairing()...),
		Traps: []Trap{
			{"any", "without lag-in-frames=0 it delays 25 frames"},
			{"libvpx 1.12 and later", "from cpu-used=5 up, a flat block of 32x32 pixels or more stays unchanged if " +
				"as much of it becomes brighter as becomes darker, by the same amount (sse == var in " +
				"model_rd_for_sb_y_large, vp9_pickmode.c); for a still screen, cpu-used=8 repairs it"},
			{"libvpx 1.13 and later", "the same happens to a block whose changes sum to a multiple of 65536, for " +
				"instance 64x64 pixels that change by 16 each: the low 32 bits of the square are zero (sum_sqr, " +
				"there)"},
		},
	}
}
