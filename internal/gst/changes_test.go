// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// converting is a pipeline that converts frames with one element.
type converting struct {
	t   *testing.T
	src *gst.AppSrc
	out *gst.AppSink
	pts int64

	last gst.Buffer
}

func startConverting(t *testing.T, element, caps string) *converting {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + element + " dither=none ! capsfilter caps=" + caps + " ! appsink name=out")
	require.NoError(t, err)
	c := &converting{t: t}
	in := p.ByName("in")
	defer in.Release()
	c.src, err = gst.NewAppSrc(in)
	require.NoError(t, err)
	c.out, err = gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	t.Cleanup(func() {
		c.last.Unref()
		require.NoError(t, p.SetState(context.Background(), gst.StateNull))
		c.src.Close()
		c.out.Close()
		require.NoError(t, p.Close(context.Background()))
	})
	return c
}

// convert returns the converted frame, which is released at the end of the test or with the next one.
func (c *converting) convert(b gst.Buffer, caps *gst.Caps) gst.Buffer {
	c.t.Helper()
	c.last.Unref()
	c.pts += 40_000_000
	_, err := c.src.Push(b, caps, c.pts, 40_000_000)
	require.NoError(c.t, err)
	s, err := c.out.PullRaw(wait)
	require.NoError(c.t, err)
	c.last = s.Buffer
	return s.Buffer
}

// screen is a frame in GStreamer's layout that changes a little at a time.
type screen struct {
	format string
	layout gst.Layout
	caps   *gst.Caps
	pixels []byte
	random *rand.Rand
}

func newScreen(t *testing.T, format string, width, height int) *screen {
	t.Helper()
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=%s,width=%d,height=%d,framerate=25/1", format, width, height))
	require.NoError(t, err)
	t.Cleanup(caps.Unref)
	layout, err := gst.LayoutOf(format, width, height)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	s := &screen{format, layout, caps, make([]byte, layout.Size), random}
	for i := range s.pixels {
		s.pixels[i] = byte(s.random.Uint32())
	}
	return s
}

// change changes some bytes.
func (s *screen) change(n int) {
	for range n {
		s.pixels[s.random.IntN(len(s.pixels))] ^= byte(1 + s.random.IntN(255))
	}
}

// buffer returns a copy.
func (s *screen) buffer() gst.Buffer {
	w, h := s.caps.Size()
	data := slices.Clone(s.pixels)
	var planes [][]byte
	var strides []int
	for i, p := range s.layout.Planes {
		end := len(data)
		if i+1 < len(s.layout.Planes) {
			end = s.layout.Planes[i+1].Offset
		}
		planes, strides = append(planes, data[p.Offset:end]), append(strides, p.Stride)
	}
	return gst.Wrap(s.format, w, h, planes, strides, nil)
}

// TestScreensAreConvertedAsByVideoconvert compares each frame, of which little has changed, with videoconvert's, bit by
// bit. Some frames do not reach the converter.
func TestScreensAreConvertedAsByVideoconvert(t *testing.T) {
	gst.Init()
	for _, from := range []string{"BGRx", "RGB", "NV12", "YUY2", "I420", "Y42B"} {
		for _, to := range []string{"I420", "Y444", "NV12"} {
			if from == "BGRx" && to == "Y444" {
				continue // See TestFullChromaIsRounded.
			}
			for _, size := range [][2]int{{64, 48}, {70, 67}, {33, 129}} {
				s := newScreen(t, from, size[0], size[1])
				made := startConverting(t, gst.ScreenConverter, "video/x-raw,colorimetry=bt601,format="+to)
				want := startConverting(t, "videoconvert", "video/x-raw,colorimetry=bt601,format="+to)
				changes := gst.NewChanges(s.caps)
				t.Cleanup(changes.Close)
				last := changes.Attach(s.buffer())
				for n := range 16 {
					if n%3 != 1 {
						is, should := made.convert(last, s.caps), want.convert(last, s.caps)
						require.True(t, equal(is, should, want.out.Caps()), "%s to %s, %v, frame %d", from, to, size, n)
					}
					s.change(n % 5)
					next := s.buffer()
					if changes.Compare(last, next, s.caps) {
						last.Unref()
						last = changes.Attach(next)
					} else {
						next.Unref()
					}
				}
				last.Unref()
			}
		}
	}
}

// TestWhatHasNotChangedIsNotConverted: only the rows of blocks with a change are, even if others differ too.
func TestWhatHasNotChangedIsNotConverted(t *testing.T) {
	gst.Init()
	s := newScreen(t, "BGRx", 48, 48)
	c := startConverting(t, gst.ScreenConverter, "video/x-raw,colorimetry=bt601,format=Y444")
	changes := gst.NewChanges(s.caps)
	defer changes.Close()
	first := changes.Attach(s.buffer())
	defer first.Unref()
	for range 3 { // Until each buffer that the appsink may hold has it.
		c.convert(first, s.caps)
	}
	before := c.last.Bytes(nil)
	s.pixels[(20*48+20)*4] ^= 128 // in the second row of blocks
	next := s.buffer()
	require.True(t, changes.Compare(first, next, s.caps))
	next.Unref()
	for i := range s.pixels {
		s.pixels[i] ^= 128 // after the comparison
	}
	other := changes.Attach(s.buffer())
	defer other.Unref()
	after := c.convert(other, s.caps).Bytes(nil)
	for y := range 48 {
		same := slices.Equal(before[y*48:][:48], after[y*48:][:48])
		require.Equal(t, y/16 != 1, same, "row %d", y)
	}
}

// TestFullChromaIsRounded compares the conversion of RGB to full chroma with arithmetic: no value is off by more than
// what rounding its factors to 15 bits makes.
func TestFullChromaIsRounded(t *testing.T) {
	gst.Init()
	for format, red := range map[string]int{"BGRx": 2, "BGRA": 2, "RGBx": 0, "RGBA": 0} {
		const w, h = 75, 37
		s := newScreen(t, format, w, h)
		c := startConverting(t, gst.ScreenConverter, "video/x-raw,colorimetry=bt601,format=Y444")
		b := s.buffer()
		made := c.convert(b, s.caps).Bytes(nil)
		b.Unref()
		layout, err := gst.LayoutOf("Y444", w, h)
		require.NoError(t, err)
		for i := range w * h {
			r, g, b := float64(s.pixels[4*i+red]), float64(s.pixels[4*i+1]), float64(s.pixels[4*i+2-red])
			for plane, want := range []float64{
				16 + (65.481*r+128.553*g+24.966*b)/255,
				128 + (-37.797*r-74.203*g+112*b)/255,
				128 + (112*r-93.786*g-18.214*b)/255,
			} {
				p := layout.Planes[plane]
				require.InDelta(t, want, made[p.Offset+i/w*p.Stride+i%w], 0.52, "%s plane %d pixel %d", format, plane, i)
			}
		}
	}
}
