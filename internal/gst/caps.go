// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	gogst "github.com/go-gst/go-gst/gst"
)

// Layout describes a raw frame in GStreamer's default memory layout for its format.
type Layout struct {
	Size   int // bytes in total
	Planes []PlaneLayout
}

// PlaneLayout is the place of a plane, in bytes.
type PlaneLayout struct{ Offset, Stride int }

// LayoutOf returns the layout of a format with GStreamer's name.
func LayoutOf(format string, width, height int) (Layout, error) {
	Init()
	cFormat := C.CString(format)
	defer C.free(unsafe.Pointer(cFormat))
	var l C.ShimLayout
	if C.shim_layout(cFormat, C.int(width), C.int(height), &l) == 0 {
		return Layout{}, fmt.Errorf("gst: no layout for %s %dx%d", format, width, height)
	}
	out := Layout{Size: int(l.size), Planes: make([]PlaneLayout, int(l.planes))}
	for i := range out.Planes {
		out.Planes[i] = PlaneLayout{Offset: int(l.offset[i]), Stride: int(l.stride[i])}
	}
	return out, nil
}

// Caps describes the contents of buffers. It is immutable and safe for concurrent use. It holds a
// reference until Unref.
type Caps struct{ ptr *C.GstCaps }

// ParseCaps parses caps in GStreamer's syntax.
func ParseCaps(text string) (*Caps, error) {
	Init()
	cText := C.CString(text)
	defer C.free(unsafe.Pointer(cText))
	ptr := C.shim_caps_from_string(cText)
	if ptr == nil {
		return nil, fmt.Errorf("gst: malformed caps %q", text)
	}
	return &Caps{ptr: ptr}, nil
}

func (c *Caps) String() string { return gogst.ToGstCaps(unsafe.Pointer(c.ptr)).String() }

// Size returns a frame's width and height in px; zero if the caps have none, or if there are none.
func (c *Caps) Size() (width, height int) {
	if c == nil || c.ptr == nil {
		return 0, 0
	}
	var w, h C.int
	if C.shim_caps_size(c.ptr, &w, &h) == 0 {
		return 0, 0
	}
	return int(w), int(h)
}

// Interval returns the time from one frame to the next by the frame rate; 0 if the caps have none.
func (c *Caps) Interval() time.Duration { return time.Duration(C.shim_caps_interval(c.ptr)) }

// Variant returns a copy with another size, in px, and another nominal frame rate, of fpsN frames
// in fpsD seconds, unless fpsN is 0. A new rate makes encoders restart, with a key frame.
func (c *Caps) Variant(width, height, fpsN, fpsD int) *Caps {
	return &Caps{ptr: C.shim_caps_variant(c.ptr, C.int(width), C.int(height), C.int(fpsN), C.int(fpsD))}
}

// KeepRange reports whether videoconvert of GStreamer 1.22 would not convert the full range of such
// frames to the limited one that viewers expect, while a Converter does: those of BT.601.
func (c *Caps) KeepRange() bool { return C.shim_caps_keep_range(c.ptr) != 0 }

// Equal compares contents.
func (c *Caps) Equal(other *Caps) bool {
	return c.ptr == other.ptr || C.gst_caps_is_equal(c.ptr, other.ptr) != 0
}

// Ref takes another reference, which needs an Unref of its own.
func (c *Caps) Ref() *Caps { return &Caps{ptr: C.gst_caps_ref(c.ptr)} }

// Unref drops the reference.
func (c *Caps) Unref() {
	if c != nil && c.ptr != nil {
		C.gst_caps_unref(c.ptr)
		c.ptr = nil
	}
}

// Pool provides buffers of one size and reuses their memory, so that a steady stream of frames
// allocates nothing. It is not safe for concurrent use.
type Pool struct {
	ptr  *C.GstBufferPool
	size int
	m    C.GstMapInfo // of the buffer that is being filled; kept here to avoid an allocation
}

// NewPool returns a pool of buffers of size bytes each. Its memory is freed when the pool is closed
// and the last buffer is unreferenced.
func NewPool(caps *Caps, size int) (*Pool, error) {
	ptr := C.shim_pool_new(caps.ptr, C.gsize(size))
	if ptr == nil {
		return nil, errors.New("gst: the buffer pool could not be started")
	}
	return &Pool{ptr: ptr, size: size}, nil
}

// Acquire returns a buffer that fill has filled. The memory that fill receives is not zeroed, and
// fill must not keep it.
func (p *Pool) Acquire(fill func(data []byte)) (Buffer, error) {
	ptr := C.shim_pool_acquire(p.ptr, &p.m)
	if ptr == nil {
		return Buffer{}, errors.New("gst: no memory for a frame")
	}
	fill(unsafe.Slice((*byte)(unsafe.Pointer(p.m.data)), p.size))
	C.shim_buffer_unmap(ptr, &p.m)
	return Buffer{ptr: ptr}, nil
}

// Close releases the pool. Buffers in use stay valid.
func (p *Pool) Close() {
	if p != nil && p.ptr != nil {
		C.shim_pool_free(p.ptr)
		p.ptr = nil
	}
}

// FactorySinkCaps is what the sink pads of a factory's elements take, by its templates; "" if there are none.
func FactorySinkCaps(factory string) string {
	cFactory := C.CString(factory)
	defer C.free(unsafe.Pointer(cFactory))
	return take(C.shim_factory_sink_caps(cFactory))
}

// CapsIntersect reports whether two caps, as GStreamer writes them, have something in common; false if one of them is
// malformed.
func CapsIntersect(a, b string) bool {
	ca, cb := C.CString(a), C.CString(b)
	defer C.free(unsafe.Pointer(ca))
	defer C.free(unsafe.Pointer(cb))
	return C.shim_caps_intersect(ca, cb) != 0
}
