// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

const (
	h265Profile = "8:1 32:96 48:0 8:93 "
	h265TestSPS = "b:0 6:33 6:0 3:1 4:0 3:0 b:1 " + h265Profile + "ue:0 ue:1 ue:320 ue:184 b:1 ue:0 ue:0 ue:0 ue:2 " +
		"ue:0 ue:0 ue:4 b:1 ue:4 ue:2 ue:0 ue:0 ue:3 ue:0 ue:3 ue:1 ue:1 b:0 b:0 b:1 b:0 ue:0 b:0 b:1 b:1 b:0 b:0"
	h265TestPPS = "b:0 6:34 6:0 3:1 ue:0 ue:0 b:0 b:0 3:0 b:0 b:0 ue:0 ue:0 se:0 b:0 b:0 b:0 se:0 se:0 b:0 b:0 b:0 b:0 " +
		"b:0 b:0 b:0 b:0 b:0 b:0 ue:0 b:0 b:0"
	h265TestIDR = "b:0 6:19 6:0 3:1 b:1 b:0 ue:0 ue:2 b:11 se:7"

	// Three sub-layers; sets predicted from each other; long-term references; VUI and HRD.
	h265RichSPS = "b:0 6:33 6:0 3:1 4:0 3:2 b:1 " + h265Profile + "b:11 b:01 2:0x6 8:1 32:96 48:0 8:60 8:90 " +
		"ue:15 ue:1 ue:320 ue:184 b:0 ue:0 ue:0 ue:4 b:0 ue:4 ue:2 ue:0 ue:0 ue:3 ue:0 ue:3 ue:1 ue:1 " +
		"b:11 b:0 ue:0 b:1 se:1x16 b:0 ue:0x1 b:0 ue:0 b:0 ue:0 b:0 ue:0 " + // 4x4
		"b:0 ue:0 b:0 ue:0 b:0 ue:0 b:0 ue:0 b:0 ue:0 b:1 se:-1x64 " + // 8x8
		"b:1 se:3 se:1x64 b:0 ue:0 b:0 ue:0 b:0 ue:0 b:0 ue:0 b:0 ue:0 " + // 16x16
		"b:0 ue:0 b:1 se:-2 se:0x64 " + // 32x32
		"b:1 b:1 b:1 4:7 4:7 ue:0 ue:1 b:1 " +
		"ue:3 " + h265Set0 + h265Set1 + h265Set2 +
		"b:1 ue:2 8:7 b:1 8:9 b:0 b:1 b:1 b:1 " + h265TestVUI + "b:0"
	// -1 (used), -3 (not), +2 (used).
	h265Set0 = "ue:2 ue:1 ue:0 b:1 ue:1 b:0 ue:1 b:1 "
	// By -1: -2, -4, +1 and -1; the second is not kept.
	h265Set1 = "b:1 b:1 ue:0 b:1 b:00 b:1 b:1 "
	// By +1 from -2, -1, +1: -1, 0 (never kept), +2, +1; all used.
	h265Set2    = "b:1 b:0 ue:0 b:1 b:1 b:1 b:1 "
	h265TestVUI = "b:1 8:255 16:4 16:3 b:11 b:1 3:5 b:1 b:1 24:66051 b:1 ue:0 ue:1 3:1 b:1 ue:1 ue:2 ue:3 ue:4 " +
		"b:1 32:1 32:60 b:1 ue:0 b:1 " +
		"b:11 b:1 8:1 5:2 b:1 5:3 4:1 4:2 4:3 5:4 5:5 5:6 " +
		"b:1 ue:7 ue:1 ue:1 ue:2 ue:3 ue:4 b:1 ue:1 ue:2 ue:3 ue:4 b:0 ue:1 ue:2 ue:3 ue:4 b:1 ue:1 ue:2 ue:3 ue:4 b:0 " +
		"b:0 b:1 ue:7 ue:0 ue:1 ue:2 ue:3 ue:4 b:1 ue:1 ue:2 ue:3 ue:4 b:0 " +
		"b:0 b:0 b:1 ue:1 ue:2 ue:3 ue:4 b:1 ue:1 ue:2 ue:3 ue:4 b:0 " +
		"b:1 3:7 ue:1 ue:2 ue:3 ue:4 ue:5 "
	h265RichPPS = "b:0 6:34 6:0 3:1 ue:63 ue:15 b:1 b:1 3:2 b:0 b:1 ue:1 ue:1 se:-6 " +
		"b:0 b:1 b:1 ue:1 se:3 se:-3 b:1 b:1 b:1 " +
		"b:0 b:1 b:1 ue:1 ue:2 b:0 ue:4 ue:3 ue:2 b:1 b:1 b:1 b:1 b:0 se:1 se:-2 b:0 b:1 ue:2 b:1 b:1 b:1 b:0 b:0 b:0 4:0 " +
		"ue:1 b:1 b:1 ue:1 ue:1 se:1 se:2 se:3 se:4 ue:0 ue:0"
	// Of a B slice: two reserved bits, type, output, order.
	h265RichStart = "b:0 6:1 6:0 3:1 b:1 ue:63 b:01 ue:0 b:1 8:200 "
	// One long-term picture of the SPS's and one of its own; all are used.
	h265LongTerm = "ue:1 ue:1 b:0 b:1 ue:3 8:77 b:1 b:0 "
	h265RichEnd  = "b:1 b:0 b:0 ue:1 " + // mvd_l1_zero_flag, cabac_init_flag, collocated_from_l0_flag, collocated_ref_idx
		"ue:3 se:-1 b:10 b:01 se:1 se:2 se:3 se:4 se:5 se:6 b:00 b:10 se:1 se:2 se:3 se:4 ue:2 se:11"
)

