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
	e.measure(f)
	g := e.ready()
	open := g != nil
	if open {
		e.screen.SetBlocked(g.track.writing() > screenQueue)
	}
	d := e.screen.Offer(screencast.Picture{Again: f.Again, Captured: f.Captured, PTS: f.PTS}, open)
	switch {
	case !open && !f.Again:
		e.lost()
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

// screenQueue is for how long a sample of a screen may wait for the network before
// no more pictures are encoded.
const screenQueue = 150 * time.Millisecond

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
	if s.Coded.N > 0 {
		c.Quantizer = s.Coded.Quantizer
	} else if g.parser != nil {
		if frame, err := g.parser.Parse(s.Data); err == nil {
			c.Quantizer = frame.Quantizer
		}
	}
	return c
}
