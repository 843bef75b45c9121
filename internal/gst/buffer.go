// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst/changes"
)

// Buffer is a reference to a GstBuffer; the zero value refers to none. Copying a Buffer takes no
// reference. The holder of the reference must call Unref once. The memory is read-only once it is
// filled.
type Buffer struct{ ptr *C.GstBuffer }

// Valid reports whether b refers to a buffer.
func (b Buffer) Valid() bool { return b.ptr != nil }

// Ref takes another reference.
func (b Buffer) Ref() Buffer {
	if b.ptr != nil {
		C.gst_buffer_ref(b.ptr)
	}
	return b
}

// Unref drops a reference.
func (b Buffer) Unref() {
	if b.ptr != nil {
		C.gst_buffer_unref(b.ptr)
	}
}

// Size returns the number of bytes.
func (b Buffer) Size() int { return int(C.gst_buffer_get_size(b.ptr)) }

// Bytes appends the buffer's bytes to dst.
func (b Buffer) Bytes(dst []byte) []byte {
	start, size := len(dst), b.Size()
	dst = append(dst, make([]byte, size)...)
	C.gst_buffer_extract(b.ptr, 0, C.gpointer(unsafe.Pointer(unsafe.SliceData(dst[start:]))), C.gsize(size))
	return dst
}

// Crop returns a smaller frame in the same memory, from the top left corner. caps are those of b.
func (b Buffer) Crop(caps *Caps, width, height int) Buffer {
	part := C.ShimRect{width: C.int(width), height: C.int(height)}
	return Buffer{ptr: C.shim_buffer_crop(b.ptr, caps.ptr, part)}
}

// Show notes in the buffer that only a part of its frame is to be shown, as pipewiresrc does for
// windows. Nothing else may refer to the buffer.
func (b Buffer) Show(x, y, width, height int) {
	C.shim_buffer_show(b.ptr, C.ShimRect{x: C.int(x), y: C.int(y), width: C.int(width), height: C.int(height)})
}

// Lacks returns how many bytes a frame of these caps needs, if b has fewer; otherwise 0.
func (b Buffer) Lacks(caps *Caps) int { return int(C.shim_picture_lacks(b.ptr, caps.ptr)) }

// Changes records which parts of a source's frames have changed. Elements use that: see package changes. Only one
// goroutine at a time may use it.
type Changes struct{ record *changes.Record }

// NewChanges returns a record for frames of these caps, of which the next, the first, has changed everywhere. Close
// must be called.
func NewChanges(caps *Caps) *Changes { return &Changes{changes.NewRecord(caps.Size())} }

// Compare compares a frame with the next one of the same caps, records where they differ, and reports whether they do.
// It ignores padding. Frames of formats whose pixels are not whole bytes, or in memory that cannot be read, always
// differ.
func (c *Changes) Compare(frame, next Buffer, caps *Caps) (changed bool) {
	return c.record.Compare(unsafe.Pointer(frame.ptr), unsafe.Pointer(next.ptr), unsafe.Pointer(caps.ptr))
}

// ComparePlanes is Compare for a frame in the caller's memory. strides are in bytes.
func (c *Changes) ComparePlanes(frame Buffer, caps *Caps, planes [][]byte, strides []int) (changed bool) {
	return c.record.ComparePlanes(unsafe.Pointer(frame.ptr), unsafe.Pointer(caps.ptr), planes, strides)
}

// Attach makes the buffer of the last compared frame refer to the record. It takes over the reference to the buffer,
// and returns the buffer, or another one that shares its memory.
func (c *Changes) Attach(b Buffer) Buffer {
	return Buffer{ptr: (*C.GstBuffer)(c.record.Attach(unsafe.Pointer(b.ptr)))}
}

// Close drops the record. It is idempotent, and may be called for nil.
func (c *Changes) Close() {
	if c != nil {
		c.record.Close()
	}
}

// Converter makes frames in I420 as encoders take them, in BT.601 and without
// dithering, of frames with other caps. It is the work of videoconvert. One
// goroutine at a time may use it.
type Converter struct {
	ptr  *C.ShimConverter
	caps *Caps
	same bool
}