func TestH265Headers(t *testing.T) {
	rich := Frame{false, true, 20 + 11, 320, 184, true} // Its sets have pictures that are shown later.
	sets := nals(t, h265RichSPS, h265RichPPS)
	with := func(slices ...string) []byte { return append(append([]byte{}, sets...), nals(t, slices...)...) }
	lists := func(bits string) string { // list_entry of two lists with two indices
		return "b:0 b:1 " + bits + "b:1 " + bits
	}
	for name, c := range map[string]struct {
		data []byte
		want Frame
		err  error
	}{
		"IDR": {nals(t, h265TestSPS, h265TestPPS, h265TestIDR), Frame{true, true, 33, 320, 180, false}, nil},
		"several slices": {
			nals(t, h265TestSPS, h265TestPPS, h265TestIDR, "b:0 6:19 6:0 3:1 b:0 b:0 ue:0 4:5 ue:2 b:11 se:9"),
			Frame{true, true, 35, 320, 180, false},
			nil,
		},
		// Set 0 uses 2 pictures, so with 2 long-term ones there are 4: two bits.
		"set 0": {with(h265RichStart + "b:1 2:0 " + h265LongTerm + "b:1 b:11 " + lists("2:3 2:1 ") + h265RichEnd), rich, nil},
		// Set 1 uses 3, in all 5: three bits.
		"set 1": {with(h265RichStart + "b:1 2:1 " + h265LongTerm + "b:1 b:11 " + lists("3:4 3:1 ") + h265RichEnd), rich, nil},
		// Set 2 uses 3; without long-term ones two bits.
		"set 2": {with(h265RichStart + "b:1 2:2 ue:0 ue:0 b:1 b:11 " + lists("2:2 2:1 ") + h265RichEnd), rich, nil},
		"own set": {
			with(h265RichStart + "b:0 b:0 ue:1 ue:2 ue:0 b:1 ue:0 b:1 ue:0 b:1 ue:0 ue:0 b:1 b:11 " + lists("2:2 2:1 ") +
				h265RichEnd), rich, nil,
		},
		// From set 1 by -1: each of -2, -1, 1 and the picture itself, but not 0.
		"own set, predicted": {
			with(h265RichStart + "b:0 b:1 ue:1 b:1 ue:0 b:1 b:1 b:1 b:1 " + h265LongTerm + "b:1 b:11 " + lists("3:2 3:1 ") +
				h265RichEnd), Frame{false, true, 20 + 11, 320, 184, false}, nil,
		},
		"P slice": {
			with("b:0 6:1 6:0 3:1 b:1 ue:63 b:01 ue:1 b:1 8:200 b:1 2:2 ue:0 ue:0 b:0 b:10 b:1 ue:0 b:0 b:0 " +
				"ue:3 se:-1 b:1 b:0 se:1 se:2 ue:2 se:11"), rich, nil,
		},
		"not put out": {
			with("b:0 6:1 6:0 3:1 b:1 ue:63 b:01 ue:2 b:0 8:200 b:1 2:2 ue:0 ue:0 b:0 b:10 se:11"),
			Frame{false, false, 31, 320, 184, true},
			nil,
		},
		"dependent slice": {
			with("b:0 6:1 6:0 3:1 b:1 ue:63 b:01 ue:2 b:1 8:200 b:1 2:2 ue:0 ue:0 b:0 b:10 se:11",
				"b:0 6:1 6:0 3:1 b:0 ue:63 b:1 4:14 b:1111111", // 5 by 3 blocks
				"b:0 6:1 6:0 3:1 b:0 ue:63 b:0 4:14 b:01 ue:2 b:1 8:200 b:1 2:2 ue:0 ue:0 b:0 b:10 se:-1"), rich, nil,
		},
		"CRA": {
			with("b:0 6:21 6:0 3:1 b:1 b:0 ue:63 b:01 ue:2 b:1 8:200 b:1 2:2 ue:0 ue:0 b:0 b:10 se:11"),
			Frame{true, true, 31, 320, 184, false},
			nil,
		},
		"other layers and units": {
			nals(t, "b:0 6:35 6:0 3:1 3:0", "b:0 6:32 6:0 3:1 32:9", h265TestSPS, h265TestPPS, "b:0 6:33 6:1 3:1 8:0",
				h265TestIDR, "b:0 6:19 6:1 3:1 b:1 b:0 ue:0 ue:2 b:11 se:20", "b:0 6:22 6:0 3:1 8:0", "b:0 6:40 6:0 3:1 8:0"),
			Frame{true, true, 33, 320, 180, false},
			nil,
		},
		"no sets":    {nals(t, h265TestIDR), Frame{true, true, -1, 0, 0, false}, ErrMissing},
		"no SPS":     {nals(t, h265TestPPS, h265TestIDR), Frame{true, true, -1, 0, 0, false}, ErrMissing},
		"sets alone": {sets, Frame{Quantizer: -1}, ErrNoFrame},
		"too coarse": {
			nals(t, h265TestSPS, h265TestPPS, "b:0 6:19 6:0 3:1 b:1 b:0 ue:0 ue:2 b:11 se:26"),
			Frame{true, true, -1, 0, 0, false},
			ErrInvalid,
		},
		"too large a set": { // sixteen pictures, and one more
			with(h265RichStart + "b:0 b:0 ue:16 ue:1 64:0"), Frame{false, true, -1, 0, 0, false}, ErrInvalid,
		},
		"no such set": {with(h265RichStart + "b:1 2:3 30:0"), Frame{false, true, -1, 0, 0, false}, ErrInvalid},
		"too many sets": {nals(t, "b:0 6:33 6:0 3:1 4:0 3:0 b:1 "+h265Profile+"ue:0 ue:1 ue:320 ue:184 b:0 ue:0 ue:0 ue:4 "+
			"b:1 ue:4 ue:2 ue:0 ue:0 ue:3 ue:0 ue:3 ue:1 ue:1 b:0 b:0 b:1 b:0 ue:65 32:0"), Frame{Quantizer: -1}, ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			requireFrames(t, catalogue.H265, []buffer{{c.data, c.want, c.err}})
		})
	}
}

