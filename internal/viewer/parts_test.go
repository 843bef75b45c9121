// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// decoding runs a decoder that sends its frames to a channel.
func decoding(t *testing.T, codec string) (d *decoder, frames chan *Frame, ended chan error) {
	t.Helper()
	c, err := codecOf("video/" + codec)
	require.NoError(t, err)
	d, err = newDecoder(t.Context(), c, func(err error) { t.Log(err) })
	require.NoError(t, err)
	frames, ended = make(chan *Frame, 100), make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- d.run(func(p *Frame) { frames <- p }) })
	t.Cleanup(func() {
		require.NoError(t, d.stop(context.Background()))
		running.Wait()
		require.NoError(t, d.close(context.Background()))
	})
	return d, frames, ended
}

// The decoder delivers each frame before it receives the next sample.
func TestDecodeAtOnce(t *testing.T) {
	for codec, text := range encoders {
		t.Run(codec, func(t *testing.T) {
			width, height := 161, 123 // Rows and planes have padding in GStreamer.
			if strings.HasPrefix(codec, "H26") {
				width, height = 162, 122 // x264 and x265 do not support odd sizes.
			}
			e := newEncoder(t, text)
			defer e.close(t)
			d, frames, ended := decoding(t, codec)
			for i := range uint32(10) {
				e.push(width, height, i)
				s, err := e.sink.Pull(testTimeout, nil)
				require.NoError(t, err)
				require.NoError(t, d.push(&sample{data: s.Data, rtpTime: i * 7, key: i == 0}, epoch.Add(time.Duration(i))))
				var p *Frame
				select {
				case p = <-frames:
				case <-time.After(testTimeout):
					require.Fail(t, "no frame")
				}
				require.Equal(t, [2]int{width, height}, [2]int{p.Width, p.Height})
				require.Len(t, p.YUV, width*height+2*((width+1)/2)*((height+1)/2))
				require.Equal(t, i, indexOf(t, p))
				require.Equal(t, i*7, p.RTPTime)
				require.Equal(t, i == 0, p.Key)
				require.Equal(t, len(s.Data), p.Bytes)
				require.Equal(t, epoch.Add(time.Duration(i)), p.Received)
			}
			d.endOfStream()
			require.NoError(t, <-ended)
		})
	}
}

func TestDecodeGarbage(t *testing.T) {
	for codec := range encoders {
		t.Run(codec, func(t *testing.T) {
			frames := encodeSamples(t, codec, 2)
			d, decoded, ended := decoding(t, codec)
			for _, data := range [][]byte{frames[0], {0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, frames[0]} {
				// A decoder may fail on garbage.
				if err := d.push(&sample{data: data}, epoch); err != nil {
					require.ErrorIs(t, err, gst.ErrFlushing)
				}
			}
			select {
			case <-decoded:
			case <-time.After(testTimeout):
				require.Fail(t, "no frame")
			}
			require.NoError(t, d.stop(t.Context()))
			t.Log(<-ended)
		})
	}
}

func TestStopDecoder(t *testing.T) {
	d, _, ended := decoding(t, "VP8")
	require.NoError(t, d.stop(t.Context()))
	require.NoError(t, <-ended)
	require.ErrorIs(t, d.push(&sample{data: []byte{1}}, epoch), gst.ErrFlushing)
}

func TestNoDecoder(t *testing.T) {
	c := codec{name: "VP8", decoders: []decoderElement{{"nosuchdec", "nosuchdec", "somewhere"}}}
	_, err := newDecoder(t.Context(), &c, nil)
	var missing *pipeline.MissingElementError
	require.ErrorAs(t, err, &missing)
	require.EqualError(t, err, `viewer: decoding VP8: no element "nosuchdec": install the Debian package somewhere`)

	c.decoders[0] = decoderElement{"vp8dec", "vp8dec nosuch=1", ""}
	_, err = newDecoder(t.Context(), &c, nil)
	require.ErrorContains(t, err, "viewer: building a decoder for VP8")

	c.decoders[0], c.caps = decoderElement{"vp8dec", "vp8dec", ""}, "video/x-vp8;;;("
	_, err = newDecoder(t.Context(), &c, nil)
	require.ErrorContains(t, err, "viewer: starting a decoder for VP8")
}

// The conversion is that of BT.601, rounded.
func TestRGBA(t *testing.T) {
	round := func(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }
	for y := 0; y < 256; y += 5 {
		for u := 0; u < 256; u += 15 {
			for v := 0; v < 256; v += 15 {
				p := Frame{Width: 1, Height: 1, YUV: []byte{byte(y), byte(u), byte(v)}}
				luma, cb, cr := float64(y-16)*255/219, float64(u-128)*255/224, float64(v-128)*255/224
				want := []byte{
					round(luma + 1.402*cr), round(luma - 0.344136*cb - 0.714136*cr), round(luma + 1.772*cb), 255,
				}
				got := p.RGBA().Pix
				for i := range want {
					require.InDelta(t, want[i], got[i], 1, "channel %d of %d %d %d", i, y, u, v)
				}
			}
		}
	}
}

func testFrame(width, height int, index uint32) *Frame {
	p := &Frame{Width: width, Height: height}
	f := testframe.Draw(appsrc.BufferI420, width, height, index)
	for _, plane := range f.Planes[:3] {
		p.YUV = append(p.YUV, plane.Data...)
	}
	return p
}

func TestSavePNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.png")
	p := testFrame(161, 121, 5)
	require.NoError(t, SavePNG(path, p))
	f, err := os.Open(path)
	require.NoError(t, err)
	img, err := png.Decode(f)
	require.NoError(t, errors.Join(err, f.Close()))
	want := p.RGBA()
	require.Equal(t, want.Bounds(), img.Bounds())
	for y := range 121 {
		for x := range 161 {
			require.Equal(t, want.At(x, y), img.At(x, y))
		}
	}
	require.Equal(t, uint32(5), indexOf(t, p))

	require.ErrorContains(t, SavePNG(filepath.Join(path, "in a file"), p), "viewer: saving a frame")
	empty := filepath.Join(t.TempDir(), "empty.png")
	require.Error(t, SavePNG(empty, &Frame{}), "PNG has no frames without pixels")
	require.NoFileExists(t, empty)
}

