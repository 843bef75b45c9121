// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package gif repairs GStreamer's elements for GIF, which are those of libav. In GStreamer 1.22 with FFmpeg 5.1,
// avdemux_gif reads the end of a file again and again, and so never ends. avdec_gif gives all frames the time stamp of
// the first, since libav's decoder draws them all into one frame. With elements that do neither, nothing changes.
package gif

/*
#cgo pkg-config: gstreamer-1.0
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include "gif.h"
*/
import "C"

import "unsafe"

// Repair repairs the elements for GIF in a pipeline, a *GstBin, and those that are added to it later, as decodebin
// does. Call it once, before the pipeline starts.
func Repair(pipeline unsafe.Pointer) { C.gif_repair(pipeline) }
