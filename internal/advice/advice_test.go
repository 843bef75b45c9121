// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package advice

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func installed(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

func TestExplain(t *testing.T) {
	h264 := Pad{"demux.video_0", "video/x-h264, stream-format=(string)avc, codec_data=(buffer)01"}
	aac := Pad{"demux.audio_0", "audio/mpeg, mpegversion=(int)4, framed=(boolean)true"}
	notLinked := "gstqtdemux.c(6948): loop ():\nstreaming stopped, reason not-linked (-1)"
	for name, c := range map[string]struct {
		f    Failure
		want Advice
	}{
		"a decoder of something else": {
			Failure{
				Debug: notLinked, Loose: []Pad{h264}, Waiting: []Pad{{"jpeg.sink", "image/jpeg"}},
				Installed: installed("openh264dec"),
			},
			Advice{
				"demux.video_0 has H.264 (video/x-h264), but jpeg.sink takes JPEG (image/jpeg)",
				"put openh264dec in the place of jpeg",
			},
		},
		"no decoder of it is installed": {
			Failure{
				Debug: notLinked, Loose: []Pad{aac}, Waiting: []Pad{{"dec.sink", "audio/x-opus"}}, Installed: installed(),
			},
			Advice{
				"demux.audio_0 has AAC (audio/mpeg), but dec.sink takes Opus (audio/x-opus)",
				"put avdec_aac (not installed: the Debian package gstreamer1.0-libav has it) in the place of dec",
			},
		},
		"a file with two streams": {
			Failure{Debug: notLinked, Loose: []Pad{h264, aac}, Waiting: []Pad{{"vp8dec0.sink", "video/x-vp8"}}},
			Advice{
				"it has H.264 (video/x-h264) at demux.video_0 and AAC (audio/mpeg) at demux.audio_0, " +
					"but vp8dec0.sink takes VP8 (video/x-vp8)",
				"put avdec_h264 in the place of vp8dec0",
			},
		},
		"a pad of another name": {
			Failure{Debug: notLinked, Loose: []Pad{h264}, Waiting: []Pad{{"out.sink", "ANY"}}},
			Advice{
				"it has H.264 (video/x-h264) at demux.video_0, and none of it is linked to out.sink",
				`name the pad, as in "demux.video_0 ! out"`,
			},
		},
		"nothing waits": {
			Failure{Debug: notLinked, Loose: []Pad{h264}},
			Advice{
				"it has H.264 (video/x-h264) at demux.video_0, and nothing is linked to it",
				`link it, as in "demux. ! decodebin ! videoconvert"`,
			},
		},
		"encoded sound into a converter": {
			Failure{
				Src: &Pad{"wavparse0.src", "audio/x-mulaw, rate=(int)8000"}, Sink: &Pad{"convert.sink", "audio/x-raw, rate=8000"},
				Installed: installed(),
			},
			Advice{
				"wavparse0.src has mu-law (audio/x-mulaw), but convert.sink takes raw audio (audio/x-raw)",
				"put mulawdec (not installed: the Debian package gstreamer1.0-plugins-good has it) between them",
			},
		},
		"MPEG is not always MPEG": {
			Failure{
				Src:  &Pad{"d.src", "audio/mpeg, mpegversion=(int)1, layer=(int)3"},
				Sink: &Pad{"dec.sink", "audio/mpeg, mpegversion=(int)4"},
			},
			Advice{
				"d.src has MP2 or MP3 (audio/mpeg), but dec.sink takes AAC (audio/mpeg)",
				"put mpg123audiodec in the place of dec",
			},
		},
		"a missing decoder": {
			Failure{
				Domain: core, Code: 12,
				Missing: []Missing{{"decoder", "MPEG-4 AAC decoder", "audio/mpeg, mpegversion=(int)4"}},
			},
			Advice{
				"no installed element is a decoder of AAC (audio/mpeg)",
				"install the Debian package gstreamer1.0-libav, which has avdec_aac",
			},
		},
		"a missing protocol": {
			Failure{Domain: core, Code: 12, Missing: []Missing{{"urisource", "foo protocol source", "foo"}}},
			Advice{
				"no installed element reads addresses that begin with \"foo:\"",
				"check the address, or install the plugin for it",
			},
		},
		"no parser": {
			Failure{Domain: core, Code: 7, Takes: "video/x-h264, alignment=au"},
			Advice{"it does not know what it gets", "put h264parse before it"},
		},
		"a camera that was unplugged": {
			Failure{
				Domain: resource, Code: 9, Message: "Failed to allocate a buffer",
				Debug: "gstv4l2src.c(1): create ():\nsystem error: No such device",
			},
			Advice{
				"Failed to allocate a buffer (No such device)",
				"the device was unplugged or switched off: plug it in and start again",
			},
		},
		"a camera in use": {
			Failure{
				Domain: resource, Code: 4, Message: "Could not open device '/dev/video0' for reading and writing.",
				Debug: "v4l2_calls.c(1): open ():\nsystem error: Device or resource busy",
			},
			Advice{
				"Could not open device '/dev/video0' for reading and writing (Device or resource busy)",
				"another program uses it: end that program, or choose another one",
			},
		},
		"a camera of another user": {
			Failure{
				Domain: resource, Code: 7, Message: "Could not open device '/dev/video0' for reading and writing.",
				Debug: "v4l2_calls.c(1): open ():\nsystem error: Permission denied",
			},
			Advice{
				"Could not open device '/dev/video0' for reading and writing (Permission denied)",
				"give this user access to it",
			},
		},
		"a full disk": {
			Failure{Domain: resource, Code: 14, Message: "No space left on the resource."},
			Advice{"No space left on the resource", "free some space, or write somewhere else"},
		},
		"a damaged stream": {
			Failure{
				Domain: stream, Code: 7, Message: "Failed to decode JPEG image",
				Debug: "x ():\nDecode error #51: Not a JPEG",
			},
			Advice{
				"Failed to decode JPEG image (Decode error #51: Not a JPEG)",
				"the media is damaged, or is not what this decoder expects",
			},
		},
		"nothing to add": {Failure{Domain: "gst-library-error-quark", Code: 1, Message: "It failed."}, Advice{}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Explain(&c.f)) })
	}
}

func TestEveryDecoderAndParserHasAPackage(t *testing.T) {
	for _, m := range media {
		for _, element := range append([]string{m.parser}, m.decoders...) {
			if element != "" {
				require.NotEmpty(t, Package(element), element)
			}
		}
	}
}

func TestConverter(t *testing.T) {
	for kind, want := range map[string]string{
		"video/x-raw": "", "audio/x-raw": "", "video/x-raw(memory:SystemMemory)": "", "application/x-rtp": "",
		"text/x-raw":                   "",
		"video/x-raw(memory:GLMemory)": "gldownload", "video/x-raw(memory:NVMM)": "nvvidconv",
		"video/x-raw(memory:VASurface, meta:GstVideoOverlayComposition)": "vaapipostproc",
		"image/jpeg": "jpegdec", "image/png": "pngdec", "video/x-bayer": "bayer2rgb",
		"audio/mpeg": "decodebin ! audioconvert", "video/x-theora": "decodebin ! videoconvert",
		"video/x-new": "decodebin ! videoconvert",
	} {
		require.Equal(t, want, Converter(kind), kind)
	}
}
