// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// av1OBU returns an OBU with a size field, shorter than 128 bytes.
func av1OBU(tb testing.TB, kind int, text string) []byte {
	tb.Helper()
	body := header(tb, text)
	require.Less(tb, len(body), 128)
	return append([]byte{byte(kind<<3 | 2), byte(len(body))}, body...)
}

// av1Layered returns an OBU with an extension: temporal layer 1, spatial layer 2.
func av1Layered(tb testing.TB, kind int, text string) []byte {
	tb.Helper()
	body := header(tb, text)
	return append([]byte{byte(kind<<3 | 6), 1<<5 | 2<<3, byte(len(body))}, body...)
}

const (
	// The beginning of a plain sequence header: one operating point, 640x360 px in ten bits, no frame IDs, superblocks
	// of 64 px.
	av1Plain = "3:0 b:0 b:0 b:0 b:0 5:0 12:0 5:8 b:0 4:9 4:9 10:639 10:359 b:0 b:0 b:11 "
	// Order hints of 7 bits; frames choose screen content tools and integer motion
	// vectors; superres.
	av1Tools = av1Plain + "4:15 b:1 b:1 b:1 b:1 b:1 3:6 b:1 b:11" + av1Colour
	// No order hints, no screen content tools, no superres.
	av1NoTools = av1Plain + "4:0 b:0 b:0 b:0 b:000" + av1Colour

	av1Colour = " 8:0" // the rest: color_config, film_grain_params_present

	// Tiles of 640 by 360 pixels: uniform, two columns, two rows.
	av1Tiles = "b:1 b:10 b:10 2:3 2:1 "
	// A key frame of av1Tools: its hint is 10, superres is off, intra block copy.
	av1Key = "b:0 2:0 b:1 b:0 b:1 b:0 b:0 7:10 b:0 b:0 b:0 b:0 " + av1Tiles
	// An inter frame of av1Tools up to the order hint, which follows.
	av1Inter = "b:0 2:1 b:1 b:0 b:0 b:0 "
	// The part after the size: high precision, filter, motion mode, motion vectors of references, end of CDFs.
	av1InterEnd = "b:1 b:0 2:1 b:0 b:1 b:0 "
)

func av1Unit(tb testing.TB, obus ...[]byte) []byte {
	tb.Helper()
	unit := []byte{0x12, 0}
	for _, o := range obus {
		unit = append(unit, o...)
	}
	return unit
}

