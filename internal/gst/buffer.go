// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Buffer is a reference to a GstBuffer; the zero value refers to none. It is
// a plain value: copying it takes no reference. Whoever holds the reference
// calls Unref once. The memory is read-only after it was filled.
type Buffer struct{ ptr *C.GstBuffer }

// Valid tells whether b refers to a buffer.
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

// Size is the number of bytes.
func (b Buffer) Size() int { return int(C.gst_buffer_get_size(b.ptr)) }

// EqualPicture tells whether two pictures of the same caps have the same pixels.
// What lies between the rows doesn't count. The cost is that of memcmp up to
// the first difference.
func (b Buffer) EqualPicture(other Buffer, caps *Caps) bool {
	return C.shim_pictures_equal(b.ptr, other.ptr, caps.ptr) != 0
}

// EqualPlanes is EqualPicture for planes in the caller's memory; strides are
// bytes a row.
func (b Buffer) EqualPlanes(caps *Caps, planes [][]byte, strides []int) bool {
	p := C.ShimPlanes{count: C.int(len(planes))}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	for i, plane := range planes {
		data := unsafe.SliceData(plane)
		pinner.Pin(data)
		p.data[i], p.size[i], p.stride[i] = unsafe.Pointer(data), C.gsize(len(plane)), C.int(strides[i])
	}
	return C.shim_picture_equals(b.ptr, caps.ptr, p) != 0
}

// Bytes appends the buffer's bytes to dst.
func (b Buffer) Bytes(dst []byte) []byte {
	start, size := len(dst), b.Size()
	dst = append(dst, make([]byte, size)...)
	C.gst_buffer_extract(b.ptr, 0, C.gpointer(unsafe.Pointer(unsafe.SliceData(dst[start:]))), C.gsize(size))
	return dst
}

// Crop is the same memory seen as a smaller picture, from the top left corner.
// It shares the memory without a copy; caps are those of b.
func (b Buffer) Crop(caps *Caps, width, height int) Buffer {
	return Buffer{ptr: C.shim_buffer_crop(b.ptr, caps.ptr, C.int(width), C.int(height))}
}

// wrapped is Go memory that GStreamer refers to.
type wrapped struct {
	pinner  runtime.Pinner
	release func()
}

// Wrap makes a buffer of the caller's planes without copying them. The memory
// must not change until release is called: once, on any goroutine or thread,
// when the last reference is gone. strides are bytes a row.
func Wrap(format string, width, height int, planes [][]byte, strides []int, release func()) Buffer {
	Init()
	w := &wrapped{release: release}
	p := C.ShimPlanes{count: C.int(len(planes))} // by value, so that it isn't allocated
	for i, plane := range planes {
		data := unsafe.SliceData(plane)
		w.pinner.Pin(data)
		p.data[i], p.size[i], p.stride[i] = unsafe.Pointer(data), C.gsize(len(plane)), C.int(strides[i])
	}
	return Buffer{ptr: C.shim_buffer_wrap(p, (*C.char)(unsafe.Pointer(unsafe.StringData(format))), C.gsize(len(format)),
		C.int(width), C.int(height), C.uintptr_t(cgo.NewHandle(w)))}
}

// gstpublishRelease runs on whatever thread dropped the last reference, so a
// panic of the caller's function must not reach C.
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
