// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var testSizes = [][2]int{{1, 1}, {2, 2}, {3, 5}, {640, 360}, {641, 361}}

// numbered returns n bytes that differ from their neighbours.
func numbered(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7)
	}
	return data
}

func TestNewVideoFrameLayout(t *testing.T) {
	for _, tt := range bufferTypes {
		for _, dim := range testSizes {
			size, err := FrameSize(tt.typ, dim[0], dim[1])
			require.NoError(t, err)
			data := numbered(size)
			f, err := NewVideoFrame(tt.typ, dim[0], dim[1], data)
			require.NoError(t, err)
			require.NoError(t, f.Validate())
			require.Equal(t, tt.typ, f.Type)
			require.Equal(t, dim[0], f.Width)
			require.Equal(t, dim[1], f.Height)
			require.Nil(t, f.Release)

			var joined []byte
			for i, p := range f.Planes {
				rowBytes, rows := tt.typ.PlaneSize(i, dim[0], dim[1])
				require.Equal(t, rowBytes, p.Stride)
				require.Len(t, p.Data, rowBytes*rows)
				require.Equal(t, len(p.Data), cap(p.Data), "a plane must not reach into the next")
				joined = append(joined, p.Data...)
			}
			require.Equal(t, data, joined)
			require.Same(t, &data[0], &f.Planes[0].Data[0], "the frame refers to data")
		}
	}
}

func TestNewVideoFrameErrors(t *testing.T) {
	tests := []struct {
		name          string
		typ           BufferType
		width, height int
		length        int
		is            error
		text          string
	}{
		{
			"unknown type", 11, 640, 360, 921600, ErrFormat,
			"appsrc: unknown buffer type 11, want 0 to 10",
		},
		{
			"negative type", -1, 640, 360, 921600, ErrFormat,
			"appsrc: unknown buffer type -1, want 0 to 10",
		},
		{
			"zero width", BufferRGBA, 0, 360, 0, ErrSize,
			"appsrc: RGBA frame of 0x360: width and height must be between 1 and 16383",
		},
		{
			"negative height", BufferRGBA, 640, -360, 921600, ErrSize,
			"appsrc: RGBA frame of 640x-360: width and height must be between 1 and 16383",
		},
		{
			"too wide", BufferRGBA, 16384, 1, 65536, ErrSize,
			"appsrc: RGBA frame of 16384x1: width and height must be between 1 and 16383",
		},
		{
			"no data", BufferI420, 640, 360, 0, ErrLength,
			"appsrc: I420 frame of 640x360: data has 0 bytes, want 345600",
		},
		{
			"a byte short", BufferNV12, 641, 361, 347602, ErrLength,
			"appsrc: NV12 frame of 641x361: data has 347602 bytes, want 347603",
		},
		{
			"a byte long", BufferI420A, 3, 5, 43, ErrLength,
			"appsrc: I420A frame of 3x5: data has 43 bytes, want 42",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := NewVideoFrame(tt.typ, tt.width, tt.height, make([]byte, tt.length))
			require.Nil(t, f)
			require.ErrorIs(t, err, tt.is)
			require.EqualError(t, err, tt.text)
			var fe *FrameError
			require.ErrorAs(t, err, &fe)
			require.Equal(t, -1, fe.Plane)
			require.Equal(t, tt.typ, fe.Type)
			require.Equal(t, [2]int{tt.width, tt.height}, [2]int{fe.Width, fe.Height})
		})
	}
}

func TestSetData(t *testing.T) {
	first, second := numbered(27), numbered(27)
	f, err := NewVideoFrame(BufferNV12, 3, 5, first)
	require.NoError(t, err)
	before := f.Planes

	require.ErrorIs(t, f.SetData(make([]byte, 26)), ErrLength)
	require.Equal(t, before, f.Planes)

	require.NoError(t, f.SetData(second))
	require.Same(t, &second[0], &f.Planes[0].Data[0])
	require.Same(t, &second[15], &f.Planes[1].Data[0])

	// Planes of a former type don't stay behind.
	f.Type, f.Width, f.Height = BufferRGBA, 2, 2
	require.NoError(t, f.SetData(make([]byte, 16)))
	require.NoError(t, f.Validate())
}

// strided returns a frame whose rows are padded, with the last row cut where
// its pixels end.
func strided(typ BufferType, width, height, padding int) *VideoFrame {
	f := &VideoFrame{Type: typ, Width: width, Height: height}
	for i := range typ.PlaneCount() {
		rowBytes, rows := typ.PlaneSize(i, width, height)
		stride := rowBytes + padding
		f.Planes[i] = Plane{Data: numbered(stride*(rows-1) + rowBytes), Stride: stride}
	}
	return f
}

