// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package changes records which parts of a source's frames have changed. gpscreenconvert then converts, and the
// encoders of package screenenc encode, only those parts.
//
// See changes.h for the details.
package changes

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-video-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include "changes.h"
*/
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// Record holds when each block of 16x16 px of a source's frames last changed. Only one goroutine at a time may use it;
// elements read it meanwhile. Close must be called.
type Record struct{ ptr *C.GpChanges }

// NewRecord returns a record in which the next frame, the first, has changed everywhere. The size is in px.
func NewRecord(width, height int) *Record {
	return &Record{C.gp_changes_new(C.int(width), C.int(height))}
}

// Compare compares a frame, of the record's size, with the next one of the same caps, records where they differ, and
// reports whether they do. Bytes between the rows do not count. The arguments are two GstBuffers and GstCaps, which
// must stay alive during the call.
func (r *Record) Compare(frame, next, caps unsafe.Pointer) (changed bool) {
	return C.gp_changes_compare_buffer(r.ptr, (*C.GstBuffer)(frame), (*C.GstCaps)(caps), (*C.GstBuffer)(next)) != 0
}

// ComparePlanes is Compare for a frame in the caller's memory. strides are in bytes.
func (r *Record) ComparePlanes(frame, caps unsafe.Pointer, planes [][]byte, strides []int) (changed bool) {
	p := C.GpPlanes{count: C.int(len(planes))} // by value, so that it is not allocated
	var pinner runtime.Pinner
	defer pinner.Unpin()
	for i, plane := range planes {
		data := unsafe.SliceData(plane)
		pinner.Pin(data)
		p.data[i], p.stride[i] = unsafe.Pointer(data), C.int(strides[i])
	}
	return C.gp_changes_compare(r.ptr, (*C.GstBuffer)(frame), (*C.GstCaps)(caps), p) != 0
}

// Attach makes the GstBuffer of the last compared frame refer to the record. It takes ownership of the buffer, and
// returns it or a copy that shares its memory.
func (r *Record) Attach(buffer unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.gp_changes_attach(r.ptr, (*C.GstBuffer)(buffer)))
}

// Close drops the record. Frames that refer to it stay valid. It is idempotent.
func (r *Record) Close() {
	if r != nil && r.ptr != nil {
		C.gp_changes_unref(r.ptr)
		r.ptr = nil
	}
}

// Converter is the element that converts only the rows of frames that have changed.
const Converter = "gpscreenconvert"

// Elements are registered once per process, like GStreamer's registry.
var registerOnce = sync.OnceValue(func() bool { return C.gp_convert_register() != 0 })

// Register registers Converter with GStreamer, which must be initialized, for the rest of the process, and reports
// whether that was possible: it is derived from GStreamer's videoconvert. Later calls only report. It is safe for
// concurrent use.
func Register() bool { return registerOnce() }
