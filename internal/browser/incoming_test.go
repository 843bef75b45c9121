// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// TestChromiumShowsWhatPipelinesEncode: formats that pass without an error are shown, through a LiveKit server that
// was told the profile.
func TestChromiumShowsWhatPipelinesEncode(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1"
	const vp9 = " ! vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=3000"
	const x264 = " ! videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=3000"
	for name, text := range map[string]string{
		"H.264 Constrained Baseline": source + ",format=I420" + x264 + " ! video/x-h264,profile=constrained-baseline",
		"H.264 Main":                 source + ",format=I420" + x264 + " ! video/x-h264,profile=main",
		"H.264 High":                 source + ",format=I420" + x264 + " dct8x8=true ! video/x-h264,profile=high",
		"H.264 of BGRx":              source + ",format=BGRx" + x264,
		"H.264 in avc":               source + ",format=I420" + x264 + " ! video/x-h264,stream-format=avc ! appsink name=own",
		"VP9 profile 1":              source + ",format=Y444" + vp9,
		"VP9 profile 2":              source + ",format=I420_10LE" + vp9,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, room := enter(t)
			pipe, err := pipeline.Parse(text, nil)
			require.NoError(t, err)
			pub, err := sink.PublishPipeline(within(t), room, pipe, nil)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, pub.Close()) })
			waitFor(t, "frames in Chromium", func() bool { return len(r.shown()) > 0 && r.stats().FramesDecoded > 20 })
			t.Logf("%+v", pub.Stats().Format)
		})
	}
}

// TestChromiumWithoutH265: what a pipeline has encoded is named as what this browser cannot decode; of raw frames, the
// backup codec is shown.
func TestChromiumWithoutH265(t *testing.T) {
	t.Parallel()
	t.Run("passed through", func(t *testing.T) {
		t.Parallel()
		_, room := enter(t)
		pipe, err := pipeline.Parse("videotestsrc is-live=true ! "+
			"video/x-raw,width=320,height=180,framerate=30/1,format=I420 ! x265enc tune=zerolatency speed-preset=ultrafast", nil)
		require.NoError(t, err)
		pub, err := sink.PublishPipeline(within(t), room, pipe, nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, pub.Close()) })
		waitFor(t, "a warning", func() bool {
			return strings.Contains(pub.Stats().ViewerWarning, "cannot decode H.265 Main")
		})
		require.Contains(t, pub.Stats().FormatWarning, "only browsers with a hardware decoder")
	})
	t.Run("encoded", func(t *testing.T) {
		t.Parallel()
		r, pub := show(t, &sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.H265}})
		r.requireMore(20, 640)
		require.Equal(t, "video/H265", pub.Stats().Codec)
		require.True(t, slices.ContainsFunc(pub.Stats().Layers, func(l sink.LayerStats) bool {
			return l.Backup && l.Sent > 0
		}), "%+v", pub.Stats().Layers)
	})
}
