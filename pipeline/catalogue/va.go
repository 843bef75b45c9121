// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// va returns the encoders of VA-API, for GPUs of Intel and AMD: the low-power ones, in
// fixed-function hardware, first. They have rank NONE, so software that goes by ranks does not find
// them.
func va() []Row {
	var rows []Row
	for _, row := range []func(factory string) Row{vaH264, vaH265, vaVP8, vaVP9, vaAV1} {
		rows = append(rows, row("lpenc"), row("enc"))
	}
	return rows
}

func vaH264(suffix string) Row {
	row := vaRow("vah264"+suffix, H264,
		"video/x-h264,profile=constrained-baseline,stream-format=byte-stream", vaMadeUpTime(), vaNoIDR())
	row.KeyFrame, row.OwnTime = KeyFrameRenew, true
	row.Common = append(row.Common,
		Setting{"b-frames", "0"},
		Setting{"aud", "false"},
		// Both belong to higher profiles than the requested one.
		Setting{"cabac", "false"},
		Setting{"dct8x8", "false"})
	return row
}

func vaH265(suffix string) Row {
	row := vaRow("vah265"+suffix, H265,
		"video/x-h265,profile=main,stream-format=byte-stream", vaMadeUpTime(), vaNoIDR(),
		Trap{"every version", "drivers without P frames get B slices that refer only to the past " +
			"(low_delay_b_mode in gstvah265enc.c): nothing is reordered"})
	row.KeyFrame, row.OwnTime = KeyFrameRenew, true
	row.Common = append(row.Common, Setting{"b-frames", "0"}, Setting{"aud", "false"})
	return row
}

func vaVP8(suffix string) Row {
	return vaRow("vavp8"+suffix, VP8, "video/x-vp8")
}

func vaVP9(suffix string) Row {
	row := vaRow("vavp9"+suffix, VP9, "video/x-vp9,profile=(string)0")
	row.Common = append(row.Common, vaNoFuture()...)
	return row
}

func vaAV1(suffix string) Row {
	row := vaRow("vaav1"+suffix, AV1, "video/x-av1,profile=main", vaMadeUpTime(),
		Trap{"GStreamer from 1.28", "palette-mode and allow-intrabc, which are for screens, are untested and left " +
			"false (gstvaav1enc.c)"})
	row.OwnTime = true
	row.Common = append(row.Common, vaNoFuture()...)
	return row
}

// vaNoFuture restricts VP9 and AV1 to references to the past. The element's own settings delay
// frames, up to 32 for AV1.
func vaNoFuture() []Setting {
	return []Setting{{"hierarchical-level", "1"}, {"gf-group-size", "1"}}
}

func vaRow(factory string, codec Codec, caps string, traps ...Trap) Row {
	row := Row{
		Factory: factory, Codec: codec, Family: VA, Even: true,
		Fronts:        upload("VAMemory", "vapostproc"),
		Caps:          caps,
		Bitrates:      []Bitrate{{Property: "bitrate", Unit: 1000}},
		BitrateChange: BitrateKeyFrame,
		Common: []Setting{
			{"rate-control", "cbr"},
			{"key-int-max", "1024"}, // its maximum; 0 means a second or two
			{"cpb-size", "{half}"},
		},
		// From 1 (best) to 7 (fastest). Text shows the difference.
		Camera: []Setting{{"target-usage", "6"}},
		Screen: []Setting{{"target-usage", "4"}},
		Traps:  append(traps, vaTraps()...),
	}
	if codec != VP8 { // VP8 has no such property
		row.Common = append(row.Common, Setting{"ref-frames", "1"})
	}
	return row
}

func vaMadeUpTime() Trap {
	return Trap{"GStreamer up to 1.24.2", "output timestamps are the number of the frame times its nominal " +
		"duration, not those of the input (commit 4d1a48c9e9 fixes it)"}
}

func vaNoIDR() Trap {
	return Trap{"GStreamer up to 1.24.3", "a key frame request produces an I frame without parameter sets, not an IDR " +
		"frame (commit ea015bea61 fixes it): the host restarts the element instead, which produces one in every " +
		"version"}
}

func vaTraps() []Trap {
	return []Trap{
		{"every version", "a cpb-size of less than half a second's bits is taken for two seconds, and its first " +
			"value stays when the bit rate changes (gstva*enc.c)"},
		{"every version", "low power on Intel: without HuC firmware (i915.enable_guc=2) the driver only has " +
			"constant quality, and ignores the bit rate (intel/intel-vaapi-driver#312, " +
			"bmegli/hardware-video-encoder#31)"},
		{"GStreamer from 1.26", "it delays four frames (one for VP8) unless the source is live " +
			"(preferred_output_delay in gstvabaseenc.c)"},
	}
}
