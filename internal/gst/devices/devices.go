// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package devices lists cameras and microphones.
package devices

/*
#cgo pkg-config: gstreamer-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include <stdlib.h>
#include "devices.h"
*/
import "C"

import (
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// The classes of devices.
const (
	Cameras     = "Video/Source"
	Microphones = "Audio/Source"
)

// Device is a camera or a microphone.
type Device struct {
	Name  string // for people
	Class string // GStreamer's, such as "Video/Source"
	Caps  string // what it offers, as GStreamer writes caps
	// Element is the factory of the element that reads it, and Property and Value select the device; empty if none does.
	Element, Property, Value string
}

// List returns the devices of a class, as GStreamer's device providers find them. It may take some seconds, as for a
// sound server that does not answer. It is safe for concurrent use.
func List(class string) []Device {
	gst.Init()
	cClass := C.CString(class)
	defer C.free(unsafe.Pointer(cClass))
	list := C.devices_list(cClass)
	defer C.devices_free(list)
	var all []Device
	for _, e := range unsafe.Slice((*C.DevicesEntry)(unsafe.Pointer(list.data)), int(list.len)) {
		// C.GoString of NULL is "".
		d := Device{
			Name: C.GoString(e.name), Class: C.GoString(e.klass), Caps: C.GoString(e.caps), Element: C.GoString(e.factory),
		}
		if e.value != nil {
			d.Property, d.Value = C.GoString(e.property), C.GoString(e.value)
		}
		all = append(all, d)
	}
	return all
}
