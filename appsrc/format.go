// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"fmt"
	"strings"
)

// MaxDimension is the maximum width or height of a frame, in pixels. VP8, the default codec, stores
// each in 14 bits (RFC 6386, section 9.1), and GStreamer's vp8enc has the same limit in its caps.
// Some encoders accept less.
const MaxDimension = 16383

// MaxPlanes is the maximum number of planes of any [BufferType].
const MaxPlanes = 4

// BufferType is the layout of a raw frame's pixels. Names and values are those of VideoBufferType
// in the LiveKit SDKs. A name gives the order of the bytes in memory, so BufferBGRA holds blue at
// the lowest address.
//
// A chroma plane of an odd-sized frame is rounded up: (n+1)/2 samples for n pixels. The YUV types
// are BT.601 in limited range (Y 16 to 235, U and V 16 to 240), like the result of the LiveKit
// SDKs' RGB conversions. Video tracks have no alpha: the A of I420A and of the four-byte RGB types
// is ignored, so partly transparent pixels must be premultiplied.
type BufferType int

// The buffer types.
const (
	BufferRGBA  BufferType = 0  // one plane, 4 bytes a pixel
	BufferABGR  BufferType = 1  // one plane, 4 bytes a pixel
	BufferARGB  BufferType = 2  // one plane, 4 bytes a pixel
	BufferBGRA  BufferType = 3  // one plane, 4 bytes a pixel
	BufferRGB24 BufferType = 4  // one plane, 3 bytes a pixel: R, G, B
	BufferI420  BufferType = 5  // Y, U, V; U and V halved both ways
	BufferI420A BufferType = 6  // Y, U, V, A; U and V halved both ways
	BufferI422  BufferType = 7  // Y, U, V; U and V halved in width
	BufferI444  BufferType = 8  // Y, U, V at full size
	BufferI010  BufferType = 9  // as I420, 10 bits in the low end of 16-bit little-endian samples
	BufferNV12  BufferType = 10 // Y, and a plane of alternating U and V; both halved both ways
)

// planeFormat describes one plane: it holds a group of bytes for each block of
// hsub by vsub pixels.
type planeFormat struct {
	name       string
	group      int
	hsub, vsub int
}

func (p planeFormat) size(width, height int) (rowBytes, rows int) {
	return (width + p.hsub - 1) / p.hsub * p.group, (height + p.vsub - 1) / p.vsub
}

// format describes one buffer type.
type format struct {
	name   string
	gst    string
	sample int // bytes of one sample; strides are multiples of it
	count  int
	planes [MaxPlanes]planeFormat
}

// formats describes all buffer types, indexed by BufferType. It is never written.
var formats = [...]format{
	BufferRGBA:  {"RGBA", "RGBA", 1, 1, [MaxPlanes]planeFormat{{"RGBA", 4, 1, 1}}},
	BufferABGR:  {"ABGR", "ABGR", 1, 1, [MaxPlanes]planeFormat{{"ABGR", 4, 1, 1}}},
	BufferARGB:  {"ARGB", "ARGB", 1, 1, [MaxPlanes]planeFormat{{"ARGB", 4, 1, 1}}},
	BufferBGRA:  {"BGRA", "BGRA", 1, 1, [MaxPlanes]planeFormat{{"BGRA", 4, 1, 1}}},
	BufferRGB24: {"RGB24", "RGB", 1, 1, [MaxPlanes]planeFormat{{"RGB", 3, 1, 1}}},
	BufferI420: {"I420", "I420", 1, 3, [MaxPlanes]planeFormat{
		{"Y", 1, 1, 1}, {"U", 1, 2, 2}, {"V", 1, 2, 2},
	}},
	BufferI420A: {"I420A", "A420", 1, 4, [MaxPlanes]planeFormat{
		{"Y", 1, 1, 1}, {"U", 1, 2, 2}, {"V", 1, 2, 2}, {"A", 1, 1, 1},
	}},
	BufferI422: {"I422", "Y42B", 1, 3, [MaxPlanes]planeFormat{
		{"Y", 1, 1, 1}, {"U", 1, 2, 1}, {"V", 1, 2, 1},
	}},
	BufferI444: {"I444", "Y444", 1, 3, [MaxPlanes]planeFormat{
		{"Y", 1, 1, 1}, {"U", 1, 1, 1}, {"V", 1, 1, 1},
	}},
	BufferI010: {"I010", "I420_10LE", 2, 3, [MaxPlanes]planeFormat{
		{"Y", 2, 1, 1}, {"U", 2, 2, 2}, {"V", 2, 2, 2},
	}},
	BufferNV12: {"NV12", "NV12", 1, 2, [MaxPlanes]planeFormat{
		{"Y", 1, 1, 1}, {"UV", 2, 2, 2},
	}},
}

// format returns the description of t, or nil if t is not a buffer type.
func (t BufferType) format() *format {
	if t < 0 || int(t) >= len(formats) {
		return nil
	}
	return &formats[t]
}

// String returns the name that the LiveKit SDKs use, such as "I420A".
func (t BufferType) String() string {
	if f := t.format(); f != nil {
		return f.name
	}
	return fmt.Sprintf("BufferType(%d)", int(t))
}

// GStreamerFormat returns the value of the "format" field in video/x-raw caps, such as "A420" for
// I420A, or "" if t is not a buffer type.
func (t BufferType) GStreamerFormat() string {
	if f := t.format(); f != nil {
		return f.gst
	}
	return ""
}

// PlaneCount returns the number of planes, or 0 if t is not a buffer type.
func (t BufferType) PlaneCount() int {
	if f := t.format(); f != nil {
		return f.count
	}
	return 0
}

// PlaneSize returns the number of bytes in one row of a plane without padding, and the number of
// rows, in a frame of width by height pixels. Both are 0 if t is not a buffer type or has no such
// plane.
func (t BufferType) PlaneSize(plane, width, height int) (rowBytes, rows int) {
	f := t.format()
	if f == nil || plane < 0 || plane >= f.count {
		return 0, 0
	}
	return f.planes[plane].size(width, height)
}

// ParseBufferType returns the buffer type with a LiveKit SDK name, ignoring case. The error matches
// [ErrFormat].
func ParseBufferType(name string) (BufferType, error) {
	names := make([]string, len(formats))
	for t := range formats {
		if strings.EqualFold(name, formats[t].name) {
			return BufferType(t), nil
		}
		names[t] = formats[t].name
	}
	return 0, fmt.Errorf("%w %q, want one of %s", ErrFormat, name, strings.Join(names, ", "))
}

// FrameSize returns the number of bytes in a frame whose planes are tightly packed: no padding in
// rows or between planes. The error is a [*FrameError] that matches [ErrFormat] or [ErrSize].
func FrameSize(typ BufferType, width, height int) (int, error) {
	if err := checkSize(typ, width, height); err != nil {
		return 0, err
	}
	size := 0
	for i := range typ.PlaneCount() {
		rowBytes, rows := typ.PlaneSize(i, width, height)
		size += rowBytes * rows
	}
	return size, nil
}

// checkSize checks what must hold before the planes mean anything. Within MaxDimension no product
// of sizes overflows, even if int has 32 bits.
func checkSize(typ BufferType, width, height int) error {
	if typ.format() == nil {
		return frameError(typ, width, height, ErrFormat, 0, int(typ))
	}
	for _, n := range [...]int{width, height} {
		if n < 1 || n > MaxDimension {
			return frameError(typ, width, height, ErrSize, MaxDimension, n)
		}
	}
	return nil
}
