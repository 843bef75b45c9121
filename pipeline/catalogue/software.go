// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// videoconvert converts frames to a format on the CPU.
func videoconvert(format string) []Front {
	return []Front{{Elements: []string{"videoconvert"}, Format: format}}
}

// software returns the encoders that need no device, with settings for real time: with the
// elements' own defaults x264enc delays 46 frames and vp9enc 25. rav1enc is missing because rav1e
// waits for later frames even in its low-latency mode (keyframe_lookahead_distance), and because
// the element's rate cannot be changed while it runs. svtav1enc comes after av1enc, because its
// rate cannot be changed either, and because of its first trap.
func software() []Row {
	return []Row{
		x264enc(), openh264enc(), x265enc(), gpav1enc(), av1enc(), svtav1enc(),
		vp8enc(), gpvp8enc(), gpvp9enc(), vp9enc(),
	}
}

func x264enc() Row {
	return Row{
		Factory: "x264enc", Codec: H264, Family: Software, Fronts: videoconvert("I420"), Even: true,
		Caps:     "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		Common: []Setting{
			{"tune", "zerolatency"},
			{"threads", "{threads}"},
			// Key frames are produced on request; 2560 frames are more than a minute.
			{"key-int-max", "2560"},
			{"b-adapt", "false"},
			{"aud", "false"},
			// Faster presets ruin text: at the same rate, ultrafast has 37 dB where veryfast has
			// 52.
			{"speed-preset", "veryfast"},
		},
		// At most 120 ms of the rate for a key frame: a larger one stalls the link.
		Camera: []Setting{{"vbv-buf-capacity", "120"}},
		// Text of even quality, as far as the VBV allows: 52 dB of moving text where the target
		// alone gives 51, in less time and fewer bits. With a VBV of 120 ms a key frame of text is
		// unreadable, and so are the frames after it for a while.
		Screen: []Setting{
			{"vbv-buf-capacity", "200"},
			{"pass", "qual"},
			{"quantizer", "12"},
			{"qp-min", "16"},
			// x264's own dead zones, 21 and 11, remove a tenth of faint noise and cost 1.2 dB of
			// text at the same size. Its loop filter casts a shadow beside lines near the edge of a
			// macroblock in key frames: see the traps. With its own merange, 16, it does not find
			// text that has scrolled by more: a frame has three to four times the bytes. The time is
			// 6 % longer for a page that scrolls, up to a fifth for noise.
			{
				"option-string",
				"me=umh:merange=128:partitions=i4x4:aq-mode=0:no-psy=1:deadzone-inter=12:deadzone-intra=8:deblock=-4,-4",
			},
		},
		// The VBV grows with the target. It fills frame by frame: the first frame after a burst
		// gets nothing yet. While the screen is still, the VBV stays wide, so that the key frame
		// for a new viewer has room.
		Sharp: []Sharp{{Rate: 16}, {Rate: 16}, {Rate: 16}},
		Idle:  Sharp{Rate: 16},
		Traps: []Trap{
			{"GStreamer 1.22 to 1.26", "only bitrate and vbv-buf-capacity can be changed while it plays"},
			h264Shadows(),
		},
	}
}

func openh264enc() Row {
	return Row{
		Factory: "openh264enc", Codec: H264, Family: Software, Fronts: videoconvert("I420"), Even: true,
		Caps:     "video/x-h264,profile=constrained-baseline,stream-format=byte-stream",
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1}},
		Drops:    true,
		Common: []Setting{
			{"usage-type", "camera"}, // for screens too: see the traps
			{"rate-control", "bitrate"},
			{"gop-size", "2560"},
			{"multi-thread", "{threads}"},
			{"background-detection", "false"},
			{"scene-change-detection", "false"},
			{"enable-denoise", "false"},
			// Without it, the element sends four times the target for noisy frames.
			{"enable-frame-skip", "true"},
		},
		Camera: []Setting{{"complexity", "low"}},
		// It reaches qp-min by itself, in about ten frames; another target would cause a key frame.
		Screen:  []Setting{{"complexity", "high"}, {"qp-min", "16"}, {"deblocking", "off"}},
		Spreads: true,
		Traps: []Trap{
			{"GStreamer 1.22", "its streams do not signal their colours, BT.601: Chromium interprets them as BT.709"},
			{"openh264 2.3.1", "usage-type=screen keeps the quantizer between 26 and 35: text gets no sharper than " +
				"43 dB, and faint grain is not encoded at all; usage-type=camera reaches 55 dB in a third of the time"},
			{"openh264 2.3.1", "without enable-frame-skip it sends four times the target for noisy frames"},
			{"openh264 2.3.1", "the first reduction of the target can cause a key frame"},
			h264Shadows(),
		},
	}
}

// h264Shadows is a property of the standard (8.7.2.4 of ITU-T H.264, bS equal to 4): the filter
// reads three pixels on each side of an edge, and mixes in the fourth.
func h264Shadows() Trap {
	return Trap{"H.264", "in key frames with a quantizer of 16 or more, the loop filter casts a shadow of a " +
		"quarter beside anything four pixels from the edge of a macroblock: 42 dB for a page of text instead of 50"}
}

// x265enc creates a new encoder for each new target, with the same option-string, so nothing in the
// string may depend on the target, except as a wide bound. The VBV's rate is twelve times the first
// target, so that later ones fit. x265 then makes its buffer one frame of that rate, which at 30
// frames a second limits key frames of text to a third of their size (142 kB of 483, 720p, 3
// Mbit/s).
func x265enc() Row {
	const options = "bframes=0:rc-lookahead=0:frame-threads=1:pools={threads}:scenecut=0:open-gop=0:" +
		"repeat-headers=1:aud=0:info=0:vbv-maxrate={vbv}00:vbv-bufsize={vbv}"
	return Row{
		Factory: "x265enc", Codec: H265, Family: Software, Fronts: videoconvert("I420"), Even: true, Whole: true,
		Caps:          "video/x-h265,profile=main,stream-format=byte-stream",
		Bitrates:      []Bitrate{{Property: "bitrate", Unit: 1000}},
		BitrateChange: BitrateKeyFrame,
		Common: []Setting{
			// No B-frames, no lookahead, one frame in progress.
			{"tune", "zerolatency"},
			{"key-int-max", "2560"},
			// 16 ms for a frame of 720p text on one core; superfast takes 22, and 400 for key
			// frames.
			{"speed-preset", "ultrafast"},
		},
		Camera: []Setting{{"option-string", options}},
		Screen: []Setting{{"option-string", options + ":qpmin=15:aq-mode=0:psy-rd=0:ctu=32:me=umh"}},
		// It becomes sharp by itself, in bursts, with up to seven empty frames between them.
		Sharp: make([]Sharp, 16),
		Traps: []Trap{
			{"GStreamer 1.22 to 1.26", "a new target recreates the encoder (gst_x265_enc_init_encoder_locked), so " +
				"it comes with a key frame"},
			{"GStreamer 1.22, x265 3.5", "with x265's own info SEI, the default, h265parse sometimes splits the " +
				"first frame after a new target in two, the second part without a timestamp: info=0 omits the SEI"},
			{"GStreamer 1.22", "even so, on a busy machine, the first frame was rarely split: the host does not " +
				"use h265parse"},
			{"GStreamer 1.22", "with repeat-headers, about 100 bytes of uninitialised memory follow the first PPS: all in " +
				"front of the second VPS is left out"},
			{"x265 3.5", "it refuses odd sizes"},
		},
	}
}
