// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import "slices"

// qsv returns the encoders of Intel's Quick Sync, through oneVPL. There is no property for the size
// of their rate-control buffer.
func qsv() []Row {
	strict := []Setting{
		{"b-frames", "0"},
		// Without it, a new bit rate needs a new sequence, and with it a key frame.
		{"disable-hrd-conformance", "true"},
	}
	return []Row{
		qsvRow("qsvh264enc", H264,
			"video/x-h264,profile=(string){constrained-baseline,baseline},stream-format=byte-stream",
			slices.Concat(strict, []Setting{{"idr-interval", "0"}}), qsvTraps()...),
		qsvRow("qsvh265enc", H265, "video/x-h265,profile=main,stream-format=byte-stream",
			slices.Concat(strict, []Setting{{"idr-interval", "1"}}), append(qsvTraps(),
				Trap{"every version", "devices may encode P frames as B slices that refer only to the past (GPB in " +
					"oneVPL's mfxstructures.h): nothing is reordered"})...),
		qsvRow("qsvvp9enc", VP9, "video/x-vp9,profile=(string)0", nil, qsvShort()),
		qsvRow("qsvav1enc", AV1, "video/x-av1,profile=main", nil, qsvShort()),
	}
}

func qsvRow(factory string, codec Codec, caps string, settings []Setting, traps ...Trap) Row {
	return Row{
		Factory: factory, Codec: codec, Family: QSV, Even: true,
		Fronts:   upload("VAMemory", "vapostproc"),
		Caps:     caps,
		Bitrates: []Bitrate{{Property: "bitrate", Unit: 1000}},
		Common: append([]Setting{
			{"rate-control", "cbr"},
			// Without it, the encoder delays three frames.
			{"low-latency", "true"},
			// The maximum of Quick Sync's 16 bits; 0 lets it choose.
			{"gop-size", "65535"},
			{"ref-frames", "1"},
		}, settings...),
		// From 1 (best) to 7 (fastest). Text shows the difference.
		Camera: []Setting{{"target-usage", "6"}},
		Screen: []Setting{{"target-usage", "4"}},
		Traps:  traps,
	}
}

func qsvTraps() []Trap {
	return []Trap{
		{"GStreamer up to 1.28", "it always writes access unit delimiters: no property turns them off (AUDelimiter " +
			"in gstqsvh264enc.cpp, gstqsvh265enc.cpp)"},
		{"every version", "if the driver needs a new sequence for a new bit rate, the element reinitialises " +
			"itself, with a key frame (gst_qsv_h264_enc_check_reconfigure)"},
	}
}

func qsvShort() Trap {
	return Trap{"every version", "the bit rate is at most 65,535 kbit/s, and only 16 bits of a larger gop-size are " +
		"kept " +
		"(gstqsvvp9enc.cpp, gstqsvav1enc.cpp)"}
}
