// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gsttest"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

func newFeed(s *VideoSource, c frames.Consumer) *frames.Feed { return frames.NewFeed((*behind)(s), c) }

// recorder is a frames.Consumer that keeps copies of what it is offered.
type recorder struct {
	feed     *frames.Feed // of newSource
	frames   []recorded
	replaced int
	err      error
}

type recorded struct {
	data []byte
	caps string
	pts  time.Duration
}

func (r *recorder) Offer(f frames.Frame) (int, error) {
	r.frames = append(r.frames, recorded{f.Buffer.Bytes(nil), f.Caps.String(), f.PTS})
	return r.replaced, r.err
}

func (r *recorder) last() recorded { return r.frames[len(r.frames)-1] }

// clock is the monotonic clock of a test.
type clock struct{ now time.Duration }

func newSource(t *testing.T, o *Options) (*VideoSource, *recorder, *clock) {
	t.Helper()
	c := &clock{now: time.Second}
	if o == nil {
		o = &Options{}
	}
	o.now = func() time.Duration { return c.now }
	s, err := NewVideoSource(0, 0, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	r := &recorder{}
	r.feed = newFeed(s, r)
	r.feed.Attach()
	t.Cleanup(r.feed.Detach)
	return s, r, c
}

// patterned is a frame with a different value in every byte of its pixels, and
// with strides that are larger than its rows.
func patterned(t *testing.T, typ BufferType, w, h int) *VideoFrame {
	t.Helper()
	planes := make([]Plane, typ.PlaneCount())
	for i := range planes {
		row, rows := typ.PlaneSize(i, w, h)
		stride := row + 6
		planes[i] = Plane{Data: make([]byte, stride*rows), Stride: stride}
		for j := range planes[i].Data {
			planes[i].Data[j] = byte(j*31 + i*7)
		}
	}
	f, err := NewVideoFramePlanes(typ, w, h, planes...)
	require.NoError(t, err)
	return f
}

func allTypes() []BufferType {
	var all []BufferType
	for typ := range formats {
		all = append(all, BufferType(typ))
	}
	return all
}

func TestCaptureCopiesEveryPlane(t *testing.T) {
	for _, typ := range allTypes() {
		for _, size := range [][2]int{{64, 48}, {1, 1}, {17, 9}} {
			s, r, _ := newSource(t, nil)
			f := patterned(t, typ, size[0], size[1])
			require.NoError(t, s.CaptureFrame(f, nil))
			requireTurned(t, f, Rotation0, r.last().data)
		}
	}
}

// requireTurned compares a buffer in GStreamer's layout with a frame, pixel by
// pixel and plane by plane, by the definition of the rotations.
func requireTurned(t *testing.T, f *VideoFrame, r Rotation, data []byte) {
	t.Helper()
	w, h := f.Width, f.Height
	if r == Rotation90 || r == Rotation270 {
		w, h = h, w
	}
	layout, err := gst.LayoutOf(f.Type.GStreamerFormat(), w, h)
	require.NoError(t, err)
	require.Len(t, data, layout.Size)
	for i, p := range layout.Planes {
		group := f.Type.format().planes[i].group
		row, rows := f.Type.PlaneSize(i, w, h)
		for y := range rows {
			for x := range row / group {
				got := data[p.Offset+y*p.Stride+x*group:][:group]
				require.Equal(t, upright(f, i, r, x, y), got, "%v %v plane %d at %d,%d", f.Type, r, i, x, y)
			}
		}
	}
}

// upright is what belongs at x, y of a plane of the turned frame.
func upright(f *VideoFrame, i int, r Rotation, x, y int) []byte {
	p := f.Type.format().planes[i]
	row, rows := f.Type.PlaneSize(i, f.Width, f.Height)
	w := row / p.group
	if p.hsub != p.vsub && (r == Rotation90 || r == Rotation270) {
		return halved(f, i, r, x, y)
	}
	switch r {
	case Rotation0:
	case Rotation90:
		x, y = y, rows-1-x
	case Rotation180:
		x, y = w-1-x, rows-1-y
	case Rotation270:
		x, y = w-1-y, x
	}
	return f.Planes[i].Data[y*f.Planes[i].Stride+x*p.group:][:p.group]
}

// halved is a chroma sample of 4:2:2 turned by a quarter: the mean of the
// samples that belong to the two pixels it stands for.
func halved(f *VideoFrame, i int, r Rotation, x, y int) []byte {
	sum := 0
	for _, px := range []int{2 * x, min(2*x+1, f.Height-1)} {
		sx, sy := y, f.Height-1-px
		if r == Rotation270 {
			sx, sy = f.Width-1-y, px
		}
		sum += int(f.Planes[i].Data[sy*f.Planes[i].Stride+sx/2])
	}
	return []byte{byte((sum + 1) / 2)}
}

func TestPixelsAreTurned(t *testing.T) {
	for _, typ := range allTypes() {
		for _, r := range []Rotation{Rotation90, Rotation180, Rotation270} {
			for _, size := range [][2]int{{8, 6}, {7, 5}, {1, 3}} {
				if typ == BufferI422 || size[0]%2 == 0 || r == Rotation0 {
					checkRotation(t, typ, r, size)
				}
			}
		}
	}
	// At odd sizes, chroma of 4:2:0 and 4:4:4 turns as luma does.
	checkRotation(t, BufferI420, Rotation90, [2]int{7, 5})
	checkRotation(t, BufferNV12, Rotation270, [2]int{7, 5})
	checkRotation(t, BufferRGB24, Rotation180, [2]int{7, 5})
}

func checkRotation(t *testing.T, typ BufferType, r Rotation, size [2]int) {
	t.Helper()
	s, rec, _ := newSource(t, nil)
	f := patterned(t, typ, size[0], size[1])
	require.NoError(t, s.CaptureFrame(f, &CaptureOptions{Rotation: r}))
	requireTurned(t, f, r, rec.last().data)
	if r == Rotation90 {
		w, h := s.Size()
		require.Equal(t, [2]int{size[1], size[0]}, [2]int{w, h})
	}
}

func TestCapsSayWhatThePixelsAre(t *testing.T) {
	s, r, _ := newSource(t, &Options{FPS: 15})
	require.NoError(t, s.CaptureFrame(patterned(t, BufferI420, 6, 4), nil))
	for _, want := range []string{
		"format=(string)I420", "width=(int)6", "height=(int)4", "15/1", "colorimetry=(string)bt601",
	} {
		require.Contains(t, r.last().caps, want)
	}
	require.NoError(t, s.CaptureFrame(patterned(t, BufferBGRA, 8, 2), nil))
	for _, want := range []string{"format=(string)BGRA", "width=(int)8", "colorimetry=(string)sRGB"} {
		require.Contains(t, r.last().caps, want)
	}
}

func TestReleaseIsCalledOnceForEachCapture(t *testing.T) {
	s, _, _ := newSource(t, nil)
	var released atomic.Int32
	f := patterned(t, BufferI420, 16, 16)
	f.Release = func() { released.Add(1) }
	count := func(want int32, what string) {
		t.Helper()
		require.Equal(t, want, released.Load(), what)
	}
	require.NoError(t, s.CaptureFrame(f, nil))
	count(0, "it is kept as the last frame")
	require.NoError(t, s.CaptureFrame(f, nil))
	count(1, "a newer one took its place")
	require.NoError(t, s.CaptureFrame(f, &CaptureOptions{Rotation: Rotation90}))
	count(3, "a turned frame is a copy")
	require.ErrorIs(t, s.CaptureFrame(f, &CaptureOptions{Rotation: 9}), ErrRotation)
	count(4, "refused")
	bad := *f
	bad.Width = -1
	require.ErrorIs(t, s.CaptureFrame(&bad, nil), ErrSize)
	count(5, "refused")
	require.NoError(t, s.CaptureFrame(f, &CaptureOptions{TimestampUS: 100}))
	require.ErrorIs(t, s.CaptureFrame(f, &CaptureOptions{TimestampUS: 50}), ErrTimestamp)
	count(6, "refused")
	require.NoError(t, s.Close())
	count(7, "closed")
	require.ErrorIs(t, s.CaptureFrame(f, nil), ErrClosed)
	count(8, "refused")
}

func TestWrappedFramesKeepTheirStrides(t *testing.T) {
	s, r, _ := newSource(t, nil)
	f := patterned(t, BufferRGB24, 5, 3)
	f.Release = func() {}
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Equal(t, f.Planes[0].Data[:2*f.Planes[0].Stride+15], r.last().data)
}

func TestBadFramesAreRefused(t *testing.T) {
	s, r, _ := newSource(t, nil)
	good := patterned(t, BufferI420, 16, 16)
	for name, c := range map[string]struct {
		change func(f *VideoFrame)
		want   error
	}{
		"format":        {func(f *VideoFrame) { f.Type = 11 }, ErrFormat},
		"width 0":       {func(f *VideoFrame) { f.Width = 0 }, ErrSize},
		"height -1":     {func(f *VideoFrame) { f.Height = -1 }, ErrSize},
		"small stride":  {func(f *VideoFrame) { f.Planes[0].Stride = 15 }, ErrStride},
		"short plane":   {func(f *VideoFrame) { f.Planes[2].Data = f.Planes[2].Data[:9] }, ErrLength},
		"missing plane": {func(f *VideoFrame) { f.Planes[2] = Plane{} }, ErrPlanes},
	} {
		f := *good
		c.change(&f)
		require.ErrorIs(t, s.CaptureFrame(&f, nil), c.want, name)
	}
	require.ErrorIs(t, s.CaptureFrame(nil, nil), ErrNil)
	require.Empty(t, r.frames)
}

func TestTimestamps(t *testing.T) {
	s, r, c := newSource(t, nil)
	f := patterned(t, BufferI420, 2, 2)
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Equal(t, c.now, r.last().pts)
	c.now += 40 * time.Millisecond
	require.NoError(t, s.CaptureFrame(f, &CaptureOptions{TimestampUS: 1_700_000_000_000_000}))
	require.Equal(t, c.now, r.last().pts)
	c.now += 33 * time.Millisecond
	require.NoError(t, s.CaptureFrame(f, &CaptureOptions{TimestampUS: 1_700_000_000_033_000}))
	require.Equal(t, c.now, r.last().pts)
	err := s.CaptureFrame(f, &CaptureOptions{TimestampUS: 1_700_000_000_000_000})
	var back *TimestampError
	require.ErrorAs(t, err, &back)
	require.ErrorContains(t, err, "is 33ms before that of the previous frame")
}

func TestDroppedFramesAreCountedAndNoError(t *testing.T) {
	s, r, _ := newSource(t, nil)
	f := patterned(t, BufferI420, 2, 2)
	r.replaced = 1
	for want := range 3 {
		require.NoError(t, s.CaptureFrame(f, nil))
		require.EqualValues(t, want+1, s.Dropped())
	}
	r.replaced = 0
	require.NoError(t, s.CaptureFrame(f, nil))
	require.EqualValues(t, 3, s.Dropped())
}

func TestPipelineFailureReachesTheCaller(t *testing.T) {
	s, r, _ := newSource(t, nil)
	r.err = &gst.ElementError{Path: "/GstPipeline:p/GstX264Enc:enc", Factory: "x264enc", Message: "no more"}
	err := s.CaptureFrame(patterned(t, BufferI420, 2, 2), nil)
	var failed *PipelineError
	require.ErrorAs(t, err, &failed)
	var element *gst.ElementError
	require.ErrorAs(t, err, &element)
	require.ErrorContains(t, err, "x264enc enc: no more")
}

func TestRepeat(t *testing.T) {
	s, r, c := newSource(t, nil)
	require.False(t, r.feed.Repeat(0), "there is nothing yet")
	require.NoError(t, s.CaptureFrame(patterned(t, BufferI420, 2, 2), nil))
	first := r.last()
	c.now += 99 * time.Millisecond
	require.False(t, r.feed.Repeat(100*time.Millisecond), "it moves")
	c.now += time.Millisecond
	require.True(t, r.feed.Repeat(100*time.Millisecond))
	require.Equal(t, first.data, r.last().data)
	require.Equal(t, c.now, r.last().pts)
	require.NoError(t, s.Close())
	require.False(t, r.feed.Repeat(0))
}

func TestRepeatIsForOneConsumer(t *testing.T) {
	s, first, c := newSource(t, nil)
	second := &recorder{}
	feed := newFeed(s, second)
	require.False(t, feed.Repeat(0), "it isn't attached")
	feed.Attach()
	require.NoError(t, s.CaptureFrame(patterned(t, BufferI420, 2, 2), nil))
	c.now += time.Second
	require.True(t, feed.Repeat(0))
	require.Len(t, first.frames, 1)
	require.Len(t, second.frames, 2)
}

func TestDetachedConsumersGetNothing(t *testing.T) {
	s, first, _ := newSource(t, nil)
	second := &recorder{}
	feed := newFeed(s, second)
	feed.Attach()
	feed.Attach()
	f := patterned(t, BufferI420, 2, 2)
	require.NoError(t, s.CaptureFrame(f, nil))
	feed.Detach()
	feed.Detach()
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Len(t, first.frames, 2)
	require.Len(t, second.frames, 1)
}

func TestCaptureBufferByReference(t *testing.T) {
	s, r, c := newSource(t, nil)
	caps, err := gst.ParseCaps("video/x-raw,format=GRAY8,width=3,height=1")
	require.NoError(t, err)
	defer caps.Unref()
	b := gst.Wrap("GRAY8", 3, 1, [][]byte{{1, 2, 3}}, []int{3}, nil)
	defer b.Unref()
	require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, 0))
	require.Equal(t, []byte{1, 2, 3}, r.last().data)
	require.Equal(t, c.now, r.last().pts)
	c.now += 20 * time.Millisecond
	require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, int64(20*time.Millisecond)))
	require.Equal(t, c.now, r.last().pts)
	require.ErrorIs(t, (*behind)(s).CaptureBuffer(b, caps, int64(10*time.Millisecond)), ErrTimestamp)
	require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, -1))
	require.NoError(t, s.Close())
	require.ErrorIs(t, (*behind)(s).CaptureBuffer(b, caps, -1), ErrClosed)
}

