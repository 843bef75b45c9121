// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/proof"
	"github.com/gstpublish/gstpublish/screencast"
	"github.com/gstpublish/gstpublish/sink/allocation"
	"github.com/gstpublish/gstpublish/sink/network"
)

// Options say how to publish. The zero value works.
type Options struct {
	// Name of the track. Defaults to "camera" or "screen".
	Name string
	// Source is what the track is to clients. Defaults to CAMERA, and to
	// SCREEN_SHARE for screencasts.
	Source livekit.TrackSource
	// Screencast says that a pipeline's pictures are of a screen. A VideoSource, and a
	// pipeline that captures a screen, know by themselves.
	Screencast bool
	// Codec is what raw video is encoded with. Defaults to VP8, as in
	// LiveKit's SDKs. Video that a pipeline coded itself keeps its codec.
	Codec pipeline.Codec
	// FallbackCodecs may be used, in their order, where no encoder of Codec works.
	// When the encoder fails later, a change of the codec needs another track with
	// another SID. Defaults to none.
	FallbackCodecs []pipeline.Codec
	// Encoder names the GStreamer element, such as "openh264enc", and admits no
	// other. Defaults to the first in the catalogue's order that works.
	Encoder string
	// Hardware says whether encoders that need a device may be used, or must be.
	// Defaults to where they are proven.
	Hardware proof.Hardware
	// Prover finds out which encoders work: see proof.New. Defaults to none:
	// then the software encoders are used that are installed.
	Prover *proof.Prover
	// OnEncoder is told of each choice of an encoder and of each failure of one,
	// one at a time. It must not block, nor call the Publication. Defaults to
	// nobody.
	OnEncoder func(EncoderEvent)
	// Bitrate is the encoder's target in bit/s. Defaults to LiveKit's preset
	// for the size, the frame rate and the kind of picture.
	Bitrate int
	// FPS is the frame rate that the encoder plans for, in frames a second,
	// where a pipeline's pictures are encoded. Defaults to 30. A VideoSource
	// has its own.
	FPS int
	// AudioName of the track of a pipeline's audio. Defaults to "microphone",
	// and to "screen-audio" for screencasts.
	AudioName string
	// Floor is the least target for a screen, in bit/s: where less can be sent, fewer
	// pictures are; 1 is none. Defaults to 1,200,000, or Bitrate where that is less.
	Floor int
	// IdleRepeat is how often a screen at rest is sent again. nil is once a second,
	// new(time.Duration) never: see screencast.Options.
	IdleRepeat *time.Duration
	// Layers is in how many sizes the video is sent, 1 to 3 (simulcast), so that each
	// viewer gets what its connection carries: LiveKit's, see allocation.Ladder. A
	// layer that nobody watches isn't encoded. VP9's are in one stream, each predicted
	// from the one below it (SVC): that takes an encoder that can (gpvp9enc), and a room
	// of package session's, or one that package signal has prepared. Without a Network, what is
	// lost of several isn't sent again. Defaults to 1.
	Layers int
	// TemporalLayers is how many layers of frame rates a stream has, 1 to 3: each
	// doubles that of the ones below it, and the server leaves the higher ones out for a
	// viewer whose connection doesn't carry them: of VP9 and AV1 in rooms as those of
	// Layers. Only our own encoders have them: gpvp8enc, gpvp9enc and gpav1enc. Defaults to 1.
	TemporalLayers int
	// BackupCodec is for clients that can't decode Codec where that is VP9, AV1 or
	// H.265: VP8 or H.264. It is encoded, at the full size, while such a client
	// watches. Defaults to VP8. What a pipeline coded itself has none.
	BackupCodec pipeline.Codec
	// NoBackupCodec leaves such clients without video.
	NoBackupCodec bool
	// Network is the one of the room's connection: it says what can be sent, and
	// paces the packets. Defaults to none: then SetEstimate is the caller's.
	Network *network.Network
	// Logger gets what happens to the track. Defaults to silence.
	Logger *slog.Logger
}

