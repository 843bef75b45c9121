// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package upstream

// #include "upstream.h"
import "C"

import "unsafe"

// Hold keeps back what leaves a queue. Release must be called.
type Hold struct{ ptr *C.UpstreamHold }

// NewHold keeps back what leaves a queue. It returns nil if the element has no source pad.
func NewHold(queue unsafe.Pointer) *Hold {
	ptr := C.upstream_hold(queue)
	if ptr == nil {
		return nil
	}
	return &Hold{ptr}
}

// Release ends that. What follows the queue must have been started.
func (h *Hold) Release() { C.upstream_hold_release(h.ptr) }

// TakeSource moves the elements of another pipeline, which has not started, to the one with the queue, where they
// continue what its source has begun. The other's own source, of that factory, is removed. It reports whether there
// was one, and all could be linked again.
func (h *Hold) TakeSource(pipeline, other unsafe.Pointer, factory string) bool {
	name := C.CString(factory)
	defer C.free(unsafe.Pointer(name))
	return C.upstream_take_source(pipeline, h.ptr, other, name) != 0
}

// DropBranch removes two elements that follow a tee from a pipeline that plays.
func DropBranch(first, last unsafe.Pointer) { C.upstream_drop_branch(first, last) }
