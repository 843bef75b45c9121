// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/camera"
	"github.com/gstpublish/gstpublish/internal/policy/screen"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// framePolicy decides what becomes of each frame of a layer. Screens and cameras have one each. All methods are safe
// for concurrent use, and none blocks.
type framePolicy interface {
	// Offer decides about a frame.
	Offer(f policy.Frame) policy.Decision
	// Encoded reports what the encoder made of a frame, which is sent now, until Written.
	Encoded(c screencast.Sample)
	// Written reports that the network has taken the sample.
	Written()
	// SetOpen sets whether a viewer may get what is encoded. So does each Offer.
	SetOpen(open bool)
	// RequestKey makes the next frame a key frame. If the source is still, that is its last one.
	RequestKey()
	// SetEstimate sets the layer's share of the estimate, in bit/s; 0 if there is none. limited reports whether the
	// link carries no more.
	SetEstimate(bps int, limited bool)
	// Resize sets the sizes in which frames of the size that they have now are sent, from the lowest up: one, or those
	// of all spatial layers. There is none if they are too small for the layer.
	Resize(sizes []allocation.Layer)
	// SetWatched sets the largest of several sizes that has viewers: 1 for the lowest alone.
	SetWatched(n int)
	// Renew notes that another encoder begins. Its sizes follow with Resize.
	Renew(e policy.Encoder)
	// Flush encodes a frame that waits, and all that come later, at once.
	Flush()
	// Status is how things stand.
	Status() policy.Status
	// Stop ends the calls for the last frame, but for one that has begun.
	Stop()
}

// newPolicy returns the policy of a layer. The error is a *screencast.OptionError.
func (e *encoding) newPolicy() (framePolicy, error) {
	repeat := func(quiet time.Duration) { e.feed.Repeat(quiet) }
	if e.p.opts.Screencast {
		return screen.NewDriver(screen.Options{Options: e.p.opts.screen(e.layer.Load()), Scales: e.scales()}, repeat)
	}
	return camera.NewDriver(camera.Options{
		FPS: e.fps, Shrinks: e.rank == 0 && e.p.opts.Layers.Sizes == 1, Scales: e.scales(),
	}, repeat), nil
}

// sharpness is when a frame of an encoder is sharp.
func sharpness(row *catalogue.Row) screencast.Sharpness {
	s := screencast.SharpnessOf(row.Codec.String())
	s.Steps = len(row.Sharp)
	return s
}

// sample is what the policy wants to know of a sample.
func (c *chain) sample(s media.Sample) screencast.Sample {
	said := screencast.Sample{PTS: time.Duration(s.PTS), Key: s.Key, Quantizer: -1, Bytes: len(s.Data)}
	if s.Info.N > 0 {
		said.Quantizer = s.Info.Quantizer
	} else if c.parser != nil {
		if frame, err := c.parser.Parse(s.Data); err == nil {
			said.Quantizer = frame.Quantizer
		}
	}
	return said
}
