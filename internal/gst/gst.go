// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package gst is the project's only door to GStreamer.
//
// No other package imports go-gst, go-glib or "C". go-gst handles what happens once:
// initialization, states, the bus. A C shim handles what happens for each frame, because go-gst's
// wrappers keep a reference until the next garbage collection, which for video is gigabytes (go-gst
// issues #40, #198, #223).
//
// Everything here that owns GStreamer objects is closed, released or unreferenced by an explicit
// call; memory is freed without finalizers. On streaming threads, no Go code runs except the hooks
// of BeforeBuffer and the release callback of wrapped memory, which recovers from panics.
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

	"github.com/gstpublish/gstpublish/internal/gst/changes"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
)

// There is one GStreamer per process, and go-gst's Init writes a variable without a lock.
var initOnce sync.Once

// Init initializes GStreamer. The first call reads the plugin registry, later calls do nothing. It
// is safe for concurrent use.
func Init() {
	initOnce.Do(func() {
		gogst.Init(nil)
		// If the registration of our own encoders fails, GStreamer's stock encoders are used.
		_ = screenenc.Register()
		_ = changes.Register()
	})
}

// RelayCalls makes one of Go's threads make the calls of GStreamer's threads into Go, for the rest
// of the process. Without that, elements cannot be used during package initialization: until it is
// over, Go makes other threads wait.
func RelayCalls() {
	if C.shim_calls_relay() != 0 {
		go func() { C.shim_calls_serve() }()
	}
}

// Version returns GStreamer's version at run time, such as "1.22.0".
func Version() string {
	var major, minor, micro, nano C.guint
	C.gst_version(&major, &minor, &micro, &nano)
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

// ScreenConverter is the element that does the work of videoconvert for screens: it converts only the rows of frames
// that have changed, as Changes says.
const ScreenConverter = changes.Converter

// HasFactory reports whether GStreamer can create an element with that name. Check for elements
// instead of plugins: without hardware, plugins load with no elements.
func HasFactory(name string) bool {
	Init()
	factory := gogst.Find(name)
	if factory == nil {
		return false
	}
	release(factory.GObject())
	return true
}

// IsBin reports whether an element is a bin, which makes other elements. So is one that cannot be loaded.
func IsBin(factory string) bool {
	Init()
	cFactory := C.CString(factory)
	defer C.free(unsafe.Pointer(cFactory))
	return C.shim_is_bin(cFactory) != 0
}

// IsPlain reports whether an element has a property of that name whose value is a number, a choice or text: neither an
// object nor a structure.
func IsPlain(factory, property string) bool {
	Init()
	cFactory, cName := C.CString(factory), C.CString(property)
	defer C.free(unsafe.Pointer(cFactory))
	defer C.free(unsafe.Pointer(cName))
	return C.shim_is_plain(cFactory, cName) != 0
}

// Factories returns the names of all installed elements.
func Factories() []string {
	Init()
	return takeStrv(C.shim_factory_names())
}

// FactoryPlugin returns the plugin that provides an element, or "" if the element is not installed
// or was registered by this program.
func FactoryPlugin(element string) string {
	Init()
	cName := C.CString(element)
	defer C.free(unsafe.Pointer(cName))
	factory := C.gst_element_factory_find(cName)
	if factory == nil {
		return ""
	}
	defer C.gst_object_unref(C.gpointer(unsafe.Pointer(factory)))
	// The name is NULL without a plugin, and becomes "".
	return C.GoString(C.gst_plugin_feature_get_plugin_name((*C.GstPluginFeature)(unsafe.Pointer(factory))))
}

// PluginVersion returns the version of an installed plugin, which may have no elements without its
// hardware.
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

// PluginFile returns the file of an installed plugin, or "" if it has none, like those in
// GStreamer's core.
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

// Libraries returns the libraries of our own encoders with their versions, or "" if those are not
// built in.
func Libraries() string { return screenenc.Libraries() }

// release drops a go-gst wrapper's reference now instead of at the next garbage collection.
func release(o *glib.Object) {
	runtime.SetFinalizer(o, nil)
	o.Unref()
}

// take copies a string that GLib allocated and frees the original. NULL becomes "".
func take(s *C.char) string {
	if s == nil {
		return ""
	}
	defer C.g_free(C.gpointer(unsafe.Pointer(s)))
	return C.GoString(s)
}

// takeStrv copies a NULL-terminated array that GLib allocated and frees the original.
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

// Deinit ends GStreamer in this process, after which this package must not be used. Tests call it
// so that GStreamer's tracer reports objects that are still alive.
func Deinit() { gogst.Deinit() }
