// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish/pipeline"
)

// Options configures a publication. The zero value works, and so does the zero value of every group
// of options in it.
type Options struct {
	// Name is the name of the track. The default is "camera" or "screen".
	Name string
	// Source is the kind of track for clients. The default is CAMERA, or SCREEN_SHARE for screens.
	Source livekit.TrackSource
	// Screencast says that the frames of a pipeline show a screen. A VideoSource, and a pipeline that
	// captures a screen, know by themselves.
	Screencast bool
	// Encoding says how raw video is encoded. Video that a pipeline has encoded stays as it is.
	Encoding EncodingOptions
	// Layers says in how many sizes and frame rates the video is sent. The default is one.
	Layers LayerOptions
	// Screen has options for screens. Cameras ignore them.
	Screen ScreenOptions
	// Audio has options for the audio of a pipeline.
	Audio AudioOptions
	// OnEncoder receives each choice of an encoder and each failure of one, one at a time. It must
	// not block, nor call the Publication. The default is none.
	OnEncoder func(EncoderEvent)
	// OnReason receives the reason why no video is sent, or ReasonNone, when it has changed for at
	// least half a second, and again when it outlives the connection. Stats has it too. It must not
	// block, nor call Stop or Close. The default is none.
	OnReason func(Reason)
	// Logger receives messages about the track. The default discards them, but in a gstpublish.Room
	// it is the room's.
	Logger *slog.Logger
}

// EncodingOptions says how raw video is encoded. The zero value is VP8 at LiveKit's bit rate, with
// the best encoder that works.
type EncodingOptions struct {
	// Codec is the codec. The default is VP8, as in LiveKit's SDKs.
	Codec pipeline.Codec
	// FallbackCodecs are tried in order if no encoder of Codec works, or if the server does not accept
	// it. If the encoder fails later, a change of the codec needs another track with another SID. The
	// default is none.
	FallbackCodecs []pipeline.Codec
	// Backup is the second codec, for clients that cannot decode Codec if that is VP9, AV1 or H.265.
	// It is encoded, at the full size, while such a client watches. The default is BackupVP8.
	Backup BackupCodec
	// Encoder names the only GStreamer element to use, such as "openh264enc". The default is the
	// first in the catalogue's order that works.
	Encoder string
	// Hardware permits, requires or forbids encoders that need a device. By default they are used
	// if they are proven.
	Hardware pipeline.Hardware
	// Bitrate is the encoder's target in bit/s. The default is LiveKit's preset for the size, the
	// frame rate and the kind of video.
	Bitrate int
	// FPS is the nominal frame rate of a pipeline's video, in frames a second. The default is 30. A
	// VideoSource has its own.
	FPS int
}

// BackupCodec is a codec for clients that cannot decode the main one.
type BackupCodec int

// The backup codecs.
const (
	BackupVP8  BackupCodec = iota // the default
	BackupH264                    // H.264
	NoBackup                      // such clients get no video
)

// String returns "VP8", "H264" or "none".
func (b BackupCodec) String() string {
	switch b {
	case BackupVP8:
		return pipeline.VP8.String()
	case BackupH264:
		return pipeline.H264.String()
	case NoBackup:
		return "none"
	}
	return fmt.Sprintf("BackupCodec(%d)", int(b))
}

// LayerOptions says in how many sizes and frame rates the video is sent, so that each viewer gets
// what their connection carries. The zero value is one of each.
type LayerOptions struct {
	// Sizes is the number of layers, 1 to 3. Below the full size, cameras have layers of 360 and 180 lines, and VP9
	// has half and a quarter of its width and height, as in LiveKit's SDKs. Small frames have fewer layers. A layer
	// without viewers is not encoded. The default is 1.
	//
	// All layers of a screen have its full size, so that text stays readable for every viewer: of three layers, the
	// lower ones send at most 200 and 600 kbit/s, and as few frames as that permits; of two, the lower one 200 kbit/s.
	// With temporal layers or VP9, the sizes are half and a quarter. See HalfSize.
	//
	// Each layer is a simulcast layer, a stream of its own. VP9 has all sizes in one stream, each
	// predicted from the one below: they are spatial layers (SVC). That needs the encoder gpvp9enc,
	// and a room of gstpublish.Join or gstpublish.Prepare. Without a gstpublish.Room, lost packets of
	// simulcast layers are not sent again.
	Sizes int
	// HalfSize gives the lower layers of a screen half and a quarter of its width and height, as LiveKit's JavaScript
	// SDK does, with all frames. Text in them is blurred. It needs a screen and Sizes above 1.
	HalfSize bool
	// Temporal is the number of temporal layers, 1 to 3. Each doubles the frame rate of those below,
	// and the server drops the higher ones for a viewer whose connection does not carry them. VP9 and
	// AV1 need a room as for Sizes. Only our own encoders support this: gpvp8enc, gpvp9enc and
	// gpav1enc. The default is 1.
	Temporal int
}

// ScreenOptions has options for screens. The zero value has the default of each.
type ScreenOptions struct {
	// Floor is the lowest target of the encoder, in bit/s: if less can be sent, fewer frames are. The
	// default is 1,200,000, or Encoding.Bitrate if that is less. See NoFloor.
	Floor int
	// Chroma is how finely colour is sent. The default is Chroma420. Chroma444 keeps coloured text and thin coloured
	// lines sharp. It needs VP9 and our own encoder gpvp9enc, and has no layers. If a viewer cannot decode it, as some
	// hardware decoders cannot, 4:2:0 is sent from then on, which the log, Stats and an EncoderEvent say.
	Chroma Chroma
	// IdleRepeat is the time between repeats of a still screen. The default is a second. See
	// NeverRepeat.
	IdleRepeat time.Duration
}

// Chroma is how finely the colour of a frame is sent, beside its brightness.
type Chroma int

// The ways of sending colour.
const (
	Chroma420 Chroma = iota // half the width and height; all viewers decode it
	Chroma444               // the whole width and height
)

// String returns "4:2:0" or "4:4:4".
func (c Chroma) String() string {
	switch c {
	case Chroma420:
		return "4:2:0"
	case Chroma444:
		return "4:4:4"
	}
	return fmt.Sprintf("Chroma(%d)", int(c))
}

const (
	// NoFloor is the value of ScreenOptions.Floor for no floor: on a narrow network a screen becomes
	// coarser and keeps its frame rate.
	NoFloor int = math.MinInt
	// NeverRepeat is the value of ScreenOptions.IdleRepeat for no repeats: a still screen is sent only
	// to viewers who join.
	NeverRepeat time.Duration = math.MinInt64
)

// AudioOptions has options for the audio of a pipeline.
type AudioOptions struct {
	// Name is the name of the track. The default is "microphone", or "screen-audio" for screens.
	Name string
}
