// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gif_test

import (
	"errors"
	"image"
	"image/color"
	stdgif "image/gif"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gsttest"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

// delays of the frames of a film, in hundredths of a second.
var delays = []int{10, 20, 5, 40, 10}

// film writes a GIF whose frames differ.
func film(t *testing.T) (path string) {
	t.Helper()
	palette := color.Palette{color.Black, color.White, color.RGBA{R: 255, A: 255}, color.RGBA{B: 255, A: 255}}
	g := &stdgif.GIF{Delay: delays}
	for i := range delays {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), palette)
		for p := range frame.Pix {
			frame.Pix[p] = uint8(i % len(palette)) //nolint:gosec // Less than four.
		}
		g.Image = append(g.Image, frame)
	}
	path = filepath.Join(t.TempDir(), "a.gif")
	f, err := os.Create(path) //nolint:gosec // In the test's folder.
	require.NoError(t, err)
	require.NoError(t, stdgif.EncodeAll(f, g))
	require.NoError(t, f.Close())
	return path
}

// TestGIF: an animation has an end, and its frames have their times.
func TestGIF(t *testing.T) {
	for name, text := range map[string]string{
		"by decodebin": "decodebin ! appsink name=out sync=false",
		"by name":      "avdemux_gif ! avdec_gif ! appsink name=out sync=false",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := gst.Parse("filesrc location=" + film(t) + " ! " + text)
			require.NoError(t, err)
			sink, err := gst.NewAppSink(p.ByName("out"), 4)
			require.NoError(t, err)
			require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
			var at int64
			var frames int
			for {
				s, err := sink.PullRaw(time.Minute)
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				require.Equal(t, at, s.PTS, "frame %d", frames)
				s.Buffer.Unref()
				at += int64(delays[frames]) * int64(10*time.Millisecond)
				frames++
			}
			require.Len(t, delays, frames)
			require.NoError(t, p.SetState(t.Context(), gst.StateNull))
			sink.Close()
			require.NoError(t, p.Close(t.Context()))
		})
	}
}