func TestAV1Headers(t *testing.T) {
	key := buffer{
		av1Unit(t, av1OBU(t, 1, av1Tools), av1OBU(t, 6, av1Key+"8:100")), Frame{true, true, 100, 640, 360, false}, nil,
	}
	plain := buffer{
		av1Unit(t, av1OBU(t, 1, av1NoTools), av1OBU(t, 6, "b:0 2:0 b:1 b:0 b:0 b:0 b:0 "+av1Tiles+"8:101")),
		Frame{true, true, 101, 640, 360, false},
		nil,
	}
	frame := func(text string) []byte { return av1Unit(t, av1OBU(t, 6, text)) }
	for name, buffers := range map[string][]buffer{
		"key frame": {key}, "no tools": {plain},
		"inter": {key, {
			frame(av1Inter + "b:0 7:11 3:7 8:1 b:0 3:0x7 b:0 b:0 " + av1InterEnd + av1Tiles + "8:99"),
			Frame{false, true, 99, 640, 360, false},
			nil,
		}},
		"inter without tools": {plain, {
			frame("b:0 2:1 b:1 b:0 b:0 b:0 3:0 8:0 3:0x7 b:0 b:1 b:1 b:0 b:0 " + av1Tiles + "8:98"),
			Frame{false, true, 98, 640, 360, false},
			nil,
		}},
		"own size, superres": {key, {
			frame(av1Inter + "b:1 7:11 3:7 8:1 b:0 3:0x7 b:0000000 10:999 10:499 b:1 3:7 b:1 16:1 16:2 " + av1InterEnd +
				// 1000 pixels become 500, 8 by 8 superblocks.
				"b:1 b:111 b:0 3:5 2:3 8:97"), Frame{false, true, 97, 1000, 500, false}, nil,
		}},
		"key frame shown later": {key, {
			frame("b:0 2:0 b:0 b:1 b:0 b:0 b:0 b:1 7:30 8:4 10:99 10:49 b:0 b:0 b:0 b:1 b:0 8:44"),
			Frame{true, false, 44, 100, 50, false},
			nil,
		}, {
			frame("b:1 3:2"), Frame{false, true, 44, 100, 50, false}, nil,
		}, { // Now all slots have that frame and its size.
			frame(av1Inter + "b:1 7:31 3:7 8:1 b:0 3:6x7 b:01 b:0 " + av1InterEnd + "b:1 b:0 8:45"),
			Frame{false, true, 45, 100, 50, false},
			nil,
		}},
		"other frame shown again": {key, {
			frame("b:0 2:1 b:0 b:1 b:0 b:0 b:0 b:0 7:11 3:7 8:8 b:0 3:0x7 b:0 b:0 " + av1InterEnd + av1Tiles + "8:21"),
			Frame{false, false, 21, 640, 360, false},
			nil,
		}, {
			frame("b:1 3:3"), Frame{false, true, 21, 640, 360, false}, nil,
		}, {
			frame("b:1 3:0"), Frame{false, true, 100, 640, 360, false}, nil,
		}},
		"intra-only": {key, {
			frame("b:0 2:2 b:0 b:0 b:0 b:0 b:1 b:1 b:1 7:11 8:2 10:99 10:49 b:0 b:0 b:1 b:0 b:1 b:0 8:22"),
			Frame{false, false, 22, 100, 50, false},
			nil,
		}},
		"switch frame": {key, {
			frame("b:0 2:3 b:1 b:1 b:0 7:11 7:10x8 b:0 3:0x7 10:99 10:49 b:0 b:0 b:1 b:1 b:0 b:1 b:0 8:23"),
			Frame{false, true, 23, 100, 50, false},
			nil,
		}},
		"error resilient, a slot is lost": {key, {
			frame("b:0 2:1 b:1 b:1 b:0 b:0 b:0 7:11 8:1 7:10x7 7:9 b:0 3:0x7 b:0 b:0 b:1 b:1 b:0 b:0 " + av1Tiles + "8:24"),
			Frame{false, true, 24, 640, 360, false},
			nil,
		}, {
			frame(av1Inter + "b:1 7:12 3:7 8:1 b:0 3:0x6 3:7 b:0000001 b:0"), Frame{false, true, -1, 0, 0, false}, ErrMissing,
		}, {
			frame("b:1 3:7"), Frame{false, true, -1, 0, 0, false}, nil,
		}},
		"first frame needs a sequence": {{
			frame(av1Key + "8:1"), Frame{Quantizer: -1}, ErrMissing,
		}},
		"sequence alone": {{av1Unit(t, av1OBU(t, 1, av1Tools)), Frame{Quantizer: -1}, ErrNoFrame}},
		"forbidden bit":  {{[]byte{0x92, 0}, Frame{Quantizer: -1}, ErrInvalid}},
		"other OBUs, a header twice, two frames": {key, {
			av1Unit(t, av1OBU(t, 5, "8:1"), av1OBU(t, 3, av1Inter+"b:0 7:11 3:7 8:1 b:0 3:0x7 b:0 b:0 "+av1InterEnd+av1Tiles+
				"8:99"), av1OBU(t, 4, "8:1"), av1OBU(t, 7, "8:1"), av1OBU(t, 4, "8:1"), av1OBU(t, 3, "b:1 3:1"),
				av1OBU(t, 15, "64:0")),
			Frame{false, true, 100, 640, 360, false},
			nil,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			requireFrames(t, catalogue.AV1, buffers)
		})
	}
}

// TestAV1WithoutSize tests a last OBU without a size.
func TestAV1WithoutSize(t *testing.T) {
	last := av1OBU(t, 6, av1Key+"8:100")
	last = append([]byte{6 << 3}, last[2:]...)
	requireFrames(t, catalogue.AV1, []buffer{
		{av1Unit(t, av1OBU(t, 1, av1Tools), last), Frame{true, true, 100, 640, 360, false}, nil},
	})
}

func TestAV1StillPicture(t *testing.T) {
	sequence := "3:0 b:1 b:1 5:0 4:6 4:6 7:99 7:49 b:0 b:00 b:000" + av1Colour
	requireFrames(t, catalogue.AV1, []buffer{{
		av1Unit(t, av1OBU(t, 1, sequence), av1OBU(t, 6, "b:0 b:1 b:0 b:0 b:1 b:1 b:1 1:0 2:3 8:5")),
		Frame{true, true, 5, 100, 50, false},
		nil,
	}})
}

