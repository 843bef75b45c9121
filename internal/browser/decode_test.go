// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// mode is a way of coding.
type mode struct {
	encoder           string
	codec             pipeline.Codec
	screen            bool
	spatial, temporal int    // layers, 0 as 1
	decoder           string // Chromium's, of libwebrtc
	// silent says that the stream can't say which colours it has (BT.601), and
	// Chromium takes it for BT.709.
	silent bool
}

func (m *mode) name() string {
	kind := "camera"
	if m.screen {
		kind = "screen"
	}
	return fmt.Sprintf("%s L%dT%d %s", m.encoder, max(m.spatial, 1), max(m.temporal, 1), kind)
}

// size is of the frames. The lowest of three spatial layers can still be read.
func (m *mode) size() (w, h int) {
	if m.spatial > 1 {
		return 640, 360
	}
	return 320, 180
}

// everything is the plan that leaves nothing out.
func everything(int) (layers, bool) { return all, false }

// TestChromiumDecodes: what each encoder makes is shown, frame by frame, in the
// right size and colours.
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

// TestChromiumDecodesLayers: the same of streams in layers, first with all of them,
// then with the lowest alone, and after a key frame with all again.
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

// TestChromiumDecodesTheLowestLayer: who comes gets the lowest layer alone, and after
// a key frame the ones below the highest.
func TestChromiumDecodesTheLowestLayer(t *testing.T) {
	t.Parallel()
	for _, m := range layered() {
		if m.spatial < 2 && m.temporal < 3 {
			continue // Nothing is between the lowest and the highest.
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

// layered are the modes with layers.
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

// watch encodes and sends the test frames, and looks at what a browser shows of
// them.
func (m *mode) watch(t *testing.T, plan func(n int) (layers, bool)) {
	t.Helper()
	r := newReceiver(t)
	s := connect(t, r, m.codec.MimeType())
	w, h := m.size()
	src := newSource(t, &pipeline.EncodeOptions{
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

// requireShown looks at the frames that were shown.
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

// requireLast looks at the frame that stays.
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
		return // The frame was made smaller; its edges are blurred.
	}
	db := psnr(&last, moving)
	t.Logf("the last frame, of %dx%d, has %.1f dB", last.Width, last.Height, db)
	least := 35.0
	if m.silent {
		least = 30
	}
	require.Greater(t, db, least)
}
