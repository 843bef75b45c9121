// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package normalize inserts elements that make frames square in their pixels, progressive and upright, when the first
// frames that are not come. Other frames meet no additional element.
package normalize

/*
#cgo pkg-config: gstreamer-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include "normalize.h"
*/
import "C"

import "unsafe"

// Watch watches a source pad, a *GstPad, until frames come whose pixels are not square, that are
// interlaced, or that have an orientation tag. Then it inserts a bin of the launch text after the
// pad, before the first such frame. If it cannot, the pad's element posts an error. turned means
// that orientation tags do not count. The element must have a parent and the pad a peer by then.
func Watch(pad unsafe.Pointer, text string, turned bool) {
	cText := C.CString(text)
	defer C.free(unsafe.Pointer(cText))
	ignore := C.gboolean(0)
	if turned {
		ignore = 1
	}
	C.normalize_watch((*C.GstPad)(pad), cText, ignore)
}

// Form is what of a stream's form gstpublish may change. What is unknown is zero.
type Form struct {
	Width, Height    int  // px
	AspectN, AspectD int  // a pixel is AspectN:AspectD
	Channels         int  // of audio
	Interlaced       bool // frames may have lines of two moments
	Turned           bool // an orientation tag says that frames are not upright
	Boxed            bool // NAL units have lengths instead of start codes, as in MP4
}

// FormOf returns the form of what has passed a pad, a *GstPad.
func FormOf(pad unsafe.Pointer) Form {
	var f C.NormalizeForm
	C.normalize_form((*C.GstPad)(pad), &f)
	return Form{
		Width: int(f.width), Height: int(f.height), AspectN: int(f.par_n), AspectD: int(f.par_d),
		Channels: int(f.channels), Interlaced: f.interlaced != 0, Turned: f.turned != 0, Boxed: f.boxed != 0,
	}
}