// TestAV1DecoderModel tests timing, a decoder model, three operating points, frame IDs of 15 bits, superblocks of 128
// px, and screen content tools in every frame.
func TestAV1DecoderModel(t *testing.T) {
	sequence := "3:0 b:0 b:0 b:1 32:1 32:60 b:0 b:1 5:9 32:1 5:4 5:6 b:1 5:2 " +
		"12:1794 5:9 b:1 b:1 10:1 10:2 b:1 b:1 4:3 " + // layer 1 of time, all three of space
		"12:0 5:3 b:1 10:1 10:2 b:0 b:0 " + // all
		"12:257 5:8 b:0 b:1 10:1 10:2 b:0 b:0 " + // the lowest of each
		"4:9 4:9 10:639 10:359 b:1 4:9 3:3 b:1 b:11 4:0 b:0 b:0 b:1 b:0 b:1 b:000" + av1Colour
	requireFrames(t, catalogue.AV1, []buffer{{
		av1Unit(t, av1OBU(t, 1, sequence),
			av1OBU(t, 6, "b:0 2:0 b:1 7:3 b:0 15:9 b:0 b:1 5:1 5:1 b:0 b:0 b:0 "+av1Tiles+"8:50")),
		Frame{true, true, 50, 640, 360, false},
		nil,
	}, { // In the first operating point and the second. References are 3 and 11 bits.
		av1Unit(t, av1Layered(t, 6, "b:0 2:1 b:1 7:4 b:0 b:0 15:9 b:0 3:7 b:1 5:1 5:1 8:1 "+
			"14:1x7 b:0 b:1 b:1 b:0 "+av1Tiles+"8:51")),
		Frame{false, true, 51, 640, 360, false},
		nil,
	}, {
		av1Unit(t, av1OBU(t, 3, "b:1 3:0 7:5 15:9")), Frame{false, true, 51, 640, 360, false}, nil,
	}})
}

// TestAV1EqualIntervals tests frames at equal intervals, which have no presentation times.
func TestAV1EqualIntervals(t *testing.T) {
	sequence := "3:0 b:0 b:0 b:1 32:1 32:60 b:1 ue:1000 b:1 5:9 32:1 5:4 5:6 b:0 5:0 12:0 5:8 b:0 b:0 " +
		"4:9 4:9 10:639 10:359 b:0 b:0 b:11 4:0 b:0 b:0 b:0 b:000" + av1Colour
	requireFrames(t, catalogue.AV1, []buffer{{
		av1Unit(t, av1OBU(t, 1, sequence), av1OBU(t, 6, "b:0 2:0 b:1 b:0 b:0 b:0 b:0 b:0 "+av1Tiles+"8:60")),
		Frame{true, true, 60, 640, 360, false},
		nil,
	}, {
		av1Unit(t, av1OBU(t, 3, "b:1 3:0")), Frame{false, true, 60, 640, 360, false}, nil,
	}})
}

// TestAV1ManyTiles tests 8192x4352 px, which are 128 by 68 superblocks and need at least four tiles.
func TestAV1ManyTiles(t *testing.T) {
	sequence := "3:0 b:0 b:0 b:0 b:0 5:0 12:0 5:8 b:0 4:15 4:15 16:8191 16:4351 b:0 b:0 b:11 " +
		"4:0 b:0 b:0 b:0 b:000" + av1Colour
	head := "b:0 2:0 b:1 b:0 b:0 b:0 b:0 "
	requireFrames(t, catalogue.AV1, []buffer{{
		av1Unit(t, av1OBU(t, 1, sequence), av1OBU(t, 6, head+"b:1 b:0 b:0 2:2 2:1 8:61")), // 2 by 2
		Frame{true, true, 61, 8192, 4352, false}, nil,
	}, { // Columns of 64 and 64, of up to 64. An eighth of the area, 1088, is 17 rows of 64.
		av1Unit(t, av1OBU(t, 6, head+"b:0 6:63 6:63 b:11111 b:11111 b:11111 b:11111 3:5 2:1 8:62")),
		Frame{true, true, 62, 8192, 4352, false},
		nil,
	}})
}