// NewConverter returns a Converter for frames with these caps, in system memory. Close must be
// called.
func NewConverter(caps *Caps) (*Converter, error) {
	Init()
	ptr := C.shim_converter_new(caps.ptr)
	if ptr == nil {
		return nil, fmt.Errorf("gst: can't convert %v to I420", caps)
	}
	c := &Converter{ptr: ptr}
	if made := C.shim_converter_caps(ptr); made != nil {
		c.caps = &Caps{ptr: made}
	} else {
		c.caps, c.same = caps.Ref(), true
	}
	return c, nil
}

// Same reports whether the frames already have the required format.
func (c *Converter) Same() bool { return c.same }

// Caps returns the caps of converted frames. They are valid until Close.
func (c *Converter) Caps() *Caps { return c.caps }

// Convert returns a converted frame of the same size in pooled memory, or another reference to the
// frame if there is nothing to convert. The caller owns it.
func (c *Converter) Convert(b Buffer) (Buffer, error) {
	ptr := C.shim_converter_make(c.ptr, b.ptr)
	if ptr == nil {
		return Buffer{}, errors.New("gst: converting a frame failed")
	}
	return Buffer{ptr: ptr}, nil
}

// Close releases the converter. Converted frames stay valid.
func (c *Converter) Close() {
	if c != nil && c.ptr != nil {
		C.shim_converter_free(c.ptr)
		c.caps.Unref()
		c.ptr = nil
	}
}

// wrapped is Go memory that GStreamer refers to.
type wrapped struct {
	pinner  runtime.Pinner
	release func()
}

// Wrap returns a buffer of the caller's planes without copying them. The memory must not change
// until release is called: once, on any goroutine or thread, when the last reference is gone.
// strides are in bytes.
func Wrap(format string, width, height int, planes [][]byte, strides []int, release func()) Buffer {
	Init()
	w := &wrapped{release: release}
	p := C.ShimPlanes{count: C.int(len(planes))} // by value, so that it is not allocated
	for i, plane := range planes {
		data := unsafe.SliceData(plane)
		w.pinner.Pin(data)
		p.data[i], p.size[i], p.stride[i] = unsafe.Pointer(data), C.gsize(len(plane)), C.int(strides[i])
	}
	return Buffer{ptr: C.shim_buffer_wrap(p, (*C.char)(unsafe.Pointer(unsafe.StringData(format))), C.gsize(len(format)),
		C.int(width), C.int(height), C.uintptr_t(cgo.NewHandle(w)))}
}

// gstpublishRelease runs on the thread that dropped the last reference, so a panic of the caller's
// function must not reach C.
//
//export gstpublishRelease
func gstpublishRelease(handle C.uintptr_t) {
	defer func() { _ = recover() }()
	h := cgo.Handle(handle)
	w, ok := h.Value().(*wrapped)
	h.Delete()
	if !ok {
		return
	}
	w.pinner.Unpin()
	if w.release != nil {
		w.release()
	}
}

// Foreign is a GstSample of another pipeline. It has no reference of its own: the sample must live while it is used.
type Foreign struct{ ptr *C.GstSample }

// ForeignSample returns the sample at an address; nil is none.
func ForeignSample(sample unsafe.Pointer) Foreign { return Foreign{(*C.GstSample)(sample)} }

// Buffer returns the sample's buffer without a reference for the caller; it is not valid if there is none.
func (f Foreign) Buffer() Buffer {
	if f.ptr == nil {
		return Buffer{}
	}
	return Buffer{ptr: C.gst_sample_get_buffer(f.ptr)}
}

// Caps returns the sample's caps with a reference for the caller, or nil if there are none.
func (f Foreign) Caps() *Caps {
	if caps := C.gst_sample_get_caps(f.ptr); caps != nil {
		return &Caps{ptr: C.gst_caps_ref(caps)}
	}
	return nil
}

// Describe reports whether a sample has these caps.
func (c *Caps) Describe(f Foreign) bool {
	caps := C.gst_sample_get_caps(f.ptr)
	return caps == c.ptr || caps != nil && C.gst_caps_is_equal(caps, c.ptr) != 0
}
