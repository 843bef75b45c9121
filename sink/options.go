// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// Options configures a publication. The zero value works.
type Options struct {
	// Name is the name of the track. The default is "camera" or "screen".
	Name string
	// Source is the kind of track for clients. The default is CAMERA, or SCREEN_SHARE for screens.
	Source livekit.TrackSource
	// Screencast says that a pipeline's pictures are of a screen. A VideoSource, and a
	// pipeline that captures a screen, know by themselves.
	Screencast bool
	// Codec is the codec for raw video. The default is VP8, as in LiveKit's SDKs. Video that a
	// pipeline has encoded keeps its codec.
	Codec pipeline.Codec
	// FallbackCodecs are tried in order if no encoder of Codec works. If the encoder fails later, a
	// change of the codec needs another track with another SID. The default is none.
	FallbackCodecs []pipeline.Codec
	// Encoder names the only GStreamer element to use, such as "openh264enc". The default is the
	// first in the catalogue's order that works.
	Encoder string
	// Hardware permits, requires or forbids encoders that need a device. By default they are used
	// if they are proven.
	Hardware pipeline.Hardware
	// OnEncoder receives each choice of an encoder and each failure of one, one at a time. It must
	// not block, nor call the Publication. The default is none.
	OnEncoder func(EncoderEvent)
	// Bitrate is the encoder's target in bit/s. The default is LiveKit's preset for the size, the
	// frame rate and the kind of video.
	Bitrate int
	// FPS is the nominal frame rate, in frames a second, for a pipeline's raw video. The default is
	// 30. A VideoSource has its own.
	FPS int
	// AudioName is the name of the track of a pipeline's audio. The default is "microphone", or
	// "screen-audio" for screens.
	AudioName string
	// Floor is the lowest target for a screen, in bit/s: if less can be sent, fewer frames are. The
	// default is 1,200,000, or Bitrate if that is less. See NoFloor.
	Floor int
	// IdleRepeat is the time between repeats of a still screen. The default is a second. See
	// NeverRepeat.
	IdleRepeat time.Duration
	// Layers is the number of sizes in which the video is sent, 1 to 3 (simulcast), so that each
	// viewer gets what their connection carries. The sizes are LiveKit's: see allocation.Ladder.
	// Layers without viewers are not encoded. VP9 has all sizes in one stream, each predicted from
	// the one below (SVC). That needs the encoder gpvp9enc, and a room that was joined by package
	// session or prepared by package signal. Without a Network, lost packets of several layers are
	// not repaired. The default is 1.
	Layers int
	// TemporalLayers is the number of temporal layers, 1 to 3. Each doubles the frame rate of those
	// below, and the server drops the higher ones for a viewer whose connection does not carry
	// them. VP9 and AV1 need a room as for Layers. Only our own encoders support this: gpvp8enc,
	// gpvp9enc and gpav1enc. The default is 1.
	TemporalLayers int
	// BackupCodec is for clients that cannot decode Codec if that is VP9, AV1 or H.265: VP8 or
	// H.264. It is encoded, at the full size, while such a client watches. The default is VP8.
	// Video that a pipeline has encoded has no backup.
	BackupCodec pipeline.Codec
	// NoBackupCodec leaves such clients without video.
	NoBackupCodec bool
	// Logger receives messages about the track. The default discards them.
	Logger *slog.Logger
}

const (
	// NoFloor is the value of Options.Floor for no floor: on a narrow network a screen becomes
	// coarser and keeps its frame rate.
	NoFloor = math.MinInt
	// NeverRepeat is the value of Options.IdleRepeat for no repeats: a still screen is sent only to
	// viewers who join.
	NeverRepeat time.Duration = math.MinInt64
)

