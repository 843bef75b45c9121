// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

// videoconvert brings pictures into a format on the CPU.
func videoconvert(format string) []Front {
	return []Front{{Elements: []string{"videoconvert"}, Format: format}}
}

// software are the encoders that need no device. The settings are those for
// real time: with the elements' own defaults x264enc holds back 46 frames and
// vp9enc 25. rav1enc isn't among them: rav1e waits for pictures ahead in its
// low-latency mode too (keyframe_lookahead_distance), and the element's rate
// can't be changed while it runs. svtav1enc comes after av1enc, because its rate
// can't either, and because of its first trap.
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
			// Key frames come on request; 2560 is a minute and more.
			{"key-int-max", "2560"},
			{"b-adapt", "false"},
			{"aud", "false"},
			// Faster presets ruin text: ultrafast 37 dB where veryfast has 52 at the same rate.
			{"speed-preset", "veryfast"},
		},
		// A key frame of at most 120 ms of the rate: without, it stalls the link.
		Camera: []Setting{{"vbv-buf-capacity", "120"}},
		// Text of even quality, as far as the VBV allows: 52 dB of moving text where the target alone gives 51, in less
		// time and fewer bits. With a VBV of 120 ms a key frame of text is unreadable, and what follows it for a while.
		Screen: []Setting{
			{"vbv-buf-capacity", "200"},
			{"pass", "qual"},
			{"quantizer", "12"},
			{"qp-min", "16"},
			// With x264's own dead zones, 21 and 11, a tenth of faint noise is gone, and text has 1.2 dB less of the same bytes.
			// And with its loop filter, lines near the edge of a macroblock cast a shadow in key frames: see the traps.
			{
				"option-string",
				"me=umh:partitions=i4x4:aq-mode=0:no-psy=1:deadzone-inter=12:deadzone-intra=8:deblock=-4,-4",
			},
		},
		// The VBV grows with the target. It is filled picture by picture: the first one after a burst gets nothing yet,
		// and at rest it stays wide, so that the key frame for a new viewer has room.
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
			// Without, it sends four times the target of noisy pictures.
			{"enable-frame-skip", "true"},
		},
		Camera: []Setting{{"complexity", "low"}},
		// It gets to qp-min by itself, in some ten pictures; another target would come with a key frame.
		Screen:  []Setting{{"complexity", "high"}, {"qp-min", "16"}, {"deblocking", "off"}},
		Spreads: true,
		Traps: []Trap{
			{"GStreamer 1.22", "its streams don't name their colours, BT.601: Chromium takes them for BT.709"},
			{"openh264 2.3.1", "usage-type=screen holds the quantizer between 26 and 35: text gets no sharper than 43 dB, and " +
				"faint grain isn't coded at all; usage-type=camera reaches 55 dB in a third of the time"},
			{"openh264 2.3.1", "without enable-frame-skip it sends four times the target of noisy pictures"},
			{"openh264 2.3.1", "the first step down of the target can come with a key frame"},
			h264Shadows(),
		},
	}
}

// h264Shadows is of the standard (8.7.2.4 of ITU-T H.264, bS equal to 4): it looks
// at three pixels each side of an edge, and mixes in the fourth.
func h264Shadows() Trap {
	return Trap{"H.264", "in key frames, from a quantizer of 16 up, the loop filter gives what is four pixels from the " +
		"edge of a macroblock a shadow of a quarter beside it: 42 dB of a page of text where there are 50 without"}
}

// x265enc makes a new encoder for each new target, with the same option-string:
// nothing in it may depend on the target, but as a wide bound. The VBV's rate is
// twelve times the first target, so that later ones fit; x265 then makes its
// buffer one picture of that rate, which at 30 frames a second holds key frames
// of text to a third of what they are without (142 kB of 483, 720p, 3 Mbit/s).
func x265enc() Row {
	const options = "bframes=0:rc-lookahead=0:frame-threads=1:pools={threads}:scenecut=0:open-gop=0:" +
		"repeat-headers=1:aud=0:info=0:vbv-maxrate={vbv}00:vbv-bufsize={vbv}"
	return Row{
		Factory: "x265enc", Codec: H265, Family: Software, Fronts: videoconvert("I420"), Even: true, Whole: true,
		Caps:          "video/x-h265,profile=main,stream-format=byte-stream",
		Bitrates:      []Bitrate{{Property: "bitrate", Unit: 1000}},
		BitrateChange: BitrateKeyFrame,
		Common: []Setting{
			// No B-frames, no lookahead, one frame in work.
			{"tune", "zerolatency"},
			{"key-int-max", "2560"},
			// 16 ms a picture of 720p text on one core, superfast 22 and key frames of 400.
			{"speed-preset", "ultrafast"},
		},
		Camera: []Setting{{"option-string", options}},
		Screen: []Setting{{"option-string", options + ":qpmin=15:aq-mode=0:psy-rd=0:ctu=32:me=umh"}},
		// It gets there by itself, in bursts with up to seven pictures of nothing between them.
		Sharp: make([]Sharp, 16),
		Traps: []Trap{
			{"GStreamer 1.22 to 1.26", "a new target makes the encoder anew (gst_x265_enc_init_encoder_locked), so it " +
				"comes with a key frame"},
			{"GStreamer 1.22, x265 3.5", "with x265's own info SEI, the default, h265parse now and then cuts the first " +
				"picture after a new target in two, the second part without a time: info=0 leaves the SEI out"},
			{"GStreamer 1.22", "even so the first picture rarely came in two parts, on a busy machine: the host does without " +
				"h265parse"},
			{"x265 3.5", "odd sizes are refused"},
		},
	}
}
