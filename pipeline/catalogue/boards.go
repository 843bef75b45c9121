// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "slices"

// v4l2 returns the stateful encoders driven by the Linux kernel: the Raspberry Pi's up to model 4,
// Qualcomm's Venus, MediaTek's, Samsung's and NXP's.
func v4l2() []Row {
	// The element sets profile and level, which are controls, from its caps.
	h264 := v4l2Row("v4l2h264enc", H264,
		"video/x-h264,profile=constrained-baseline,level=(string)4,stream-format=byte-stream",
		",repeat_sequence_header=1,video_b_frames=0,h264_i_frame_period=2560")
	h264.Traps = append(h264.Traps, Trap{"GStreamer from 1.18", "without a level in the caps it sets the lowest, " +
		"for 128x96 frames, and bcm2835-codec refuses to start (raspberrypi/linux#3974, " +
		"raspberrypi/documentation#3545); level 4 is 1080p at 30 frames a second"})
	h265 := v4l2Row("v4l2h265enc", H265, "video/x-h265,profile=main,stream-format=byte-stream",
		",repeat_sequence_header=1,video_b_frames=0")
	h265.Traps = append(h265.Traps, Trap{"GStreamer from 1.18", "it sets the lowest level that the device has " +
		"(gstv4l2videoenc.c); no device is known to mind"})
	return []Row{
		h264, h265,
		v4l2Row("v4l2vp8enc", VP8, "video/x-vp8", ""),
		v4l2Row("v4l2vp9enc", VP9, "video/x-vp9,profile=(string)0", ""),
	}
}

// v4l2Row names controls as the kernel does (v4l2-ctrls-defs.c) and as v4l2-ctl --list-ctrls shows
// them. The warning from an element about controls that the device lacks; the kernel clamps numbers to the
// device's ranges.
func v4l2Row(factory string, codec Codec, caps, controls string) Row {
	// 1 is V4L2_MPEG_VIDEO_BITRATE_MODE_CBR. Without frame-level rate control, quantizers are
	// constant (the kernel's ext-ctrls-codec.rst).
	controls = "controls,video_bitrate_mode=1,frame_level_rate_control_enable=1,video_gop_size=2560" + controls
	return Row{
		Factory: factory, Codec: codec, Family: V4L2, Even: true,
		Fronts: slices.Concat(videoconvert("NV12"), videoconvert("I420")),
		Caps:   caps,
		Bitrates: []Bitrate{
			{Property: "bitrate", Unit: 1},
			{Property: "extra-controls", Unit: 1, Value: controls + ",video_bitrate=%d"},
		},
		Common: []Setting{{"extra-controls", controls}},
		Traps: []Trap{{
			"GStreamer up to 1.28", "it has no property for the bit rate, only the control video_bitrate in " +
				"extra-controls, which is set live (gstv4l2object.c); a control that the device lacks causes a " +
				"warning in the log",
		}, {
			"any", "a device without the control Force Key Frame warns about each key frame request " +
				"(gstv4l2videoenc.c) and produces no key frame",
		}},
	}
}

// jetson returns the elements of gst-nvvideo4linux2, for NVIDIA's Jetson boards. Which codecs a
// chip has is known only when they start.
func jetson() []Row {
	parameterSets := []Setting{
		{"insert-sps-pps", "true"},
		// It tells decoders that no frame is reordered.
		{"insert-vui", "true"},
		{"insert-aud", "false"},
		{"num-B-Frames", "0"},
		{"num-Ref-Frames", "1"},
	}
	// Its caps do not accept constrained-baseline from the driver; the property does.
	h264 := jetsonRow("nvv4l2h264enc", H264, "video/x-h264,stream-format=byte-stream",
		append(slices.Clone(parameterSets), Setting{"profile", "Baseline"}, Setting{"poc-type", "2"})...)
	h265 := jetsonRow("nvv4l2h265enc", H265, "video/x-h265,stream-format=byte-stream",
		append(slices.Clone(parameterSets), Setting{"profile", "Main"})...)
	return []Row{
		h264, h265,
		// The headers are those of the IVF file format.
		jetsonRow("nvv4l2vp8enc", VP8, "video/x-vp8", Setting{"enable-headers", "false"}),
		jetsonRow("nvv4l2vp9enc", VP9, "video/x-vp9,profile=(string)0", Setting{"enable-headers", "false"}),
		jetsonRow("nvv4l2av1enc", AV1, "video/x-av1", Setting{"enable-headers", "false"}),
	}
}

func jetsonRow(factory string, codec Codec, caps string, settings ...Setting) Row {
	return Row{
		Factory: factory, Codec: codec, Family: Jetson, Even: true,
		Fronts: []Front{
			{Elements: []string{"nvvidconv"}, Memory: "NVMM", Format: "NV12"},
			{Elements: []string{"nvvideoconvert"}, Memory: "NVMM", Format: "NV12"},
		},
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1}},
		KeyFrame: KeyFrameSignal, KeySignal: "force-IDR",
		Common: append([]Setting{
			{"control-rate", "constant_bitrate"},
			{"ratecontrol-enable", "true"},
			// In bits.
			{"vbv-size", "{vbv}000"},
			{"iframeinterval", "2560"},
			{"idrinterval", "2560"},
			{"preset-level", "UltraFastPreset"},
			{"maxperf-enable", "true"},
		}, settings...),
		Traps: []Trap{{
			"Jetson Linux r35", "it ignores GstForceKeyUnit: the action signal force-IDR replaces it, and reaches " +
				"the driver at once (gstv4l2videoenc.c)",
		}, {
			"Jetson Linux r35", "the elements exist whether or not the chip has the codec",
		}, {
			"DeepStream on a PC's GPU", "instead of the signal force-IDR there is a property force-idr " +
				"(gstv4l2videoenc.c): use NVENC's elements there",
		}},
	}
}

// rockchip returns the elements of gstreamer-rockchip, for Rockchip's Media Process Platform.
func rockchip() []Row {
	// Under CBR the element limits the quantizer to 28, which sends many times the target for
	// screens that change.
	quantizer := Setting{"qp-max", "48"}
	headers := Setting{"header-mode", "each-idr"}
	h264 := rockchipRow("mpph264enc", H264, "video/x-h264,profile=baseline,stream-format=byte-stream",
		headers, quantizer, Setting{"profile", "baseline"})
	h265 := rockchipRow("mpph265enc", H265, "video/x-h265,stream-format=byte-stream", headers, quantizer)
	for _, row := range []*Row{&h264, &h265} {
		row.Traps = append(row.Traps,
			Trap{"gstreamer-rockchip dc737f6e", "the parameter sets come only once, except with header-mode=each-idr"},
			Trap{"gstreamer-rockchip dc737f6e", "with rc-mode=cbr the default of qp-max is 28 (gstmpph264enc.c), " +
				"too low to keep the rate"})
	}
	return []Row{h264, h265, rockchipRow("mppvp8enc", VP8, "video/x-vp8")}
}

func rockchipRow(factory string, codec Codec, caps string, settings ...Setting) Row {
	return Row{
		Factory: factory, Codec: codec, Family: Rockchip, Even: true,
		Fronts:   videoconvert("NV12"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bps", Unit: 1}},
		Common: append([]Setting{
			{"rc-mode", "cbr"},
			{"gop", "2560"},
		}, settings...),
		Traps: []Trap{{
			"gstreamer-rockchip dc737f6e", "the pads accept at most 1920 columns, and at least 96 columns (VP8: " +
				"128) and 64 rows",
		}},
	}
}
