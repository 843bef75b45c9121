// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// minBitrate is less than any video needs, in bit/s: who asks for it has meant
// kbit/s.
const minBitrate = 10_000

// video is how to publish.
type video struct {
	codecText, bitrateText string
	codec                  pipeline.Codec
	bitrate                int // bit/s
	fps                    int
	encoder, name          string
	screencast             bool
	given                  []string // flags for the encoder that were given
}

func (v *video) flags() []cli.Flag {
	const category = "Video"
	return []cli.Flag{
		&cli.StringFlag{
			Name: "codec", Destination: &v.codecText, Category: category,
			Usage: "`CODEC` to encode raw video with: vp8, h264, vp9 or av1", DefaultText: "vp8",
		},
		&cli.StringFlag{
			Name: "bitrate", Destination: &v.bitrateText, Category: category,
			Usage:       "target `RATE` in bit/s, such as 2500000, 2500k or 2.5M",
			DefaultText: "LiveKit's for the size of the picture",
		},
		&cli.IntFlag{
			Name: "fps", Destination: &v.fps, Category: category,
			Usage: "frame `RATE` that the encoder plans for, in frames a second; frames may come at any", DefaultText: "30",
		},
		&cli.StringFlag{
			Name: "encoder", Destination: &v.encoder, Category: category,
			Usage: "GStreamer `ELEMENT` that encodes, such as openh264enc", DefaultText: "the first installed one of the codec",
		},
		&cli.BoolFlag{
			Name: "screencast", Destination: &v.screencast, Category: category,
			Usage: "the pictures are of a screen: publish a screen share, and encode text well",
		},
		&cli.StringFlag{
			Name: "name", Destination: &v.name, Category: category,
			Usage: "`NAME` of the track", DefaultText: "camera, or screen",
		},
	}
}

// check reads the texts.
func (v *video) check() (err error) {
	if v.codecText != "" {
		if v.codec, err = pipeline.ParseCodec(v.codecText); err != nil {
			return &usageError{err}
		}
	}
	if v.bitrateText != "" {
		if v.bitrate, err = parseBitrate(v.bitrateText); err != nil {
			return err
		}
	}
	if v.fps < 0 {
		return usagef("--fps %d: it can't be negative", v.fps)
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"--codec", v.codecText != ""},
		{"--bitrate", v.bitrateText != ""},
		{"--fps", v.fps != 0},
		{"--encoder", v.encoder != ""},
	} {
		if flag.given {
			v.given = append(v.given, flag.name)
		}
	}
	return nil
}

// parseBitrate reads a rate in bit/s, as a number or with k or M for a thousand
// or a million.
func parseBitrate(text string) (int, error) {
	number, unit := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		number, unit = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"), strings.HasSuffix(text, "m"):
		number, unit = text[:len(text)-1], 1e6
	}
	value, err := strconv.ParseFloat(number, 64)
	rate := value * unit
	switch {
	case err != nil || !(rate > 0 && rate <= 1e12):
		return 0, usagef("--bitrate %q is no rate: it looks like 2500000, 2500k or 2.5M", text)
	case rate < minBitrate:
		return 0, usagef("--bitrate %s: that is %.0f bit/s, too little for video: is %sk meant?", text, rate, text)
	}
	return int(rate), nil
}

func (v *video) options() *sink.Options {
	return &sink.Options{
		Name: v.name, Screencast: v.screencast,
		Codec: v.codec, Encoder: v.encoder, Bitrate: v.bitrate, FPS: v.fps,
	}
}

// checkVideo tries whether there is such an encoder, before anybody is bothered.
func (a *app) checkVideo(v *video, pipe *pipeline.Pipeline) error {
	for _, out := range pipe.Outputs() {
		switch out.Kind {
		case pipeline.CodedVideo:
			if len(v.given) > 0 {
				a.status("the pipeline codes its video itself, as %s, and that is passed on as it is: no use for %s",
					out.Codec, strings.Join(v.given, ", "))
			}
		case pipeline.RawVideo:
			chain, err := pipeline.NewEncodeChain(&pipeline.EncodeOptions{
				Codec: v.codec, Encoder: v.encoder, Bitrate: v.bitrate, FPS: v.fps, Screencast: v.screencast,
			})
			if err != nil {
				return &usageError{err}
			}
			return chain.Close()
		case pipeline.Opus: // It has no options.
		}
	}
	return nil
}

// mimeName is VP8 of video/VP8.
func mimeName(mimeType string) string {
	_, name, _ := strings.Cut(mimeType, "/")
	return name
}
