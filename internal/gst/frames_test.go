// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func caps(t *testing.T) *gst.Caps {
	t.Helper()
	c, err := gst.ParseCaps(grayCaps)
	require.NoError(t, err)
	t.Cleanup(c.Unref)
	return c
}

const grayCaps = "video/x-raw,format=GRAY8,width=4,height=2,framerate=30/1"

func grayPool(t *testing.T) *gst.Pool {
	t.Helper()
	pool, err := gst.NewPool(caps(t), 8)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func gray(t *testing.T, pool *gst.Pool, value byte) gst.Buffer {
	t.Helper()
	b, err := pool.Acquire(func(data []byte) {
		for i := range data {
			data[i] = value
		}
	})
	require.NoError(t, err)
	return b
}

func TestLayoutOf(t *testing.T) {
	l, err := gst.LayoutOf("I420", 5, 3)
	require.NoError(t, err)
	// Strides are multiples of 4, chroma rows rounded up.
	require.Equal(t, gst.Layout{Size: 8*4 + 2*4*2, Planes: []gst.PlaneLayout{{0, 8}, {32, 4}, {40, 4}}}, l)
	_, err = gst.LayoutOf("NOSUCH", 5, 3)
	require.Error(t, err)
}

func TestCapsVariants(t *testing.T) {
	c := caps(t)
	smaller := c.Variant(2, 2, 0, 1)
	defer smaller.Unref()
	require.Contains(t, smaller.String(), "width=(int)2")
	slower := c.Variant(4, 2, 30_000, 1001)
	defer slower.Unref()
	require.Contains(t, slower.String(), "30000/1001")
	require.False(t, c.Equal(slower))
	_, err := gst.ParseCaps("video/x-raw,,")
	require.Error(t, err)
}

func TestPoolReusesMemory(t *testing.T) {
	pool := grayPool(t)
	var first, second *byte
	b, err := pool.Acquire(func(data []byte) { first = &data[0] })
	require.NoError(t, err)
	b.Unref()
	b, err = pool.Acquire(func(data []byte) { second = &data[0] })
	require.NoError(t, err)
	b.Unref()
	require.Same(t, first, second)
}

// equal reports whether two frames of the same caps have the same pixels.
func equal(a, b gst.Buffer, caps *gst.Caps) bool {
	c := gst.NewChanges(caps)
	defer c.Close()
	return !c.Compare(a, b, caps)
}

// equalPlanes is equal for a frame in memory.
func equalPlanes(a gst.Buffer, caps *gst.Caps, planes [][]byte, strides []int) bool {
	c := gst.NewChanges(caps)
	defer c.Close()
	return !c.ComparePlanes(a, caps, planes, strides)
}

func TestEqualPixels(t *testing.T) {
	pool := grayPool(t)
	a, b, c := gray(t, pool, 1), gray(t, pool, 1), gray(t, pool, 2)
	defer a.Unref()
	defer b.Unref()
	defer c.Unref()
	caps, err := gst.ParseCaps("video/x-raw,format=GRAY8,width=4,height=2")
	require.NoError(t, err)
	defer caps.Unref()
	same := a.Ref()
	defer same.Unref()
	require.True(t, equal(a, same, caps))
	require.True(t, equal(a, b, caps))
	require.False(t, equal(a, c, caps))
	short := gst.Wrap("GRAY8", 4, 1, [][]byte{{1, 1, 1, 1}}, []int{4}, nil)
	defer short.Unref()
	require.False(t, equal(a, short, caps))
}

func TestEqualPixelsIgnoresPadding(t *testing.T) {
	caps, err := gst.ParseCaps("video/x-raw,format=I420,width=3,height=3")
	require.NoError(t, err)
	defer caps.Unref()
	// Rows of 3 and 2 bytes, then what lies between them.
	tight := [][]byte{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4}, {5, 6, 7, 8}}
	padded := [][]byte{{1, 2, 3, 99, 4, 5, 6, 98, 7, 8, 9}, {1, 2, 97, 3, 4}, {5, 6, 96, 7, 8}}
	a := gst.Wrap("I420", 3, 3, tight, []int{3, 2, 2}, nil)
	defer a.Unref()
	b := gst.Wrap("I420", 3, 3, padded, []int{4, 3, 3}, nil)
	defer b.Unref()
	require.True(t, equal(a, b, caps))
	require.True(t, equalPlanes(b, caps, tight, []int{3, 2, 2}))
	require.False(t, equalPlanes(b, caps, tight[:2], []int{3, 2}), "a plane is missing")
	for plane := range tight {
		last := len(tight[plane]) - 1
		tight[plane][last]++
		require.False(t, equal(a, b, caps), "plane %d", plane)
		require.False(t, equalPlanes(b, caps, tight, []int{3, 2, 2}), "plane %d", plane)
		tight[plane][last]--
	}
	require.True(t, equal(a, b, caps))
}