// maxLayers is LiveKit's: low, medium, high.
const maxLayers = 3

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
	if c.Layers = cmp.Or(c.Layers, 1); c.Layers < 1 || c.Layers > maxLayers {
		return c, fmt.Errorf("sink: Layers must be between 1 and %d, got %d", maxLayers, c.Layers)
	}
	if c.TemporalLayers = cmp.Or(c.TemporalLayers, 1); c.TemporalLayers < 1 || c.TemporalLayers > maxLayers {
		return c, fmt.Errorf("sink: TemporalLayers must be between 1 and %d, got %d", maxLayers, c.TemporalLayers)
	}
	alone := c.Codec != pipeline.VP9 || len(c.FallbackCodecs) == 0
	if c.Layers > 1 && (!alone || slices.Contains(c.FallbackCodecs, pipeline.VP9)) {
		return c, errors.New("sink: FallbackCodecs: with several layers VP9 can't be combined with other codecs: " +
			"it has all sizes in one stream, the others one stream for each")
	}
	if c.BackupCodec != pipeline.VP8 && c.BackupCodec != pipeline.H264 {
		return c, fmt.Errorf("sink: BackupCodec must be VP8 or H.264, which all clients decode, got %s", c.BackupCodec)
	}
	if c.Floor == 0 {
		c.Floor = screencast.DefaultFloor
		if c.Bitrate > 0 {
			c.Floor = min(c.Floor, c.Bitrate)
		}
	}
	if c.Screencast {
		if err := c.screenAt(cmp.Or(c.FPS, screencast.DefaultFPS)).Check(); err != nil {
			return c, fmt.Errorf("sink: %w", err)
		}
	}
	return c, nil
}

// screenAt are the options of the policy for a screen at a frame rate. When it is
// sharp depends on the encoder: see install.
func (o *Options) screenAt(fps int) screencast.Options {
	s := screencast.Defaults(0, 0)
	s.FPS, s.MaxBitrate, s.Floor = fps, o.bitrate(0, 0, fps, o.Codec), o.Floor
	if o.IdleRepeat != nil {
		s.IdleRepeat = *o.IdleRepeat
	}
	return s
}

// screen are those for one of its layers.
func (o *Options) screen(layer *allocation.Layer) screencast.Options {
	s := o.screenAt(layer.FPS)
	s.MaxBitrate, s.Floor = layer.Bitrate, layer.MinBitrate
	return s
}

// ladder is what pictures of a size in px are coded to, from small to large. 0 by 0
// is a size that isn't known yet.
func (o *Options) ladder(width, height, fps int, codec pipeline.Codec) []allocation.Layer {
	if width == 0 {
		width, height = 1280, 720
	}
	return allocation.Ladder(allocation.Picture{
		Width: width, Height: height, FPS: fps, Bitrate: o.bitrate(width, height, fps, codec),
		Layers: o.Layers, Screencast: o.Screencast, Floor: o.Floor, Spatial: o.spatial(codec),
	})
}

// spatial tells whether the sizes of a codec are in one stream.
func (o *Options) spatial(codec pipeline.Codec) bool { return o.Layers > 1 && codec == pipeline.VP9 }

// backup is the codec beside another one, if there is to be one.
func (o *Options) backup(codec pipeline.Codec) (pipeline.Codec, bool) {
	switch codec {
	case pipeline.VP9, pipeline.AV1, pipeline.H265:
		return o.BackupCodec, !o.NoBackupCodec
	case pipeline.VP8, pipeline.H264: // All clients know them.
	}
	return codec, false
}

// bitrate is the target for pictures of a size in px, in bit/s: what the caller
// says, or LiveKit's preset. 0 by 0 is a size that isn't known yet.
func (o *Options) bitrate(width, height, fps int, codec pipeline.Codec) int {
	if o.Bitrate > 0 {
		return o.Bitrate
	}
	if width == 0 {
		width, height = 1280, 720
	}
	bitrate := screencast.CameraBitrate(width, height)
	if o.Screencast {
		bitrate = screencast.Bitrate(width, height, fps)
	}
	bitrate = int(float64(bitrate) * efficiency(codec))
	if o.Screencast {
		bitrate = max(bitrate, o.Floor)
	}
	return bitrate
}

// efficiency is what a codec needs in relation to those that the presets are for,
// as in LiveKit's JavaScript SDK.
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