func TestSizesAndRatesAreChecked(t *testing.T) {
	for _, size := range [][2]int{{-1, 10}, {10, -1}, {0, 10}, {10, 0}, {MaxDimension + 1, 10}} {
		_, err := NewVideoSource(size[0], size[1], nil)
		require.ErrorIs(t, err, ErrSize, "%v", size)
	}
	for _, fps := range []int{-1, 241} {
		_, err := NewVideoSource(10, 10, &Options{FPS: fps})
		require.ErrorContains(t, err, "FPS must be between 1 and 240")
	}
	s, err := NewVideoSource(640, 360, &Options{IsScreencast: true, FPS: 5})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	w, h := s.Size()
	require.Equal(t, [2]int{640, 360}, [2]int{w, h})
	require.True(t, s.IsScreencast())
	require.Equal(t, 5, s.FPS())
}

func TestCloseWhileOthersCapture(t *testing.T) {
	s, err := NewVideoSource(0, 0, nil)
	require.NoError(t, err)
	newFeed(s, &recorder{}).Attach()
	var group sync.WaitGroup
	frame := patterned(t, BufferI420, 16, 16)
	for range 4 {
		group.Go(func() {
			for {
				err := s.CaptureFrame(frame, nil)
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	require.NoError(t, s.CaptureFrame(frame, nil))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	group.Wait()
}

func TestACaptureAllocatesNothing(t *testing.T) {
	s, err := NewVideoSource(0, 0, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	frame := patterned(t, BufferI420, 64, 64)
	require.NoError(t, s.CaptureFrame(frame, nil))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := s.CaptureFrame(frame, nil); err != nil {
			t.Error(err)
		}
	}))
}