func TestWrapReleasesOnce(t *testing.T) {
	var released atomic.Int32
	planes := [][]byte{make([]byte, 12), make([]byte, 4), make([]byte, 4)}
	b := gst.Wrap("I420", 4, 3, planes, []int{4, 2, 2}, func() { released.Add(1) })
	require.Equal(t, 20, b.Size())
	other := b.Ref()
	b.Unref()
	require.Zero(t, released.Load())
	other.Unref()
	require.EqualValues(t, 1, released.Load())
}

func TestAPanicInReleaseStaysInGo(t *testing.T) {
	var none map[string]int
	b := gst.Wrap("GRAY8", 1, 1, [][]byte{{1}}, []int{1}, func() { none["the caller's bug"]++ })
	require.NotPanics(t, b.Unref)
}

// feed creates a pipeline from an AppSrc to an AppSink that holds one buffer.
func feed(t *testing.T) (*gst.Pipeline, *gst.AppSrc, *gst.AppSink) {
	t.Helper()
	p := parse(t, "appsrc name=in ! appsink name=out")
	in := p.ByName("in")
	defer in.Release()
	src, err := gst.NewAppSrc(in)
	require.NoError(t, err)
	sink, err := gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, p.SetState(context.Background(), gst.StateNull))
		sink.Close()
		src.Close()
	})
	return p, src, sink
}

func TestTheNewestFrameWins(t *testing.T) {
	p, src, sink := feed(t)
	pool, c := grayPool(t), caps(t)
	// The pipeline is not playing: one frame waits, the others are replaced.
	for i := range 10 {
		b := gray(t, pool, byte(i))
		r, err := src.Push(b, c, int64(i), 1)
		require.NoError(t, err)
		require.Equal(t, gst.PushResult{Pushed: uint64(i) + 1, Dropped: uint64(max(i, 0))}, r)
		b.Unref()
	}
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	s, err := sink.Pull(wait, nil)
	require.NoError(t, err)
	require.EqualValues(t, 9, s.Data[0])
	require.EqualValues(t, 9, s.PTS)
}

func TestEveryFrameIsSentOrCounted(t *testing.T) {
	p, src, sink := feed(t)
	pool, c := grayPool(t), caps(t)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	const frames = 2000
	var last gst.PushResult
	pushed := make(chan error, 1)
	go func() {
		for i := range frames {
			b, err := pool.Acquire(func(data []byte) { data[0] = byte(i) })
			if err != nil {
				pushed <- err
				return
			}
			last, err = src.Push(b, c, int64(i), 1)
			b.Unref()
			if err != nil {
				pushed <- err
				return
			}
		}
		src.EndOfStream()
		pushed <- nil
	}()
	got, before := uint64(0), int64(-1)
	for {
		s, err := sink.Pull(wait, nil)
		if err != nil {
			break
		}
		require.Greater(t, s.PTS, before)
		before = s.PTS
		got++
	}
	require.NoError(t, <-pushed)
	require.EqualValues(t, frames-1, before, "the newest frame came through")
	require.Equal(t, uint64(frames), got+last.Dropped)
}

func TestOneBufferAtTwoTimes(t *testing.T) {
	p, src, sink := feed(t)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	b, c := gray(t, grayPool(t), 7), caps(t)
	defer b.Unref()
	for _, pts := range []int64{0, int64(time.Second)} {
		_, err := src.Push(b, c, pts, 1)
		require.NoError(t, err)
		s, err := sink.Pull(wait, nil)
		require.NoError(t, err)
		require.Equal(t, pts, s.PTS)
	}
}

func TestRawByReference(t *testing.T) {
	p, src, sink := feed(t)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	b := gray(t, grayPool(t), 7)
	defer b.Unref()
	_, err := src.Push(b, caps(t), 5, 1)
	require.NoError(t, err)
	s, err := sink.PullRaw(wait)
	require.NoError(t, err)
	defer s.Buffer.Unref()
	require.True(t, s.CapsChange)
	require.EqualValues(t, 5, s.PTS)
	require.Equal(t, b.Bytes(nil), s.Buffer.Bytes(nil))
}

func TestPushAfterClose(t *testing.T) {
	_, src, _ := feed(t)
	src.Close()
	b := gray(t, grayPool(t), 7)
	defer b.Unref()
	_, err := src.Push(b, caps(t), 5, 1)
	require.ErrorIs(t, err, gst.ErrFlushing)
}

func TestCropSharesTheMemory(t *testing.T) {
	c := caps(t)
	b := gray(t, grayPool(t), 7)
	view := b.Crop(c, 2, 2)
	b.Unref()
	require.Equal(t, 8, view.Size())
	require.Equal(t, []byte{7, 7, 7, 7, 7, 7, 7, 7}, view.Bytes(nil))
	view.Unref()
}

