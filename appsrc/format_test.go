// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// bufferTypes lists all types with what other libraries call them.
var bufferTypes = []struct {
	typ       BufferType
	value     int
	name, gst string
	planes    int
}{
	{BufferRGBA, 0, "RGBA", "RGBA", 1},
	{BufferABGR, 1, "ABGR", "ABGR", 1},
	{BufferARGB, 2, "ARGB", "ARGB", 1},
	{BufferBGRA, 3, "BGRA", "BGRA", 1},
	{BufferRGB24, 4, "RGB24", "RGB", 1},
	{BufferI420, 5, "I420", "I420", 3},
	{BufferI420A, 6, "I420A", "A420", 4},
	{BufferI422, 7, "I422", "Y42B", 3},
	{BufferI444, 8, "I444", "Y444", 3},
	{BufferI010, 9, "I010", "I420_10LE", 3},
	{BufferNV12, 10, "NV12", "NV12", 2},
}

func TestBufferTypeNames(t *testing.T) {
	require.Len(t, bufferTypes, len(formats))
	for _, tt := range bufferTypes {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.value, int(tt.typ))
			require.Equal(t, tt.name, tt.typ.String())
			require.Equal(t, tt.gst, tt.typ.GStreamerFormat())
			require.Equal(t, tt.planes, tt.typ.PlaneCount())
			got, err := ParseBufferType(tt.name)
			require.NoError(t, err)
			require.Equal(t, tt.typ, got)
		})
	}
}

func TestBufferTypeUnknown(t *testing.T) {
	for _, typ := range []BufferType{-1, 11, 1 << 30} {
		require.Empty(t, typ.GStreamerFormat())
		require.Zero(t, typ.PlaneCount())
		rowBytes, rows := typ.PlaneSize(0, 640, 360)
		require.Zero(t, rowBytes)
		require.Zero(t, rows)
		_, err := FrameSize(typ, 640, 360)
		require.ErrorIs(t, err, ErrFormat)
	}
	require.Equal(t, "BufferType(11)", BufferType(11).String())
	_, err := FrameSize(11, 640, 360)
	require.EqualError(t, err, "appsrc: unknown buffer type 11, want 0 to 10")
}

func TestParseBufferType(t *testing.T) {
	got, err := ParseBufferType("nv12")
	require.NoError(t, err)
	require.Equal(t, BufferNV12, got)

	for _, name := range []string{"", "RGB", "YUY2", "RGBA "} {
		_, err = ParseBufferType(name)
		require.ErrorIs(t, err, ErrFormat)
	}
	_, err = ParseBufferType("YUY2")
	require.EqualError(t, err, `appsrc: unknown buffer type "YUY2", want one of `+
		"RGBA, ABGR, ARGB, BGRA, RGB24, I420, I420A, I422, I444, I010, NV12")
}

