// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import "time"

// thinner limits the frame rate of a layer.
type thinner struct{ next time.Duration }

// due reports whether to encode the frame with that time. fps is the layer's frame rate and nominal the source's, in
// frames a second.
func (t *thinner) due(pts time.Duration, fps, nominal int) bool {
	if fps >= nominal {
		return true
	}
	interval := time.Second / time.Duration(fps)
	if pts < t.next-interval/8 {
		return false
	}
	if t.next += interval; t.next < pts-interval {
		t.next = pts + interval
	}
	return true
}
