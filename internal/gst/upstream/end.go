// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package upstream

// #include "upstream.h"
import "C"

import "unsafe"

// IsOfNetwork reports whether the element that posted a message, a GstMessage, is a source that reads the network, or a
// demuxer that does so, such as HLS's.
func IsOfNetwork(message unsafe.Pointer) bool { return C.upstream_is_of_network(message) != 0 }

// HasSent reports whether the source that posted a message, a GstMessage, has sent a buffer.
func HasSent(message unsafe.Pointer) bool { return C.upstream_has_sent(message) != 0 }

// EndStills ends the streams of elements in a pipeline that repeat one frame forever, whatever their
// sources do. It waits for the frame at hand.
func EndStills(pipeline unsafe.Pointer) { C.upstream_end_stills(pipeline) }

// EndAdaptive ends the streams of the demuxers in a pipeline that read the network, such as HLS's: they fail without an
// end of the stream behind what they have sent. It waits for the buffer at hand.
func EndAdaptive(pipeline unsafe.Pointer) { C.upstream_end_adaptive(pipeline) }