// TestAV1OddTiles tests tiles whose sizes are coded individually: 640x360 px are 10 by 6 superblocks.
func TestAV1OddTiles(t *testing.T) {
	head := "b:0 2:0 b:1 b:0 b:0 b:0 b:0 b:0 "
	requireFrames(t, catalogue.AV1, []buffer{{
		// Columns of 1, 8 and 1: below 10 are 6 of three bits; below 9 are 7; below 1
		// is none. Rows of 5 and 1: below 6 are 2 of two bits.
		av1Unit(t, av1OBU(t, 1, av1NoTools), av1OBU(t, 6, "b:0 2:0 b:1 b:0 b:0 b:0 b:0 b:0 3:0 4:14 b:110 3:6 2:2 8:77")),
		Frame{true, true, 77, 640, 360, false},
		nil,
	}, { // One tile: 10 of 10, which is the last code, and 6 of 6.
		av1Unit(t, av1OBU(t, 6, head+"4:15 3:7 8:78")), Frame{true, true, 78, 640, 360, false}, nil,
	}})
}

// TestAV1ShortSignaling tests frame_refs_short_signaling (7.8). The sizes show which slots were used.
func TestAV1ShortSignaling(t *testing.T) {
	parser := &av1Parser{}
	_, err := parser.parse(av1Unit(t, av1OBU(t, 1, av1Tools), av1OBU(t, 6, av1Key+"8:100")))
	require.NoError(t, err)
	// Order hints wrap around at 128. Slots differ in width: 64 pixels for each.
	for i, hint := range [...]int{120, 122, 4, 126, 12, 8, 124, 118} {
		parser.slots[i] = av1Slot{slot: slot{width: 64 * (i + 1), height: 50, known: true}, orderHint: hint}
	}
	for hint, want := range map[string][av1Refs]int{
		// LAST is slot 3 (126), GOLDEN 0 (120). Behind 0 (128) are 4 (12), 5 (8) and 2
		// (4): ALTREF is the latest, BWDREF and ALTREF2 are the earliest. Before it: LAST2
		// is 6 (124), LAST3 1 (122).
		"0": {3, 6, 1, 0, 2, 5, 4},
		// Behind 10 is 4 alone. LAST2 and LAST3 are the latest before it, 5 and 2, BWDREF
		// and ALTREF2 the next ones.
		"10": {3, 5, 2, 0, 6, 1, 4},
		// There is none behind 20: ALTREF is the last one left, except for 7 (118).
		"20": {3, 4, 5, 0, 2, 6, 1},
		// All are behind 116, LAST and GOLDEN too. The others are the oldest.
		"116": {3, 7, 7, 0, 7, 1, 4},
	} {
		for ref, index := range want {
			tiles := "b:1 b:0 "
			if index == 0 {
				tiles = "b:1 " // One superblock can't be divided.
			}
			f, err := parser.parse(av1Unit(t, av1OBU(t, 6, av1Inter+"b:1 7:"+hint+" 3:7 8:0 b:1 3:3 3:0 b:"+
				"0000000"[:ref]+"1 b:0 "+av1InterEnd+tiles+"8:51")))
			require.NoError(t, err)
			require.Equal(t, Frame{false, true, 51, 64 * (index + 1), 50, false}, f, "hint %s, reference %d", hint, ref)
		}
	}
}

func TestAV1Short(t *testing.T) {
	key := av1Unit(t, av1OBU(t, 1, av1Tools), av1OBU(t, 6, av1Key+"8:100"))
	for n := 2; n < len(key); n++ {
		f, err := NewParser(catalogue.AV1).Parse(key[:n])
		require.Equal(t, -1, f.Quantizer)
		if n == 2 || n == 2+len(av1OBU(t, 1, av1Tools)) {
			require.ErrorIs(t, err, ErrNoFrame, "%d bytes: between OBUs", n)
		} else {
			require.ErrorIs(t, err, ErrTruncated, "%d bytes", n)
		}
	}
	// The same with matching sizes.
	for kind, text := range map[int]string{1: av1Tools, 6: av1Key + "8:100"} {
		body := header(t, text)
		for n := range len(body) - 2 { // The last two bytes may be trailing bits.
			p := NewParser(catalogue.AV1)
			_, err := p.Parse(key)
			require.NoError(t, err)
			_, err = p.Parse(append([]byte{byte(kind<<3 | 2), byte(n)}, body[:n]...))
			require.ErrorIs(t, err, ErrTruncated, "%d bytes", n)
		}
	}
}
