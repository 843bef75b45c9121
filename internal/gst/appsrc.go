// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gst

// #include "shim.h"
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// AppSrc feeds a pipeline by reference. Only the newest frame waits in it: it never blocks and
// never queues. All methods are safe for concurrent use.
type AppSrc struct {
	mu     sync.Mutex // protects the following fields
	ptr    *C.ShimSrc
	counts C.ShimSrcCounts // reused, so that a push allocates nothing
}

// PushResult counts the frames so far.
type PushResult struct {
	Pushed  uint64 // frames passed to Push
	Dropped uint64 // of these, frames that a newer one replaced while they waited
}

// NewAppSrc takes ownership of an appsrc element. It makes the element live, with time stamps in
// running time.
func NewAppSrc(e *Element) (*AppSrc, error) {
	for _, p := range [][2]string{{"is-live", "true"}, {"format", "time"}, {"block", "false"}, {"max-bytes", "0"}} {
		if err := e.Set(p[0], p[1]); err != nil {
			return nil, fmt.Errorf("gst: setting up %s: %w", e.Name(), err)
		}
	}
	return &AppSrc{ptr: C.shim_src_new(e.ptr)}, nil
}

// Push passes one frame to the pipeline, with its presentation time in ns of running time. The
// caller keeps its reference: the same memory can go to several pipelines, and again later with
// another time. The error is ErrFlushing while the pipeline is not running.
func (s *AppSrc) Push(b Buffer, caps *Caps, ptsNS, durationNS int64) (PushResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ptr == nil {
		return PushResult{}, ErrFlushing
	}
	// The copy has metadata of its own and shares the memory: the time may differ for each push.
	view := C.shim_buffer_shallow(b.ptr)
	view.pts = C.GstClockTime(ptsNS)
	view.dts = C.GST_CLOCK_TIME_NONE
	view.duration = C.GstClockTime(durationNS)
	ret := C.shim_src_push(s.ptr, view, caps.ptr, &s.counts)
	return PushResult{Pushed: uint64(s.counts.pushed), Dropped: uint64(s.counts.dropped)}, flowError(ret)
}

// Progress returns the number of frames that the elements downstream have received, and whether
// they are still processing the last one.
func (s *AppSrc) Progress() (taken uint64, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ptr == nil {
		return 0, false
	}
	var counts C.ShimSrcCounts
	busy = C.shim_src_progress(s.ptr, &counts) != 0
	return uint64(counts.taken), busy
}

// EndOfStream passes on the waiting frame and then ends the stream.
func (s *AppSrc) EndOfStream() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ptr != nil {
		C.shim_src_eos(s.ptr)
	}
}

// Close drops the waiting frame. The pipeline must be in NULL.
func (s *AppSrc) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ptr != nil {
		C.shim_src_free(s.ptr)
		s.ptr = nil
	}
}

// SampleSrc feeds samples into a pipeline, for decoding. It queues and never drops, since a decoder
// needs every sample: Push blocks while max buffers wait. Only one goroutine at a time may push.
type SampleSrc struct{ e *Element }

// NewSampleSrc takes ownership of an appsrc element. Its stream has the given caps. Close releases
// the element; if there is an error, NewSampleSrc does.
func NewSampleSrc(e *Element, caps string, queued int) (*SampleSrc, error) {
	for _, p := range [][2]string{
		{"is-live", "true"},
		{"format", "time"},
		{"block", "true"},
		{"max-bytes", "0"},
		{"max-buffers", fmt.Sprint(queued)},
		{"caps", caps},
	} {
		if err := e.Set(p[0], p[1]); err != nil {
			err = fmt.Errorf("gst: setting up %s: %w", e.Name(), err)
			e.Release()
			return nil, err
		}
	}
	return &SampleSrc{e: e}, nil
}

// Push queues a copy of data, with its time in ns. The error is ErrFlushing if the pipeline is
// stopped, also while Push waits.
func (s *SampleSrc) Push(data []byte, ptsNS int64) error {
	return flowError(C.shim_sample_push(s.e.ptr, unsafe.Pointer(unsafe.SliceData(data)),
		C.gsize(len(data)), C.GstClockTime(ptsNS)))
}

// EndOfStream ends the stream after the queued samples.
func (s *SampleSrc) EndOfStream() { C.shim_sample_eos(s.e.ptr) }

// Close releases the element.
func (s *SampleSrc) Close() { s.e.Release() }
