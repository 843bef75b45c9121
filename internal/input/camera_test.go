// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestFormOf: raw frames of the size come first, unless the camera's own H.264 is asked for.
func TestFormOf(t *testing.T) {
	gst.Init()
	const size = ",width=640,height=480,framerate=30/1"
	const raw, jpeg, h264 = "video/x-raw,format=YUY2" + size, "image/jpeg" + size, "video/x-h264" + size
	codec := catalogue.H264
	asked := Want{Codec: &codec}
	for _, c := range []struct {
		offered string
		want    Want
		form    string
	}{
		{raw + ";" + jpeg + ";" + h264, Want{}, ""},
		{raw + ";" + jpeg + ";" + h264, asked, h264},
		{raw + ";" + jpeg + ";" + h264, Want{Codec: &codec, Reencode: true}, ""},
		{raw + ";" + jpeg, asked, ""},
		{jpeg, Want{}, jpeg},
		{h264, Want{}, h264},
		{"video/x-raw,width=320,height=240,framerate=30/1;" + jpeg, Want{}, jpeg},
		{"video/x-raw,width=320,height=240,framerate=30/1;image/jpeg,width=1280,height=720", Want{}, "image/jpeg"},
		{"video/x-h264,width=1920,height=1080,framerate=30/1", asked, "video/x-h264"},
		{"video/x-raw,width=320,height=240,framerate=15/1", Want{}, "video/x-raw"},
		{"video/x-bayer", Want{}, ""},
	} {
		require.Equal(t, c.form, formOf(c.offered, size, c.want), "%s", c.offered)
	}
}
