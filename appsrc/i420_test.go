// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gst"
)

// planar is a frames.Consumer that takes frames in I420 alone.
type planar struct {
	frames  []recorded
	buffers map[gst.Buffer]int // how often each was offered
	same    int                // frames that came back as they were
	errs    []error
}

func (p *planar) Offer(f frames.Frame) (int, error) {
	made, err := f.I420()
	if err != nil {
		p.errs = append(p.errs, err)
		return 0, nil
	}
	if made == f {
		p.same++
	}
	p.frames = append(p.frames, recorded{made.Buffer.Bytes(nil), made.Caps.String(), made.PTS})
	p.buffers[made.Buffer]++
	return 0, nil
}

// newPlanar gives a source another consumer.
func newPlanar(t *testing.T, s *VideoSource) (*planar, *frames.Feed) {
	t.Helper()
	p := &planar{buffers: map[gst.Buffer]int{}}
	f := newFeed(s, p)
	f.Attach()
	t.Cleanup(f.Detach)
	return p, f
}

// videoconvert is what an encode chain begins with, for frames of one kind.
type videoconvert struct {
	t    *testing.T
	pipe *gst.Pipeline
	src  *gst.AppSrc
	sink *gst.AppSink
	n    int64
}

func newVideoconvert(t *testing.T) *videoconvert {
	t.Helper()
	pipe, err := gst.Parse("appsrc name=in ! videoconvert dither=none ! " +
		"video/x-raw,format=I420,colorimetry=bt601 ! appsink name=out")
	require.NoError(t, err)
	in := pipe.ByName("in")
	defer in.Release()
	v := &videoconvert{t: t, pipe: pipe}
	v.src, err = gst.NewAppSrc(in)
	require.NoError(t, err)
	v.sink, err = gst.NewAppSink(pipe.ByName("out"), 1)
	require.NoError(t, err)
	t.Cleanup(func() { // The pipeline first.
		require.NoError(t, pipe.Close(context.Background()))
		v.src.Close()
		v.sink.Close()
	})
	require.NoError(t, pipe.SetState(t.Context(), gst.StatePlaying))
	return v
}

// convert gives one frame and waits for what is made of it.
func (v *videoconvert) convert(b gst.Buffer, caps *gst.Caps) (gst.Buffer, *gst.Caps) {
	v.t.Helper()
	v.n++
	_, err := v.src.Push(b, caps, v.n, 1)
	require.NoError(v.t, err)
	out, err := v.sink.PullRaw(time.Minute)
	require.NoError(v.t, err)
	return out.Buffer, v.sink.Caps()
}

// compared is a frames.Consumer that compares each frame in I420 with videoconvert's.
type compared struct {
	*videoconvert
	frames int
}

func (c *compared) Offer(f frames.Frame) (int, error) {
	made, err := f.I420()
	require.NoError(c.t, err)
	c.frames++
	want, caps := c.convert(f.Buffer, f.Caps)
	defer want.Unref()
	require.True(c.t, made.Caps.Equal(caps), "%v of %v, want %v", made.Caps, f.Caps, caps)
	changes := gst.NewChanges(caps)
	defer changes.Close()
	require.False(c.t, changes.Compare(made.Buffer, want, caps), "%v: got\n%v, want\n%v",
		f.Caps, made.Buffer.Bytes(nil), want.Bytes(nil))
	return 0, nil
}

// narrowed is a frames.Consumer that looks at the range of what I420 makes.
type narrowed struct {
	t      *testing.T
	planes []byte
}

func (c *narrowed) Offer(f frames.Frame) (int, error) {
	require.True(c.t, f.FullRange)
	made, err := f.I420()
	require.NoError(c.t, err)
	require.False(c.t, made.FullRange)
	require.Contains(c.t, made.Caps.String(), "colorimetry=(string)bt601")
	c.planes = made.Buffer.Bytes(nil)
	return 0, nil
}

