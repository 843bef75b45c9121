// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// apple returns VideoToolbox's encoders. Those named _hw fail without hardware; the others use
// whatever macOS has.
func apple() []Row {
	h264, h265 := "video/x-h264,profile=constrained-baseline", "video/x-h265,profile=main"
	return []Row{
		appleRow("vtenc_h264_hw", H264, h264),
		appleRow("vtenc_h264", H264, h264),
		appleRow("vtenc_h265_hw", H265, h265),
		appleRow("vtenc_h265", H265, h265),
	}
}

// appleRow has no stream-format in its caps, since the elements only produce avc or hvc1, which a
// parser converts to a byte stream. The rate control is the default, abr, as in libwebrtc
// (RTCVideoEncoderH264.mm). Where cbr, available from 1.26 on, must be emulated (vtenc.c), it holds
// each frame, including key frames, to one frame's share of the rate.
func appleRow(factory string, codec Codec, caps string) Row {
	return Row{
		Factory: factory, Codec: codec, Family: Apple, Even: true,
		Fronts:   videoconvert("NV12"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		Common: []Setting{
			{"realtime", "true"},
			{"allow-frame-reordering", "false"},
			// As in libwebrtc: four minutes.
			{"max-keyframe-interval", "7200"},
		},
		Traps: []Trap{{
			"any", "data-rate-limits, from 1.26 on, cannot serve as a rate-control buffer: a new target does not " +
				"change it",
		}},
	}
}

// amf returns AMD's encoders on Windows; on Linux, VA-API reaches the same hardware.
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
		// 0 means a single key frame, the first (VideoEncoderAV1.h).
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
			{"GStreamer 1.22 to 1.26", "a new target recreates the component (gst_amf_encoder_open_component), so " +
				"it comes with a key frame"},
			{"GStreamer 1.22 to 1.26", "the rate-control buffer has no property: usage determines it"},
			{"any", "frames must be at least 128x128"},
		},
	}
}
