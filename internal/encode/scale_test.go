// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"context"
	"image"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// sizes is a feeder that records the expected size of each sample.
type sizes struct {
	*feeder
	samples []media.Sample
	want    [][2]int
}

// show encodes count test frames. key reports whether the first must be a key frame.
func (s *sizes) show(count int, key bool, width, height int) {
	s.t.Helper()
	for i := range count {
		frame := testframe.Draw(appsrc.BufferI420, s.w, s.h, uint32(s.n))
		sample := s.encode(frame)
		require.Equal(s.t, key && i == 0, sample.Key, "frame %d, %d of %dx%d", s.n-1, i, width, height)
		s.samples, s.want = append(s.samples, sample), append(s.want, [2]int{width, height})
	}
}

// requireDecoded checks the size and the index of each frame.
func (s *sizes) requireDecoded(codec pipeline.Codec) {
	s.t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + otherDecoder(codec) +
		" ! videoconvert ! video/x-raw,format=RGBA ! appsink name=out")
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, p.Close(s.t.Context())) }()
	src, err := gst.NewSampleSrc(p.ByName("in"), codec.StreamCaps(), len(s.samples)+1)
	require.NoError(s.t, err)
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), 2)
	require.NoError(s.t, err)
	defer sink.Close()
	require.NoError(s.t, p.SetState(s.t.Context(), gst.StatePlaying))
	for _, sample := range s.samples {
		require.NoError(s.t, src.Push(sample.Data, sample.PTS))
	}
	src.EndOfStream()
	var sample media.Sample
	for i, want := range s.want {
		sample, err = sink.Pull(time.Minute, sample.Data)
		require.NoError(s.t, err, "frame %d", i)
		w, h := sink.Caps().Size()
		require.Equal(s.t, want, [2]int{w, h}, "frame %d", i)
		img := &image.RGBA{Pix: sample.Data, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		index, ok := testframe.Read(img, 0)
		require.True(s.t, ok, "frame %d of %dx%d", i, w, h)
		require.EqualValues(s.t, i, index)
		if s.samples[i].Key {
			require.NoError(s.t, testframe.CheckColours(img, 0, 12))
		}
	}
	_, err = sink.Pull(time.Minute, nil)
	require.ErrorIs(s.t, err, io.EOF, "more frames than went in")
}

func startSizes(t *testing.T, o *Options) *sizes {
	t.Helper()
	o.Scales = true
	s := &sizes{feeder: startFeeder(t, o)}
	s.size(640, 360)
	return s
}

func (s *sizes) set(w, h int) { require.NoError(s.t, s.chain.SetSize(w, h)) }

// TestSizesChangeInMidStream changes the size of the chain and that of the frames.
func TestSizesChangeInMidStream(t *testing.T) {
	need.Encoding(t)
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		row, _ := catalogue.Find(o.Encoder)
		s := startSizes(t, &o)
		s.show(3, true, 640, 360)
		s.set(320, 180)
		s.show(4, true, 320, 180)
		s.set(320, 180)
		s.show(1, false, 320, 180) // The same size costs no key frame.
		s.set(0, 0)
		s.show(3, true, 640, 360)
		s.set(300, 200)
		s.set(427, 241)
		w, h := 427, 241
		if row.Even {
			w, h = 426, 240
		}
		s.show(3, true, w, h)
		s.size(800, 448)
		s.show(3, false, w, h) // The scaler hides the change.
		s.chain.ForceKeyFrame()
		s.show(2, true, w, h)
		s.size(322, 242)
		s.set(320, 240)
		s.show(3, true, 320, 240)
		s.size(642, 362)
		s.set(0, 0)
		s.show(3, true, 642, 362)
		s.size(480, 272)
		s.show(3, true, 480, 272)
		s.requireDecoded(o.Codec)
	})
}

// TestSizesOfHardwareRows is a short version of that with the converters of hardware encoders.
func TestSizesOfHardwareRows(t *testing.T) {
	need.Encoding(t)
	eachStandIn(t, func(t *testing.T, _ *catalogue.Row, o Options) {
		t.Helper()
		if o.Screencast {
			t.Skip("as for cameras")
		}
		o.Bitrate = 3_000_000
		s := startSizes(t, &o)
		s.set(320, 180)
		s.show(2, true, 320, 180)
		s.size(480, 272)
		s.show(2, false, 320, 180)
		s.set(0, 0)
		s.show(2, true, 480, 272)
		s.requireDecoded(o.Codec)
	})
}

// TestSizesOfHardwareRowsOfDebian12 runs TestSizesOfHardwareRows with the elements of GStreamer 1.22, in another
// process.
func TestSizesOfHardwareRowsOfDebian12(t *testing.T) {
	need.Encoding(t)
	if os.Getenv(standInVersion) != "" {
		t.Skip("this is that other process")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSizesOfHardwareRows$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), standInVersion+"=1.22")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestFramesInOtherFormatsAreScaled checks the size at which frames of four bytes a pixel, as screens have, are