// TestI420HasTheLimitedRange: videoconvert of GStreamer 1.22 keeps the full range of BT.601.
func TestI420HasTheLimitedRange(t *testing.T) {
	s, _, _ := newSource(t, nil)
	c := &narrowed{t: t}
	feed := newFeed(s, c)
	feed.Attach()
	defer feed.Detach()
	caps, err := gst.ParseCaps("video/x-raw,format=I420,colorimetry=1:4:0:0,width=8,height=2,framerate=30/1")
	require.NoError(t, err)
	defer caps.Unref()
	pool, err := gst.NewPool(caps, 24)
	require.NoError(t, err)
	defer pool.Close()
	b, err := pool.Acquire(func(data []byte) {
		copy(data, []byte{
			0, 255, 128, 0, 255, 128, 0, 255, 0, 255, 128, 0, 255, 128, 0, 255, // Y
			0, 128, 255, 128, // U
			255, 128, 0, 128, // V
		})
	})
	require.NoError(t, err)
	defer b.Unref()
	require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, -1))
	require.Equal(t, []byte{
		16, 235, 126, 16, 235, 126, 16, 235, 16, 235, 126, 16, 235, 126, 16, 235,
		16, 128, 240, 128,
		240, 128, 16, 128,
	}, c.planes)
}

func TestI420IsWhatVideoconvertMakes(t *testing.T) {
	for _, typ := range allTypes() {
		for _, size := range [][2]int{{64, 48}, {17, 9}, {1, 1}, {161, 121}, {642, 722}} {
			t.Run(fmt.Sprintf("%v %v", typ, size), func(t *testing.T) {
				s, _, _ := newSource(t, nil)
				c := &compared{videoconvert: newVideoconvert(t)}
				feed := newFeed(s, c)
				feed.Attach()
				defer feed.Detach()
				f := patterned(t, typ, size[0], size[1])
				require.NoError(t, s.CaptureFrame(f, nil))
				released := 0
				f.Release = func() { released++ } // By reference, with strides of its own.
				require.NoError(t, s.CaptureFrame(f, nil))
				require.NoError(t, s.CaptureFrame(f, &CaptureOptions{Rotation: Rotation180}))
				require.True(t, feed.Repeat(0))
				require.Equal(t, 4, c.frames)
			})
		}
	}
}

// TestI420OfAPipelinesPictures has caps of more kinds than VideoFrame.
func TestI420OfAPipelinesFrames(t *testing.T) {
	const size = ",width=64,height=32,framerate=30/1"
	for _, caps := range []string{
		"video/x-raw,format=BGRx" + size,
		"video/x-raw,format=RGB16" + size,
		"video/x-raw,format=YUY2" + size,
		"video/x-raw,format=YUY2,width=64,height=720,framerate=0/1",
		"video/x-raw,format=GRAY8,pixel-aspect-ratio=2/1" + size,
		"video/x-raw,format=NV12,colorimetry=bt709,chroma-site=mpeg2" + size,
		"video/x-raw,format=I420,colorimetry=bt709" + size,
		"video/x-raw,format=I420,width=64,height=720,framerate=30/1",
		"video/x-raw,format=I420,colorimetry=bt601,interlace-mode=mixed" + size,
		"video/x-raw,format=NV12,interlace-mode=interleaved" + size,
		"video/x-raw,format=P010_10LE,colorimetry=bt2100-pq" + size,
	} {
		t.Run(caps, func(t *testing.T) {
			s, _, _ := newSource(t, nil)
			c := &compared{videoconvert: newVideoconvert(t)}
			feed := newFeed(s, c)
			feed.Attach()
			defer feed.Detach()
			parsed, err := gst.ParseCaps(caps)
			require.NoError(t, err)
			defer parsed.Unref()
			pool, err := gst.NewPool(parsed, 64*720*4)
			require.NoError(t, err)
			defer pool.Close()
			b, err := pool.Acquire(func(data []byte) {
				for i := range data {
					data[i] = byte(i * 37)
				}
			})
			require.NoError(t, err)
			defer b.Unref()
			require.NoError(t, (*behind)(s).CaptureBuffer(b, parsed, -1))
			require.Equal(t, 1, c.frames)
		})
	}
}

func TestAFrameIsConvertedOnce(t *testing.T) {
	s, _, c := newSource(t, nil)
	var consumers [3]*planar
	var feeds [3]*frames.Feed
	for i := range consumers {
		consumers[i], feeds[i] = newPlanar(t, s)
	}
	for n := range uint64(5) {
		f := patterned(t, BufferBGRA, 33, 21)
		f.Planes[0].Data[0] = byte(n)
		c.now += 40 * time.Millisecond
		require.NoError(t, s.CaptureFrame(f, nil))
		require.Equal(t, n+1, s.i420.Made())
		for _, feed := range feeds {
			c.now += 40 * time.Millisecond
			require.True(t, feed.Repeat(0))
		}
		require.Equal(t, n+1, s.i420.Made(), "a repeat is the same frame")
	}
	for _, p := range consumers {
		require.Len(t, p.frames, 10)
		require.Zero(t, p.same)
		for i := range 5 {
			captured, again := p.frames[2*i], p.frames[2*i+1]
			require.Equal(t, captured.data, again.data)
			require.Less(t, captured.pts, again.pts)
		}
	}
	_, feed := newPlanar(t, s)
	require.True(t, feed.Repeat(0))
	require.Equal(t, uint64(5), s.i420.Made(), "for one that came late")
}

