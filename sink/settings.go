// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// withDefaults returns valid options. ofScreen reports whether the source says that it shows a screen.
func (o *Options) withDefaults(ofScreen bool) (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Screencast = c.Screencast || ofScreen
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	name, audio, source := "camera", "microphone", livekit.TrackSource_CAMERA
	if c.Screencast {
		name, audio, source = "screen", "screen-audio", livekit.TrackSource_SCREEN_SHARE
	}
	c.Name, c.Audio.Name, c.Source = cmp.Or(c.Name, name), cmp.Or(c.Audio.Name, audio), cmp.Or(c.Source, source)
	c.Layers.Sizes, c.Layers.Temporal = cmp.Or(c.Layers.Sizes, 1), cmp.Or(c.Layers.Temporal, 1)
	c.Screen.Floor = c.floor()
	return c, c.check()
}

// check returns an error for the first option that is invalid. The error is a *screencast.OptionError for those of
// screens.
func (o *Options) check() error {
	if o.Encoding.Bitrate < 0 {
		return fmt.Errorf("sink: Encoding.Bitrate must not be negative, got %d", o.Encoding.Bitrate)
	}
	if o.Encoding.FPS < 0 {
		return fmt.Errorf("sink: Encoding.FPS must not be negative, got %d", o.Encoding.FPS)
	}
	if b := o.Encoding.Backup; b < BackupVP8 || b > NoBackup {
		return fmt.Errorf("sink: Encoding.Backup must be BackupVP8, BackupH264 or NoBackup, got %v", b)
	}
	if err := o.checkLayers(); err != nil || !o.Screencast {
		return err
	}
	if err := o.screenAt(cmp.Or(o.Encoding.FPS, video.DefaultFPS)).Check(); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	return nil
}

func (o *Options) checkLayers() error {
	if n := o.Layers.Sizes; n < 1 || n > video.MaxLayers {
		return fmt.Errorf("sink: Layers.Sizes must be between 1 and %d, got %d", video.MaxLayers, n)
	}
	if n := o.Layers.Temporal; n < 1 || n > video.MaxLayers {
		return fmt.Errorf("sink: Layers.Temporal must be between 1 and %d, got %d", video.MaxLayers, n)
	}
	codecs := o.codecs()
	if o.Layers.Sizes > 1 && len(codecs) > 1 && slices.Contains(codecs, pipeline.VP9) {
		return errors.New("sink: Encoding.FallbackCodecs: with several sizes VP9 cannot be combined with other codecs: " +
			"it has all sizes in one stream, the others one stream for each")
	}
	return nil
}

// codecs returns the codecs that raw video may be encoded with, the preferred one first.
func (o *Options) codecs() []pipeline.Codec {
	return append([]pipeline.Codec{o.Encoding.Codec}, o.Encoding.FallbackCodecs...)
}

// floor returns the lowest target for a screen, in bit/s.
func (o *Options) floor() int {
	switch {
	case o.Screen.Floor == NoFloor:
		return 1
	case o.Screen.Floor != 0:
		return o.Screen.Floor
	case o.Encoding.Bitrate > 0:
		return min(screencast.DefaultFloor, o.Encoding.Bitrate)
	default:
		return screencast.DefaultFloor
	}
}

// screenAt returns the options of the policy for a screen at a frame rate. When a frame is sharp
// depends on the encoder: see install.
func (o *Options) screenAt(fps int) screencast.Options {
	s := screencast.Defaults(0, 0)
	s.FPS, s.MaxBitrate, s.Floor = fps, o.bitrate(0, 0, fps, o.Encoding.Codec), o.Screen.Floor
	switch o.Screen.IdleRepeat {
	case 0: // as in Defaults
	case NeverRepeat:
		s.IdleRepeat = 0
	default:
		s.IdleRepeat = o.Screen.IdleRepeat
	}
	return s
}

// screen returns them for one layer.
func (o *Options) screen(layer *allocation.Layer) screencast.Options {
	s := o.screenAt(layer.FPS)
	s.MaxBitrate, s.Floor = layer.Bitrate, layer.MinBitrate
	return s
}

// ladder returns the layers for frames of a size in px, from small to large. 0 by 0 is an unknown
// size.
func (o *Options) ladder(width, height, fps int, codec pipeline.Codec) []allocation.Layer {
	if width == 0 {
		width, height = video.DefaultWidth, video.DefaultHeight
	}
	return allocation.Ladder(allocation.Video{
		Width: width, Height: height, FPS: fps, Bitrate: o.bitrate(width, height, fps, codec),
		Layers: o.Layers.Sizes, Screencast: o.Screencast, Floor: o.Screen.Floor, Spatial: o.spatial(codec),
	})
}

// spatial reports whether a codec has its sizes in one stream.
func (o *Options) spatial(codec pipeline.Codec) bool {
	return o.Layers.Sizes > 1 && codec == pipeline.VP9
}

// backup returns the backup codec for a codec, if there should be one.
func (o *Options) backup(codec pipeline.Codec) (pipeline.Codec, bool) {
	switch codec {
	case pipeline.VP9, pipeline.AV1, pipeline.H265:
		if o.Encoding.Backup == BackupH264 {
			return pipeline.H264, true
		}
		return pipeline.VP8, o.Encoding.Backup != NoBackup
	case pipeline.VP8, pipeline.H264: // all clients decode these
	}
	return codec, false
}

// bitrate returns the target for frames of a size in px, in bit/s: the caller's, or LiveKit's
// preset. 0 by 0 is an unknown size.
func (o *Options) bitrate(width, height, fps int, codec pipeline.Codec) int {
	if o.Encoding.Bitrate > 0 {
		return o.Encoding.Bitrate
	}
	if width == 0 {
		width, height = video.DefaultWidth, video.DefaultHeight
	}
	bitrate := video.CameraBitrate(width, height)
	if o.Screencast {
		bitrate = video.ScreenBitrate(width, height, fps)
	}
	bitrate = int(float64(bitrate) * efficiency(codec))
	if o.Screencast {
		bitrate = max(bitrate, o.Screen.Floor)
	}
	return bitrate
}

// efficiency is the bit rate that a codec needs relative to the codecs of the presets, as in
// LiveKit's JavaScript SDK.
func efficiency(codec pipeline.Codec) float64 {
	switch codec {
	case pipeline.VP9:
		return 0.85
	case pipeline.AV1, pipeline.H265:
		return 0.7
	case pipeline.VP8, pipeline.H264:
	}
	return 1
}

func (o *Options) audioSource() livekit.TrackSource {
	if o.Screencast {
		return livekit.TrackSource_SCREEN_SHARE_AUDIO
	}
	return livekit.TrackSource_MICROPHONE
}
