// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

// Package screenenc has GStreamer video encoders for screens: gpvp8enc and gpvp9enc over libvpx,
// gpav1enc over libaom.
//
// The stock elements of these libraries have no property for screen content, do not report the
// quantizer, and apply settings one by one, some of which then contradict each other. These
// elements apply all settings together with the next frame, whichever thread sets them, and setting
// one never waits for a frame in progress. Each sample carries the metadata that SampleInfoOf
// reads.
//
// base.h describes the parts. The build tag noscreenenc excludes them all, and with them the need
// for libvpx's and libaom's headers.
package screenenc

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-video-1.0 vpx aom
#cgo CFLAGS: -O2 -Wall -Wextra -Werror=implicit-function-declaration
#include <stdlib.h>
#include <aom/aom_codec.h>
#include <vpx/vpx_codec.h>
#include "aom.h"
*/
import "C"

import (
	"errors"
	"sync"
	"unsafe"

	_ "github.com/gstpublish/gstpublish/internal/gst/screenenc/headers" // says what to install where headers are missing
)

// Included reports whether the elements are built in.
const Included = true

// Elements are registered once per process, like GStreamer's registry.
var registerOnce = sync.OnceValue(func() error {
	var why *C.char
	if C.gp_register(&why) != 0 {
		return nil
	}
	defer C.g_free(C.gpointer(unsafe.Pointer(why)))
	return errors.New("screenenc: " + C.GoString(why))
})

// Register registers the elements with GStreamer, which must be initialized, for the rest of the
// process. They have no rank, so they are used only by name. Later calls do nothing. It is safe for
// concurrent use.
func Register() error { return registerOnce() }

// Libraries returns the encoding libraries with the loaded versions, as in "libvpx v1.12.0, libaom
// 3.6.0".
func Libraries() string {
	return "libvpx " + C.GoString(C.vpx_codec_version_str()) + ", libaom " + C.GoString(C.aom_codec_version_str())
}

// SampleInfoOf returns what one of these encoders reports about a sample. buffer is a GstBuffer,
// which must stay alive during the call. ok is false if another encoder produced it.
func SampleInfoOf(buffer unsafe.Pointer) (info SampleInfo, ok bool) {
	var from C.GpSampleInfo
	if C.gp_buffer_sample_info((*C.GstBuffer)(buffer), &from) == 0 {
		return SampleInfo{Quantizer: -1}, false
	}
	return infoFrom(&from), true
}

func infoFrom(from *C.GpSampleInfo) SampleInfo {
	info := SampleInfo{
		Quantizer: int(from.quantizer), Temporal: int(from.temporal_id), Spatial: int(from.spatial_id),
		Key: from.key != 0, TemporalLayers: int(from.temporal_layers), SpatialLayers: int(from.spatial_layers),
		SwitchUp: from.switch_up != 0, N: int(from.n_layers),
	}
	for i := range info.N {
		l := &from.layers[i]
		info.Layers[i] = LayerFrame{
			Size: int(l.size), Spatial: int(l.spatial_id), Width: int(l.width), Height: int(l.height),
			Quantizer: int(l.quantizer), InterLayer: l.inter_layer != 0, N: int(l.n_references),
		}
		for k := range info.Layers[i].N {
			info.Layers[i].References[k] = int(l.references[k])
		}
	}
	return info
}

// av1Choices are the choices of gpav1enc that depend on the version of libaom.
type av1Choices struct {
	speed      int  // cpu-used
	fine       int  // the same after a frame of a quantizer of 15, of 63; the minimum is 10
	aq         int  // aq-mode after that
	maps       bool // it learns which blocks to encode
	dropsLater bool // it can begin to drop frames after its first frame
}

// av1With returns the choices for a version of libaom, and for frames of that size in px.
func av1With(major, minor int, screen bool, quality, width, height int) av1Choices {
	version := C.int(major<<16 | minor<<8)
	settings := C.GpSettings{
		quality: C.int(quality), min_q: 10, cpu_used: C.GP_AUTO_SPEED, aq_mode: C.GP_AUTO, scalability: C.GP_L1T1,
	}
	if screen {
		settings.screen = 1
	}
	input := C.GpInput{width: C.int(width), height: C.int(height)}
	C.gp_av1_choose_speed(version, &settings, &input)
	coarse, fine := C.gp_av1_next(&settings, 16), C.gp_av1_next(&settings, 15)
	return av1Choices{
		speed: int(coarse.cpu_used), fine: int(fine.cpu_used), aq: int(fine.aq_mode),
		maps: C.gp_av1_maps(version) != 0, dropsLater: C.gp_av1_drops_later(version) != 0,
	}
}
