// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gst"
)

// taker is a frames.Consumer that is never busy: it takes each frame and drops it.
type taker struct{}

func (taker) Offer(f frames.Frame) (int, error) {
	f.Buffer.Ref().Unref()
	return 0, nil
}

// benchSize is a size of frames that people share.
type benchSize struct {
	name          string
	width, height int
}

func benchSizes() []benchSize {
	return []benchSize{{"720p", 1280, 720}, {"1080p", 1920, 1080}, {"2160p", 3840, 2160}}
}

// BenchmarkCaptureFrame is what a frame costs its caller, beside a bare copy of
// the same bytes. The two run one after the other for each type and size, since
// only their ratio means something on a machine that does other things as well.
func BenchmarkCaptureFrame(b *testing.B) {
	for _, typ := range allTypes() {
		for _, size := range benchSizes() {
			b.Run(typ.String()+"/"+size.name, func(b *testing.B) {
				f, data := benchFrame(b, typ, size)
				b.Run("way=copy", func(b *testing.B) { benchCopy(b, data) })
				b.Run("way=source", func(b *testing.B) { benchCapture(b, f, Rotation0) })
			})
		}
	}
}

// BenchmarkCaptureFrameByReference is a frame with Release set. Its pixels are
// not touched, so that the time doesn't depend on the size.
func BenchmarkCaptureFrameByReference(b *testing.B) {
	for _, typ := range []BufferType{BufferI420, BufferBGRA} {
		for _, size := range benchSizes() {
			b.Run(typ.String()+"/"+size.name, func(b *testing.B) {
				f, _ := benchFrame(b, typ, size)
				released := 0
				f.Release = func() { released++ }
				captured := benchCapture(b, f, Rotation0)
				require.Equal(b, captured, released)
			})
		}
	}
}

// BenchmarkI420 is a frame that three consumers take in I420, by reference, so that
// it is what one conversion costs.
func BenchmarkI420(b *testing.B) {
	for _, typ := range []BufferType{BufferI420, BufferNV12, BufferBGRA} {
		for _, size := range benchSizes() {
			b.Run(typ.String()+"/"+size.name, func(b *testing.B) {
				f, _ := benchFrame(b, typ, size)
				f.Release = func() {}
				s, err := NewVideoSource(0, 0, nil)
				require.NoError(b, err)
				defer func() { require.NoError(b, s.Close()) }()
				for range 3 {
					newFeed(s, &asking{buffers: map[gst.Buffer]struct{}{}}).Attach()
				}
				for b.Loop() {
					if err := s.CaptureFrame(f, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkCaptureFrameRotated is a frame that the source turns, beside a bare
// copy and the source's own.
func BenchmarkCaptureFrameRotated(b *testing.B) {
	size := benchSizes()[1]
	for _, typ := range []BufferType{BufferI420, BufferI422, BufferNV12, BufferRGB24, BufferBGRA} {
		b.Run(typ.String()+"/"+size.name, func(b *testing.B) {
			f, data := benchFrame(b, typ, size)
			b.Run("way=copy", func(b *testing.B) { benchCopy(b, data) })
			for _, r := range []Rotation{Rotation90, Rotation180, Rotation270} {
				b.Run("way="+r.String(), func(b *testing.B) { benchCapture(b, f, r) })
			}
		})
	}
}

// BenchmarkCaptureFrameStrides is a frame whose rows lie further apart than
// they need, so that it is copied row by row.
func BenchmarkCaptureFrameStrides(b *testing.B) {
	for _, typ := range []BufferType{BufferI420, BufferBGRA} {
		for _, size := range benchSizes() {
			b.Run(typ.String()+"/"+size.name, func(b *testing.B) {
				_, data := benchFrame(b, typ, size)
				padded := VideoFrame{Type: typ, Width: size.width, Height: size.height}
				for i := range typ.PlaneCount() {
					rowBytes, rows := typ.PlaneSize(i, size.width, size.height)
					stride := rowBytes + 64
					padded.Planes[i] = Plane{Data: slices.Repeat([]byte{byte(i)}, stride*rows), Stride: stride}
				}
				b.Run("way=copy", func(b *testing.B) { benchCopy(b, data) })
				b.Run("way=source", func(b *testing.B) { benchCapture(b, &padded, Rotation0) })
			})
		}
	}
}

// benchFrame makes a frame, its planes back to back in data. All of it is written,
// since pages that never were are all one page of zeroes, which is read faster.
func benchFrame(b *testing.B, typ BufferType, size benchSize) (f *VideoFrame, data []byte) {
	b.Helper()
	n, err := FrameSize(typ, size.width, size.height)
	require.NoError(b, err)
	data = make([]byte, n)
	for i := range data {
		data[i] = byte(i*31 + i>>11)
	}
	f, err = NewVideoFrame(typ, size.width, size.height, data)
	require.NoError(b, err)
	return f, data
}

// benchCapture captures f over and over, and returns how often.
func benchCapture(b *testing.B, f *VideoFrame, r Rotation) (captured int) {
	b.Helper()
	s, err := NewVideoSource(0, 0, nil)
	require.NoError(b, err)
	feed := newFeed(s, taker{})
	feed.Attach()
	defer feed.Detach()
	o := &CaptureOptions{Rotation: r}
	// The first frames make the pool.
	for range 3 {
		require.NoError(b, s.CaptureFrame(f, o))
		captured++
	}
	n, err := FrameSize(f.Type, f.Width, f.Height)
	require.NoError(b, err)
	if f.Release == nil {
		b.SetBytes(int64(n))
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.CaptureFrame(f, o); err != nil {
			b.Fatal(err)
		}
		captured++
	}
	require.NoError(b, s.Close())
	return captured
}

// benchCopy copies src to two places by turns: a source keeps the last frame
// while it takes the next, and so touches as much memory.
func benchCopy(b *testing.B, src []byte) {
	b.Helper()
	dst := [2][]byte{slices.Clone(src), slices.Clone(src)}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		copy(dst[i&1], src)
	}
}
