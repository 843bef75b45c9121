// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
	"github.com/gstpublish/gstpublish/screencast"
)

// offerScreen does with a screen's picture what the policy says.
func (e *encoding) offerScreen(f appsrc.Frame) (replaced int, err error) {
	if !f.Again {
		e.n.offered.Add(1)
	}
	g := e.current.Load()
	open := g != nil && g.track.open()
	if w, h := f.Caps.Size(); open && g.resized(w, h) {
		e.setSize(w, h)
		e.screen.SetMaxBitrate(e.bitrateFor(w, h, g.chain.Codec()))
	}
	d := e.screen.Offer(screencast.Picture{Again: f.Again, Captured: f.Captured, PTS: f.PTS}, open)
	switch {
	case !open && !f.Again:
		e.ready() // counts it
		return 0, e.err()
	case d.Replaced && open:
		e.n.paced.Add(1)
	}
	if !d.Encode {
		return 0, e.err()
	}
	if f.Again {
		e.n.repeats.Add(1)
	}
	e.control(g, &d)
	return e.push(g, f, d.PTS)
}

// control tells the encoder how the next picture is to be.
func (e *encoding) control(g *engine, d *screencast.Decision) {
	if err := g.chain.SetRate(d.Target, d.FPS); err != nil {
		return // The chain has ended; who watches it knows.
	}
	g.chain.SetQuality(int(d.Quality))
	if d.Key || g.keyDue() {
		g.chain.ForceKeyUnit()
	}
}

// sharpness is when a picture of an encoder is sharp.
func sharpness(row *catalogue.Row) screencast.Sharpness {
	s := screencast.SharpnessOf(row.Codec.String())
	s.Steps = len(row.Sharp)
	return s
}

// again gives the policy the last picture.
func (e *encoding) again() { e.feed.Repeat(0) }

// flush sees to it that what was captured last is encoded.
func (e *encoding) flush() {
	e.screen.Flush()
	e.again()
}

// coded is what the policy wants to know of a sample.
func (g *engine) coded(s pipeline.Sample) screencast.Coded {
	c := screencast.Coded{PTS: time.Duration(s.PTS), Key: s.Key, Quantizer: -1, Bytes: len(s.Data)}
	if frame, err := g.parser.Parse(s.Data); err == nil {
		c.Quantizer = frame.Quantizer
	}
	return c
}

// SetEstimate says how many bit/s the network can carry; 0 if that isn't known, as
// in the beginning. A screen keeps its size: the encoder's target goes down as
// far as Options.Floor, then fewer pictures are sent. A camera keeps its frame
// rate, and its target goes down. What a pipeline coded itself stays as it is.
func (p *Publication) SetEstimate(bps int) {
	e, bps := p.encoding, max(bps, 0)
	if e == nil {
		return
	}
	e.estimate.Store(int64(bps))
	if e.screen != nil {
		e.screen.SetEstimate(bps)
		return
	}
	if g := e.current.Load(); g != nil {
		if err := g.chain.SetBitrate(e.cameraTarget(g)); err != nil {
			e.p.log.Debug("the target stays", "err", err)
		}
	}
}

// leastTarget is libwebrtc's least bitrate of video, in bit/s
// (rtc_base/experiments/min_video_bitrate_experiment.cc).
const leastTarget = 30_000

// cameraTarget is the target of a camera's encoder, in bit/s.
func (e *encoding) cameraTarget(g *engine) int {
	width, height := e.pictureSize()
	target := e.bitrateFor(width, height, g.chain.Codec())
	if estimate := int(e.estimate.Load()); estimate > 0 {
		target = min(target, max(estimate, leastTarget))
	}
	return target
}
