// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
)

// TestConversionsAreSaid: what gstpublish changes in a pipeline's media is said once, and kept for the statistics.
func TestConversionsAreSaid(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc num-buffers=8 ! video/x-raw,framerate=120/1,"
	const x264 = " ! x264enc tune=zerolatency ! h264parse ! video/x-h264,stream-format="
	const turned = ` ! taginject tags="image-orientation=rotate-90" ! identity`
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"ordinary":   {source + "width=64,height=48", nil},
		"interlaced": {source + "width=64,height=48,interlace-mode=interleaved", []string{"deinterlaced"}},
		"of 64:45": {
			source + "width=720,height=576,pixel-aspect-ratio=64/45",
			[]string{"scaled from 720x576 with pixels of 64:45 to 1024x576"},
		},
		"both": {
			source + "width=64,height=48,pixel-aspect-ratio=2/1,interlace-mode=interleaved",
			[]string{"deinterlaced", "scaled from 64x48 with pixels of 2:1 to 128x48"},
		},
		"interlaced later": {
			source + "width=64,height=48 ! c. videotestsrc num-buffers=150 ! " +
				"video/x-raw,framerate=120/1,width=64,height=48,interlace-mode=interleaved ! c. concat name=c ! video/x-raw",
			[]string{"deinterlaced"},
		},
		"on its side":        {source + "width=64,height=48" + turned, []string{"turned upright, by the orientation tag"}},
		"turned by the text": {source + "width=64,height=48" + turned + " ! videoflip video-direction=auto", nil},
		"into an appsink":    {source + "width=64,height=48,interlace-mode=mixed ! appsink", []string{"deinterlaced"}},
		"5.1": {
			"audiotestsrc num-buffers=10 ! audio/x-raw,channels=6,channel-mask=(bitmask)0x3f",
			[]string{"mixed down from 6 channels to 2"},
		},
		"stereo": {"audiotestsrc num-buffers=10 ! audio/x-raw,channels=2", nil},
		"AVC":    {source + "width=64,height=48" + x264 + "avc", []string{startCodes}},
		"with the encoder's defaults": {
			source + "width=64,height=48,format=I420 ! x264enc", []string{"encoded without B-frames, by x264enc bframes=0"},
		},
		"byte stream": {source + "width=64,height=48" + x264 + "byte-stream", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said, made := converted(t, c.text)
			require.Equal(t, c.want, made.Conversions)
			require.Equal(t, len(c.want), strings.Count(said, "is converted"), said)
			for _, one := range c.want {
				require.Contains(t, said, one)
			}
		})
	}
}

// converted runs a pipeline to its end, and returns what was logged and changed.
func converted(t *testing.T, text string) (said string, made media.Changes) {
	t.Helper()
	var log bytes.Buffer
	p, err := Parse(text, &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	run := make(chan error, 1)
	go func() { run <- p.Run(context.Background()) }()
	require.Positive(t, count(p.Outputs()[0]))
	require.NoError(t, ended(t, run))
	return log.String(), media.Of(p.Outputs()[0]).Changes()
}
