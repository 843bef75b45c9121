// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package camera makes GStreamer list a camera that does not exist, for tests. Nothing else may import it, so that the
// program that users have does not contain it.
package camera

/*
#cgo pkg-config: gstreamer-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include <stdlib.h>
#include "camera.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// Register adds a device provider with one camera of that name, which a v4l2src reads from the path. Call it once in a
// process.
func Register(name, path string) error {
	gst.Init()
	cName, cPath := C.CString(name), C.CString(path)
	defer C.free(unsafe.Pointer(cName))
	defer C.free(unsafe.Pointer(cPath))
	if C.camera_register(cName, cPath) == 0 {
		return errors.New("camera: the device provider could not be registered")
	}
	return nil
}

// Replace makes v4l2src a camera that is plugged in while a file exists, whatever its device is. If the file
// has launch text with one unlinked source pad, that makes its video. Call it once in a process.
func Replace(file string) error {
	gst.Init()
	cFile := C.CString(file)
	defer C.free(unsafe.Pointer(cFile))
	if C.camera_replace(cFile) == 0 {
		return errors.New("camera: v4l2src could not be replaced")
	}
	return nil
}
