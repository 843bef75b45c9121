// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "strconv"

// sharpSteps are those of an element that knows them by itself.
func sharpSteps(n int) []Sharp {
	steps := make([]Sharp, n)
	for i := range steps {
		steps[i].Settings = []Setting{{"quality", strconv.Itoa(i + 1)}}
	}
	return steps
}

// mending are the steps after which libvpx's VP9 has chosen the size of each block
// anew: at cpu-used=8 it takes that of the picture before up to four times in a row
// (max_copied_frame in vp9_speed_features.c), and with it what it took for unchanged.
func mending() []Sharp { return make([]Sharp, 3) }

// layers of our own elements.
func layers(temporal, spatial int) Layers {
	return Layers{Temporal: temporal, Spatial: spatial, Mode: "scalability-mode", Active: "active-layers"}
}

// gpvp9enc is ours, over libvpx. Of moving text it has 3 to 4 dB more than vp9enc in
// less bytes and the same time; of cameras it makes the same.
func gpvp9enc() Row {
	return Row{
		Factory: "gpvp9enc", Codec: VP9, Family: Software, Fronts: videoconvert("I420"),
		Caps: "video/x-vp9,profile=(string)0", Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}}, Spreads: true,
		Layers: layers(3, 3),
		Common: []Setting{{"threads", "{threads}"}},
		Camera: []Setting{{"screen", "false"}}, Screen: []Setting{{"screen", "true"}},
		Sharp: append(sharpSteps(3), mending()...), Idle: Sharp{Settings: []Setting{{"quality", "-1"}}},
		Coarse: []Setting{{"max-quantizer", "63"}},
		Traps: []Trap{
			{"libvpx 1.12 and later", "in motion, a flat block can stay as it was: see vp9enc; pictures at rest mend it"},
			{"libvpx 1.12", "it crashes now and then when the speed is changed while it runs, if any from -9 to 9 is " +
				"allowed: the element takes 5 to 9"},
		},
	}
}

// gpvp8enc is ours, over libvpx. Fed as screens are it is no better than vp8enc, and
// takes a quarter more time, so that comes first.
func gpvp8enc() Row {
	return Row{
		Factory: "gpvp8enc", Codec: VP8, Family: Software, Fronts: videoconvert("I420"),
		Caps: "video/x-vp8", Bitrates: []Bitrate{{Property: "target-bitrate", Unit: 1}}, Spreads: true,
		Layers: layers(3, 1),
		Common: []Setting{{"threads", "{threads}"}},
		Camera: []Setting{{"screen", "false"}}, Screen: []Setting{{"screen", "true"}},
		Sharp: sharpSteps(3), Idle: Sharp{Settings: []Setting{{"quality", "-1"}}},
		Coarse: []Setting{{"max-quantizer", "63"}},
		Traps: []Trap{
			{"libvpx 1.12", "screen content mode 2 drops pictures and has 1 to 4 dB less of moving text than mode 1"},
			{"libvpx 1.12", "with more threads than cores less one, they spin on a busy machine: 9 to 32 ms of CPU time " +
				"a picture of 720p with two threads on two busy cores, about 3 with one"},
		},
	}
}

// gpav1enc is ours, over libaom (internal/gst/screenenc): its settings for
// cameras and screens are its own.
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
		Traps: []Trap{
			{"libaom 3.6", "whole flat blocks that changed can stay as they were: of screens from cpu-used=9 up, " +
				"which they have from 1280x720 on, of cameras from 7 up, which they have from 640x480 on; rest mends screens"},
			{"libaom 3.6", "from cpu-used=9 up, a superblock that stands still isn't made sharper while its error is small: " +
				"at rest it goes down to 8, below 1280x720 to 6"},
			{"libaom 3.6", "an assertion ends the process under CBR with a max-quantizer of 0 or 1, the eleventh frame on: " +
				"the element goes no lower than 2"},
			{"libaom 3.6", "tile-columns and row-mt changed while several threads encode write beyond memory: they wait for a " +
				"new size"},
			{"libaom 3.6", "its real-time mode has no intra block copy, whatever intrabc says, and no static threshold"},
		},
	}
}
