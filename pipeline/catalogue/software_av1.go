// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// svtav1enc can't do much live: see its traps. A hang is found out by the proof.
func svtav1enc() Row {
	// rc=2 is CBR, which goes with pred-struct=1, low delay, only. The element
	// itself takes CBR for VBR unless max-bitrate is the target; its
	// level-of-parallelism and logical-processors differ by version, lp doesn't.
	const parameters = "rc=2:pred-struct=1:lookahead=0:enable-tf=0:lp={threads}" +
		":buf-initial-sz=600:buf-optimal-sz=600:buf-sz=1000:scm="
	return Row{
		Factory: "svtav1enc", Codec: AV1, Family: Software, Fronts: videoconvert("I420"), Even: true,
		Caps:          "video/x-av1",
		Bitrates:      []Bitrate{{Property: "target-bitrate", Unit: 1000}},
		BitrateChange: BitrateFixed,
		KeyUnit:       KeyUnitRenew,
		Common: []Setting{
			{"preset", "10"},
			{"intra-period-length", "2560"},
			{"max-qp-allowed", "52"},
			{"min-qp-allowed", "10"},
		},
		// scm is the screen content mode: off, or on.
		Camera: []Setting{{"parameters-string", parameters + "0"}},
		Screen: []Setting{{"parameters-string", parameters + "1"}},
		Traps: []Trap{
			{"GStreamer from 1.24 with SVT-AV1 from 2.3", "it hangs on its first pictures (seen on Debian 13): in low delay " +
				"svt_av1_enc_get_packet waits for a packet, and the element asks for one more than there is " +
				"(gst_svtav1enc_dequeue_encoded_frames)"},
			{"SVT-AV1 up to 2.2", "a picture can come out with the next one going in, or later: the element doesn't wait"},
			{"SVT-AV1 up to 1.7", "key unit requests are ignored in low delay"},
			{"GStreamer from 1.24", "no property can be changed between its first picture and READY: the target stays " +
				"(gst_svtav1enc_set_property)"},
		},
	}
}

// av1enc's clock ticks once a frame, and its rate control sends twice the target
// when frames fall between its ticks: it is told a rate that no source has. The
// other numbers of its rate control are libwebrtc's (libaom_av1_encoder.cc).
func av1enc() Row {
	return Row{
		Factory: "av1enc", Codec: AV1, Family: Software, Fronts: videoconvert("I420"),
		Caps:     "video/x-av1",
		Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1000}},
		KeyUnit:  KeyUnitRenew,
		Drops:    true,
		Spreads:  true,
		Ticks:    240,
		Common: []Setting{
			{"usage-profile", "realtime"},
			{"lag-in-frames", "0"},
			{"end-usage", "cbr"},
			{"min-quantizer", "10"},
			{"max-quantizer", "52"},
			{"keyframe-mode", "disabled"},
			{"keyframe-max-dist", "3000"},
			{"undershoot-pct", "50"},
			{"overshoot-pct", "50"},
			{"buf-initial-sz", "600"},
			{"buf-optimal-sz", "600"},
			{"buf-sz", "1000"},
			{"row-mt", "true"},
			{"threads", "{threads}"},
		},
		Camera: []Setting{{"cpu-used", "6"}},
		// 15 ms a picture of 720p text where 6 takes 33: what it leaves behind of a moving picture is mended at rest.
		// Half of what the buffer has at first is a key frame's: of text it has little less with 300 than with 600 ms.
		Screen: []Setting{{"cpu-used", "8"}, {"buf-initial-sz", "300"}},
		Sharp:  []Sharp{{Settings: []Setting{{"min-quantizer", "6"}, {"max-quantizer", "6"}}}},
		Traps: []Trap{
			{"GStreamer 1.22", "with drop-frame, each picture after one that was dropped comes with the time of an older one"},
			{"GStreamer up to 1.24.5", "key unit requests are ignored: set up anew, it makes a key frame"},
			{"GStreamer 1.22", "its streams don't name their colours, BT.601: Chromium takes them for BT.709"},
			{"libaom 3.6", "under CBR it aborts the process with the element's own max-quantizer, 0"},
			{"libaom 3.6 and 3.12", "from cpu-used=7 up, parts of a changed block stay as they were: seen in decoded " +
				"pictures, more of them the faster it is; one cause is that of vp9enc's trap"},
		},
	}
}
