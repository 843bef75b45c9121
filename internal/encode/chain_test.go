// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// feeder pushes frames of a moving gradient to a chain, one at a time.
type feeder struct {
	t     *testing.T
	chain *Chain
	caps  *gst.Caps
	pool  *gst.Pool
	w, h  int
	fps   int
	n     int
	out   chan media.Sample
	run   chan error
}

func startFeeder(t *testing.T, o *Options) *feeder {
	t.Helper()
	chain, err := New(o)
	require.NoError(t, err)
	f := &feeder{t: t, chain: chain, fps: 30, out: make(chan media.Sample, 1000), run: make(chan error, 1)}
	if o != nil && o.FPS > 0 {
		f.fps = o.FPS
	}
	f.size(320, 180)
	go func() { f.run <- chain.Run(context.Background()) }()
	go func() {
		defer close(f.out)
		for {
			s, err := chain.Output().Pull(nil)
			if errors.Is(err, io.EOF) {
				return
			}
			f.out <- s
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, chain.Close())
		f.pool.Close()
		f.caps.Unref()
	})
	return f
}

func (f *feeder) size(w, h int) {
	f.t.Helper()
	f.pool.Close()
	f.caps.Unref()
	var err error
	f.caps, err = gst.ParseCaps("video/x-raw,format=I420,colorimetry=bt601,framerate=" + itoa(f.fps) + "/1,width=" +
		itoa(w) + ",height=" + itoa(h))
	require.NoError(f.t, err)
	l, err := gst.LayoutOf("I420", w, h)
	require.NoError(f.t, err)
	f.pool, err = gst.NewPool(f.caps, l.Size)
	require.NoError(f.t, err)
	f.w, f.h = w, h
}

// push pushes one frame and waits for its sample.
func (f *feeder) push() media.Sample {
	f.t.Helper()
	b, err := f.pool.Acquire(f.gradient)
	require.NoError(f.t, err)
	defer b.Unref()
	_, err = f.chain.Push(b, f.caps, time.Duration(f.n)*time.Second/30)
	require.NoError(f.t, err)
	return f.next()
}

// gradient paints a frame in which each row begins one step brighter than the row above.
//
//go:norace
func (f *feeder) gradient(data []byte) {
	const steps = 256
	ramp := make([]byte, steps+f.w)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	for y := 0; y*f.w < len(data); y++ {
		copy(data[y*f.w:], ramp[(y+f.n*3)%steps:][:f.w])
	}
}

// next counts a pushed frame and waits for its sample.
func (f *feeder) next() media.Sample {
	f.t.Helper()
	f.n++
	select {
	case s, ok := <-f.out:
		require.True(f.t, ok, "the chain ended: %v", f.chain.Err())
		require.Equal(f.t, int64(time.Duration(f.n-1)*time.Second/30), s.PTS, "one in, one out")
		return s
	case <-time.After(time.Minute):
		require.FailNow(f.t, "no sample for the frame", "frame %d", f.n)
		return media.Sample{}
	}
}

// tested reports whether the tests use a row's encoder. Debian 12 has no svtav1enc, and that of Debian 13 hangs, which
// the proof detects. Not every build includes our own encoders.
func tested(row *catalogue.Row) bool {
	return !row.Hardware() && row.Factory != "svtav1enc" && (screenenc.Included || !strings.HasPrefix(row.Factory, "gp"))
}

// needOwnEncoders skips a test in a build with the tag noscreenenc.
func needOwnEncoders(t *testing.T) {
	t.Helper()
	if !screenenc.Included {
		t.Skip("noscreenenc: the test needs our own encoders")
	}
}

// eachEncoder runs f on each software encoder, for cameras and for screens.
func eachEncoder(t *testing.T, f func(t *testing.T, o Options)) {
	t.Helper()
	for _, row := range catalogue.Rows() {
		if !tested(&row) {
			continue
		}
		for _, screencast := range []bool{false, true} {
			name := row.Factory + "/camera"
			if screencast {
				name = row.Factory + "/screen"
			}
			t.Run(name, func(t *testing.T) {
				f(t, Options{Codec: row.Codec, Encoder: row.Factory, Screencast: screencast})
			})
		}
	}
}

func TestEncodersProduceOneSamplePerFrame(t *testing.T) {
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		f := startFeeder(t, &o)
		require.True(t, f.push().Key, "the first frame is a key frame")
		for range 20 {
			require.False(t, f.push().Key)
		}
	})
}

