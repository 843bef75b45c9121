// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// apple are VideoToolbox's encoders. Those named _hw refuse where there is no
// hardware; the others take what macOS has.
func apple() []Row {
	h264, h265 := "video/x-h264,profile=constrained-baseline", "video/x-h265,profile=main"
	return []Row{
		appleRow("vtenc_h264_hw", H264, h264),
		appleRow("vtenc_h264", H264, h264),
		appleRow("vtenc_h265_hw", H265, h265),
		appleRow("vtenc_h265", H265, h265),
	}
}

// appleRow has no stream-format in its caps, since the elements give avc or hvc1
// only, which a parser brings into a byte stream. The rate control is the
// default, abr, as libwebrtc's is (RTCVideoEncoderH264.mm): cbr, from 1.26 on,
// holds each picture, key frames too, to one picture's share of the rate where
// it must be emulated (vtenc.c).
func appleRow(factory string, codec Codec, caps string) Row {
	return Row{
		Factory: factory, Codec: codec, Family: Apple, Even: true,
		Fronts:   videoconvert("NV12"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		Common: []Setting{
			{"realtime", "true"},
			{"allow-frame-reordering", "false"},
			// libwebrtc's: four minutes.
			{"max-keyframe-interval", "7200"},
		},
		Traps: []Trap{{
			"any", "data-rate-limits, from 1.26 on, is no buffer to be had here: a new target doesn't change it",
		}},
	}
}

// amf are AMD's encoders on Windows; on Linux VA-API reaches the same hardware.
func amf() []Row {
	h264 := amfRow("amfh264enc", H264, "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		Setting{"usage", "ultra-low-latency"},
		Setting{"gop-size", "2560"},
		Setting{"ref-frames", "1"},
		Setting{"aud", "false"},
		Setting{"max-b-frames", "0"},
		Setting{"b-frames", "0"})
	h265 := amfRow("amfh265enc", H265, "video/x-h265,profile=main,stream-format=byte-stream",
		Setting{"usage", "ultra-low-latency"},
		Setting{"gop-size", "2560"},
		Setting{"ref-frames", "1"},
		Setting{"aud", "false"})
	av1 := amfRow("amfav1enc", AV1, "video/x-av1",
		Setting{"usage", "low-latency"},
		// 0 is one key frame, the first (VideoEncoderAV1.h).
		Setting{"gop-size", "0"},
		Setting{"ref-frames", "1"})
	return []Row{h264, h265, av1}
}

func amfRow(factory string, codec Codec, caps string, settings ...Setting) Row {
	return Row{
		Factory: factory, Codec: codec, Family: AMF, Even: true,
		Fronts:        videoconvert("NV12"),
		Caps:          caps,
		Bitrates:      []Bitrate{{Property: "bitrate", Unit: 1000}},
		BitrateChange: BitrateKeyFrame,
		Common: append([]Setting{
			{"rate-control", "cbr"},
			{"preset", "balanced"},
		}, settings...),
		Traps: []Trap{
			{"GStreamer 1.22 to 1.26", "a new target makes the component anew (gst_amf_encoder_open_component), so it " +
				"comes with a key frame"},
			{"GStreamer 1.22 to 1.26", "there is no property of the rate-control buffer: usage chooses it"},
			{"any", "pictures are 128 by 128 at least"},
		},
	}
}
