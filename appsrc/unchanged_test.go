// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// The whole of a frame counts, and nothing but its pixels.
func TestAScreenThatDoesNotChangeIsNotHandedOn(t *testing.T) {
	for _, typ := range allTypes() {
		s, r, c := newSource(t, &Options{IsScreencast: true})
		f := patterned(t, typ, 17, 9)
		capture := func(f *VideoFrame, o *CaptureOptions) {
			c.now += 40 * time.Millisecond
			require.NoError(t, s.CaptureFrame(f, o))
		}
		capture(f, nil)
		capture(f, nil)
		require.Len(t, r.frames, 1, "%v", typ)
		for i := range typ.PlaneCount() {
			row, rows := typ.PlaneSize(i, 17, 9)
			p := f.Planes[i]
			p.Data[row]++ // between two rows
			capture(f, nil)
			require.Len(t, r.frames, 1+i, "%v plane %d", typ, i)
			p.Data[p.Stride*(rows-1)+row-1]++ // the last pixel
			capture(f, nil)
			require.Len(t, r.frames, 2+i, "%v plane %d", typ, i)
		}
		require.Equal(t, uint64(1+typ.PlaneCount()), s.Unchanged())
		requireTurned(t, f, Rotation0, r.last().data)
		frames := len(r.frames)
		capture(f, &CaptureOptions{Rotation: Rotation90})
		capture(f, &CaptureOptions{Rotation: Rotation90})
		require.Len(t, r.frames, frames+1, "%v turned", typ)
		capture(f, nil)
		require.Len(t, r.frames, frames+2, "%v upright", typ)
	}
}

func TestAnUnchangedFrameIsReleased(t *testing.T) {
	s, r, _ := newSource(t, &Options{IsScreencast: true})
	released := 0
	f := patterned(t, BufferI420, 4, 4)
	f.Release = func() { released++ }
	require.NoError(t, s.CaptureFrame(f, nil))
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Len(t, r.frames, 1)
	require.Equal(t, 1, released, "the second one's memory is free, the first one's is kept")
	require.NoError(t, s.Close())
	require.Equal(t, 2, released)
}

func TestACameraHandsEachFrameOn(t *testing.T) {
	s, r, _ := newSource(t, nil)
	f := patterned(t, BufferI420, 4, 4)
	require.NoError(t, s.CaptureFrame(f, nil))
	require.NoError(t, s.CaptureFrame(f, nil))
	require.Len(t, r.frames, 2)
	require.Zero(t, s.Unchanged())
}

func TestUnchangedBuffersOfAPipeline(t *testing.T) {
	s, r, _ := newSource(t, &Options{IsScreencast: true})
	caps, err := gst.ParseCaps("video/x-raw,format=BGRx,width=2,height=1")
	require.NoError(t, err)
	defer caps.Unref()
	capture := func(pixels ...byte) {
		b := gst.Wrap("BGRx", 2, 1, [][]byte{pixels}, []int{8}, nil)
		defer b.Unref()
		require.NoError(t, (*behind)(s).CaptureBuffer(b, caps, -1))
	}
	capture(1, 2, 3, 4, 5, 6, 7, 8)
	capture(1, 2, 3, 4, 5, 6, 7, 8)
	require.Len(t, r.frames, 1)
	capture(1, 2, 3, 4, 5, 6, 9, 8)
	require.Len(t, r.frames, 2)
}

func TestAScreenIsBlackBeforeItsFirstFrame(t *testing.T) {
	s, r, _ := newSource(t, &Options{IsScreencast: true})
	require.True(t, r.feed.Repeat(0))
	require.Contains(t, r.last().caps, "width=(int)1280, height=(int)720")
	luma := r.last().data[:1280*720]
	require.Equal(t, slices.Repeat([]byte{16}, len(luma)), luma)
	require.Equal(t, slices.Repeat([]byte{128}, 1280*720/2), r.last().data[1280*720:])
	f := patterned(t, BufferBGRA, 6, 4)
	require.NoError(t, s.CaptureFrame(f, nil))
	requireTurned(t, f, Rotation0, r.last().data)

	camera, none, _ := newSource(t, nil)
	require.False(t, none.feed.Repeat(0), "a camera is not black")
	w, h := camera.Size()
	require.Zero(t, w+h)
}

func TestAnUnchangedFrameAllocatesNothing(t *testing.T) {
	s, err := NewVideoSource(0, 0, &Options{IsScreencast: true})
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
