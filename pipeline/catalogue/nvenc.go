// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// nvenc returns the encoders of NVIDIA's GPUs. nvautogpu* uses the GPU that the frames are on,
// nvcuda* is the new code up to GStreamer 1.24, and nv*enc is the old code up to 1.24 and the new
// code from 1.26 on. Old and new code have different names for the same things.
func nvenc() []Row {
	return []Row{
		nvencRow("nvautogpuh264enc", H264, nvencProgressive(), nvencDriver("1.22")),
		nvencCudaRow("nvcudah264enc", H264, nvencProgressive(), nvencDriver("1.22")),
		nvencOldRow("nvh264enc", H264),
		nvencRow("nvautogpuh265enc", H265, nvencDriver("1.22")),
		nvencCudaRow("nvcudah265enc", H265, nvencDriver("1.22")),
		nvencOldRow("nvh265enc", H265),
		nvencRow("nvautogpuav1enc", AV1),
		nvencRow("nvav1enc", AV1),
	}
}

func nvencRow(factory string, codec Codec, traps ...Trap) Row {
	return Row{
		Factory: factory, Codec: codec, Family: NVENC, Even: true,
		Fronts: upload("CUDAMemory", "cudaupload", "cudaconvert"),
		Caps: map[Codec]string{
			// NVENC has one baseline profile. The headers that the driver writes decide which of
			// the two names it gets.
			H264: "video/x-h264,profile=(string){constrained-baseline,baseline},stream-format=byte-stream",
			H265: "video/x-h265,profile=main,stream-format=byte-stream",
			AV1:  "video/x-av1,profile=main",
		}[codec],
		// The documentation says kbit/s; the code multiplies by 1024.
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1024}},
		Common: append([]Setting{
			{"preset", "p4|low-latency-hq"},
			{"tune", "ultra-low-latency"},
			{"multi-pass", "two-pass-quarter"},
		}, nvencSettings(codec)...),
		// Adaptive quantization moves bits from detail to flat areas: right for faces, wrong for
		// text.
		Camera: []Setting{{"spatial-aq", "true"}},
		Screen: []Setting{{"spatial-aq", "false"}},
		Traps:  append(traps, nvencLimits()...),
	}
}

// nvencCudaRow is for a name that ended with GStreamer 1.24. Together with the rate control, its
// old preset means p4 or p5 for low latency in two passes, where p4 exists.
func nvencCudaRow(factory string, codec Codec, traps ...Trap) Row {
	row := nvencRow(factory, codec, traps...)
	row.Common = append([]Setting{{"preset", "low-latency-hq"}}, nvencSettings(codec)...)
	return row
}

// nvencOldRow is for a name that belonged to the old code up to GStreamer 1.24.
func nvencOldRow(factory string, codec Codec) Row {
	row := nvencRow(factory, codec, nvencDriver("1.24"),
		Trap{"GStreamer up to 1.24", "setting any property while it runs resets it and produces a key frame " +
			"(gstnvbaseenc.c); from 1.26 on, the bit rate does not"},
		Trap{"GStreamer up to 1.24", "parameter sets come only with the first key frame, and no property changes " +
			"that; h264parse config-interval=-1 repeats them (m1k1o/neko#193)"})
	row.BitrateChange = BitrateKeyFrame
	return row
}

// upload brings frames to a device as NV12, or if that fails, as NV12 in system memory, which the
// device's encoders accept too.
func upload(memory string, elements ...string) []Front {
	return append([]Front{{Elements: elements, Memory: memory, Format: "NV12"}}, videoconvert("NV12")...)
}

// nvencSettings returns the settings that NVIDIA's programming guide recommends for video
// conferences: constant rate, two passes, a small VBV, no B-frames, an infinite group of pictures.
// Elements without p4 have no tune and no multi-pass either: there the preset and the rate control
// mean the same.
func nvencSettings(codec Codec) []Setting {
	settings := []Setting{
		{"rc-mode|rate-control", "cbr-ld-hq|cbr"},
		{"gop-size", "-1"},
		{"bframes|b-frames", "0"},
		{"zerolatency|zero-reorder-delay", "true"},
		{"rc-lookahead", "0"},
		// Without it, a key frame takes a second's worth of bits (moq-dev/moq#3609).
		{"vbv-buffer-size", "{vbv}"},
	}
	if codec == AV1 { // AV1 always repeats its headers, and has no access unit delimiters.
		return settings
	}
	return append(settings, Setting{"aud", "false"}, Setting{"repeat-sequence-header", "true"})
}

func nvencDriver(until string) Trap {
	return Trap{"GStreamer up to " + until, "it requests presets that drivers from R550 on no longer have: " +
		"negotiation fails (NVIDIA/DeepStream#68)"}
}

func nvencProgressive() Trap {
	return Trap{"GStreamer 1.22.0 and 1.22.1", "on GPUs that can encode interlaced video, its caps lack " +
		"progressive video (commit 96555c7ee9 fixes it)"}
}

func nvencLimits() []Trap {
	return []Trap{
		{"every version", "it refuses frames smaller than the device's minimum: 145x49 for H.264, 144x144 for " +
			"H.265 on an RTX 2080 (gstnvh264enc.c, gstnvh265enc.c)"},
		{"every version", "GeForce drivers allow only a few encoders at a time: one more fails to start " +
			"(NVIDIA's Video Encode and Decode GPU Support Matrix)"},
	}
}
