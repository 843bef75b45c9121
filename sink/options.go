// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"log/slog"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/proof"
)

// Options say how to publish. The zero value works.
type Options struct {
	// Name of the track. Defaults to "camera" or "screen".
	Name string
	// Source is what the track is to clients. Defaults to CAMERA, and to
	// SCREEN_SHARE for screencasts.
	Source livekit.TrackSource
	// Screencast says that a pipeline's pictures are of a screen. A
	// VideoSource knows by itself.
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
	// Prover finds out which encoders work: see proof.Start. Defaults to none:
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
	// Logger gets what happens to the track. Defaults to silence.
	Logger *slog.Logger
}

func (o *Options) withDefaults(screencast bool) (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Screencast = c.Screencast || screencast
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
		return c, fmt.Errorf("sink: bitrate %d and frame rate %d: they can't be negative", c.Bitrate, c.FPS)
	}
	return c, nil
}

func (o *Options) audioSource() livekit.TrackSource {
	if o.Screencast {
		return livekit.TrackSource_SCREEN_SHARE_AUDIO
	}
	return livekit.TrackSource_MICROPHONE
}

// preset is one row of LiveKit's table of bitrates.
type preset struct {
	pixels  int // of a 16:9 picture
	bitrate int // bit/s
}

// The presets of LiveKit's JavaScript SDK (src/room/track/options.ts, 2.21.0).
var (
	cameraPresets = []preset{
		{160 * 90, 90_000},
		{320 * 180, 160_000},
		{640 * 360, 450_000},
		{960 * 540, 800_000},
		{1280 * 720, 1_700_000},
		{1920 * 1080, 3_000_000},
		{2560 * 1440, 5_000_000},
		{3840 * 2160, 8_000_000},
	}
	// Of 15 frames a second and fewer.
	slowScreenPresets = []preset{
		{640 * 360, 400_000},
		{1280 * 720, 1_500_000},
		{1920 * 1080, 2_500_000},
	}
	fastScreenPresets = []preset{
		{1280 * 720, 2_000_000},
		{1920 * 1080, 5_000_000},
		{3840 * 2160, 7_000_000},
	}
)

// Above this many frames a second the presets for fast screens hold.
const slowScreenFPS = 15

// screenFloor is the least target for screens, in bit/s: LiveKit's SDKs
// promise it (VideoSource's is_screencast).
const screenFloor = 1_200_000

// presetBitrate is LiveKit's bitrate for a picture, in bit/s; between two rows
// it goes by the number of pixels.
func presetBitrate(width, height, fps int, screencast bool, codec pipeline.Codec) int {
	table := cameraPresets
	switch {
	case screencast && fps <= slowScreenFPS:
		table = slowScreenPresets
	case screencast:
		table = fastScreenPresets
	}
	bitrate := interpolate(table, width*height)
	switch codec { // factors of the same SDK
	case pipeline.VP9:
		bitrate = bitrate * 85 / 100
	case pipeline.AV1, pipeline.H265:
		bitrate = bitrate * 70 / 100
	case pipeline.VP8, pipeline.H264: // what the table is for
	}
	if screencast {
		bitrate = max(bitrate, screenFloor)
	}
	return bitrate
}

func interpolate(table []preset, pixels int) int {
	if pixels <= table[0].pixels {
		return table[0].bitrate
	}
	for i := 1; i < len(table); i++ {
		low, high := table[i-1], table[i]
		if pixels <= high.pixels {
			return low.bitrate + (high.bitrate-low.bitrate)*(pixels-low.pixels)/(high.pixels-low.pixels)
		}
	}
	return table[len(table)-1].bitrate
}