func (o *Options) withDefaults(ofScreen bool) (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Screencast = c.Screencast || ofScreen
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	name, audio, source := "camera", "microphone", livekit.TrackSource_CAMERA
	if c.Screencast {
		name, audio, source = "screen", "screen-audio", livekit.TrackSource_SCREEN_SHARE
	}
	if c.Name == "" {
		c.Name = name
	}
	if c.AudioName == "" {
		c.AudioName = audio
	}
	if c.Source == livekit.TrackSource_UNKNOWN {
		c.Source = source
	}
	if c.Bitrate < 0 || c.FPS < 0 {
		return c, fmt.Errorf("sink: Bitrate and FPS must not be negative, got %d and %d", c.Bitrate, c.FPS)
	}
	if c.Layers = cmp.Or(c.Layers, 1); c.Layers < 1 || c.Layers > video.MaxLayers {
		return c, fmt.Errorf("sink: Layers must be between 1 and %d, got %d", video.MaxLayers, c.Layers)
	}
	if c.TemporalLayers = cmp.Or(c.TemporalLayers, 1); c.TemporalLayers < 1 || c.TemporalLayers > video.MaxLayers {
		return c, fmt.Errorf("sink: TemporalLayers must be between 1 and %d, got %d", video.MaxLayers, c.TemporalLayers)
	}
	alone := c.Codec != pipeline.VP9 || len(c.FallbackCodecs) == 0
	if c.Layers > 1 && (!alone || slices.Contains(c.FallbackCodecs, pipeline.VP9)) {
		return c, errors.New("sink: FallbackCodecs: with several layers VP9 can't be combined with other codecs: " +
			"it has all sizes in one stream, the others one stream for each")
	}
	if c.BackupCodec != pipeline.VP8 && c.BackupCodec != pipeline.H264 {
		return c, fmt.Errorf("sink: BackupCodec must be VP8 or H.264, which all clients decode, got %s", c.BackupCodec)
	}
	c.Floor = c.floor()
	if c.Screencast {
		if err := c.screenAt(cmp.Or(c.FPS, video.DefaultFPS)).Check(); err != nil {
			return c, fmt.Errorf("sink: %w", err)
		}
	}
	return c, nil
}

// floor returns the lowest target for a screen, in bit/s.
func (o *Options) floor() int {
	switch {
	case o.Floor == NoFloor:
		return 1
	case o.Floor != 0:
		return o.Floor
	case o.Bitrate > 0:
		return min(screencast.DefaultFloor, o.Bitrate)
	default:
		return screencast.DefaultFloor
	}
}

// screenAt returns the options of the policy for a screen at a frame rate. When a frame is sharp
// depends on the encoder: see install.
func (o *Options) screenAt(fps int) screencast.Options {
	s := screencast.Defaults(0, 0)
	s.FPS, s.MaxBitrate, s.Floor = fps, o.bitrate(0, 0, fps, o.Codec), o.Floor
	switch o.IdleRepeat {
	case 0: // as in Defaults
	case NeverRepeat:
		s.IdleRepeat = 0
	default:
		s.IdleRepeat = o.IdleRepeat
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
	return allocation.Ladder(allocation.Picture{
		Width: width, Height: height, FPS: fps, Bitrate: o.bitrate(width, height, fps, codec),
		Layers: o.Layers, Screencast: o.Screencast, Floor: o.Floor, Spatial: o.spatial(codec),
	})
}

// spatial reports whether a codec has its sizes in one stream.
func (o *Options) spatial(codec pipeline.Codec) bool { return o.Layers > 1 && codec == pipeline.VP9 }

// backup returns the backup codec for a codec, if there should be one.
func (o *Options) backup(codec pipeline.Codec) (pipeline.Codec, bool) {
	switch codec {
	case pipeline.VP9, pipeline.AV1, pipeline.H265:
		return o.BackupCodec, !o.NoBackupCodec
	case pipeline.VP8, pipeline.H264: // all clients decode these
	}
	return codec, false
}

// bitrate returns the target for frames of a size in px, in bit/s: the caller's, or LiveKit's
// preset. 0 by 0 is an unknown size.
func (o *Options) bitrate(width, height, fps int, codec pipeline.Codec) int {
	if o.Bitrate > 0 {
		return o.Bitrate
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
		bitrate = max(bitrate, o.Floor)
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
