// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package foreign stands in for a program that has GStreamer pipelines of its own, by go-gst, and gives what comes out
// of them to gstpublish.
package foreign

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/go-gst/go-gst/gst"
	"github.com/go-gst/go-gst/gst/app"
)

// Pipeline is a pipeline of such a program. Close must be called.
type Pipeline struct {
	pipeline *gst.Pipeline
	sink     *app.Sink
}

// Start starts a pipeline, which must end in an appsink named out.
func Start(launch string) (*Pipeline, error) {
	gst.Init(nil)
	p, err := gst.NewPipelineFromString(launch)
	if err != nil {
		return nil, fmt.Errorf("foreign: %w", err)
	}
	out, err := p.GetElementByName("out")
	if err != nil {
		return nil, fmt.Errorf("foreign: finding the appsink: %w", err)
	}
	if err = p.SetState(gst.StatePlaying); err != nil {
		return nil, fmt.Errorf("foreign: starting: %w", err)
	}
	return &Pipeline{p, app.SinkFromElement(out)}, nil
}

// Pull waits for a sample and calls f with its address. The sample lives until f returns.
func (p *Pipeline) Pull(f func(sample unsafe.Pointer)) error {
	sample := p.sink.PullSample()
	if sample == nil {
		return errors.New("foreign: the pipeline has ended")
	}
	f(unsafe.Pointer(sample.Instance()))
	runtime.KeepAlive(sample) // Its finalizer drops the reference.
	return nil
}

// Close stops the pipeline.
func (p *Pipeline) Close() error { return p.pipeline.BlockSetState(gst.StateNull) }
