// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package media is how this module takes the media of a pipeline.
package media

import (
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/inside"
)

// Queued is the length of an output's queue of buffers. When it is full, the pipeline waits, and
// frames are dropped where they enter it.
const Queued = 4

// Sample is one encoded frame. Data is valid until the next pull, PTS and Duration are ns of
// running time or -1, and Key reports whether it can be decoded by itself. Info has additional
// data from our own encoders.
type Sample = gst.Sample

// SampleInfo is what our own encoders report about a sample.
type SampleInfo = gst.SampleInfo

// RawSample is one raw frame by reference; the caller of PullRaw must call Buffer.Unref.
type RawSample = gst.RawSample

// Buffer holds a raw frame.
type Buffer = gst.Buffer

// Caps describe a raw frame.
type Caps = gst.Caps

// Output is what package pipeline keeps inside an Output. While the pipeline runs, one goroutine at
// a time must pull from it.
type Output interface {
	// Pull waits for the next sample, until it is due if the output is not live, and appends its
	// bytes to dst[:0]. The error is io.EOF when the stream has ended or the pipeline was stopped.
	Pull(dst []byte) (Sample, error)
	// PullRaw waits for the next raw frame, as Pull does. Its errors are those of Pull.
	PullRaw() (RawSample, error)
	// Caps returns the caps of the last pulled sample. Only the pulling goroutine may call it; the
	// caps are valid until its next pull.
	Caps() *gst.Caps
	// TakeCaps is Caps with a reference of the caller's own, which outlives the output and its next sample. It returns
	// nil before the first sample and after Close. Only the pulling goroutine may call it.
	TakeCaps() *gst.Caps
	// Live reports whether samples come at the pace of a clock, as those of cameras do. Others must not be pulled while
	// they cannot be sent. It is known once a sample was pulled.
	Live() bool
	// Resume makes the sample that was pulled last due now, after an output that is not live was not pulled. It has no
	// effect once another output of the pipeline has resumed: they stay together.
	Resume()
	// Again returns the presentation time of the sample that was pulled last if it is sent now, after the output was not
	// pulled for a while. What follows has that distance to it. Only the pulling goroutine may call it.
	Again() int64
	// Remote reports whether the output's video was encoded before it came to the pipeline, so that no element can make a
	// key frame when one is requested.
	Remote() bool
	// Fed reports whether a source feeds the output. If not, the pad that would do so has not appeared.
	Fed() bool
	// Changes returns what was changed in the stream so far. It is safe for concurrent use.
	Changes() Changes
	// Note adds to Changes a conversion that the pipeline's text does by itself. It is safe for concurrent use.
	Note(what string)
}

// Changes are how the media of an output differs from what the pipeline made.
type Changes struct {
	Conversions []string // in words, such as "deinterlaced"; the caller must not change it
	// Samples whose time stamps were missing, or did not continue the stream and were replaced, and how often the clock
	// of the stamps was set.
	StampsMissing, StampsReplaced, StampSteps uint64
}

// Door is an output of package pipeline, as this module sees it from outside.
type Door interface{ Inside(k inside.Key) Output }

// Of returns what is inside an output of package pipeline.
func Of(o Door) Output { return o.Inside(inside.Key{}) }
