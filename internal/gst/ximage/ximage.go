// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package ximage makes GStreamer's ximagesrc fit to capture windows.
//
// Where a request of X11 fails, libX11 calls an error handler that is one per
// process; its own prints the error and calls exit. That is what becomes of a
// program with an ximagesrc whose window is closed, minimised, or moved over the
// edge of the screen. With another handler the program goes on, but ximagesrc
// doesn't notice, and gives buffers that nothing was written to; and it captures
// the whole screen where the window is gone before it starts.
//
// So there are two things here: an error handler that ignores the errors of
// reading from windows, and an element that lets none of the buffers through
// that such an error was about. The element also frees what an ximagesrc that has
// stopped would leave behind.
package ximage

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-base-1.0
#cgo LDFLAGS: -ldl
#include "ximage.h"
*/
import "C"

import (
	"errors"
	"sync"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Gate is the name of the element. It comes right after ximagesrc, and has two
// properties: id, by which Fail finds it, and xid, the window; 0 is the screen.
const Gate = "ximagegate"

// The error handler and the names of elements are one per process, and so is this.
var installOnce = sync.OnceValue(func() error {
	gst.Init()
	switch {
	case C.ximage_install_handler() == 0:
		return errors.New("ximage: can't load libX11.so.6")
	case C.ximage_register_gate() == 0:
		return errors.New("ximage: the element " + Gate + " could not be registered")
	}
	return nil
})

// Init makes the element known, and libX11 ignore errors of requests that only
// read from windows. All other errors go to the handler that was there before. It
// holds for the rest of the process's life; calls after the first do nothing. It
// may be called from any goroutine.
func Init() error { return installOnce() }

// Fail ends the pipeline that the gate of that id is in, with an error of the
// gate's. It reports whether there is one. It may be called from any goroutine.
func Fail(id uint64, message string) bool {
	cMessage := C.CString(message)
	defer C.free(unsafe.Pointer(cMessage))
	return C.ximage_fail(C.guint64(id), cMessage) != 0
}

// Ignored is how many errors were ignored so far, in all of the process.
func Ignored() uint64 { return uint64(C.ximage_ignored()) }
