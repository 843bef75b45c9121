// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
)

// The defaults of ScreenOptions.
const (
	// DefaultFloor is in bit/s. LiveKit's SDKs promise it (VideoSource's is_screencast).
	DefaultFloor = screencast.DefaultFloor
	// DefaultIdleRepeat is libwebrtc's (kZeroHertzIdleRepeatRatePeriod in
	// video/frame_cadence_adapter.cc).
	DefaultIdleRepeat = screencast.DefaultIdleRepeat
)

// fullEncoder is the only encoder of 4:4:4.
const fullEncoder = "gpvp9enc"

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

// check returns an *OptionError for the first option that is invalid.
func (o *Options) check() error {
	if n := o.Encoding.Bitrate; n < 0 {
		return &OptionError{"Encoding.Bitrate", n, "must not be negative"}
	}
	if n := o.Encoding.FPS; n < 0 {
		return &OptionError{"Encoding.FPS", n, "must not be negative"}
	}
	if b := o.Encoding.Backup; b < BackupVP8 || b > NoBackup {
		return &OptionError{"Encoding.Backup", b, "must be BackupVP8, BackupH264 or NoBackup"}
	}
	if err := o.checkLayers(); err != nil || !o.Screencast {
		return err
	}
	if err := o.checkChroma(); err != nil {
		return err
	}
	return optionError(o.screenAt(cmp.Or(o.Encoding.FPS, video.DefaultFPS)).Check())
}

// checkChroma refuses what cannot be encoded in 4:4:4.
func (o *Options) checkChroma() error {
	var reason string
	switch c := o.Screen.Chroma; {
	case c == Chroma420:
		return nil
	case c != Chroma444:
		reason = "must be Chroma420 or Chroma444"
	case slices.ContainsFunc(o.codecs(), func(c pipeline.Codec) bool { return c != pipeline.VP9 }):
		reason = "needs the codec VP9, and no other one"
	case o.Encoding.Encoder != "" && o.Encoding.Encoder != fullEncoder:
		reason = "needs the encoder " + fullEncoder
	case o.Layers.Sizes > 1 || o.Layers.Temporal > 1:
		reason = "has no layers: set Layers.Sizes and Layers.Temporal to 1"
	default:
		return nil
	}
	return &OptionError{"Screen.Chroma", o.Screen.Chroma, reason}
}

func (o *Options) checkLayers() error {
	reason := fmt.Sprintf("must be between 1 and %d", video.MaxLayers)
	if n := o.Layers.Sizes; n < 1 || n > video.MaxLayers {
		return &OptionError{"Layers.Sizes", n, reason}
	}
	if n := o.Layers.Temporal; n < 1 || n > video.MaxLayers {
		return &OptionError{"Layers.Temporal", n, reason}
	}
	if err := o.checkHalfSize(); err != nil {
		return err
	}
	codecs := o.codecs()
	if o.Layers.Sizes > 1 && len(codecs) > 1 && slices.Contains(codecs, pipeline.VP9) {
		return &OptionError{
			"Encoding.FallbackCodecs", o.Encoding.FallbackCodecs, "must be empty with VP9 in several sizes, and have no VP9 " +
				"with another codec: VP9 has all sizes in one stream, the others one stream for each",
		}
	}
	return nil
}

// checkHalfSize refuses smaller layers where they would have no effect.
func (o *Options) checkHalfSize() error {
	var reason string
	switch {
	case !o.Layers.HalfSize:
		return nil
	case !o.Screencast:
		reason = "needs a screen: set Screencast"
	case o.Layers.Sizes < 2:
		reason = "needs several layers: set Layers.Sizes to 2 or 3"
	default:
		return nil
	}
	return &OptionError{"Layers.HalfSize", true, reason}
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
		FullSize: o.fullSize(codec),
	})
}

// fullSize reports whether all layers of a codec have the full size. LiveKit's server cannot switch between two streams
// of VP9, and chooses a temporal layer by the size.
func (o *Options) fullSize(codec pipeline.Codec) bool {
	return o.Screencast && !o.Layers.HalfSize && o.Layers.Temporal < 2 && codec != pipeline.VP9
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

// OptionError is an invalid field of Options.
type OptionError struct {
	Option string // the field, as in "Screen.Floor"
	Value  any
	Reason string // what the value must be
}

// Error names the field, what its value must be, and the value.
func (e *OptionError) Error() string {
	return fmt.Sprintf("sink: %s %s, got %v", e.Option, e.Reason, e.Value)
}

// optionNames are the fields of Options for the options of the policy.
var optionNames = strings.NewReplacer("MaxBitrate", "Encoding.Bitrate", "FPS", "Encoding.FPS", "Floor", "Screen.Floor",
	"IdleRepeat", "Screen.IdleRepeat") // never written

// optionError names the field of Options if the policy of screens rejects one.
func optionError(err error) error {
	var bad *screencast.OptionError
	if !errors.As(err, &bad) {
		return err
	}
	reason, _, _ := strings.Cut(bad.Reason, ";") // What 0 means for the policy is NeverRepeat here.
	return &OptionError{Option: optionNames.Replace(bad.Option), Value: bad.Value, Reason: optionNames.Replace(reason)}
}
