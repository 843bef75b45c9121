// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/pipeline"
)

// TestPacketsNameTheirLayers where the codec can, and where there are several.
func TestPacketsNameTheirLayers(t *testing.T) {
	for name, tt := range map[string]struct {
		layers LayerOptions
		want   []pipeline.Codec
	}{
		"one of each":     {LayerOptions{}, nil},
		"two sizes":       {LayerOptions{Sizes: 2}, []pipeline.Codec{pipeline.VP9}},
		"temporal layers": {LayerOptions{Temporal: 2}, []pipeline.Codec{pipeline.VP8, pipeline.VP9, pipeline.AV1}},
		"both": {
			LayerOptions{Sizes: 3, Temporal: 3}, []pipeline.Codec{pipeline.VP8, pipeline.VP9, pipeline.AV1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := (&Options{Layers: tt.layers}).withDefaults(false)
			require.NoError(t, err)
			var layered []pipeline.Codec
			for _, codec := range []pipeline.Codec{
				pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1, pipeline.H265,
			} {
				if o.layered(codec) {
					layered = append(layered, codec)
				}
			}
			require.ElementsMatch(t, tt.want, layered)
		})
	}
}

// TestTheSizesOfATrack are those that docs/network.md has.
func TestTheSizesOfATrack(t *testing.T) {
	for name, tt := range map[string]struct {
		o             Options
		codec         pipeline.Codec
		width, height int
		want          []Size
	}{
		"a camera":         {Options{}, pipeline.VP8, 1280, 720, []Size{{320, 180}, {640, 360}, {1280, 720}}},
		"a smaller camera": {Options{}, pipeline.VP8, 640, 360, []Size{{320, 180}, {640, 360}}},
		"a tiny camera":    {Options{}, pipeline.VP8, 320, 180, []Size{{320, 180}}},
		"a screen": {
			Options{Screencast: true}, pipeline.VP8, 960, 540, []Size{{960, 540}, {960, 540}, {960, 540}},
		},
		"smaller layers of a screen": {
			Options{Screencast: true, Layers: LayerOptions{HalfSize: true}},
			pipeline.VP8, 1920, 1080,
			[]Size{{480, 270}, {960, 540}, {1920, 1080}},
		},
		"a screen with temporal layers": {
			Options{Screencast: true, Layers: LayerOptions{Temporal: 2}},
			pipeline.VP8, 1280, 720,
			[]Size{{320, 180}, {640, 360}, {1280, 720}},
		},
		"a screen in VP9": {
			Options{Screencast: true}, pipeline.VP9, 1280, 720, []Size{{320, 180}, {640, 360}, {1280, 720}},
		},
		"VP9":             {Options{}, pipeline.VP9, 1280, 720, []Size{{320, 180}, {640, 360}, {1280, 720}}},
		"an unknown size": {Options{}, pipeline.VP8, 0, 0, []Size{{320, 180}, {640, 360}, {1280, 720}}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.o.Layers.Sizes = 3
			o, err := tt.o.withDefaults(false)
			require.NoError(t, err)
			var sizes []Size
			for _, l := range o.ladder(tt.width, tt.height, 30, tt.codec) {
				sizes = append(sizes, Size{l.Width, l.Height})
			}
			require.Equal(t, tt.want, sizes)
		})
	}
}

