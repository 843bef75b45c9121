// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	gogst "github.com/go-gst/go-gst/gst"
)

// Layout is where the planes of a raw frame lie in GStreamer's own memory
// layout of its format.
type Layout struct {
	Size   int // bytes in all
	Planes []PlaneLayout
}

// PlaneLayout is one plane's place, in bytes.
type PlaneLayout struct{ Offset, Stride int }

// LayoutOf computes the layout of a format by GStreamer's name for it.
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

// Caps says what buffers hold. It is immutable, holds a reference until Unref,
// and may be used from any goroutine.
type Caps struct{ ptr *C.GstCaps }

// ParseCaps reads caps as GStreamer writes them.
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

// Size is a frame's width and height in px; zero if the caps have none.
func (c *Caps) Size() (width, height int) {
	var w, h C.int
	if C.shim_caps_size(c.ptr, &w, &h) == 0 {
		return 0, 0
	}
	return int(w), int(h)
}

// Variant returns a copy with another size, in px, and unless fpsN is 0 with another nominal frame
// rate, of fpsN frames in fpsD seconds. A new rate makes encoders restart, with a key frame.
func (c *Caps) Variant(width, height, fpsN, fpsD int) *Caps {
	return &Caps{ptr: C.shim_caps_variant(c.ptr, C.int(width), C.int(height), C.int(fpsN), C.int(fpsD))}
}

// Equal compares contents.
func (c *Caps) Equal(other *Caps) bool {
	return c.ptr == other.ptr || C.gst_caps_is_equal(c.ptr, other.ptr) != 0
}

// Ref takes another reference, to be dropped with its own Unref.
func (c *Caps) Ref() *Caps { return &Caps{ptr: C.gst_caps_ref(c.ptr)} }

// Unref drops the reference.
func (c *Caps) Unref() {
	if c != nil && c.ptr != nil {
		C.gst_caps_unref(c.ptr)
		c.ptr = nil
	}
}

// Pool hands out buffers of one size and takes their memory back, so that a
// steady stream of frames allocates nothing. One goroutine at a time may use it.
type Pool struct {
	ptr  *C.GstBufferPool
	size int
	m    C.GstMapInfo // of the buffer that is being filled; here, so that it isn't allocated
}

// NewPool makes a pool of buffers of size bytes each. Its memory comes back
// when the pool is closed and the last buffer is unreferenced.
func NewPool(caps *Caps, size int) (*Pool, error) {
	ptr := C.shim_pool_new(caps.ptr, C.gsize(size))
	if ptr == nil {
		return nil, errors.New("gst: the buffer pool could not be started")
	}
	return &Pool{ptr: ptr, size: size}, nil
}

// Acquire takes a buffer and calls fill with its memory, which is not zeroed
// and must not be kept.
func (p *Pool) Acquire(fill func(data []byte)) (Buffer, error) {
	ptr := C.shim_pool_acquire(p.ptr, &p.m)
	if ptr == nil {
		return Buffer{}, errors.New("gst: no memory for a frame")
	}
	fill(unsafe.Slice((*byte)(unsafe.Pointer(p.m.data)), p.size))
	C.shim_buffer_unmap(ptr, &p.m)
	return Buffer{ptr: ptr}, nil
}

// Close gives the pool back. Buffers that are out stay valid.
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