// encoded.
func TestFramesInOtherFormatsAreScaled(t *testing.T) {
	o := Options{Scales: true}
	s := &sizes{feeder: startFeeder(t, &o)}
	s.w, s.h = 640, 360
	s.caps.Unref()
	var err error
	s.caps, err = gst.ParseCaps("video/x-raw,format=BGRA,width=640,height=360,framerate=30/1,pixel-aspect-ratio=2/1")
	require.NoError(t, err)
	for _, size := range [][2]int{{320, 180}, {200, 300}, {640, 360}} {
		require.NoError(t, s.chain.SetSize(size[0], size[1]))
		frame := testframe.Draw(appsrc.BufferBGRA, 640, 360, uint32(s.n))
		b := gst.Wrap("BGRA", 640, 360, [][]byte{frame.Planes[0].Data}, []int{frame.Planes[0].Stride}, nil)
		_, err = s.chain.Push(b, s.caps, time.Duration(s.n)*time.Second/30)
		b.Unref()
		require.NoError(t, err)
		sample := s.next()
		sample.Data = append([]byte(nil), sample.Data...)
		s.samples, s.want = append(s.samples, sample), append(s.want, size)
	}
	s.requireDecoded(pipeline.VP8)
}

func TestSizesThatAreRefused(t *testing.T) {
	chain, err := New(nil)
	require.NoError(t, err)
	require.ErrorIs(t, chain.SetSize(320, 180), errNoScaling)
	require.NoError(t, chain.SetSize(0, 0))
	require.Nil(t, chain.gp.ByName("scaler"), "it has none")
	require.NoError(t, chain.Close())

	chain, err = New(&Options{Scales: true})
	require.NoError(t, err)
	for _, size := range [][2]int{{-1, -1}, {0, 1}, {1, 0}, {16384, 2}, {2, 16384}} {
		require.ErrorContains(t, chain.SetSize(size[0], size[1]), "between 1 and 16383")
	}
	require.NoError(t, chain.Close())
	require.ErrorIs(t, chain.SetSize(320, 180), pipeline.ErrStopped)
}

// TestSizesThatTheEncoderRejects: a frame that is too large is not scaled without a request, and a size that the
// encoder rejects ends the chain with the first frame that has it.
func TestSizesThatTheEncoderRejects(t *testing.T) {
	standIns(t)
	for name, c := range map[string]struct {
		scales     bool
		w, h       int
		setW, setH int
		want       string
	}{
		"too large, no scaler": {false, 2560, 128, 0, 0, "encoder.sink takes width=[ 96, 1920 ]"},
		"too large":            {true, 2560, 128, 0, 0, "encoder.sink takes width=[ 96, 1920 ]"},
		"scaled to too little": {true, 640, 360, 64, 36, "not-negotiated"},
		"scaled to too much":   {true, 640, 360, 2560, 1440, "not-negotiated"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startFeeder(t, &Options{Codec: pipeline.H264, Encoder: "mpph264enc", Scales: c.scales})
			if c.setW > 0 {
				require.True(t, f.push().Key)
				f.size(c.w, c.h)
				require.True(t, f.push().Key)
			}
			require.NoError(t, f.chain.SetSize(c.setW, c.setH))
			f.size(c.w, c.h)
			f.give(make([]byte, c.w*c.h*3/2))
			select {
			case err := <-f.run:
				require.ErrorContains(t, err, c.want)
			case <-time.After(time.Minute):
				require.FailNow(t, "the chain did not fail")
			}
		})
	}
}

// TestAFrameThatKeepsItsSizeIsNotCopied writes to the memory of a frame after it has passed the scaler.
func TestAFrameThatKeepsItsSizeIsNotCopied(t *testing.T) {
	p, err := gst.Parse("appsrc name=in ! " + scalerText + " ! appsink name=out")
	require.NoError(t, err)
	var s scale
	require.NoError(t, s.setUp(p))
	defer s.release()
	in := p.ByName("in")
	defer in.Release()
	src, err := gst.NewAppSrc(in)
	require.NoError(t, err)
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	defer sink.Close()
	defer func() { require.NoError(t, p.Close(context.Background())) }() // The pipeline first.
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	caps, err := gst.ParseCaps("video/x-raw,format=GRAY8,width=16,height=16,framerate=30/1")
	require.NoError(t, err)
	defer caps.Unref()
	for n, same := range []bool{true, false, true} {
		if n > 0 {
			s.width, s.height, s.changed = []int{0, 8}[n%2], []int{0, 8}[n%2], true
		}
		pixels, pts := make([]byte, 256), time.Duration(n)*time.Second
		b := gst.Wrap("GRAY8", 16, 16, [][]byte{pixels}, []int{16}, nil)
		s.pushing(pts)
		_, err = src.Push(b, caps, pts.Nanoseconds(), 1)
		b.Unref()
		require.NoError(t, err)
		out, err := sink.PullRaw(time.Minute)
		require.NoError(t, err)
		pixels[0] = 200
		require.Equal(t, same, out.Buffer.Bytes(nil)[0] == 200)
		out.Buffer.Unref()
	}
}

// TestSizesFromAnotherGoroutine sets the size while frames are pushed.
func TestSizesFromAnotherGoroutine(t *testing.T) {
	o := Options{Scales: true}
	s := &sizes{feeder: startFeeder(t, &o)}
	s.size(320, 192)
	stop, wait := make(chan struct{}), sync.WaitGroup{}
	failed := make(chan error, 1)
	wait.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.chain.SetSize(80*(i%4), 64*(i%4)); err != nil {
				failed <- err
				return
			}
		}
	})
	for range 100 {
		s.encode(testframe.Draw(appsrc.BufferI420, s.w, s.h, uint32(s.n)))
	}
	close(stop)
	wait.Wait()
	require.Empty(t, failed)
	require.NoError(t, s.chain.SetSize(160, 128))
	sample := s.encode(testframe.Draw(appsrc.BufferI420, s.w, s.h, 0))
	require.NotEmpty(t, sample.Data)
}
