// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/camera"
	"github.com/gstpublish/gstpublish/internal/policy/screen"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
	"github.com/gstpublish/gstpublish/internal/supervise"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// encoder is a running encoder.
type encoder = supervise.Encoder[*chain]

// encodes is the part of encode.Chain that a layer uses.
type encodes interface {
	Run(ctx context.Context) error
	Started() <-chan struct{}
	Err() error
	Stop(ctx context.Context) error
	Close() error

	Codec() pipeline.Codec
	Progress() (taken uint64, busy bool)
	Push(b media.Buffer, caps *media.Caps, pts time.Duration) (dropped uint64, err error)
	Output() media.Output
	SetRate(bps int, fps float64) error
	SetQuality(quality int)
	SetSize(width, height int) error
	SetActiveLayers(n int)
	HalveChroma() error
	ForceKeyFrame()
}

// outlet is where the samples of a layer go: see track.Track.
type outlet interface {
	State() track.State
	Open() bool
	Watched() int
	Waiting() time.Duration
	Write(ctx context.Context, s media.Sample) (sent bool)
	Drop()
	RequestKey()
	AwaitKey()
	KeyDue(needed bool) bool
	End()
}

var _ outlet = (*track.Track)(nil)

// chain is a layer's encode chain, and the track that its samples go to.
type chain struct {
	encodes

	track outlet

	// These are used only by Offer, whose calls do not overlap.
	dropped       uint64
	width, height int    // of the source's frames, in px
	size          [2]int // that frames are encoded at
	layers        int    // the number of encoded sizes in one stream; 0 for all

	parser *bitstream.Parser // used by the goroutine that pulls; nil for cameras
}

// Waiting implements supervise.Chain.
func (c *chain) Waiting() bool { return c.track.Waiting() > 0 }

// resized records the size of a frame, in px, and reports whether it has changed.
func (c *chain) resized(width, height int) bool {
	if c.width == width && c.height == height {
		return false
	}
	c.width, c.height = width, height
	return true
}

// control applies a decision to the next frame. An error means that the chain has ended, which its
// supervisor knows.
func (c *chain) control(d *policy.Decision) error {
	err := c.SetRate(d.Target, d.FPS)
	c.SetQuality(int(d.Quality))
	if size := [2]int{d.Width, d.Height}; d.Width > 0 && c.size != size {
		c.size = size
		err = errors.Join(err, c.SetSize(d.Width, d.Height))
	}
	if d.Layers > 0 && c.layers != d.Layers {
		c.layers = d.Layers
		c.SetActiveLayers(d.Layers)
	}
	if d.Key || c.track.KeyDue(d.Switch) {
		c.ForceKeyFrame()
	}
	return err
}

// framePolicy decides about each frame of a layer. There is one for screens and one for cameras.
// All methods are safe for concurrent use and never block.
type framePolicy interface {
	// Offer decides about a frame.
	Offer(f policy.Frame) policy.Decision
	// Encoded reports the sample of a frame. It is being sent until Written.
	Encoded(c screencast.Sample)
	// Written reports that the network has accepted the sample.
	Written()
	// SetOpen sets whether a viewer can receive samples, as each Offer does too.
	SetOpen(open bool)
	// RequestKey makes the next frame a key frame. If the source is still, its last frame is
	// repeated.
	RequestKey()
	// SetEstimate sets the layer's share of the estimate, in bit/s; 0 if there is none. limited
	// reports whether the link carries no more.
	SetEstimate(bps int, limited bool)
	// Resize sets the sizes for frames of the current size, from the lowest up: one, or those of
	// all spatial layers. There are none if the frames are too small for the layer.
	Resize(sizes []allocation.Layer)
	// SetWatched sets the largest of several sizes that has viewers; 1 is the lowest.
	SetWatched(n int)
	// Renew reports that another encoder starts. A call of Resize follows.
	Renew(e policy.Encoder)
	// Flush encodes a waiting frame, and all later ones, immediately.
	Flush()
	// Status returns the current state.
	Status() policy.Status
	// Stop ends the requests for the last frame, except for one in progress.
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

// sharpness returns the rule for when a frame of an encoder is sharp.
func (e *encoding) sharpness(row *catalogue.Row) screencast.Sharpness {
	s := screencast.SharpnessOf(row.Codec.String())
	s.Steps, s.Exact = len(row.Sharp), e.full.Load() && len(row.Full.Exact) > 0
	s.Thorough = len(row.Thorough) > 0
	return s
}

// sample describes a sample for the policy.
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

// chroma returns how finely colour is encoded now.
func (e *encoding) chroma() Chroma {
	if e.full.Load() {
		return Chroma444
	}
	return Chroma420
}

// reviewChroma sends 4:2:0 from now on if viewers request key frames endlessly, since they cannot decode 4:4:4.
func (e *encoding) reviewChroma(now time.Time) {
	if !e.full.Load() || !e.doubt.Look(now, e.n.PLIs.Load(), e.n.KeyFrames.Load(), e.p.participants()) {
		return
	}
	e.full.Store(false)
	g := e.encoders.Current()
	if g == nil {
		return // The next encoder is built for 4:2:0.
	}
	const why = "a viewer cannot decode 4:4:4"
	if err := g.Chain.HalveChroma(); err != nil {
		return // The chain has ended, which its supervisor knows.
	}
	e.p.log.Warn("sending 4:2:0 from now on: " + why)
	e.tell(EncoderEvent{Encoder: g.Choice.String(), Codec: g.Chain.Codec(), Reason: why + ": 4:2:0 from now on"})
	e.policy.RequestKey()
}