func TestStridesAccepted(t *testing.T) {
	for _, tt := range bufferTypes {
		for _, dim := range testSizes {
			for _, padding := range []int{0, 2, 64} {
				f := strided(tt.typ, dim[0], dim[1], padding)
				require.NoError(t, f.Validate())
				made, err := NewVideoFramePlanes(tt.typ, dim[0], dim[1], f.Planes[:tt.planes]...)
				require.NoError(t, err)
				require.Equal(t, f, made)
			}
		}
	}
}

func TestValidateEachPlane(t *testing.T) {
	for _, tt := range bufferTypes {
		for plane := range tt.planes {
			rowBytes, rows := tt.typ.PlaneSize(plane, 641, 361)

			f := strided(tt.typ, 641, 361, 6)
			f.Planes[plane].Stride = rowBytes - 1
			requireFrameError(t, f.Validate(), FrameError{
				Type: tt.typ, Width: 641, Height: 361, Plane: plane, Want: rowBytes, Got: rowBytes - 1, Err: ErrStride,
			})

			f = strided(tt.typ, 641, 361, 6)
			want := (rowBytes+6)*(rows-1) + rowBytes
			f.Planes[plane].Data = f.Planes[plane].Data[:want-1]
			requireFrameError(t, f.Validate(), FrameError{
				Type: tt.typ, Width: 641, Height: 361, Plane: plane, Want: want, Got: want - 1, Err: ErrLength,
			})

			f = strided(tt.typ, 641, 361, 6)
			f.Planes[plane].Data = []byte{}
			require.ErrorIs(t, f.Validate(), ErrLength)
		}
	}
}

func requireFrameError(t *testing.T, err error, want FrameError) {
	t.Helper()
	var got *FrameError
	require.ErrorAs(t, err, &got)
	require.Equal(t, want, *got)
	require.ErrorIs(t, err, want.Err)
}

func TestValidateErrors(t *testing.T) {
	i420 := func(change func(*VideoFrame)) *VideoFrame {
		f := strided(BufferI420, 640, 360, 0)
		change(f)
		return f
	}
	tests := []struct {
		name  string
		frame *VideoFrame
		is    error
		text  string
	}{
		{"nil", nil, ErrNil, "appsrc: the frame or image is nil"},
		{
			"zero value",
			&VideoFrame{},
			ErrSize, "appsrc: RGBA frame of 0x0: width and height must be between 1 and 16383",
		},
		{
			"unknown type",
			i420(func(f *VideoFrame) { f.Type = 99 }),
			ErrFormat, "appsrc: unknown buffer type 99, want 0 to 10",
		},
		{
			"no planes",
			&VideoFrame{Type: BufferI420, Width: 640, Height: 360},
			ErrPlanes, "appsrc: I420 frame of 640x360: has 0 planes, want 3",
		},
		{
			"a plane missing",
			i420(func(f *VideoFrame) { f.Planes[2] = Plane{} }),
			ErrPlanes, "appsrc: I420 frame of 640x360: has 2 planes, want 3",
		},
		{
			"a plane too many",
			i420(func(f *VideoFrame) { f.Planes[3] = f.Planes[0] }),
			ErrPlanes, "appsrc: I420 frame of 640x360: has 4 planes, want 3",
		},
		{
			"a plane missing in the middle",
			i420(func(f *VideoFrame) { f.Planes[1] = Plane{} }),
			ErrStride, "appsrc: I420 frame of 640x360: plane 1 (U) has a stride of 0 bytes, want at least 320",
		},
		{
			"stride too small",
			i420(func(f *VideoFrame) { f.Planes[2].Stride = 319 }),
			ErrStride, "appsrc: I420 frame of 640x360: plane 2 (V) has a stride of 319 bytes, want at least 320",
		},
		{
			"stride negative",
			i420(func(f *VideoFrame) { f.Planes[0].Stride = -640 }),
			ErrStride, "appsrc: I420 frame of 640x360: plane 0 (Y) has a stride of -640 bytes, want at least 640",
		},
		{
			"data too short",
			i420(func(f *VideoFrame) { f.Planes[0].Stride = 704 }),
			ErrLength, "appsrc: I420 frame of 640x360: plane 0 (Y) has 230400 bytes, want at least 253376",
		},
		{
			"half a sample",
			strided(BufferI010, 640, 360, 3),
			ErrStride,
			"appsrc: I010 frame of 640x360: plane 0 (Y) has a stride of 1283 bytes, want a multiple of the sample size, 2 bytes",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.frame.Validate()
			require.ErrorIs(t, err, tt.is)
			require.EqualError(t, err, tt.text)
		})
	}
}

