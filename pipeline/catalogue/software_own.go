// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "strconv"

// sharpSteps are the steps of an element that implements them itself.
func sharpSteps(n int) []Sharp {
	steps := make([]Sharp, n)
	for i := range steps {
		steps[i].Settings = []Setting{{"quality", strconv.Itoa(i + 1)}}
	}
	return steps
}

// repairing are the repeats after which libvpx's VP9 has chosen the size of each block again. At
// cpu-used=8 it copies the size from the previous frame up to four times in a row (max_copied_frame
// in vp9_speed_features.c), and with it the decision that a block is unchanged.
func repairing() []Sharp { return make([]Sharp, 3) }

// layers describes the layers of our own elements.
func layers(temporal, spatial int) Layers {
	return Layers{Temporal: temporal, Spatial: spatial, Mode: "scalability-mode", Active: "active-layers"}
}

// gpvp9enc is our own encoder on libvpx. For moving text it has 3 to 4 dB more than vp9enc in fewer
// bytes and the same time; for cameras the results are the same.
func gpvp9enc() Row {
	return Row{
		Factory: "gpvp9enc", Codec: VP9, Family: Software, Fronts: videoconvert("I420"),
		Caps: "video/x-vp9,profile=(string)0", Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}}, Spreads: true,
		Full:   Full{Format: "Y444", Caps: "video/x-vp9", Exact: []Setting{{"quality", "4"}}},
		Layers: layers(3, 3),
		Common: []Setting{{"threads", "{threads}"}},
		Camera: []Setting{{"screen", "false"}}, Screen: []Setting{{"screen", "true"}},
		Sharp: append(sharpSteps(3), repairing()...), Idle: Sharp{Settings: []Setting{{"quality", "-1"}}},
		Coarse: []Setting{{"max-quantizer", "63"}},
		// 2 to 3 dB more at the same rate: from 1280x720 on, the speed in motion is 9.
		Thorough: []Setting{{"cpu-used", "7"}},
		Traps: []Trap{
			{"libvpx 1.12 and later", "in motion, a flat block can stay unchanged: see vp9enc; repeats of a still " +
				"screen repair it"},
			{"libvpx 1.12", "it sometimes crashes when the speed changes while it runs, if any speed from -9 to 9 " +
				"is allowed: the element accepts 5 to 9"},
		},
	}
}

// gpvp8enc is our own encoder on libvpx. For real screens it is no better than vp8enc, and takes a
// quarter more time, so vp8enc comes first.
func gpvp8enc() Row {
	return Row{
		Factory: "gpvp8enc", Codec: VP8, Family: Software, Fronts: videoconvert("I420"),
		Caps: "video/x-vp8", Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}}, Spreads: true,
		Layers: layers(3, 1),
		Common: []Setting{{"threads", "{threads}"}},
		Camera: []Setting{{"screen", "false"}}, Screen: []Setting{{"screen", "true"}},
		Sharp: sharpSteps(3), Idle: Sharp{Settings: []Setting{{"quality", "-1"}}},
		Coarse:   []Setting{{"max-quantizer", "63"}},
		Thorough: []Setting{{"cpu-used", "-2"}}, // as vp8enc
		Traps: []Trap{
			{"libvpx 1.12", "screen content mode 2 drops frames and has 1 to 4 dB less for moving text than mode 1"},
			{"libvpx 1.12", "more threads than cores minus one spin on a busy machine: 9 to 32 ms " +
				"of CPU time for a 720p frame with two threads on two busy cores, about 3 with one"},
		},
	}
}

// gpav1enc is our own encoder on libaom (internal/gst/screenenc), with its own settings for cameras
// and screens.
func gpav1enc() Row {
	return Row{
		Factory: "gpav1enc", Codec: AV1, Family: Software, Fronts: videoconvert("I420"),
		Caps:     "video/x-av1",
		Layers:   layers(3, 1),
		Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}},
		Spreads:  true,
		Common:   []Setting{{"threads", "{threads}"}},
		Camera:   []Setting{{"screen", "false"}},
		Screen:   []Setting{{"screen", "true"}},
		Sharp:    sharpSteps(1),
		Idle:     Sharp{Settings: []Setting{{"quality", "-1"}}},
		Coarse:   []Setting{{"max-quantizer", "63"}},
		Traps: []Trap{
			{"libaom 3.6", "whole flat blocks that changed can stay unchanged: for screens from cpu-used=9 up, " +
				"used from 1280x720 on; for cameras from 7 up, used from 640x480 on; repeats of a still screen " +
				"repair it"},
			{"libaom 3.6", "from cpu-used=9 up, a still superblock is not made sharper while its error is small: " +
				"for a still screen cpu-used is 8, below 1280x720 it is 6"},
			{"libaom 3.6", "under CBR with a max-quantizer of 0 or 1, an assertion ends the process from the " +
				"eleventh frame on: the element accepts no less than 2"},
			{"libaom 3.6", "changing tile-columns or row-mt while several threads encode makes it write beyond its " +
				"memory: the element changes them only with the size"},
			{"libaom 3.6", "its real-time mode has no intra block copy, whatever intrabc says, and no static " +
				"threshold"},
		},
	}
}
