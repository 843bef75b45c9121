// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package gst is the project's one door to GStreamer.
//
// No other package imports go-gst, go-glib or "C". go-gst does what happens
// once: initialisation, states, the bus. A shim in C does what happens for each
// frame, because go-gst's wrappers keep a reference until the next garbage
// collection, which for video is gigabytes (go-gst issues #40, #198, #223).
//
// Everything that owns something of GStreamer's here is closed, released or
// unreferenced by an explicit call; no finalizer has to run for memory to come
// back. No Go code runs on a streaming thread but the release callback of
// wrapped memory, which recovers.
package gst

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-app-1.0 gstreamer-video-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/go-gst/go-glib/glib"
	gogst "github.com/go-gst/go-gst/gst"

	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
)

// GStreamer itself is one per process, and go-gst's Init writes a variable of
// its own without a lock.
var initOnce sync.Once

// Init makes GStreamer ready. The first call costs a look at the plugin
// registry, later ones nothing. It is safe for concurrent use.
func Init() {
	initOnce.Do(func() {
		gogst.Init(nil)
		// Our own encoders. Where they can't be registered they are as ones that aren't
		// installed, and GStreamer's take their place.
		_ = screenenc.Register()
	})
}

// RelayCalls has the calls that GStreamer's threads make into Go made by a thread of
// Go's, for the rest of the process. Only then can elements be used while packages are
// initialized: until that is over, Go makes other threads wait.
func RelayCalls() {
	if C.shim_calls_relay() != 0 {
		go func() { C.shim_calls_serve() }()
	}
}

// Version is GStreamer's version at run time, such as "1.22.0".
func Version() string {
	var major, minor, micro, nano C.guint
	C.gst_version(&major, &minor, &micro, &nano)
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

// HasFactory reports whether GStreamer can create an element by that name. Ask for elements, never
// for plugins: plugins without hardware load with no elements.
func HasFactory(name string) bool {
	Init()
	factory := gogst.Find(name)
	if factory == nil {
		return false
	}
	release(factory.GObject())
	return true
}

// Factories lists the names of all elements that are installed.
func Factories() []string {
	Init()
	return takeStrv(C.shim_factory_names())
}

// FactoryPlugin is the plugin that has an element; "" where the element isn't
// installed, or was registered by the program itself.
func FactoryPlugin(element string) string {
	Init()
	cName := C.CString(element)
	defer C.free(unsafe.Pointer(cName))
	factory := C.gst_element_factory_find(cName)
	if factory == nil {
		return ""
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(factory)))
	// NULL without a plugin, which becomes "".
	return C.GoString(C.gst_plugin_feature_get_plugin_name((*C.GstPluginFeature)(unsafe.Pointer(factory))))
}

// PluginVersion is the version of an installed plugin. One without hardware is
// installed too, and has no elements.
func PluginVersion(plugin string) (version string, ok bool) {
	Init()
	cName := C.CString(plugin)
	defer C.free(unsafe.Pointer(cName))
	p := C.gst_registry_find_plugin(C.gst_registry_get(), cName)
	if p == nil {
		return "", false
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(p)))
	return C.GoString(C.gst_plugin_get_version(p)), true
}

// PluginFile is the file of an installed plugin; "" if it has none, as those that are
// linked into GStreamer's core have.
func PluginFile(plugin string) string {
	Init()
	cName := C.CString(plugin)
	defer C.free(unsafe.Pointer(cName))
	p := C.gst_registry_find_plugin(C.gst_registry_get(), cName)
	if p == nil {
		return ""
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(p)))
	return C.GoString(C.gst_plugin_get_filename(p)) // NULL becomes "".
}

// Libraries lists the libraries of our own encoders with their versions; "" where
// those are not built in.
func Libraries() string { return screenenc.Libraries() }

// release drops a go-gst wrapper's reference now instead of at the next
// garbage collection.
func release(o *glib.Object) {
	runtime.SetFinalizer(o, nil)
	o.Unref()
}

// take copies a string that GLib allocated and frees it. NULL becomes "".
func take(s *C.char) string {
	if s == nil {
		return ""
	}
	defer C.g_free(C.gpointer(unsafe.Pointer(s)))
	return C.GoString(s)
}

// takeStrv copies a NULL-terminated array that GLib allocated and frees it.
func takeStrv(v **C.char) []string {
	if v == nil {
		return nil
	}
	defer C.g_strfreev(v)
	var out []string
	for p := v; *p != nil; p = (**C.char)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(*p))) {
		out = append(out, C.GoString(*p))
	}
	return out
}

// Deinit ends GStreamer for this process; tests do it, so that its tracer tells
// what was left alive. Nothing of this package may be used after.
func Deinit() { gogst.Deinit() }
