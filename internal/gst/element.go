// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"runtime/cgo"
	"unsafe"

	gogst "github.com/go-gst/go-gst/gst"

	"github.com/gstpublish/gstpublish/internal/gst/describe"
	"github.com/gstpublish/gstpublish/internal/gst/normalize"
	"github.com/gstpublish/gstpublish/internal/gst/upstream"
)

// Element is an element of a pipeline. It holds a reference until Release. All methods are safe for
// concurrent use.
type Element struct{ ptr *C.GstElement }

// Object returns the GstElement, for the packages below this one that have C of their own. It is valid until Release.
func (e *Element) Object() unsafe.Pointer { return unsafe.Pointer(e.ptr) }

// Factory is the name that the element was made by, "" if it has none.
func (e *Element) Factory() string {
	f := C.gst_element_get_factory(e.ptr)
	if f == nil {
		return ""
	}
	return take(C.gst_object_get_name((*C.GstObject)(unsafe.Pointer(f))))
}

// Name returns the element's own name.
func (e *Element) Name() string {
	return take(C.gst_object_get_name((*C.GstObject)(unsafe.Pointer(e.ptr))))
}

// Set sets a property to a value in the syntax of launch text: numbers, true, enum nicks, flags
// joined by +. The error is a *PropertyError.
func (e *Element) Set(property, value string) error { return e.set(property, value, 0) }

// SetNearest is like Set, but changes a number outside the property's range to the nearest one
// inside it.
func (e *Element) SetNearest(property, value string) error { return e.set(property, value, 1) }

func (e *Element) set(property, value string, clamp C.gboolean) error {
	cName, cValue := C.CString(property), C.CString(value)
	defer C.free(unsafe.Pointer(cName))
	defer C.free(unsafe.Pointer(cValue))
	object := (*C.GObject)(unsafe.Pointer(e.ptr))
	if ret := C.shim_set(object, cName, cValue, clamp); ret != C.SHIM_SET_OK {
		return propertyError(C.shim_class(object), e.Factory(), property, value, ret)
	}
	return nil
}

// Get returns the value of a property in the syntax of Set (nicks of enums and flags), or "" if there is none.
func (e *Element) Get(property string) string {
	return describe.Value(unsafe.Pointer(e.ptr), property)
}

// Has reports whether the element has a property.
func (e *Element) Has(property string) bool {
	cName := C.CString(property)
	defer C.free(unsafe.Pointer(cName))
	return C.shim_has_property((*C.GObject)(unsafe.Pointer(e.ptr)), cName) != 0
}

// Emit emits an action signal that takes no arguments. It reports whether the element has such a
// signal.
func (e *Element) Emit(signal string) bool {
	cName := C.CString(signal)
	defer C.free(unsafe.Pointer(cName))
	return C.shim_emit((*C.GObject)(unsafe.Pointer(e.ptr)), cName) != 0
}

// Hook calls a function before a buffer enters an element. All methods are safe for concurrent use.
type Hook struct{ ptr *C.ShimHook }

// BeforeBuffer returns a hook for f, which is called on the streaming thread and must not block. It
// returns nil if the element has no sink pad.
func (e *Element) BeforeBuffer(f func()) *Hook {
	handle := cgo.NewHandle(f)
	ptr := C.shim_hook_new(e.ptr, C.uintptr_t(handle))
	if ptr == nil {
		handle.Delete()
		return nil
	}
	return &Hook{ptr: ptr}
}

// Arm makes the hook call the function once, before the next buffer.
func (h *Hook) Arm() { C.shim_hook_arm(h.ptr) }

// Release releases the hook, which must not be used afterwards. The function may still be called
// while the element lives.
func (h *Hook) Release() {
	C.shim_hook_unref(h.ptr)
	h.ptr = nil
}

//export gstpublishBefore
func gstpublishBefore(handle C.uintptr_t) {
	if f, ok := cgo.Handle(handle).Value().(func()); ok {
		f()
	}
}

//export gstpublishGone
func gstpublishGone(handle C.uintptr_t) { cgo.Handle(handle).Delete() }

// Scaler sets the output size of an element that scales. All methods are safe for concurrent use.
type Scaler struct{ ptr *C.ShimScaler }

// Scaler returns a Scaler that controls the size of the element's output by the capsfilter that
// follows it, which must have no other purpose. At first, frames keep their own size. It returns
// nil if the element has no sink pad.
func (e *Element) Scaler(filter *Element) *Scaler {
	ptr := C.shim_scaler_new(e.ptr, filter.ptr)
	if ptr == nil {
		return nil
	}
	return &Scaler{ptr: ptr}
}

// Set sets the size of frames, in px, from the one with that presentation time, in ns. 0 and 0 is
// their own size.
func (s *Scaler) Set(width, height int, fromNS int64) {
	C.shim_scaler_set(s.ptr, C.int(width), C.int(height), C.GstClockTime(fromNS))
}

// Release releases the scaler, which must not be used afterwards. The encoder keeps its size.
func (s *Scaler) Release() {
	C.shim_scaler_unref(s.ptr)
	s.ptr = nil
}

// KeepPTS gives each buffer that leaves the element the timestamp of the one that went in, in
// order: for encoders that invent timestamps, and neither reorder nor drop frames. It reports
// whether the element has exactly one sink pad and one source pad.
func (e *Element) KeepPTS() bool { return C.shim_keep_pts(e.ptr) != 0 }