func TestQueue(t *testing.T) {
	ctx := t.Context()
	p := []*Frame{{Bytes: 1}, {Bytes: 2}, {Bytes: 3}}
	q := newQueue(2)
	for i := range p {
		q.put(p[i])
	}
	end := errors.New("the end")
	q.end(end)
	q.end(errors.New("not the first reason"))
	for _, want := range p[1:] {
		got, err := q.next(ctx)
		require.NoError(t, err)
		require.Same(t, want, got)
	}
	_, err := q.next(ctx)
	require.Equal(t, end, err)
	require.Equal(t, uint64(1), q.droppedCount())

	q = newQueue(0)
	for range 1000 {
		q.put(p[0])
	}
	require.Zero(t, q.droppedCount())
	q.clear()
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(cause)
	_, err = q.next(ctx)
	require.Equal(t, cause, err)
}

func TestRates(t *testing.T) {
	var c collector
	require.Equal(t, Stats{Dropped: 3}, c.snapshot(epoch, 3))
	c.update(func(s *Stats) { s.Requested = epoch })
	at := func(i int) time.Time { return epoch.Add(time.Duration(i) * 100 * time.Millisecond) }
	for i := range 31 { // 10 a second, 800 bit each
		c.update(func(s *Stats) { s.Bytes += 100 })
		c.arrived(&sample{key: i == 0, sets: i != 0}, true, at(i))
		if i == 5 {
			require.InDelta(t, 6, c.snapshot(at(i), 0).FPS, 0.01, "in the first second")
		}
	}
	s := c.snapshot(at(30), 0)
	require.InDelta(t, 10, s.FPS, 0.51)
	require.InDelta(t, 8000, s.BitsPerSecond, 410)
	require.Equal(t, [3]uint64{31, 1, 1}, [3]uint64{s.Samples, s.KeyFrames, s.KeyFramesWithoutParameterSets})
	s = c.snapshot(at(40), 0) // Nothing arrived in the second second.
	require.InDelta(t, 5, s.FPS, 0.51)
	s = c.snapshot(at(60), 0)
	require.Zero(t, s.FPS)
	require.Zero(t, s.BitsPerSecond)
	c.update(func(s *Stats) { s.Bytes += 1000 })
	c.arrived(&sample{sets: true}, false, at(70))
	require.InDelta(t, 4000, c.snapshot(at(70), 0).BitsPerSecond, 0.01, "what came in between counts")

	require.Zero(t, s.FirstFrame)
	c.decoded(&Frame{Width: 3, Height: 4, Decoded: at(2)})
	c.decoded(&Frame{Width: 5, Height: 6, Decoded: at(9)})
	s = c.snapshot(at(70), 0)
	require.Equal(t, 200*time.Millisecond, s.FirstFrame)
	require.Equal(t, [2]int{5, 6}, [2]int{s.Width, s.Height})
}
