// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream

import (
	"testing"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Parameter sets for 4 by 3 blocks of 16 px, cropped by 2 by 2 px.
const (
	h264TestSPS = "b:0 2:3 5:7 8:66 8:0 8:31 ue:0 ue:0 ue:2 ue:1 b:0 ue:3 ue:2 b:1 b:1 b:1 ue:0 ue:1 ue:1 ue:0 b:0"
	h264TestPPS = "b:0 2:3 5:8 ue:0 ue:0 b:0 b:0 ue:0 ue:0 ue:0 b:0 2:0 se:4 se:0 se:0 b:000"
	h264TestIDR = "b:0 2:3 5:5 ue:0 ue:7 ue:0 4:0 ue:1 b:00 se:-7"

	// Every part of a slice header: fields, all counters, weights.
	h264RichSPS = "b:0 2:3 5:7 8:100 8:0 8:31 ue:31 ue:1 ue:0 ue:0 b:0 " +
		"b:1 b:1 se:4 se:-12 b:1 se:1x16 b:0000 b:1 se:1x10 se:-18 b:0 " + // scaling lists: two end early
		"ue:3 ue:1 b:0 se:-5 se:7 ue:2 se:1 se:-1 ue:4 b:1 ue:3 ue:2 b:0 b:1 b:1 b:0 b:0"
	h264RichPPS = "b:0 2:3 5:8 ue:255 ue:31 b:1 b:1 ue:2 ue:6 ue:11 2:1x12 ue:2 ue:1 b:1 2:1 se:-3 se:1 se:2 b:101"
	h264Weights = "ue:3 ue:2 b:1 se:-4 se:5 b:1 se:1 se:2 se:3 se:4 b:0 b:0 b:0 b:1 se:-1 se:-2 se:-3 se:-4 "
	// Two numbers of a list, then the end: here for both lists.
	h264Reorder = "b:1 ue:0 ue:5 ue:2 ue:3 ue:3 b:1 ue:1 ue:0 ue:3 "
	h264Marking = "b:1 ue:1 ue:4 ue:2 ue:1 ue:3 ue:2 ue:0 ue:4 ue:2 ue:5 ue:6 ue:1 ue:0 "
)

func TestH264Headers(t *testing.T) {
	rich := Frame{false, true, 23 - 5, 64, 96, false}
	for name, c := range map[string]struct {
		data []byte
		want Frame
		err  error
	}{
		"IDR": {nals(t, h264TestSPS, h264TestPPS, h264TestIDR), Frame{true, true, 23, 62, 46, false}, nil},
		"several slices": {
			nals(t, h264TestSPS, h264TestPPS, h264TestIDR, "b:0 2:3 5:5 ue:6 ue:7 ue:0 4:0 ue:1 b:00 se:3",
				"b:0 2:3 5:5 ue:9 ue:7 ue:0 4:0 ue:1 b:00 se:-20"), Frame{true, true, 33, 62, 46, false}, nil,
		},
		"B field with everything": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:1 5:1 ue:0 ue:6 ue:255 7:5 b:11 se:3 ue:0 b:1 b:1 ue:1 ue:1 "+
				h264Reorder+h264Weights+"b:1 se:7 se:-8 b:0 "+h264Marking+"ue:2 se:-5"), rich, nil,
		},
		"B frame with two differences of order": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:0 5:1 ue:0 ue:1 ue:255 7:5 b:0 se:3 se:-100 ue:0 b:0 b:1 ue:0 ue:0 "+
				"b:00 ue:3 ue:2 b:0 b:0 b:0 b:0 ue:2 se:-5"), rich, nil,
		},
		"P frame, partition A": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:0 5:2 ue:0 ue:0 ue:255 7:5 b:0 se:3 se:-100 ue:0 b:1 ue:0 "+
				"b:0 ue:3 ue:2 b:1 se:0 se:0 b:0 ue:2 se:-5"), rich, nil,
		},
		"SP frame": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:0 5:1 ue:0 ue:3 ue:255 7:5 b:0 se:3 se:-100 ue:0 b:1 ue:0 "+
				"b:0 ue:3 ue:2 b:1 se:0 se:0 b:0 ue:2 se:-5"), rich, nil,
		},
		"SI frame": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:2 5:1 ue:0 ue:9 ue:255 7:5 b:0 se:3 se:-100 ue:0 b:0 se:-5"), rich, nil,
		},
		"redundant slices don't count": {
			nals(t, h264RichSPS, h264RichPPS, "b:0 2:2 5:1 ue:0 ue:9 ue:255 7:5 b:0 se:3 se:-100 ue:0 b:0 se:-5",
				"b:0 2:2 5:1 ue:0 ue:9 ue:255 7:5 b:0 se:3 se:-100 ue:1 b:0 se:20"), rich, nil,
		},
		"separate planes": {
			nals(t, "b:0 2:3 5:7 8:244 8:0 8:31 ue:0 ue:3 b:1 ue:2 ue:2 b:0 b:0 ue:0 ue:2 ue:1 b:0 ue:3 ue:2 b:1 b:1 "+
				"b:1 ue:1 ue:1 ue:0 ue:0 b:0", h264TestPPS, "b:0 2:3 5:5 ue:0 ue:7 ue:0 2:2 4:0 ue:1 b:00 se:-31"),
			Frame{true, true, 0, 62, 48, false},
			nil, // It has 10 bits, and its quantizer is -1.
		},
		"other layers and units": {
			nals(t, "b:0 2:3 5:9 3:0", "b:0 2:0 5:6 8:5 8:1 8:0", h264TestSPS, h264TestPPS, h264TestIDR,
				"b:0 2:3 5:20 24:5 ue:0 ue:7 ue:0 4:0 ue:1 b:00 se:20", "b:0 2:0 5:14 24:5", "b:0 2:0 5:12 8:255"),
			Frame{true, true, 23, 62, 46, false},
			nil,
		},
		"group map type 0": {
			nals(t, h264TestSPS, "b:0 2:3 5:8 ue:0 ue:0 b:00 ue:1 ue:0 ue:5 ue:5 ue:0 ue:0 b:0 2:0 se:4 se:0 se:0 b:000",
				h264TestIDR), Frame{true, true, 23, 62, 46, false}, nil,
		},
		"group map type 2": {
			nals(t, h264TestSPS, "b:0 2:3 5:8 ue:0 ue:0 b:00 ue:1 ue:2 ue:1 ue:5 ue:0 ue:0 b:0 2:0 se:4 se:0 se:0 b:000",
				h264TestIDR), Frame{true, true, 23, 62, 46, false}, nil,
		},
		"group map type 4": {
			nals(t, h264TestSPS, "b:0 2:3 5:8 ue:0 ue:0 b:00 ue:1 ue:4 b:1 ue:5 ue:0 ue:0 b:0 2:0 se:4 se:0 se:0 b:000",
				h264TestIDR), Frame{true, true, 23, 62, 46, false}, nil,
		},
		"no sets":    {nals(t, h264TestIDR), Frame{true, true, -1, 0, 0, false}, ErrMissing},
		"no SPS":     {nals(t, h264TestPPS, h264TestIDR), Frame{true, true, -1, 0, 0, false}, ErrMissing},
		"sets alone": {nals(t, h264TestSPS, h264TestPPS), Frame{Quantizer: -1}, ErrNoFrame},
		"no unit":    {[]byte("\x00\x00\x01"), Frame{Quantizer: -1}, ErrNoFrame},
		"too coarse": {
			nals(t, h264TestSPS, h264TestPPS, "b:0 2:3 5:5 ue:0 ue:7 ue:0 4:0 ue:1 b:00 se:30"),
			Frame{true, true, -1, 0, 0, false},
			ErrInvalid,
		},
		"cut to naught": {
			nals(t, "b:0 2:3 5:7 8:66 8:0 8:31 ue:0 ue:0 ue:2 ue:1 b:0 ue:3 ue:2 b:1 b:1 b:1 ue:16 ue:16 ue:1 ue:0 b:0"),
			Frame{Quantizer: -1},
			ErrInvalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			requireFrames(t, catalogue.H264, []buffer{{c.data, c.want, c.err}})
		})
	}
}

