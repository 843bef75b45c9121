// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Video holds the flags for publishing video. The zero value has no flag set.
type Video struct {
	// Codec and the following fields are final after Check.
	Codec        pipeline.Codec
	Encoder      string
	Hardware     pipeline.Hardware
	FPS          int
	Layers       int // 0 if not given
	MaxBandwidth int // bit/s; 0 for none
	IdleRepeat   time.Duration
	Screencast   bool
	NoCache      bool
	Name         string
	Given        []string // the given flags that concern the encoder

	codecText, bitrateText, floorText, hardwareText string
	backupText, maxBandwidthText, chromaText        string
	fallbackTexts                                   []string

	fallback       []pipeline.Codec
	backup         sink.BackupCodec
	bitrate, floor int // bit/s
	temporal       int // 0 if not given
	halfSize       bool
	chroma         sink.Chroma
}

// SameBandwidth reports whether both have the same --max-bandwidth.
func (v *Video) SameBandwidth(other *Video) bool { return v.maxBandwidthText == other.maxBandwidthText }

// The categories of flags in the help texts.
const (
	VideoCategory  = "Video"
	ScreenCategory = "Screen"
	OutputCategory = "Output"
)

// Flags returns the flags for any kind of video.
func (v *Video) Flags() []cli.Flag {
	return slices.Concat(v.EncoderFlags(), v.RateFlags(), v.NetworkFlags(), []cli.Flag{&cli.BoolFlag{
		Name: "screencast", Destination: &v.Screencast, Category: VideoCategory,
		Usage: "the video is a screen: publish it as a screen share, and encode text well",
	}}, v.ScreenFlags())
}

// RateFlags returns the flags for rates and the name.
func (v *Video) RateFlags() []cli.Flag {
	fps, name := "nominal frame `RATE` for the encoder, a second; the actual rate may differ", "camera or screen"
	if v.Screencast {
		fps, name = "capture at most `RATE` frames a second", "screen"
	}
	return []cli.Flag{
		&cli.StringFlag{
			Name: "bitrate", Destination: &v.bitrateText, Category: VideoCategory,
			Usage:       "target `RATE` in bit/s, such as 2500000, 2500k or 2.5M",
			DefaultText: "LiveKit's preset for the size",
		},
		&cli.IntFlag{
			Name: "fps", Destination: &v.FPS, Category: VideoCategory,
			Usage: fps, DefaultText: strconv.Itoa(defaultFPS), Validator: CheckFPS,
		},
		&cli.StringFlag{
			Name: "name", Destination: &v.Name, Category: VideoCategory,
			Usage: "`NAME` of the track", DefaultText: name,
		},
	}
}

// NetworkFlags returns the flags for different networks and viewers.
func (v *Video) NetworkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{
			Name: "layers", Destination: &v.Layers, Category: VideoCategory,
			Usage: "publish in `NUMBER` layers, 1 to 3, so that each viewer gets what their connection carries: a camera " +
				"in smaller sizes, a screen with fewer frames",
			DefaultText: "1", Validator: checkLayers,
		},
		&cli.BoolFlag{
			Name: "half-size", Destination: &v.halfSize, Category: VideoCategory,
			Usage: "give the lower --layers of a screen half and a quarter of its size, and all frames: text is blurred",
		},
		&cli.IntFlag{
			Name: "temporal-layers", Destination: &v.temporal, Category: VideoCategory,
			Usage: "encode in `NUMBER` temporal layers, 1 to 3: viewers on slow connections get half of " +
				"the frames, or a quarter; for vp8, vp9 and av1",
			DefaultText: "1", Validator: checkLayers,
		},
		&cli.StringFlag{
			Name: "backup-codec", Destination: &v.backupText, Category: VideoCategory,
			Usage: "`CODEC` for viewers who can't decode vp9, av1 or h265, encoded only while there is such a " +
				"viewer: vp8, h264 or none",
			DefaultText: "vp8",
		},
		&cli.StringFlag{
			Name: "max-bandwidth", Destination: &v.maxBandwidthText, Category: VideoCategory,
			Usage:       "limit the video, including all headers, to this average `RATE` in bit/s, such as 600k",
			DefaultText: "what the network carries",
		},
	}
}

// ScreenFlags returns the flags for screens only.
func (v *Video) ScreenFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "floor", Destination: &v.floorText, Category: ScreenCategory,
			Usage:       "lowest target `RATE` of the encoder, in bit/s: if the network carries less, fewer frames are sent",
			DefaultText: "1.2M",
		},
		&cli.DurationFlag{
			Name: "idle-repeat", Destination: &v.IdleRepeat, Value: sink.DefaultIdleRepeat, Category: ScreenCategory,
			Usage: "`TIME` between repeats of a still screen; with 0 it is never repeated, and clients may show it as lost",
		},
		&cli.StringFlag{
			Name: "chroma", Destination: &v.chromaText, Category: ScreenCategory,
			Usage: "`HOW` finely colour is sent: 420, or 444 for sharp coloured text, which needs vp9; if a viewer can't " +
				"decode that, 420 is sent from then on",
			DefaultText: "420",
		},
	}
}

// EncoderFlags returns the flags that choose the encoder.
func (v *Video) EncoderFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name: "codec", Destination: &v.codecText, Category: VideoCategory,
			Usage:       "`CODEC` to encode raw video with: vp8, h264, vp9, av1 or h265",
			DefaultText: "that of --encoder, or vp8",
		},
		&cli.StringSliceFlag{
			Name: "fallback-codec", Destination: &v.fallbackTexts, Category: VideoCategory,
			Usage: "`CODEC` to use if no encoder of the first one works; may be repeated", DefaultText: "none",
		},
		&cli.StringFlag{
			Name: "encoder", Destination: &v.Encoder, Category: VideoCategory,
			Usage: "only encode with this GStreamer `ELEMENT`, such as openh264enc", DefaultText: "the first that works",
		},
		&cli.StringFlag{
			Name: "hardware", Destination: &v.hardwareText, Category: VideoCategory,
			Usage: "`WHETHER` to encode in hardware: auto (if it works), require or off", DefaultText: "auto",
		},
		NoCacheFlag(&v.NoCache),
	}
}

// NoCacheFlag returns the flag for commands that prove encoders.
func NoCacheFlag(noCache *bool) cli.Flag {
	return &cli.BoolFlag{
		Name: "no-cache", Destination: noCache, Category: VideoCategory,
		Usage: "prove the encoder again, and do not remember the result",
	}
}