// Feed returns the pad that is linked to the element's sink pad, or nil if there is none.
func (e *Element) Feed() *Pad {
	name := C.CString("sink")
	defer C.free(unsafe.Pointer(name))
	sink := C.gst_element_get_static_pad(e.ptr, name)
	if sink == nil {
		return nil
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(sink)))
	if peer := C.gst_pad_get_peer(sink); peer != nil {
		return &Pad{ptr: peer}
	}
	return nil
}

// SinkCaps returns the caps that the linked element offers to the sink pad.
func (e *Element) SinkCaps() string { return e.peerCaps("sink") }

// SrcCaps returns the caps that the linked element takes from the source pad.
func (e *Element) SrcCaps() string { return e.peerCaps("src") }

func (e *Element) peerCaps(pad string) string {
	name := C.CString(pad)
	defer C.free(unsafe.Pointer(name))
	ptr := C.gst_element_get_static_pad(e.ptr, name)
	if ptr == nil {
		return ""
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(ptr)))
	caps := C.gst_pad_peer_query_caps(ptr, nil)
	defer C.gst_caps_unref(caps)
	return gogst.ToGstCaps(unsafe.Pointer(caps)).String()
}

// SinkForm returns the form of what has come to the sink pad.
func (e *Element) SinkForm() normalize.Form {
	name := C.CString("sink")
	defer C.free(unsafe.Pointer(name))
	pad := C.gst_element_get_static_pad(e.ptr, name)
	if pad == nil {
		return normalize.Form{}
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(pad)))
	return normalize.FormOf(unsafe.Pointer(pad))
}

// Release drops the reference. The Element must not be used afterwards.
func (e *Element) Release() {
	if e.ptr != nil {
		C.gst_object_unref(C.gpointer(unsafe.Pointer(e.ptr)))
		e.ptr = nil
	}
}

// CheckProperty checks, without an element, whether a factory's elements would accept the value. It
// returns nil if they would, if only GStreamer can know, or if the factory is unknown.
func CheckProperty(factory, property, value string) error {
	Init()
	cFactory := C.CString(factory)
	defer C.free(unsafe.Pointer(cFactory))
	class := C.shim_factory_class(cFactory)
	if class == nil {
		return nil
	}
	defer C.g_type_class_unref(C.gpointer(unsafe.Pointer(class)))
	cName, cValue := C.CString(property), C.CString(value)
	defer C.free(unsafe.Pointer(cName))
	defer C.free(unsafe.Pointer(cValue))
	if ret := C.shim_check_property(class, cName, cValue); ret != C.SHIM_SET_OK {
		return propertyError(class, factory, property, value, ret)
	}
	return nil
}

func propertyError(class *C.GObjectClass, factory, property, value string, ret C.int) error {
	cName := C.CString(property)
	defer C.free(unsafe.Pointer(cName))
	err := &PropertyError{Factory: factory, Property: property, Value: value, Reason: PropertyReason(ret)}
	err.Hint = take(C.shim_property_hint(class, cName))
	if err.Reason == NoProperty {
		err.Known = takeStrv(C.shim_property_names(class))
	}
	return err
}

// Pad is a pad that is not linked. It holds a reference until Release.
type Pad struct{ ptr *C.GstPad }

// Label is "element.pad", of the pad before caps and identity elements.
func (p *Pad) Label() string { return take(C.shim_origin_label(p.ptr)) }

// Caps returns the caps that the pad supports, in GStreamer's syntax.
func (p *Pad) Caps() string {
	caps := C.gst_pad_query_caps(p.ptr, nil)
	defer C.gst_caps_unref(caps)
	return gogst.ToGstCaps(unsafe.Pointer(caps)).String()
}

// Normalize inserts a bin of launch text after the pad when frames come that are interlaced or whose
// pixels are not square, or unless turned is set, that have an orientation tag: see normalize.Watch.
// The pad must be linked before the pipeline starts.
func (p *Pad) Normalize(text string, turned bool) {
	normalize.Watch(unsafe.Pointer(p.ptr), text, turned)
}

// Form returns the form of what has passed the pad.
func (p *Pad) Form() normalize.Form { return normalize.FormOf(unsafe.Pointer(p.ptr)) }

// Ref takes another reference, which needs a Release of its own.
func (p *Pad) Ref() *Pad {
	return &Pad{ptr: (*C.GstPad)(C.gst_object_ref(C.gpointer(unsafe.Pointer(p.ptr))))}
}

// Release drops the reference.
func (p *Pad) Release() {
	if p.ptr != nil {
		C.gst_object_unref(C.gpointer(unsafe.Pointer(p.ptr)))
		p.ptr = nil
	}
}

// PrepareEncoders makes the video encoders that feed the pad take frames of 4:2:0 with 8 bits
// wherever the elements before them can make these: otherwise a converter chooses what loses least,
// such as 4:4:4, which few viewers can decode. It also gives their frames a PTS if they have none,
// as the first one of a source that stamps what it reads: vp8enc of GStreamer 1.22 encodes no other
// frame after such a one. It returns the encoders.
func (p *Pad) PrepareEncoders() (encoders []*Element) {
	for _, e := range upstream.PrepareEncoders(unsafe.Pointer(p.ptr)) {
		encoders = append(encoders, &Element{ptr: (*C.GstElement)(e)})
	}
	return encoders
}