// TestH264EmulationPrevention: emulation prevention bytes interrupt long runs of zeros, within the elements that are
// read.
func TestH264EmulationPrevention(t *testing.T) {
	sps := "b:0 2:3 5:7 8:66 8:0 8:0 ue:0 ue:12 ue:0 ue:12 ue:1 b:0 ue:3 ue:2 b:1 b:1 b:0 b:0"
	slice := "b:0 2:3 5:5 ue:0 ue:7 ue:0 16:0 ue:0 16:0 b:00 se:-7"
	requireFrames(t, catalogue.H264, []buffer{
		{nals(t, sps, h264TestPPS, slice), Frame{true, true, 23, 64, 48, false}, nil},
	})
}

func TestH264Short(t *testing.T) {
	sets := nals(t, h264RichSPS, h264RichPPS)
	slice := nal(t, "b:0 2:1 5:1 ue:0 ue:6 ue:255 7:5 b:11 se:3 ue:0 b:1 b:1 ue:1 ue:1 "+
		h264Reorder+h264Weights+"b:1 se:7 se:-8 b:0 "+h264Marking+"ue:2 se:-500")
	slice[len(slice)-1] = 0xff // behind the header, where nothing is read
	parser := func() *Parser {
		p := NewParser(catalogue.H264)
		_, _ = p.Parse(sets)
		return p
	}
	requireCut(t, parser, slice)
	for _, set := range []string{h264RichSPS, h264RichPPS} {
		requireCut(t, parser, nal(t, set))
	}
}