// Sets for screen content coding, with the extensions that come before it.
const (
	h265ScreenSPS = "b:0 6:33 6:0 3:1 4:0 3:0 b:1 " + h265Profile + "ue:0 ue:1 ue:320 ue:184 b:0 ue:0 ue:0 " +
		"ue:4 b:1 ue:4 ue:2 ue:0 ue:0 ue:3 ue:0 ue:3 ue:1 ue:1 b:0 b:0 b:1 b:0 ue:1 ue:1 ue:0 ue:0 b:1 b:0 b:0 b:1 b:0 " +
		"b:1 b:1 b:1 b:0 b:1 4:0 9:0 b:0 b:1 b:1 ue:31 ue:32 b:1 ue:1 8:1x6 2:2 b:1"
	h265ScreenPPS = "b:0 6:34 6:0 3:1 ue:0 ue:0 b:0 b:0 3:0 b:0 b:0 ue:1 ue:0 " +
		"se:0 b:0 b:1 b:0 se:0 se:0 b:0 b:1 b:1 b:0 " +
		"b:0 b:0 b:0 b:0 b:0 b:1 ue:0 b:0 b:1 b:1 b:1 b:0 b:1 4:0 " +
		"ue:0 b:0 b:0 ue:0 ue:0 " + // range
		"b:1 6:0 ue:1 6:3 b:1 se:1x4 b:1 se:2x4 b:1 ue:0x2 se:0x2 b:0 " + // multilayer
		"b:1"
)