// TestPlaneSize has each number by hand, from the layouts' definitions.
func TestPlaneSize(t *testing.T) {
	type dims [2]int // bytes in a row, rows
	tests := []struct {
		typ           BufferType
		width, height int
		planes        []dims
		size          int
	}{
		{BufferRGBA, 1, 1, []dims{{4, 1}}, 4},
		{BufferRGBA, 3, 5, []dims{{12, 5}}, 60},
		{BufferABGR, 641, 361, []dims{{2564, 361}}, 925604},
		{BufferARGB, 640, 360, []dims{{2560, 360}}, 921600},
		{BufferBGRA, 3, 5, []dims{{12, 5}}, 60},
		{BufferRGB24, 1, 1, []dims{{3, 1}}, 3},
		{BufferRGB24, 3, 5, []dims{{9, 5}}, 45},
		{BufferRGB24, 641, 361, []dims{{1923, 361}}, 694203},
		{BufferI420, 1, 1, []dims{{1, 1}, {1, 1}, {1, 1}}, 3},
		{BufferI420, 2, 2, []dims{{2, 2}, {1, 1}, {1, 1}}, 6},
		{BufferI420, 3, 5, []dims{{3, 5}, {2, 3}, {2, 3}}, 27},
		{BufferI420, 640, 360, []dims{{640, 360}, {320, 180}, {320, 180}}, 345600},
		{BufferI420, 641, 361, []dims{{641, 361}, {321, 181}, {321, 181}}, 347603},
		{BufferI420A, 1, 1, []dims{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, 4},
		{BufferI420A, 3, 5, []dims{{3, 5}, {2, 3}, {2, 3}, {3, 5}}, 42},
		{BufferI420A, 641, 361, []dims{{641, 361}, {321, 181}, {321, 181}, {641, 361}}, 579004},
		{BufferI422, 1, 1, []dims{{1, 1}, {1, 1}, {1, 1}}, 3},
		{BufferI422, 3, 5, []dims{{3, 5}, {2, 5}, {2, 5}}, 35},
		{BufferI422, 641, 361, []dims{{641, 361}, {321, 361}, {321, 361}}, 463163},
		{BufferI444, 3, 5, []dims{{3, 5}, {3, 5}, {3, 5}}, 45},
		{BufferI444, 641, 361, []dims{{641, 361}, {641, 361}, {641, 361}}, 694203},
		{BufferI010, 1, 1, []dims{{2, 1}, {2, 1}, {2, 1}}, 6},
		{BufferI010, 3, 5, []dims{{6, 5}, {4, 3}, {4, 3}}, 54},
		{BufferI010, 641, 361, []dims{{1282, 361}, {642, 181}, {642, 181}}, 695206},
		{BufferNV12, 1, 1, []dims{{1, 1}, {2, 1}}, 3},
		{BufferNV12, 3, 5, []dims{{3, 5}, {4, 3}}, 27},
		{BufferNV12, 641, 361, []dims{{641, 361}, {642, 181}}, 347603},
	}
	for _, tt := range tests {
		require.Len(t, tt.planes, tt.typ.PlaneCount(), tt.typ)
		for i, want := range tt.planes {
			rowBytes, rows := tt.typ.PlaneSize(i, tt.width, tt.height)
			require.Equal(t, want, dims{rowBytes, rows}, "%v %dx%d plane %d", tt.typ, tt.width, tt.height, i)
		}
		size, err := FrameSize(tt.typ, tt.width, tt.height)
		require.NoError(t, err)
		require.Equal(t, tt.size, size, "%v %dx%d", tt.typ, tt.width, tt.height)
	}
	for _, plane := range []int{-1, 2, MaxPlanes} {
		rowBytes, rows := BufferNV12.PlaneSize(plane, 640, 360)
		require.Zero(t, rowBytes)
		require.Zero(t, rows)
	}
}

func TestFrameSizeLimits(t *testing.T) {
	size, err := FrameSize(BufferRGBA, MaxDimension, MaxDimension)
	require.NoError(t, err)
	require.Equal(t, 1073610756, size) // Fits an int of 32 bits.

	for _, dim := range [][2]int{
		{0, 360}, {640, 0}, {-1, 360}, {640, -1}, {MaxDimension + 1, 1}, {1, MaxDimension + 1}, {1 << 30, 1 << 30},
	} {
		_, err = FrameSize(BufferI420, dim[0], dim[1])
		require.ErrorIs(t, err, ErrSize, "%v", dim)
		require.NotErrorIs(t, err, ErrFormat)
	}
	_, err = FrameSize(BufferI420, 0, 360)
	require.EqualError(t, err, "appsrc: I420 frame of 0x360: width and height must be between 1 and 16383")
}

func TestRotation(t *testing.T) {
	for i, want := range []struct {
		rotation Rotation
		degrees  int
		text     string
	}{{Rotation0, 0, "0°"}, {Rotation90, 90, "90°"}, {Rotation180, 180, "180°"}, {Rotation270, 270, "270°"}} {
		require.Equal(t, i, int(want.rotation))
		require.Equal(t, want.degrees, want.rotation.Degrees())
		require.Equal(t, want.text, want.rotation.String())
		require.NoError(t, want.rotation.check())
	}
	for _, bad := range []Rotation{-1, 4, 90} {
		require.Zero(t, bad.Degrees())
		require.ErrorIs(t, bad.check(), ErrRotation)
	}
	require.Equal(t, "Rotation(90)", Rotation(90).String())
	require.EqualError(t, Rotation(90).check(), "appsrc: unknown rotation 90: must be between 0 and 3 (not degrees)")
}
