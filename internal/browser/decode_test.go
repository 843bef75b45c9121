// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// mode is an encoder and its settings.
type mode struct {
	encoder           string
	codec             pipeline.Codec
	screen            bool
	spatial, temporal int    // numbers of layers, 0 as 1
	decoder           string // Chromium's decoder, as libwebrtc names it
	// silent reports whether the stream cannot signal its colours (BT.601), so that Chromium
	// assumes BT.709.
	silent bool
}

func (m *mode) name() string {
	kind := "camera"
	if m.screen {
		kind = "screen"
	}
	return fmt.Sprintf("%s L%dT%d %s", m.encoder, max(m.spatial, 1), max(m.temporal, 1), kind)
}

// size returns the size of the frames. The index in the lowest of three spatial layers is still
// readable.
func (m *mode) size() (w, h int) {
	if m.spatial > 1 {
		return 640, 360
	}
	return 320, 180
}

// everything is the plan that sends all layers.
func everything(int) (layers, bool) { return all, false }

// TestChromiumDecodes checks that Chromium shows every frame of each encoder with the right size
// and colours.
func TestChromiumDecodes(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{
		{encoder: "vp8enc", codec: pipeline.VP8, screen: true, decoder: "libvpx"},
		{encoder: "gpvp8enc", codec: pipeline.VP8, screen: true, decoder: "libvpx"},
		{encoder: "vp9enc", codec: pipeline.VP9, screen: true, decoder: "libvpx"},
		{encoder: "gpvp9enc", codec: pipeline.VP9, screen: true, decoder: "libvpx"},
		{encoder: "av1enc", codec: pipeline.AV1, screen: true, decoder: "dav1d", silent: true},
		{encoder: "gpav1enc", codec: pipeline.AV1, screen: true, decoder: "dav1d"},
		{encoder: "x264enc", codec: pipeline.H264, screen: true, decoder: "FFmpeg"},
		{encoder: "openh264enc", codec: pipeline.H264, screen: true, decoder: "FFmpeg", silent: true},
	} {
		t.Run(m.name(), func(t *testing.T) {
			t.Parallel()
			m.watch(t, everything)
		})
	}
}

// TestChromiumDecodesLayers does the same for layered streams: first with all layers, then with
// only the lowest, and after a key frame with all again.
func TestChromiumDecodesLayers(t *testing.T) {
	t.Parallel()
	for _, m := range layered() {
		t.Run(m.name(), func(t *testing.T) {
			t.Parallel()
			m.watch(t, func(n int) (layers, bool) {
				if n >= moving/3 && n < 2*moving/3 {
					return layers{}, false
				}
				return all, n == 2*moving/3
			})
		})
	}
}

// TestChromiumDecodesTheLowestLayer starts with only the lowest layer. After a key frame it sends
// the layers below the highest one.
func TestChromiumDecodesTheLowestLayer(t *testing.T) {
	t.Parallel()
	for _, m := range layered() {
		if m.spatial < 2 && m.temporal < 3 {
			continue // There is no layer between the lowest and the highest.
		}
		t.Run(m.name(), func(t *testing.T) {
			t.Parallel()
			m.watch(t, func(n int) (layers, bool) {
				if n < moving/2 {
					return layers{}, false
				}
				return layers{max(m.spatial-2, 0), max(m.temporal-2, 0)}, n == moving/2
			})
		})
	}
}

// layered returns the modes with layers.
func layered() (modes []mode) {
	for _, temporal := range []int{2, 3} {
		modes = append(modes,
			mode{encoder: "gpvp8enc", codec: pipeline.VP8, temporal: temporal, decoder: "libvpx"},
			mode{encoder: "gpvp9enc", codec: pipeline.VP9, temporal: temporal, decoder: "libvpx"},
			mode{encoder: "gpav1enc", codec: pipeline.AV1, temporal: temporal, decoder: "dav1d"},
		)
	}
	for _, spatial := range []int{2, 3} {
		for _, screen := range []bool{false, true} {
			modes = append(modes, mode{
				encoder: "gpvp9enc", codec: pipeline.VP9, spatial: spatial, temporal: 3, screen: screen,
				decoder: "libvpx",
			})
		}
	}
	return modes
}

// watch encodes and sends the test frames, and checks the frames that a browser shows.
func (m *mode) watch(t *testing.T, plan func(n int) (layers, bool)) {
	t.Helper()
	r := newReceiver(t)
	s := connect(t, r, m.codec.MimeType())
	w, h := m.size()
	src := newSource(t, &encode.Options{
		Codec: m.codec, Encoder: m.encoder, Screencast: m.screen, FPS: fps,
		SpatialLayers: m.spatial, TemporalLayers: m.temporal,
	}, w, h)
	sent := s.play(src, plan)

	frames, keys := 0, 0
	for index, of := range sent {
		frames, keys = frames+of.frames, keys+of.keys
		if of.width == 0 {
			of.width, of.height = w, h
			sent[index] = of
		}
	}
	stats := r.decoded(frames)
	t.Logf("%+v", stats)
	require.Equal(t, keys, stats.KeyFramesDecoded)
	require.Zero(t, stats.PLICount, "it missed something")
	require.Equal(t, m.decoder, stats.DecoderImplementation)
	m.requireLast(t, r, sent[moving])
	m.requireShown(t, r.shown(), sent)
}

// requireShown checks the frames that were shown.
func (m *mode) requireShown(t *testing.T, all []shown, sent map[int]sent) {
	t.Helper()
	last := -1
	for i := range all {
		index, ok := testframe.Read(all[i].image(), 0)
		require.True(t, ok, "a damaged frame, after %d", last)
		require.GreaterOrEqual(t, int(index), last, "a frame from before")
		last = int(index)
		require.Contains(t, sent, last, "a frame that wasn't sent")
		require.Equal(t, [2]int{sent[last].width, sent[last].height}, [2]int{all[i].VideoWidth, all[i].VideoHeight})
	}
	require.Greater(t, len(all), 5)
	t.Logf("%d frames were shown", len(all))
}

// requireLast checks the frame that remains.
func (m *mode) requireLast(t *testing.T, r *receiver, of sent) {
	t.Helper()
	var last shown
	waitFor(t, "the last frame", func() bool {
		last = r.still()
		index, ok := testframe.Read(last.image(), 0)
		return ok && index == moving
	})
	require.Equal(t, [2]int{of.width, of.height}, [2]int{last.Width, last.Height})
	if !m.silent {
		require.NoError(t, testframe.CheckColours(last.image(), 0, 6))
	}
	if w, _ := m.size(); of.width < w {
		return // The frame was scaled down; its edges are blurred.
	}
	db := psnr(&last, moving)
	t.Logf("the last frame, of %dx%d, has %.1f dB", last.Width, last.Height, db)
	least := 35.0
	if m.silent {
		least = 30
	}
	require.Greater(t, db, least)
}
