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
