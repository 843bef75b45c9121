// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// svtav1enc is of little use for live video: see its traps. The proof detects a hang.
func svtav1enc() Row {
	// rc=2 is CBR, which works only with pred-struct=1, low delay. The element itself takes CBR for
	// VBR unless max-bitrate is the target. Its level-of-parallelism and logical-processors differ
	// by version; lp does not.
	const parameters = "rc=2:pred-struct=1:lookahead=0:enable-tf=0:lp={threads}" +
		":buf-initial-sz=600:buf-optimal-sz=600:buf-sz=1000:scm="
	return Row{
		Factory: "svtav1enc", Codec: AV1, Family: Software, Fronts: videoconvert("I420"), Even: true,
		Caps:          "video/x-av1",
		Bitrates:      []Bitrate{{Property: "target-bitrate", Unit: 1000}},
		BitrateChange: BitrateFixed,
		KeyFrame:      KeyFrameRenew,
		Common: []Setting{
			{"preset", "10"},
			{"intra-period-length", "2560"},
			{"max-qp-allowed", "52"},
			{"min-qp-allowed", "10"},
		},
		// scm is the screen content mode: 0 is off, 1 is on.
		Camera: []Setting{{"parameters-string", parameters + "0"}},
		Screen: []Setting{{"parameters-string", parameters + "1"}},
		Traps: []Trap{
			{"GStreamer from 1.24 with SVT-AV1 from 2.3", "it hangs on its first frames (seen on Debian 13): in " +
				"low delay svt_av1_enc_get_packet waits for a packet, and the element requests one more than there " +
				"is (gst_svtav1enc_dequeue_encoded_frames)"},
			{"SVT-AV1 up to 2.2", "a frame can come out when the next one goes in, or later: the element does not " +
				"wait"},
			{"SVT-AV1 up to 1.7", "it ignores key frame requests in low delay"},
			{"GStreamer from 1.24", "no property can be changed between its first frame and READY: the encoder " +
				"keeps its target (gst_svtav1enc_set_property)"},
		},
	}
}

// av1enc's clock ticks once a frame, and its rate control sends twice the target when frames fall
// between ticks, so it is configured with a frame rate that no source has. The other numbers of its
// rate control are libwebrtc's (libaom_av1_encoder.cc).
func av1enc() Row {
	return Row{
		Factory: "av1enc", Codec: AV1, Family: Software, Fronts: videoconvert("I420"),
		Caps:     "video/x-av1",
		Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1000}},
		KeyFrame: KeyFrameRenew,
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
		// 15 ms for a frame of 720p text where 6 takes 33; a still screen repairs the remnants of
		// motion. A key frame gets half of the initial buffer: with 300 ms, text loses little
		// compared with 600 ms.
		Screen: []Setting{{"cpu-used", "8"}, {"buf-initial-sz", "300"}},
		Sharp:  []Sharp{{Settings: []Setting{{"min-quantizer", "6"}, {"max-quantizer", "6"}}}},
		Traps: []Trap{
			{"GStreamer 1.22", "with drop-frame, each frame after a dropped one has the timestamp of an older one"},
			{"GStreamer up to 1.24.5", "it ignores key frame requests: restarted, it produces a key frame"},
			{"GStreamer 1.22", "its streams do not signal their colours, BT.601: Chromium interprets them as BT.709"},
			{"libaom 3.6", "under CBR it aborts the process with the element's default max-quantizer, 0"},
			{"libaom 3.6 and 3.12", "from cpu-used=7 up, parts of a changed block stay unchanged in decoded " +
				"frames, more of them the faster it is; one cause is that of vp9enc's trap"},
		},
	}
}