// TestSmallerLayersOfAScreen checks what they need.
func TestSmallerLayersOfAScreen(t *testing.T) {
	for name, tt := range map[string]struct {
		o      Options
		screen bool
		want   string
	}{
		"a camera":  {Options{Layers: LayerOptions{Sizes: 2, HalfSize: true}}, false, "needs a screen"},
		"one layer": {Options{Layers: LayerOptions{HalfSize: true}}, true, "set Layers.Sizes to 2 or 3"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.o.withDefaults(tt.screen)
			require.ErrorContains(t, err, "sink: Layers.HalfSize ")
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestLayersOfTheFullSize checks that a screen's have the target and the floor of the highest.
func TestLayersOfTheFullSize(t *testing.T) {
	o, err := (&Options{Layers: LayerOptions{Sizes: 3}}).withDefaults(true)
	require.NoError(t, err)
	ladder := o.ladder(1920, 1080, 30, pipeline.AV1)
	require.Len(t, ladder, 3)
	for i := range ladder {
		require.Equal(t, o.screen(&ladder[2]), o.screen(&ladder[i]))
	}
	require.Equal(t, 200_000, ladder[0].Highest())
	require.Equal(t, 600_000, ladder[1].Highest())
}

// TestTheFloorOfALayer is its part of the floor of the whole screen.
func TestTheFloorOfALayer(t *testing.T) {
	for name, tt := range map[string]struct {
		screen  ScreenOptions
		bitrate int
		want    int // of the full size
	}{
		"default":              {ScreenOptions{}, 0, DefaultFloor},
		"set":                  {ScreenOptions{Floor: 300_000}, 0, 300_000},
		"none":                 {ScreenOptions{Floor: NoFloor}, 0, 1},
		"below a lower target": {ScreenOptions{}, 500_000, 500_000},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := (&Options{
				Screen: tt.screen, Layers: LayerOptions{Sizes: 2}, Encoding: EncodingOptions{Bitrate: tt.bitrate},
			}).withDefaults(true)
			require.NoError(t, err)
			ladder := o.ladder(1920, 1080, 30, pipeline.VP8)
			require.Len(t, ladder, 2)
			full := o.screen(&ladder[1])
			require.Equal(t, tt.want, full.Floor)
			require.Equal(t, ladder[1].Bitrate, full.MaxBitrate)
			lower := o.screen(&ladder[0])
			require.LessOrEqual(t, lower.Floor, full.Floor)
			require.LessOrEqual(t, lower.Floor, lower.MaxBitrate)
			require.NoError(t, lower.Check())
		})
	}
}

func TestAnOptionErrorNamesTheFieldOfOptions(t *testing.T) {
	o, err := (&Options{}).withDefaults(true)
	require.NoError(t, err)
	layer := allocation.Layer{FPS: 0, Bitrate: 1_000_000, MinBitrate: 1}
	err = optionError(o.screen(&layer).Check())
	require.ErrorContains(t, err, "sink: Encoding.FPS ")
	require.ErrorContains(t, err, ", got 0")
	require.ErrorIs(t, optionError(errBroken), errBroken, "other errors stay as they are")
	require.NoError(t, optionError(nil))
}

func TestAPipelineMayHaveOneStreamOfEachKind(t *testing.T) {
	const video, audio = "videotestsrc num-buffers=1  ", "audiotestsrc num-buffers=1 ! audioconvert  "
	for text, want := range map[string]error{
		video:                          nil,
		audio:                          nil,
		video + audio:                  nil,
		video + video:                  ErrTwoOutputs,
		audio + audio:                  ErrTwoOutputs,
		"videotestsrc ! fakevideosink": ErrNoMedia,
	} {
		p, err := pipeline.Parse(text, nil)
		require.NoError(t, err, text)
		require.ErrorIs(t, CheckPipeline(p), want, text)
		require.NoError(t, p.Close())
	}
}

// TestTheCodecsInOrderOfPreference: the main one, and then the fallbacks as they are given.
func TestTheCodecsInOrderOfPreference(t *testing.T) {
	o, err := (&Options{Encoding: EncodingOptions{
		Codec: pipeline.AV1, FallbackCodecs: []pipeline.Codec{pipeline.H264, pipeline.VP8},
	}}).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, []pipeline.Codec{pipeline.AV1, pipeline.H264, pipeline.VP8}, o.codecs())
	o, err = (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, []pipeline.Codec{pipeline.VP8}, o.codecs())
}

// TestVP9AloneHasItsSizesInOneStream, and one size is no reason for that.
func TestVP9AloneHasItsSizesInOneStream(t *testing.T) {
	several, one := Options{Layers: LayerOptions{Sizes: 2}}, Options{Layers: LayerOptions{Sizes: 1}}
	for _, codec := range []pipeline.Codec{
		pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1, pipeline.H265,
	} {
		require.Equal(t, codec == pipeline.VP9, several.spatial(codec), "%s", codec)
		require.False(t, one.spatial(codec), "%s", codec)
	}
}
