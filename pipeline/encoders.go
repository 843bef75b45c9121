// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

// setting is one property with its value, as launch text writes it. {threads}
// and {fps} stand for what the chain is made for.
type setting struct{ name, value string }

// encoderRow is what the host knows of one encoder element.
type encoderRow struct {
	factory string
	codec   Codec
	format  string // the raw format it gets
	caps    string // the fixed caps it is held to
	even    bool   // its pictures have even sizes only
	// bitrate is the property of the target rate, and how many bit/s one of its units is.
	bitrate     string
	bitrateUnit int
	// ticks is the nominal frame rate that the element is told, where it is not
	// the true one: av1enc's clock ticks once a frame, and its rate control sends
	// twice the target when frames fall between its ticks. Set up anew with a
	// slightly other rate, the element also makes the key frame for which it
	// ignores requests up to GStreamer 1.24.5.
	ticks                  int
	common, camera, screen []setting
}

// encoderRows are the software encoders, for each codec in order of
// preference. The settings are those for real time: with the elements' own
// defaults x264enc holds back 46 frames and vp9enc 25. The rate-control numbers
// of VP8, VP9 and AV1 are libwebrtc's (libvpx_vp8_encoder.cc,
// libvpx_vp9_encoder.cc, libaom_av1_encoder.cc).
var encoderRows = [...]encoderRow{
	{
		factory: "x264enc", codec: H264, format: "I420", even: true,
		caps:    "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		bitrate: "bitrate", bitrateUnit: 1000,
		common: []setting{
			{"tune", "zerolatency"},
			{"threads", "{threads}"},
			// Key frames come on request; 2560 is a minute and more.
			{"key-int-max", "2560"},
			// A key frame of at most 120 ms of the rate: without, it stalls the link.
			{"vbv-buf-capacity", "120"},
			{"b-adapt", "false"},
			{"aud", "false"},
			// Faster presets ruin text: ultrafast 37 dB where veryfast has 52 at the same rate.
			{"speed-preset", "veryfast"},
		},
	},
	{
		factory: "openh264enc", codec: H264, format: "I420", even: true,
		caps:    "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		bitrate: "bitrate", bitrateUnit: 1,
		common: []setting{
			{"rate-control", "bitrate"},
			{"gop-size", "2560"},
			{"complexity", "low"},
			{"multi-thread", "{threads}"},
			{"background-detection", "false"},
			{"scene-change-detection", "false"},
			{"enable-denoise", "false"},
			// Without, it sends four times the target of noisy pictures.
			{"enable-frame-skip", "true"},
		},
		camera: []setting{{"usage-type", "camera"}},
		screen: []setting{{"usage-type", "screen"}},
	},
	{
		factory: "vp8enc", codec: VP8, format: "I420",
		caps:    "video/x-vp8",
		bitrate: "target-bitrate", bitrateUnit: 1,
		common: []setting{
			{"deadline", "1"},
			{"cpu-used", "-6"},
			{"lag-in-frames", "0"},
			{"end-usage", "cbr"},
			{"keyframe-mode", "disabled"},
			{"keyframe-max-dist", "3000"},
			{"max-intra-bitrate", "250"},
			{"undershoot", "100"},
			{"overshoot", "15"},
			{"buffer-initial-size", "500"},
			{"buffer-optimal-size", "600"},
			{"buffer-size", "1000"},
			{"max-quantizer", "56"},
			{"noise-sensitivity", "0"},
			{"resize-allowed", "false"},
			// More than cores-1 threads spin on a busy machine.
			{"threads", "{threads}"},
		},
		camera: []setting{{"min-quantizer", "2"}, {"static-threshold", "1"}},
		screen: []setting{{"min-quantizer", "12"}, {"static-threshold", "100"}, {"dropframe-threshold", "30"}},
	},
	{
		factory: "vp9enc", codec: VP9, format: "I420",
		caps:    "video/x-vp9,profile=(string)0",
		bitrate: "target-bitrate", bitrateUnit: 1,
		common: []setting{
			{"deadline", "1"},
			{"cpu-used", "7"},
			{"lag-in-frames", "0"},
			{"end-usage", "cbr"},
			{"keyframe-mode", "disabled"},
			{"keyframe-max-dist", "3000"},
			{"max-intra-bitrate", "300"},
			{"undershoot", "50"},
			{"overshoot", "50"},
			{"buffer-initial-size", "500"},
			{"buffer-optimal-size", "600"},
			{"buffer-size", "1000"},
			{"max-quantizer", "52"},
			{"static-threshold", "1"},
			{"noise-sensitivity", "0"},
			{"aq-mode", "cyclic-refresh"},
			{"row-mt", "true"},
			{"frame-parallel-decoding", "false"},
			{"threads", "{threads}"},
		},
		camera: []setting{{"min-quantizer", "2"}},
		screen: []setting{{"min-quantizer", "8"}, {"dropframe-threshold", "30"}},
	},
	{
		factory: "av1enc", codec: AV1, format: "I420",
		caps:    "video/x-av1",
		bitrate: "target-bitrate", bitrateUnit: 1000,
		ticks: 240,
		common: []setting{
			{"usage-profile", "realtime"},
			// From 7 up, libaom 3.6 and 3.12 leave parts of a changed block as they
			// were: seen in decoded pictures, more of them the faster it is.
			{"cpu-used", "6"},
			{"lag-in-frames", "0"},
			{"end-usage", "cbr"},
			// libaom 3.6 aborts the process under CBR with the element's own
			// max-quantizer, 0.
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
		screen: []setting{{"drop-frame", "30"}},
	},
}
