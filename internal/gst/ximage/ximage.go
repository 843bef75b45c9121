// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package ximage makes GStreamer's ximagesrc suitable for capturing windows.
//
// When an X11 request fails, libX11 calls an error handler, of which there is one for each process;
// its own prints the error and calls exit. That happens to a program with an ximagesrc whose window
// is closed, minimised, or moved over the edge of the screen. With another handler the program
// continues, but ximagesrc does not notice, and sends buffers that nothing was written to; and it
// captures the whole screen if the window is gone before it starts.
//
// So there are two things here: an error handler that ignores the errors of reading from windows,
// and an element that drops the buffers affected by such an error. The element also frees what a
// stopped ximagesrc would leave behind. A second handler keeps the process alive when the X server
// goes away.
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

// Gate is the name of the element. It follows ximagesrc directly, and has two properties: id, which
// identifies it to Fail, and xid, the window; 0 is the screen.
const Gate = "ximagegate"

// The error handler and the names of elements exist once per process, and so does this.
var installOnce = sync.OnceValue(func() error {
	gst.Init()
	switch {
	case C.ximage_install_handler(C.XimageGone(C.ximage_shut)) == 0:
		return errors.New("ximage: can't load libX11.so.6")
	case C.ximage_register_gate() == 0:
		return errors.New("ximage: the element " + Gate + " could not be registered")
	}
	return nil
})

var installIO = sync.OnceValue(func() bool { return C.ximage_install_io_handler() != 0 })

// Protect makes an ximagesrc that has not started yet end with an error of its own when its X server goes away, where
// libX11 would end the process, and when its screen has a palette, whose numbers it would send as if they were colours.
// It has no effect with a libX11 that is older than 1.7. It is safe for concurrent use.
func Protect(ximagesrc *gst.Element) {
	if installIO() {
		C.ximage_protect((*C.GstElement)(ximagesrc.Object()))
	}
}

// Init makes the element known, and libX11 ignore errors of requests that only
// read from windows. All other errors go to the handler that was there before. It
// holds for the rest of the process's life; calls after the first do nothing. It
// is safe for concurrent use.
func Init() error { return installOnce() }

// Fail ends the pipeline that contains the gate with that id, with an error from the gate. It
// reports whether there is such a gate. It is safe for concurrent use.
func Fail(id uint64, message string) bool {
	cMessage := C.CString(message)
	defer C.free(unsafe.Pointer(cMessage))
	return C.ximage_fail(C.guint64(id), cMessage) != 0
}

// Ignored returns the number of errors ignored so far in this process.
func Ignored() uint64 { return uint64(C.ximage_ignored()) }
