// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func writeLaunch(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bars.launch")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLaunchFile(t *testing.T) {
	p, err := ParseFile(writeLaunch(t, "# A comment ! with x=y\nvideotestsrc \\\n   pattern=ball  \\\n\n"+
		"  # and another\n ! video/x-raw, width=64, height=48 ! videoconvert\n"), nil)
	require.NoError(t, err)
	require.NoError(t, p.Close())
}

func TestLaunchTextErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "pipeline: bars.launch: the pipeline is empty"},
		"comments only": {"# nothing\n\n", "pipeline: bars.launch: the pipeline is empty"},
		"unknown element": {
			"videotestsrc\n! vidoeconvert",
			`pipeline: bars.launch:2:3: no element "vidoeconvert": did you mean videoconvert?`,
		},
		"a package's element": {
			"nicesrc ! videoconvert",
			`pipeline: bars.launch:1:1: no element "nicesrc": install the Debian package gstreamer1.0-nice`,
		},
		"hardware's element": {
			"videotestsrc !\n\nnvh264enc",
			`pipeline: bars.launch:3:1: no element "nvh264enc": install the Debian package gstreamer1.0-plugins-bad`,
		},
		"unknown property": {
			"videotestsrc patern=ball",
			`pipeline: bars.launch:1:14: videotestsrc has no property "patern": did you mean pattern?`,
		},
		"value out of range": {
			"videotestsrc\n  num-buffers=-7",
			"pipeline: bars.launch:2:3: num-buffers=-7 of videotestsrc is out of range: from -1 to 2147483647",
		},
		"no such enum value": {
			"videotestsrc pattern=round",
			"pattern=round of videotestsrc is not valid: it accepts one of smpte, snow",
		},
		"read-only property": {
			"videotestsrc ! identity last-message=x",
			`property "last-message" of identity is read-only`,
		},
		"two of one name": {
			"videotestsrc ! appsink name=v\naudiotestsrc ! opusenc ! appsink name=v",
			`pipeline: bars.launch:2:34: two elements are named "v", the first in line 1`,
		},
		"links that don't fit": {
			"audiotestsrc name=beep ! x264enc name=enc",
			"beep.src offers audio/x-raw",
		},
		"formats that don't fit": {
			"videotestsrc ! video/x-raw,format=RGB ! x264enc",
			"can't handle caps video/x-raw, format=(string)RGB: put videoconvert between them",
		},
		"what can't be sent": {
			"videotestsrc ! jpegenc name=jpeg",
			"jpeg.src produces image/jpeg, which can't be published",
		},
		"what could be all": {"fakesrc name=any", "any.src produces ANY, which can't be published"},
		"late pads": {
			"filesrc location=/dev/null ! decodebin name=dec",
			"the pads of dec appear only while it runs",
		},
		"appsink of what can't be sent": {
			"videotestsrc ! jpegenc ! appsink name=a", "appsink a receives image/jpeg, which can't be published",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseFile(writeLaunch(t, c.text), nil)
			require.ErrorContains(t, err, c.want)
			var launch *LaunchError
			require.ErrorAs(t, err, &launch)
		})
	}
}

func TestMissingElementIsTyped(t *testing.T) {
	_, err := Parse("videotestsrc ! nvh264enc", nil)
	var missing *MissingElementError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "nvh264enc", missing.Element)
	require.Equal(t, "gstreamer1.0-plugins-bad", missing.Package)
}

func TestMissingFile(t *testing.T) {
	_, err := ParseFile(filepath.Join(t.TempDir(), "no.launch"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestOutputsByWhatTheyCarry(t *testing.T) {
	type out struct {
		Kind  Kind
		Codec Codec
	}
	for text, want := range map[string][]out{
		"videotestsrc":                        {{RawVideo, 0}},
		"videotestsrc ! videoconvert ! queue": {{RawVideo, 0}},
		"videotestsrc ! x264enc":              {{EncodedVideo, H264}},
		"videotestsrc ! vp8enc ! queue":       {{EncodedVideo, VP8}},
		"videotestsrc ! vp9enc":               {{EncodedVideo, VP9}},
		"videotestsrc ! av1enc":               {{EncodedVideo, AV1}},
		"audiotestsrc":                        {{Opus, 0}},
		"audiotestsrc ! opusenc":              {{Opus, 0}},
		"videotestsrc ! appsink name=mine":    {{RawVideo, 0}},
		"audiotestsrc ! appsink name=mine":    {{Opus, 0}},
		"videotestsrc ! tee name=t ! fakesink  t. ! queue ! vp8enc  audiotestsrc ! queue": {{EncodedVideo, VP8}, {Opus, 0}},
	} {
		p, err := Parse(text, nil)
		require.NoError(t, err, "%s", text)
		var got []out
		for _, o := range p.Outputs() {
			got = append(got, out{o.Kind, o.Codec})
		}
		require.Equal(t, want, got, "%s", text)
		require.NoError(t, p.Close())
	}
}
