// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
)

// TestSampleInfo: only our own encoders describe their samples.
func TestSampleInfo(t *testing.T) {
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		f := startFeeder(t, &o)
		for i := range 3 {
			s := f.push()
			if f.chain.encoder.row.Layers.Temporal == 0 {
				require.Zero(t, s.Info.N)
				continue
			}
			require.Equal(t, i == 0, s.Info.Key)
			require.Positive(t, s.Info.Quantizer)
			require.Equal(t, 1, s.Info.N)
			require.Equal(t, len(s.Data), s.Info.Layers[0].Size)
			require.Equal(t, [2]int{320, 180}, [2]int{s.Info.Layers[0].Width, s.Info.Layers[0].Height})
		}
	})
}

func TestTemporalLayers(t *testing.T) {
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		o.TemporalLayers = 3
		if row, err := pipeline.FindEncoder(o.Codec, o.Encoder); err == nil && row.Layers.Temporal < 3 {
			_, err := New(&o)
			refused := (*pipeline.LayersError)(nil)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, o.Encoder, refused.Encoder)
			require.ErrorContains(t, err,
				o.Encoder+" encodes at most 1 temporal and 1 spatial layers in one stream, not 3 and 1")
			return
		}
		f := startFeeder(t, &o)
		ids := map[int]int{}
		for range 16 {
			s := f.push()
			require.Equal(t, 3, s.Info.TemporalLayers)
			ids[s.Info.Temporal]++
		}
		require.Equal(t, map[int]int{0: 4, 1: 4, 2: 8}, ids)
	})
}

// TestActiveLayers: a layer without viewers is not encoded, and returns without a key frame.
func TestActiveLayers(t *testing.T) {
	needOwnEncoders(t)
	for _, screencast := range []bool{false, true} {
		f := startFeeder(t, &Options{
			Codec: pipeline.VP9, Encoder: "gpvp9enc", Screencast: screencast, TemporalLayers: 2, SpatialLayers: 3,
		})
		f.size(640, 360)
		for i, active := range []int{0, 0, 0, 1, 1, 1, 2, 2, 0, 0, 3, 3} {
			f.chain.SetActiveLayers(active)
			s := f.push()
			want := active
			if active == 0 {
				want = 3
			}
			require.Equal(t, i == 0, s.Key, "frame %d", i)
			require.Equal(t, want, s.Info.N, "frame %d", i)
			size := 0
			for j, l := range s.Info.Layers[:s.Info.N] {
				require.Equal(t, [3]int{j, 640 >> (2 - j), 360 >> (2 - j)}, [3]int{l.Spatial, l.Width, l.Height})
				size += l.Size
			}
			require.LessOrEqual(t, size, len(s.Data))
		}
	}
	for _, bad := range []Options{{SpatialLayers: 4}, {TemporalLayers: -1}, {Codec: pipeline.VP8, SpatialLayers: 2}} {
		_, err := New(&bad)
		require.ErrorContains(t, err, "layers")
	}
}
