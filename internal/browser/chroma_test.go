// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// TestChromiumShowsFullChroma compares coloured text as Chromium shows it with what was captured, in RGB.
func TestChromiumShowsFullChroma(t *testing.T) {
	t.Parallel()
	if !screenenc.Included {
		t.Skip("noscreenenc: the test needs our own encoders")
	}
	const w, h = 640, 360
	pixels := testframe.ColouredText(w, h)
	shownAs := func(chroma sink.Chroma, best func(s sink.ScreenStats) bool) float64 {
		r, room := enter(t)
		src, err := appsrc.NewVideoSource(w, h, &appsrc.Options{IsScreencast: true})
		require.NoError(t, err)
		defer func() { require.NoError(t, src.Close()) }()
		pub, err := sink.Publish(within(t), room, src, &sink.Options{
			Encoding: sink.EncodingOptions{Codec: pipeline.VP9, Bitrate: 2_500_000},
			Screen:   sink.ScreenOptions{Chroma: chroma},
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, pub.Close()) }()
		frame, err := appsrc.NewVideoFrame(appsrc.BufferBGRA, w, h, pixels)
		require.NoError(t, err)
		require.NoError(t, src.CaptureFrame(frame, nil))
		waitFor(t, "a sharp frame", func() bool { return best(pub.Stats().Screen) && len(r.shown()) > 0 })
		sent := pub.Stats().Sent
		waitFor(t, "the sharp frame in Chromium", func() bool { return r.stats().FramesDecoded >= int(sent) })
		s := r.still()
		shown := rgbPSNR(pixels, s.Pixels)
		require.Equal(t, chroma, pub.Stats().Layers[0].Chroma)
		t.Logf("%v: %.1f dB, %+v", chroma, shown, pub.Stats().Screen)
		return shown
	}
	halved := shownAs(sink.Chroma420, func(s sink.ScreenStats) bool { return s.Sharp })
	full := shownAs(sink.Chroma444, func(s sink.ScreenStats) bool { return s.Exact })
	require.Less(t, halved, 30.0)
	require.Greater(t, full, 45.0)
}

// rgbPSNR compares a frame in BGRA with one in RGBA, in dB.
//
//go:norace
func rgbPSNR(bgra, rgba []byte) float64 {
	sum := 0
	for i := 0; i < len(bgra); i += 4 {
		for k := range 3 {
			d := int(bgra[i+k]) - int(rgba[i+2-k])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(len(bgra)*3/4)/float64(max(sum, 1)))
}
