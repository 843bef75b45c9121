// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/gstpublish/gstpublish/internal/gst"
)

// SampleError describes why CaptureSample has refused a sample.
type SampleError struct {
	// Caps are the sample's, in GStreamer's syntax; empty if it has none.
	Caps string
	// Reason is what is wrong with them, and what to put before the appsink.
	Reason string
}

func (e *SampleError) Error() string {
	if e.Caps == "" {
		return "appsrc: capturing a sample: " + e.Reason
	}
	return fmt.Sprintf("appsrc: capturing a sample of %s: %s", e.Caps, e.Reason)
}

// CaptureSample passes a frame of another GStreamer pipeline in this process to the source, like CaptureFrame. sample
// is the address of a GstSample with raw video, as an appsink gives it to a program with a pipeline of its own: with
// go-gst, unsafe.Pointer(sample.Instance()).
//
// The frame is not copied. The source takes references to the buffer, so the caller may drop the sample once
// CaptureSample returns. The source holds the newest frame until the next one, and each encoder the one that it works
// on and one that waits: the pool of the other pipeline must have as many buffers to spare. Nothing may write to the
// buffer afterwards.
//
// The frame's time is TimestampUS, or now; the buffer's own is on the clock of its pipeline, which the source does not
// know. The frame cannot be rotated.
//
// The error is a [*SampleError] or a [*TimestampError] if the sample was rejected, or as for CaptureFrame.
func (s *VideoSource) CaptureSample(sample unsafe.Pointer, opts *CaptureOptions) error {
	var o CaptureOptions
	if opts != nil {
		o = *opts
	}
	if o.Rotation != Rotation0 {
		return &SampleError{Reason: "it cannot be rotated: put videoflip before the appsink"}
	}
	from := gst.ForeignSample(sample)
	buffer := from.Buffer()
	if !buffer.Valid() {
		return &SampleError{Reason: "it has no buffer"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.foreign == nil || !s.foreign.Describe(from) {
		if err := s.meet(from); err != nil {
			return err
		}
	}
	if need := buffer.Lacks(s.foreign); need > 0 {
		return &SampleError{s.foreign.String(), fmt.Sprintf("it has %d bytes, and a frame has %d", buffer.Size(), need)}
	}
	return s.captureBuffer(buffer, s.foreign, o.TimestampUS)
}

// meet keeps the caps of a sample for those that follow, or returns why it refuses them. s.mu must be held.
func (s *VideoSource) meet(from gst.Foreign) error {
	s.foreign.Unref()
	s.foreign = nil
	caps := from.Caps()
	if caps == nil {
		return &SampleError{Reason: "it has no caps"}
	}
	if reason := refusal(caps); reason != "" {
		err := &SampleError{caps.String(), reason}
		caps.Unref()
		return err
	}
	s.foreign = caps
	return nil
}

// fields are those of caps that frames must not have with another value.
var fields = []struct{ name, value, otherwise string }{
	{"pixel-aspect-ratio=(fraction)", "1/1", "its pixels are not square: put videoscale and 1/1 in caps behind it"},
	{"interlace-mode=(string)", "progressive", "it is interlaced: put deinterlace"},
}

// refusal returns why frames of these caps are refused; "" if they are not.
func refusal(caps *gst.Caps) string {
	text := caps.String()
	if !strings.HasPrefix(text, "video/x-raw,") {
		if strings.HasPrefix(text, "video/x-raw(") {
			return "it is not in system memory: put an element that downloads it, such as gldownload, before the appsink"
		}
		return "it is not raw video: put decodebin before the appsink"
	}
	for _, field := range fields {
		if _, after, ok := strings.Cut(text, field.name); ok && !strings.HasPrefix(after, field.value) {
			return field.otherwise + " before the appsink"
		}
	}
	if w, h := caps.Size(); w < 1 || h < 1 || w > MaxDimension || h > MaxDimension {
		return fmt.Sprintf("its width and height must be 1 to %d px", MaxDimension)
	}
	return ""
}
