// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
)

func TestPresets(t *testing.T) {
	for _, c := range []struct {
		w, h, fps  int
		screencast bool
		want       int
	}{
		{1280, 720, 30, false, 1_700_000},
		{1920, 1080, 30, false, 3_000_000},
		{64, 64, 30, false, 90_000},
		{7680, 4320, 30, false, 8_000_000},
		{1600, 900, 30, false, 2_285_000}, // between 720p and 1080p
		{1920, 1080, 15, true, 2_500_000},
		{1920, 1080, 30, true, 5_000_000},
		{640, 360, 15, true, 1_200_000}, // the floor
	} {
		o, err := (*Options)(nil).withDefaults(c.screencast)
		require.NoError(t, err)
		require.Equal(t, c.want, o.bitrate(c.w, c.h, c.fps, pipeline.VP8), "%+v", c)
		o.Encoding.Bitrate = 123
		require.Equal(t, 123, o.bitrate(c.w, c.h, c.fps, pipeline.VP8), "the caller's choice wins")
	}
	o, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, 1_700_000, o.bitrate(0, 0, 30, pipeline.H264), "as long as the size isn't known")
	require.Equal(t, 1_445_000, o.bitrate(1280, 720, 30, pipeline.VP9), "VP9 needs less")
	require.Equal(t, 1_190_000, o.bitrate(1280, 720, 30, pipeline.AV1), "AV1 needs less")
}

// full444 returns options for 4:4:4, changed by change.
func full444(change func(o *Options)) Options {
	o := Options{Encoding: EncodingOptions{Codec: pipeline.VP9}, Screen: ScreenOptions{Chroma: Chroma444}}
	change(&o)
	return o
}

func TestScreenOptions(t *testing.T) {
	for _, c := range []struct {
		options Options
		fps     int
		bad     string // the option that is refused
	}{
		{Options{}, 30, ""},
		{Options{Encoding: EncodingOptions{Bitrate: 300_000}}, 30, ""}, // the floor comes down with it
		{Options{Screen: ScreenOptions{Floor: 500_000}}, 30, ""},
		{Options{Screen: ScreenOptions{IdleRepeat: NeverRepeat}}, 30, ""},
		{Options{Screen: ScreenOptions{Floor: NoFloor}}, 30, ""},
		{Options{Encoding: EncodingOptions{Bitrate: 1_000_000}, Screen: ScreenOptions{Floor: 1_500_000}}, 30, "Screen.Floor"},
		{Options{Screen: ScreenOptions{Floor: -1}}, 30, "Screen.Floor"},
		{Options{Screen: ScreenOptions{IdleRepeat: time.Millisecond}}, 30, "Screen.IdleRepeat"},
		{Options{Screen: ScreenOptions{IdleRepeat: -time.Second}}, 30, "Screen.IdleRepeat"},
		{Options{}, 0, "Encoding.FPS"},
		{full444(func(*Options) {}), 30, ""},
		{full444(func(o *Options) { o.Encoding.Encoder = "gpvp9enc" }), 30, ""},
		{full444(func(o *Options) { o.Encoding.Encoder = "vp9enc" }), 30, "Screen.Chroma"},
		{full444(func(o *Options) { o.Encoding.Codec = pipeline.AV1 }), 30, "Screen.Chroma"},
		{full444(func(o *Options) { o.Encoding.FallbackCodecs = []pipeline.Codec{pipeline.VP8} }), 30, "Screen.Chroma"},
		{full444(func(o *Options) { o.Layers.Temporal = 2 }), 30, "Screen.Chroma"},
		{full444(func(o *Options) { o.Layers.Sizes = 3 }), 30, "Screen.Chroma"},
		{full444(func(o *Options) { o.Screen.Chroma++ }), 30, "Screen.Chroma"},
	} {
		o, err := c.options.withDefaults(true)
		if err == nil {
			err = optionError(o.screenAt(c.fps).Check())
		}
		if c.bad == "" {
			require.NoError(t, err, "%+v", c.options)
			continue
		}
		bad, ok := errors.AsType[*OptionError](err)
		require.True(t, ok, "%+v", c.options)
		require.Equal(t, c.bad, bad.Option)
	}
}

func TestOptionsDefaults(t *testing.T) {
	camera, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, "camera", camera.Name)
	require.Equal(t, "CAMERA", camera.Source.String())
	screen, err := (&Options{Name: "desk"}).withDefaults(true)
	require.NoError(t, err)
	require.Equal(t, "desk", screen.Name)
	require.Equal(t, "SCREEN_SHARE", screen.Source.String())
	require.Equal(t, "SCREEN_SHARE_AUDIO", screen.audioSource().String())
	for named, bad := range map[string]Options{
		"must not be negative":                         {Encoding: EncodingOptions{Bitrate: -1}},
		"Layers.Sizes must be between 1 and 3, got 4":  {Layers: LayerOptions{Sizes: 4}},
		"Layers.Sizes must be between 1 and 3, got -1": {Layers: LayerOptions{Sizes: -1}},
		"with VP9 in several sizes": {
			Layers: LayerOptions{Sizes: 2}, Encoding: EncodingOptions{FallbackCodecs: []pipeline.Codec{pipeline.VP9}},
		},
		"one stream for each, got [VP8]": {
			Layers:   LayerOptions{Sizes: 2},
			Encoding: EncodingOptions{Codec: pipeline.VP9, FallbackCodecs: []pipeline.Codec{pipeline.VP8}},
		},
		"Layers.Temporal must be between 1 and 3, got 4": {Layers: LayerOptions{Temporal: 4}},
		"got BackupCodec(3)":                             {Encoding: EncodingOptions{Backup: NoBackup + 1}},
	} {
		_, err = bad.withDefaults(false)
		require.ErrorContains(t, err, named)
		_, ok := errors.AsType[*OptionError](err)
		require.True(t, ok, named)
	}
}

func TestBackupCodec(t *testing.T) {
	type backup struct {
		codec pipeline.Codec
		ok    bool
	}
	for option, want := range map[BackupCodec]backup{
		0:          {pipeline.VP8, true},
		BackupH264: {pipeline.H264, true},
		NoBackup:   {pipeline.VP8, false},
	} {
		o := Options{Encoding: EncodingOptions{Backup: option}}
		for _, codec := range []pipeline.Codec{pipeline.VP9, pipeline.AV1, pipeline.H265} {
			second, ok := o.backup(codec)
			require.Equal(t, want, backup{second, ok}, "%s with %s", codec, option)
		}
		_, ok := o.backup(pipeline.H264)
		require.False(t, ok, "all clients decode it")
	}
	require.Equal(t, "VP8, H264, none", fmt.Sprintf("%v, %v, %v", BackupVP8, BackupH264, NoBackup))
}
