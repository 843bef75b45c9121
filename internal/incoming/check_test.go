// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// VP8 frames of 16x16: a key frame, and one that refers to it.
var (
	key   = []byte{0x10, 2, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	delta = []byte{0x11, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
)

func TestAfterAGapAKeyFrameComesFirst(t *testing.T) {
	c := New(catalogue.VP8)
	for i, step := range []struct {
		sample Sample
		want   Verdict
	}{
		{Sample{Data: key, Gap: true}, Verdict{Key: true}}, // Every stream begins with a gap.
		{Sample{Data: delta}, Verdict{}},
		{Sample{Data: delta, Gap: true}, Verdict{Drop: true, Began: true}},
		{Sample{Data: delta, Gap: true}, Verdict{Drop: true}},
		{Sample{Data: delta}, Verdict{Drop: true}},
		{Sample{Data: key}, Verdict{Key: true}},
		{Sample{Data: delta}, Verdict{}},
		{Sample{Data: key, Gap: true}, Verdict{Key: true, Began: true}},
		{Sample{Data: delta}, Verdict{}},
		{Sample{Data: key, Corrupted: true}, Verdict{Key: true, Drop: true, Began: true}},
		{Sample{Data: delta}, Verdict{Drop: true}},
		{Sample{Data: key}, Verdict{Key: true}},
		{Sample{Data: delta[:2]}, Verdict{Drop: true, Began: true}},
		{Sample{Data: delta}, Verdict{Drop: true}},
		{Sample{Data: key}, Verdict{Key: true}},
	} {
		require.Equal(t, step.want, c.Look(&step.sample), "sample %d", i)
	}
}

// TestKeyFramesByTheirBits: an IVF file's parser calls every frame of VP8 a key frame.
func TestKeyFramesByTheirBits(t *testing.T) {
	c := New(catalogue.VP8)
	require.True(t, c.Look(&Sample{Data: key, Key: false}).Key)
	require.False(t, c.Look(&Sample{Data: delta, Key: true}).Key)
}

// TestUnreadableStreamsPass: a stream whose syntax the parser does not know is left as it is.
func TestUnreadableStreamsPass(t *testing.T) {
	c := New(catalogue.AV1)
	junk := []byte{0xff, 0xff}
	require.Equal(t, Verdict{Key: true}, c.Look(&Sample{Data: junk, Key: true}))
	require.Equal(t, Verdict{}, c.Look(&Sample{Data: junk}))
	require.Equal(t, bitstream.Format{}, c.Format())
}

func TestLookAllocatesNothing(t *testing.T) {
	c := New(catalogue.VP8)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c.Look(&Sample{Data: key})
		c.Look(&Sample{Data: delta})
	}))
}

func TestFormats(t *testing.T) {
	f420 := func(profile, depth int) bitstream.Format {
		return bitstream.Format{Profile: profile, Chroma: bitstream.Chroma420, Depth: depth}
	}
	f444 := func(profile int) bitstream.Format {
		return bitstream.Format{Profile: profile, Chroma: bitstream.Chroma444, Depth: 8}
	}
	for _, c := range []struct {
		codec            catalogue.Codec
		format           bitstream.Format
		name             string
		refused, doubted bool
	}{
		{catalogue.H264, bitstream.Format{}, "H.264", false, false},
		{catalogue.H264, f420(100, 8), "H.264 High (4:2:0, 8 bits)", false, false},
		{
			catalogue.H264,
			bitstream.Format{Profile: 66, Constraints: 0xc0, Chroma: bitstream.Chroma420, Depth: 8},
			"H.264 Constrained Baseline (4:2:0, 8 bits)", false, false,
		},
		{catalogue.H264, f420(66, 8), "H.264 Baseline (4:2:0, 8 bits)", false, false},
		{catalogue.H264, f420(110, 10), "H.264 High 10 (4:2:0, 10 bits)", true, false},
		{catalogue.H264, f444(244), "H.264 High 4:4:4 Predictive (4:4:4, 8 bits)", true, false},
		{
			catalogue.H264,
			bitstream.Format{Profile: 100, Chroma: bitstream.Monochrome, Depth: 8},
			"H.264 High (4:0:0, 8 bits)", true, false,
		},
		{catalogue.H265, f420(1, 8), "H.265 Main (4:2:0, 8 bits)", false, true},
		{catalogue.H265, f420(2, 10), "H.265 Main 10 (4:2:0, 10 bits)", false, true},
		{catalogue.H265, f444(4), "H.265 Range Extensions (4:4:4, 8 bits)", true, false},
		{catalogue.VP8, f420(0, 8), "VP8", false, false},
		{catalogue.VP9, f420(0, 8), "VP9 profile 0 (4:2:0, 8 bits)", false, false},
		{catalogue.VP9, f444(1), "VP9 profile 1 (4:4:4, 8 bits)", false, true},
		{catalogue.VP9, f420(2, 10), "VP9 profile 2 (4:2:0, 10 bits)", false, true},
		{catalogue.VP9, f444(3), "VP9 profile 3 (4:4:4, 8 bits)", true, false},
		{catalogue.AV1, f420(0, 8), "AV1 profile 0 (4:2:0, 8 bits)", false, false},
		{catalogue.AV1, f420(0, 10), "AV1 profile 0 (4:2:0, 10 bits)", false, true},
		{catalogue.AV1, f444(1), "AV1 profile 1 (4:4:4, 8 bits)", false, true},
		{catalogue.AV1, f420(2, 12), "AV1 profile 2 (4:2:0, 12 bits)", true, false},
	} {
		require.Equal(t, c.name, Describe(c.codec, c.format))
		warning, err := judge(c.codec, c.format)
		require.Equal(t, c.doubted, warning != "", "%s: %s", c.name, warning)
		if c.doubted {
			require.Contains(t, warning, c.name)
		}
		if !c.refused {
			require.NoError(t, err, c.name)
			continue
		}
		var refused *FormatError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, c.name)
		require.ErrorContains(t, err, "video/x-raw,format=I420")
	}
}

func TestTheAnnouncedProfileIsTheSent(t *testing.T) {
	require.Contains(t, Fmtp(catalogue.H264, bitstream.Format{Profile: 100}), "profile-level-id=6400")
	require.Contains(t, Fmtp(catalogue.H264, bitstream.Format{Profile: 77}), "profile-level-id=6400", "High includes Main")
	require.Empty(t, Fmtp(catalogue.H264, bitstream.Format{Profile: 66}), "the default is Constrained Baseline")
	require.Empty(t, Fmtp(catalogue.VP9, bitstream.Format{Profile: 1}))
}
