// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package upstream

// #include "upstream.h"
import "C"

import (
	"time"
	"unsafe"
)

// Feed is what feeds an appsink.
type Feed struct {
	// Fed reports whether a source does. Otherwise the pad that would feed it has not appeared.
	Fed bool
	// Live reports whether buffers come at the pace of a clock, as those of cameras do. It is known once there was a
	// buffer.
	Live bool
	// Arrives reports whether a source of it reads a pipe or the network, without an end that is
	// known: what has no time stamps was made when it arrived.
	Arrives bool
	// Duration is that of the stream; 0 if it is not known.
	Duration time.Duration
}

// FeedOf returns what feeds an appsink now. It is safe for concurrent use.
func FeedOf(appsink unsafe.Pointer) Feed {
	var f C.UpstreamFeed
	C.upstream_feed(appsink, &f)
	return Feed{
		Fed: f.is_fed != 0, Live: f.is_live != 0, Arrives: f.arrives != 0, Duration: time.Duration(f.duration),
	}
}

// IsFed returns Feed.Fed. Unlike FeedOf it asks no element anything, so it is safe while a stream ends.
func IsFed(appsink unsafe.Pointer) bool { return C.upstream_is_fed(appsink) != 0 }

// ReadsNetwork reports whether a source in a pipeline reads the network, and was not asked to end by itself.
func ReadsNetwork(pipeline unsafe.Pointer) bool { return C.upstream_reads_network(pipeline) != 0 }

// Endless returns the name of a source in a pipeline that reads the network and does not know where
// its stream ends; "" if there is none. If isCut is set, a duration of the stream is no such end.
func Endless(pipeline unsafe.Pointer, isCut bool) string {
	cut := C.gboolean(0)
	if isCut {
		cut = 1
	}
	name := C.upstream_endless(pipeline, cut)
	if name == nil {
		return ""
	}
	return take(name)
}

// Follow follows the containers that sources on the network bring to a pipeline, for Incomplete. Call it
// before the pipeline plays.
func Follow(pipeline unsafe.Pointer) { C.upstream_follow(pipeline) }

// Incomplete returns the name of a source in a pipeline that reads the network and whose MP4, Matroska, WAV or AVI
// has ended before all of its bytes have come; "" if there is none.
func Incomplete(pipeline unsafe.Pointer) string {
	name := C.upstream_incomplete(pipeline)
	if name == nil {
		return ""
	}
	return take(name)
}

// Coded returns the caps of what is decoded for an appsink, such as "video/mpeg, mpegversion=(int)2", or "" if nothing
// that feeds it decodes. It is known once there was a buffer.
func Coded(appsink unsafe.Pointer) string {
	caps := C.upstream_coded(appsink)
	if caps == nil {
		return ""
	}
	return take(caps)
}