// Screen content coding: the picture refers to itself, also in an IDR picture, and
// has no weights then; frames choose the resolution of motion vectors.
func TestH265ScreenContent(t *testing.T) {
	requireFrames(t, catalogue.H265, []buffer{
		{nals(t, h265ScreenSPS, h265ScreenPPS), Frame{Quantizer: -1}, ErrNoFrame},
		{ // The only reference, twice.
			nals(t, "b:0 6:19 6:0 3:1 b:1 b:0 ue:0 ue:1 b:11 b:0 ue:0 se:0 ue:4 b:1 se:5"),
			Frame{true, true, 31, 320, 184, false},
			nil,
		},
		{ // -1 and the picture itself, in the other order: the second has weights.
			nals(t, "b:0 6:1 6:0 3:1 b:1 ue:0 ue:1 8:1 b:1 b:11 b:0 b:1 b:1 b:0 ue:0 se:0 b:1 b:0 se:1 se:1 ue:4 b:1 se:6"),
			Frame{false, true, 32, 320, 184, false},
			nil,
		},
		{ // One index only: it is the picture itself.
			nals(t, "b:0 6:1 6:0 3:1 b:1 ue:0 ue:1 8:1 b:1 b:11 b:1 ue:0 b:0 ue:0 se:0 ue:4 b:1 se:7"),
			Frame{false, true, 33, 320, 184, false},
			nil,
		},
		{ // B: three indices of two pictures in the second list, so the last is the first again.
			nals(t, "b:0 6:1 6:0 3:1 b:1 ue:0 ue:0 8:1 b:1 b:11 b:1 ue:1 ue:2 b:0 b:0 b:0 "+
				"ue:0 se:0 b:0 b:0 b:11 b:00 se:1x4 ue:4 b:1 se:8"),
			Frame{false, true, 34, 320, 184, false},
			nil,
		},
	})
}

func TestH265Short(t *testing.T) {
	sets := nals(t, h265RichSPS, h265RichPPS)
	parser := func() *Parser {
		p := NewParser(catalogue.H265)
		_, _ = p.Parse(sets)
		return p
	}
	slice := nal(t, h265RichStart+"b:1 2:0 "+h265LongTerm+"b:1 b:11 b:0 b:0 b:0 "+h265RichEnd)
	requireCut(t, parser, slice)
	for _, set := range []string{h265RichSPS, h265ScreenSPS, h265ScreenPPS} {
		requireCut(t, parser, nal(t, set))
	}
}

func TestWithoutRepeatH265(t *testing.T) {
	vps, other := nal(t, "b:0 6:32 6:0 3:1 32:9"), nal(t, "b:0 6:32 6:0 3:1 32:10")
	sets, idr := nals(t, h265TestSPS, h265TestPPS), nal(t, h265TestIDR)
	// The memory that x265enc leaves behind the first PPS may have a start code and look like a slice.
	memory := []byte{0xf0, 0xa8, 9, 0xc8, 0x4b, 0x7f, 0, 0, 1, 0, 0, 0, 0x10, 0, 0, 0, 0x40, 0x99, 0, 0, 0, 0}
	whole := slices.Concat(vps, sets, idr)
	for name, c := range map[string]struct{ data, want []byte }{
		"once":         {whole, whole},
		"without sets": {idr, idr},
		"twice":        {slices.Concat(vps, sets, whole), whole},
		"three times":  {slices.Concat(vps, sets, vps, sets, whole), whole},
		"with memory":  {slices.Concat(vps, sets, memory, whole), whole},
		"two VPSs":     {slices.Concat(other, whole), slices.Concat(other, whole)},
		"empty":        {nil, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, WithoutRepeatH265(c.data)) })
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { WithoutRepeatH265(whole) }))
}
