// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// nvenc are the encoders of NVIDIA's GPUs: nvautogpu* takes the GPU that the
// pictures are on, nvcuda* is the new code up to GStreamer 1.24, nv*enc the old
// code up to 1.24 and the new one from 1.26 on. Old and new code have different
// names for the same things.
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
			// NVENC has one baseline profile; which of the two it is called is told by
			// the headers that the driver makes.
			H264: "video/x-h264,profile=(string){constrained-baseline,baseline},stream-format=byte-stream",
			H265: "video/x-h265,profile=main,stream-format=byte-stream",
			AV1:  "video/x-av1,profile=main",
		}[codec],
		// kbit/s in the documentation, kibibit/s in the code.
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1024}},
		Common: append([]Setting{
			{"preset", "p4|low-latency-hq"},
			{"tune", "ultra-low-latency"},
			{"multi-pass", "two-pass-quarter"},
		}, nvencSettings(codec)...),
		// Adaptive quantization takes bits from where there is detail and gives them
		// to what is flat: right for faces, wrong for text.
		Camera: []Setting{{"spatial-aq", "true"}},
		Screen: []Setting{{"spatial-aq", "false"}},
		Traps:  append(traps, nvencLimits()...),
	}
}

// nvencCudaRow is that of a name that ended with GStreamer 1.24. Its old preset
// is, with the rate control, p4 or p5 for low latency in two passes where there is p4.
func nvencCudaRow(factory string, codec Codec, traps ...Trap) Row {
	row := nvencRow(factory, codec, traps...)
	row.Common = append([]Setting{{"preset", "low-latency-hq"}}, nvencSettings(codec)...)
	return row
}

// nvencOldRow is that of a name that was the old code's up to GStreamer 1.24.
func nvencOldRow(factory string, codec Codec) Row {
	row := nvencRow(factory, codec, nvencDriver("1.24"),
		Trap{"GStreamer up to 1.24", "each property that is set while it runs resets it and makes a key frame " +
			"(gstnvbaseenc.c); from 1.26 on, the bitrate makes none"},
		Trap{"GStreamer up to 1.24", "parameter sets come with the first key frame only, and no property changes " +
			"that; h264parse config-interval=-1 repeats them (m1k1o/neko#193)"})
	row.BitrateChange = BitrateKeyFrame
	return row
}

// upload brings pictures to a device as NV12, and if that can't be, into NV12 in
// system memory, which its encoders take too.
func upload(memory string, elements ...string) []Front {
	return append([]Front{{Elements: elements, Memory: memory, Format: "NV12"}}, videoconvert("NV12")...)
}

// nvencSettings are those that NVIDIA's programming guide gives for video
// conferences: constant rate, two passes, a small VBV, no B-frames, no end to a
// group of pictures. Elements without p4 have no tune and no multi-pass either:
// there the preset and the rate control say as much.
func nvencSettings(codec Codec) []Setting {
	settings := []Setting{
		{"rc-mode|rate-control", "cbr-ld-hq|cbr"},
		{"gop-size", "-1"},
		{"bframes|b-frames", "0"},
		{"zerolatency|zero-reorder-delay", "true"},
		{"rc-lookahead", "0"},
		// Without, a key frame takes a second's bits (moq-dev/moq#3609).
		{"vbv-buffer-size", "{vbv}"},
	}
	if codec == AV1 { // It always repeats its headers, and has no delimiters to leave out.
		return settings
	}
	return append(settings, Setting{"aud", "false"}, Setting{"repeat-sequence-header", "true"})
}

func nvencDriver(until string) Trap {
	return Trap{"GStreamer up to " + until, "it asks for presets that drivers from R550 on haven't any more: " +
		"negotiation fails (NVIDIA/DeepStream#68)"}
}

func nvencProgressive() Trap {
	return Trap{"GStreamer 1.22.0 and 1.22.1", "on GPUs that can code interlaced pictures, its caps leave out " +
		"progressive ones (commit 96555c7ee9 mends it)"}
}

func nvencLimits() []Trap {
	return []Trap{
		{"every version", "pictures smaller than the device's least aren't taken: 145x49 for H.264, 144x144 for H.265 " +
			"on an RTX 2080 (gstnvh264enc.c, gstnvh265enc.c)"},
		{"every version", "drivers for GeForce allow a few encoders at a time: one more fails to start " +
			"(NVIDIA's Video Encode and Decode GPU Support Matrix)"},
	}
}