// A huge stride must not pass because a product overflowed: the C side would
// read wild memory.
func TestValidateHugeStride(t *testing.T) {
	for _, stride := range []int{math.MaxInt, math.MaxInt/2 + 1, math.MaxInt/4 + 1, math.MaxInt32 - 1} {
		for _, height := range []int{1, 2, 3, 5, 9, MaxDimension} {
			f := &VideoFrame{Type: BufferRGBA, Width: 1, Height: height}
			f.Planes[0] = Plane{Data: make([]byte, 4*height), Stride: stride}
			if height == 1 && stride <= math.MaxInt32 {
				require.NoError(t, f.Validate())
				continue
			}
			require.Error(t, f.Validate(), "stride %d, height %d", stride, height)
		}
	}
}

func TestNewVideoFramePlanesErrors(t *testing.T) {
	f := strided(BufferI420, 640, 360, 0)
	_, err := NewVideoFramePlanes(BufferI420, 640, 360)
	require.EqualError(t, err, "appsrc: I420 frame of 640x360: has 0 planes, want 3")
	_, err = NewVideoFramePlanes(BufferI420, 640, 360, make([]Plane, 5)...)
	require.EqualError(t, err, "appsrc: I420 frame of 640x360: has 5 planes, want 3")
	_, err = NewVideoFramePlanes(BufferI420, 640, 0, f.Planes[:3]...)
	require.ErrorIs(t, err, ErrSize)
	_, err = NewVideoFramePlanes(42, 640, 360, f.Planes[:3]...)
	require.ErrorIs(t, err, ErrFormat)
	_, err = NewVideoFramePlanes(BufferI420, 640, 362, f.Planes[:3]...)
	require.ErrorIs(t, err, ErrLength)
}

func TestFrameAllocations(t *testing.T) {
	f := strided(BufferI420A, 641, 361, 6)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
	}), "Validate")

	data := make([]byte, 921600)
	packed, err := NewVideoFrame(BufferRGBA, 640, 360, data)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if setErr := packed.SetData(data); setErr != nil {
			t.Error(setErr)
		}
	}), "SetData")

	var kept *VideoFrame
	require.Equal(t, 1, int(testing.AllocsPerRun(100, func() {
		kept, err = NewVideoFrame(BufferRGBA, 640, 360, data)
	})), "NewVideoFrame")
	require.NoError(t, errors.Join(err, kept.Validate()))
}

func FuzzNewVideoFrame(f *testing.F) {
	f.Add(5, 3, 5, 27)
	f.Add(0, 0, 0, 0)
	f.Add(10, 641, 361, 347603)
	f.Add(-1, -1, -1, 1)
	f.Add(9, 16384, 1<<30, 12)
	pool := make([]byte, 1<<20)
	f.Fuzz(func(t *testing.T, typ, width, height, length int) {
		if length < 0 || length > len(pool) {
			return
		}
		want, sizeErr := FrameSize(BufferType(typ), width, height)
		frame, err := NewVideoFrame(BufferType(typ), width, height, pool[:length])
		require.Equal(t, sizeErr == nil && want == length, err == nil)
		if err != nil {
			require.Nil(t, frame)
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, frame.Validate())
	})
}

// FuzzValidate checks that a frame with explicit strides is accepted only if
// each of its rows can be reached.
func FuzzValidate(f *testing.F) {
	f.Add(5, 3, 5, 3, 15, 2, 6)
	f.Add(9, 3, 5, 6, 30, 4, 12)
	f.Add(0, 1, 3, math.MaxInt/2+1, 12, 0, 0)
	f.Add(7, 2, 2, -2, 4, 1, 2)
	pool := make([]byte, 1<<16)
	f.Fuzz(func(t *testing.T, typ, width, height, stride, length, strideC, lengthC int) {
		if min(length, lengthC) < 0 || max(length, lengthC) > len(pool) {
			return
		}
		frame := &VideoFrame{Type: BufferType(typ), Width: width, Height: height}
		for i := range frame.Type.PlaneCount() {
			frame.Planes[i] = Plane{Data: pool[:lengthC:lengthC], Stride: strideC}
		}
		frame.Planes[0] = Plane{Data: pool[:length:length], Stride: stride}
		if err := frame.Validate(); err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for i := range frame.Type.PlaneCount() {
			rowBytes, rows := frame.Type.PlaneSize(i, width, height)
			for row := range rows {
				require.Len(t, frame.row(i, row), rowBytes)
			}
		}
	})
}
