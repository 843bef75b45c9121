// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package upstream acts on the elements that feed an output of a pipeline. Package gst wraps it:
// pads and elements are pointers to GstPad and GstElement here.
package upstream

/*
#cgo pkg-config: gstreamer-1.0
#include "upstream.h"
*/
import "C"

import "unsafe"

// PrepareEncoders makes the video encoders that feed a source pad take frames of 4:2:0 with 8 bits
// wherever the elements before them can make these, and gives their frames a PTS if they have none.
// It returns the encoders, each with a reference of the caller's.
func PrepareEncoders(pad unsafe.Pointer) (encoders []unsafe.Pointer) {
	array := C.upstream_prepare_encoders(pad)
	defer C.g_free(C.gpointer(unsafe.Pointer(array)))
	for e := array; *e != nil; e = (*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(e), unsafe.Sizeof(*e))) {
		encoders = append(encoders, *e)
	}
	return encoders
}

// InsertTail puts a bin with one sink pad and one source pad between an appsink and the pad that is
// linked to it, and clears the appsink's caps. It reports whether they could be linked.
func InsertTail(appsink, bin unsafe.Pointer) bool { return C.upstream_insert_tail(appsink, bin) != 0 }

// Flow is what leaves one of the elements that feed an appsink.
type Flow struct {
	Element, Factory string
	Flows            bool // a buffer has left it
	HasCaps          bool // its pad has caps
	Finding          bool // it has found no stream in its data yet, so nothing is linked to it
}

// Watch observes the elements that feed an appsink, until Release. Its methods must not be called
// concurrently.
type Watch struct{ ptr *C.UpstreamWatch }

// NewWatch begins to observe what feeds an appsink.
func NewWatch(appsink unsafe.Pointer) *Watch { return &Watch{ptr: C.upstream_watch_new(appsink)} }

// Flows returns what has happened since, from the last element up to the source.
func (w *Watch) Flows() (flows []Flow) {
	for i := C.guint(0); ; i++ {
		var f C.UpstreamFlow
		if C.upstream_watch_flow(w.ptr, i, &f) == 0 {
			return flows
		}
		flows = append(flows, Flow{
			Element: take(f.element), Factory: take(f.factory), Flows: f.flows != 0, HasCaps: f.has_caps != 0,
			Finding: f.finding != 0,
		})
	}
}

// Release ends the observation.
func (w *Watch) Release() {
	C.upstream_watch_free(w.ptr)
	w.ptr = nil
}

// take copies a string that GLib allocated and frees it.
func take(s *C.char) string {
	defer C.g_free(C.gpointer(unsafe.Pointer(s)))
	return C.GoString(s)
}
