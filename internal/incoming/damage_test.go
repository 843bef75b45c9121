// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/damage"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// stream encodes a few frames, two of them key frames.
func stream(tb testing.TB, encoder string) (codec pipeline.Codec, samples []incoming.Sample) {
	tb.Helper()
	p, err := pipeline.Parse("videotestsrc num-buffers=8 pattern=ball ! "+
		"video/x-raw,width=64,height=64,format=I420 ! "+encoder, nil)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, p.Close()) }()
	go func() { _ = p.Run(context.Background()) }()
	out := p.Outputs()[0]
	for {
		s, err := media.Of(out).Pull(nil)
		if err != nil {
			break
		}
		samples = append(samples, incoming.Sample{Data: s.Data, Key: s.Key, Gap: s.Gap, Corrupted: s.Corrupted})
	}
	require.NoError(tb, p.Err())
	require.Len(tb, samples, 8)
	return out.Codec, samples
}

// TestDamagedStreams: whatever is damaged, no frame passes between a gap that was noticed and the next key frame, and
// an undamaged key frame ends each gap.
func TestDamagedStreams(t *testing.T) {
	t.Parallel()
	for name, encoder := range map[string]string{
		"VP8":   "vp8enc deadline=1 keyframe-max-dist=4",
		"VP9":   "vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=4",
		"AV1":   "av1enc cpu-used=8 usage-profile=realtime lag-in-frames=0 max-quantizer=63 keyframe-max-dist=4",
		"H.264": "x264enc tune=zerolatency key-int-max=4",
		"H.265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=4",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec, samples := stream(t, encoder)
			gaps := 0
			for i := 1; i < 4; i++ {
				for _, damaged := range damage.Of(samples[i].Data) {
					with := slices.Clone(samples)
					with[i].Data = damaged
					gaps += look(t, incoming.New(codec), with)
				}
			}
			require.Positive(t, gaps, "some damage is noticed")
		})
	}
}

// look checks all samples and returns the number of gaps.
func look(t *testing.T, c *incoming.Check, samples []incoming.Sample) (gaps int) {
	t.Helper()
	waiting := false
	for i := range samples {
		v := c.Look(&samples[i])
		if v.Began {
			gaps++
			waiting = true
		}
		if !v.Drop {
			require.True(t, !waiting || v.Key, "sample %d passes within a gap", i)
			waiting = false
		}
		if v.Err != nil {
			return gaps
		}
	}
	require.False(t, waiting, "a key frame ends the gap")
	return gaps
}

// FuzzCheck gives a check two damaged samples of any codec between whole ones: it does not crash, lets nothing pass
// within a gap, and passes the next whole key frame.
func FuzzCheck(f *testing.F) {
	codec, samples := stream(f, "vp8enc deadline=1 keyframe-max-dist=4")
	for _, damaged := range damage.Of(samples[1].Data) {
		f.Add(damaged, samples[2].Data)
	}
	for _, damaged := range damage.Of(samples[4].Data) {
		f.Add(samples[3].Data, damaged)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, c := range catalogue.Codecs() {
			check := incoming.New(c)
			for _, data := range [][]byte{first, second, first} {
				check.Look(&incoming.Sample{Data: data})
			}
		}
		with := []incoming.Sample{samples[0], {Data: first}, {Data: second}, samples[0]}
		look(t, incoming.New(codec), with)
	})
}