func TestKeyFrameRequestAppliesToTheNextFrame(t *testing.T) {
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		f := startFeeder(t, &o)
		for range 5 {
			f.push()
		}
		for range 3 {
			f.chain.ForceKeyFrame()
			require.True(t, f.push().Key)
			require.False(t, f.push().Key)
		}
	})
}

func TestNewSizeStartsWithAKeyFrame(t *testing.T) {
	need.Encoding(t)
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		f := startFeeder(t, &o)
		for range 3 {
			f.push()
		}
		for _, size := range [][2]int{{640, 360}, {161, 121}, {320, 240}} {
			f.size(size[0], size[1])
			require.True(t, f.push().Key, "%v", size)
			require.False(t, f.push().Key)
		}
	})
}

func TestPushDoesNotAllocate(t *testing.T) {
	chain, err := New(nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, chain.Close()) }()
	caps, err := gst.ParseCaps("video/x-raw,format=GRAY8,width=16,height=16,framerate=30/1")
	require.NoError(t, err)
	defer caps.Unref()
	b := gst.Wrap("GRAY8", 16, 16, [][]byte{make([]byte, 256)}, []int{16}, nil)
	defer b.Unref()
	pts := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		pts += time.Second
		if _, err := chain.Push(b, caps, pts); err != nil {
			t.Error(err)
		}
	}))
}

// hasParameterSets looks for NAL units 7 (SPS) and 8 (PPS) in Annex B.
func hasParameterSets(data []byte) bool {
	var sps, pps bool
	for i := 0; i+3 < len(data); i++ {
		if data[i] == 0 && data[i+1] == 0 && data[i+2] == 1 {
			sps = sps || data[i+3]&31 == 7
			pps = pps || data[i+3]&31 == 8
		}
	}
	return sps && pps
}

func TestOptionsAreChecked(t *testing.T) {
	for want, o := range map[string]*Options{
		"unknown codec Codec(99)":                 {Codec: 99},
		"FPS must be between 1 and 240, got -1":   {FPS: -1},
		"FPS must be between 1 and 240, got 1000": {FPS: 1000},
		"bit/s, got 5":                            {Bitrate: 5},
		`encoder "nosuch" is not`:                 {Encoder: "nosuch"},
		"x264enc encodes H264, not ":              {Encoder: "x264enc", Codec: pipeline.VP9},
	} {
		_, err := New(o)
		require.ErrorContains(t, err, want)
	}
}

func TestH264KeyFramesCarryParameterSets(t *testing.T) {
	for _, encoder := range []string{"x264enc", "openh264enc"} {
		f := startFeeder(t, &Options{Codec: pipeline.H264, Encoder: encoder})
		require.True(t, hasParameterSets(f.push().Data))
		f.push()
		f.chain.ForceKeyFrame()
		require.True(t, hasParameterSets(f.push().Data))
	}
}

func TestStopDrainsTheChain(t *testing.T) {
	f := startFeeder(t, nil)
	f.push()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, f.chain.Stop(ctx))
	b, err := f.pool.Acquire(func([]byte) {})
	require.NoError(t, err)
	defer b.Unref()
	_, err = f.chain.Push(b, f.caps, time.Hour)
	require.ErrorIs(t, err, pipeline.ErrStopped)
}

// TestARefusalNamesWhatAUserCanDo: which is not to put elements into a chain that gstpublish has built.
func TestARefusalNamesWhatAUserCanDo(t *testing.T) {
	c := &Chain{encoder: encoder{row: catalogue.Row{Factory: "vp8enc"}}}
	refusal := &pipeline.ElementError{
		Path: "/GstPipeline:p/GstVideoScale:scaler", Factory: "videoscale", Debug: "reason not-negotiated (-4)",
		Mismatch: &pipeline.Mismatch{
			Src: "in.src", Sink: "size.sink", SrcCaps: "video/x-raw, width=(int)64", SinkCaps: "video/x-raw, width=(int)1000",
		},
		Cause: "in.src has width=64, but size.sink takes width=1000", Cure: "put videoscale between them",
	}
	err := c.explainRefusal(fmt.Errorf("pipeline: %w", refusal))
	require.ErrorContains(t, err, refusal.Cause)
	require.ErrorContains(t, err, "another encoder than vp8enc")
	require.NotContains(t, err.Error(), "between them")
	require.Equal(t, "put videoscale between them", refusal.Cure, "the original stays")
}