// A sink may be closed while its pipeline continues to play: then nothing reads its notices of
// buffers.
func TestOnlyTheVisiblePartIsPulled(t *testing.T) {
	p, in, out := feed(t)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	pool := grayPool(t)
	push := func(b gst.Buffer, pts int64) gst.RawSample {
		defer b.Unref()
		_, err := in.Push(b, caps(t), pts, 1)
		require.NoError(t, err)
		s, err := out.PullRaw(wait)
		require.NoError(t, err)
		return s
	}
	counted := func() gst.Buffer { // 0 to 3 in the first row, 4 to 7 in the second
		b, err := pool.Acquire(func(data []byte) {
			for i := range data {
				data[i] = byte(i)
			}
		})
		require.NoError(t, err)
		return b
	}
	requirePart := func(s gst.RawSample, width, height int, pixels ...byte) {
		w, h := out.Caps().Size()
		require.Equal(t, [2]int{width, height}, [2]int{w, h})
		require.True(t, equalPlanes(s.Buffer, out.Caps(), [][]byte{pixels}, []int{width}))
		s.Buffer.Unref()
	}
	part := func() gst.Buffer {
		b := counted()
		b.Show(2, 0, 2, 2)
		return b
	}
	s := push(part(), 1)
	require.True(t, s.CapsChange)
	requirePart(s, 2, 2, 2, 3, 6, 7)
	s = push(part(), 2)
	require.False(t, s.CapsChange, "the same part")
	requirePart(s, 2, 2, 2, 3, 6, 7)
	s = push(counted(), 3)
	require.True(t, s.CapsChange)
	requirePart(s, 4, 2, 0, 1, 2, 3, 4, 5, 6, 7)
	beyond := counted()
	beyond.Show(0, 0, 40, 1)
	requirePart(push(beyond, 4), 4, 1, 0, 1, 2, 3)
}

func TestASinkIsClosedWhileBuffersCome(t *testing.T) {
	need.RealTime(t)
	p, err := gst.Parse("videotestsrc is-live=true ! video/x-raw,width=16,height=16,framerate=200/1 ! tee name=t " +
		"t. ! queue ! appsink name=gone t. ! queue ! appsink name=stays")
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(t.Context())) }()
	gone, err := gst.NewAppSink(p.ByName("gone"), 1)
	require.NoError(t, err)
	stays, err := gst.NewAppSink(p.ByName("stays"), 1)
	require.NoError(t, err)
	defer stays.Close()
	require.NoError(t, gone.Discard())
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	_, err = gone.Pull(wait, nil)
	require.NoError(t, err)
	gone.Close()
	for range 20 {
		_, err = stays.Pull(wait, nil)
		require.NoError(t, err)
	}
}

func TestConverter(t *testing.T) {
	c, err := gst.NewConverter(caps(t))
	require.NoError(t, err)
	defer c.Close()
	require.False(t, c.Same())
	require.Contains(t, c.Caps().String(), "format=(string)I420")
	require.Contains(t, c.Caps().String(), "colorimetry=(string)bt601")
	pool, buffers := grayPool(t), map[gst.Buffer]struct{}{}
	for range 1000 {
		b := gray(t, pool, 200)
		var made gst.Buffer
		made, err = c.Convert(b)
		require.NoError(t, err)
		b.Unref()
		require.Equal(t, []byte{200, 200, 200, 200, 200, 200, 200, 200}, made.Bytes(nil)[:8])
		require.Equal(t, []byte{128, 128}, made.Bytes(nil)[8:10])
		buffers[made] = struct{}{}
		made.Unref()
	}
	require.Len(t, buffers, 1, "memory goes round")

	i420, err := gst.NewConverter(c.Caps())
	require.NoError(t, err)
	require.True(t, i420.Same())
	require.True(t, i420.Caps().Equal(c.Caps()))
	b := gray(t, pool, 1)
	same, err := i420.Convert(b)
	require.NoError(t, err)
	require.Equal(t, b, same)
	b.Unref()
	require.Equal(t, byte(1), same.Bytes(nil)[0], "a reference of its own")
	same.Unref()
	i420.Close()
	i420.Close()
	(*gst.Converter)(nil).Close()
}

func TestConverterRefuses(t *testing.T) {
	for _, text := range []string{
		"video/x-raw(memory:DMABuf),format=NV12,width=4,height=4,framerate=30/1",
		"video/x-raw,format=NV12,width=[1,4],height=4,framerate=30/1",
		"video/x-raw,format=NV12", "image/jpeg,width=4,height=4", "audio/x-raw",
	} {
		c, err := gst.ParseCaps(text)
		require.NoError(t, err)
		_, err = gst.NewConverter(c)
		require.ErrorContains(t, err, "can't convert", text)
		c.Unref()
	}
	larger := caps(t).Variant(8, 8, 0, 1)
	defer larger.Unref()
	c, err := gst.NewConverter(larger)
	require.NoError(t, err)
	defer c.Close()
	b := gray(t, grayPool(t), 1)
	defer b.Unref()
	_, err = c.Convert(b)
	require.ErrorContains(t, err, "converting a frame failed")
}

func TestScalerNeedsASinkPad(t *testing.T) {
	p, err := gst.Parse("videotestsrc name=src ! capsfilter name=filter ! fakesink")
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(t.Context())) }()
	src, filter := p.ByName("src"), p.ByName("filter")
	defer src.Release()
	defer filter.Release()
	require.Nil(t, src.Scaler(filter))
}