func TestNobodyAsksForI420(t *testing.T) {
	s, _, _ := newSource(t, nil)
	require.NoError(t, s.CaptureFrame(patterned(t, BufferBGRA, 4, 4), nil))
	require.Zero(t, s.i420.Made())
	_, err := frames.Frame{}.I420()
	require.ErrorContains(t, err, "only frames offered by a source can be converted")
}

func TestI420StaysAsItIs(t *testing.T) {
	s, _, _ := newSource(t, &Options{IsScreencast: true})
	p, feed := newPlanar(t, s)
	require.True(t, feed.Repeat(0), "it begins in black")
	f := patterned(t, BufferI420, 17, 9)
	require.NoError(t, s.CaptureFrame(f, nil))
	released := 0
	f = patterned(t, BufferI420, 17, 9)
	f.Planes[0].Data[0]++
	f.Release = func() { released++ }
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Equal(t, 3, p.same)
	require.Zero(t, s.i420.Made())
	require.Zero(t, released)
	require.NoError(t, s.Close())
	require.Equal(t, 1, released, "there is no other reference")
}

func TestI420OfFramesThatChangeTheirFormat(t *testing.T) {
	s, _, _ := newSource(t, nil)
	c := &compared{videoconvert: newVideoconvert(t)}
	feed := newFeed(s, c)
	feed.Attach()
	defer feed.Detach()
	captured := 0
	for range 2 {
		for _, typ := range allTypes() {
			for _, size := range [][2]int{{16, 16}, {33, 7}} {
				captured++
				require.NoError(t, s.CaptureFrame(patterned(t, typ, size[0], size[1]), nil))
				require.Equal(t, captured, c.frames)
			}
		}
	}
}

func TestI420NeedsMemoryThatCanBeRead(t *testing.T) {
	s, _, _ := newSource(t, nil)
	p, _ := newPlanar(t, s)
	for _, text := range []string{
		"video/x-raw(memory:DMABuf),format=NV12,width=4,height=4,framerate=30/1",
		"video/x-raw(memory:GLMemory),format=I420,colorimetry=bt601,width=4,height=4,framerate=30/1",
		"image/jpeg,width=4,height=4",
	} {
		caps, err := gst.ParseCaps(text)
		require.NoError(t, err)
		b := gst.Wrap("NV12", 4, 4, [][]byte{make([]byte, 16), make([]byte, 8)}, []int{4, 4}, nil)
		require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, -1))
		b.Unref()
		caps.Unref()
	}
	require.Len(t, p.errs, 3)
	require.ErrorContains(t, p.errs[0], "converting a frame")
	require.NoError(t, s.CaptureFrame(patterned(t, BufferNV12, 4, 4), nil))
	require.Len(t, p.frames, 1, "the next is well again")
}

// asking asks for I420, and keeps what it gets until the next frame.
type asking struct {
	kept    gst.Buffer
	buffers map[gst.Buffer]struct{}
}

func (a *asking) Offer(f frames.Frame) (int, error) {
	made, err := f.I420()
	a.kept.Unref()
	a.kept = made.Buffer.Ref()
	a.buffers[made.Buffer] = struct{}{}
	return 0, err
}

func TestI420OfAThousandFramesAllocatesNothing(t *testing.T) {
	s, err := NewVideoSource(0, 0, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var consumers [3]asking
	for i := range consumers {
		consumers[i].buffers = map[gst.Buffer]struct{}{}
		feed := newFeed(s, &consumers[i])
		feed.Attach()
		defer feed.Detach()
	}
	frame := patterned(t, BufferBGRA, 64, 64)
	capture := func() {
		if err := s.CaptureFrame(frame, nil); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		capture()
	}
	require.Zero(t, testing.AllocsPerRun(1000, capture))
	for i := range consumers {
		require.LessOrEqual(t, len(consumers[i].buffers), 2, "memory goes round")
		consumers[i].kept.Unref()
	}
	require.Equal(t, uint64(1004), s.i420.Made())
}
