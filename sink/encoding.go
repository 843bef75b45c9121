// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/chroma"
	"github.com/gstpublish/gstpublish/internal/supervise"
	"github.com/gstpublish/gstpublish/internal/times"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// encoding passes a source's frames to an encoder and its samples to a track. It is one layer of a
// publication, and replaces the encoder when it fails.
type encoding struct {
	p      *Publication
	src    *appsrc.VideoSource
	rid    string // the layer's name: q, h or f
	rank   int    // the number of larger layers
	fps    int    // of the source
	n      *counters
	feed   *frames.Feed
	policy framePolicy
	slot   slot

	codecs  []pipeline.Codec // that may be used, in order of preference
	lazy    *track.Track     // of a backup codec, whose encoder starts when a viewer needs it
	started atomic.Bool      // whether it has started

	size  atomic.Uint64                    // of the source's last frame: width<<32 | height
	share atomic.Int64                     // of the estimate, in bit/s; 0 without an estimate
	off   atomic.Bool                      // the network cannot carry this layer
	layer atomic.Pointer[allocation.Layer] // the current size and targets
	// inOne is the announced number of sizes in one stream; 0 before the announcement.
	inOne     int
	single    atomic.Bool  // the current encoder produces only one size
	even      atomic.Bool  // the current encoder drops a last odd column or row
	watched   atomic.Int32 // how many of the sizes in one stream have viewers, from the lowest up; 0 while unknown
	quantizer atomic.Int32 // of the last frame, plus 1; 0 if unknown
	target    atomic.Int64 // of the encoder, in bit/s; 0 before its first frame
	frames    times.Frames // frames inside the encoder
	full      atomic.Bool  // encode 4:4:4
	shut      atomic.Bool  // no viewer could receive the last frame
	doubt     chroma.Doubt // only for the goroutine that watches

	encoders *supervise.Supervisor[*chain]
	lull     lull
	// published is the track of the samples. Only the goroutine that replaces encoders uses it.
	published *track.Track

	mu      sync.Mutex // protects the following fields
	failure error      // why there will be no other encoder
	events  []EncoderEvent
}

// newEncoding returns an encoding that receives no frames yet. The error is an *OptionError.
func (p *Publication) newEncoding(
	src *appsrc.VideoSource, rid string, rank int, codecs []pipeline.Codec,
) (*encoding, error) {
	e := &encoding{p: p, src: src, rid: rid, rank: rank, fps: src.FPS(), n: &counters{}, codecs: codecs}
	e.feed = frames.NewFeed(frames.Of(src), e)
	width, height := src.Size()
	e.setSize(width, height)
	e.even.Store(alwaysEven(codecs[0]))
	e.full.Store(p.opts.Screencast && p.opts.Screen.Chroma == Chroma444 && codecs[0] == pipeline.VP9) // no backup codec
	e.inOne = len(e.sizes(codecs[0]))
	layer := e.plan(codecs[0])
	e.layer.Store(&layer)
	var err error
	if e.policy, err = e.newPolicy(); err != nil {
		return nil, optionError(err)
	}
	e.encoders = supervise.New(supervise.Options[*chain]{
		Host: host{e}, Prover: p.prover, Context: p.ctx, Go: p.group.Go, SoftwareLook: softwareLook, Logger: p.log,
	})
	return e, nil
}

func (e *encoding) setSize(width, height int) {
	e.size.Store(uint64(width)<<32 | uint64(uint32(height)))
}

func (e *encoding) frameSize() (width, height int) {
	s := e.size.Load()
	return int(s >> 32), int(uint32(s))
}

// plan returns the layer for frames of the current size. It is empty if they are too small for such
// a layer.
func (e *encoding) plan(codec pipeline.Codec) allocation.Layer {
	sizes := e.sizes(codec)
	if len(sizes) == 0 {
		return allocation.Layer{}
	}
	layer := sizes[len(sizes)-1]
	if n := int(e.watched.Load()); n > 0 && n < len(sizes) {
		// The encoder receives full frames and scales them.
		layer.Bitrate, layer.MinBitrate = sizes[n-1].Bitrate, sizes[n-1].MinBitrate
	}
	return layer
}

// updateLayer applies the plan for the current size.
func (e *encoding) updateLayer(codec pipeline.Codec) {
	layer := e.plan(codec)
	e.layer.Store(&layer)
	e.policy.Resize(e.sizes(codec))
}

// Offer implements frames.Consumer.
func (e *encoding) Offer(f frames.Frame) (replaced int, err error) {
	if !f.Again {
		e.n.offered.Add(1)
		e.frames.Captured(f.Captured, time.Now())
	}
	e.measure(f)
	g := e.ready()
	e.shut.Store(g == nil)
	frame := policy.Frame{Again: f.Again, Captured: f.Captured, PTS: f.PTS, Open: g != nil}
	if g != nil {
		frame.Waiting = g.Chain.track.Waiting()
	}
	d := e.policy.Offer(frame)
	e.count(&f, g, &d)
	if g == nil || !d.Encode {
		return 0, e.err()
	}
	if err = g.Chain.control(&d); err != nil {
		e.p.log.Debug("the encoder refuses a setting", "err", err)
	}
	e.target.Store(int64(d.Target))
	e.frames.Pushed(f.Captured, d.PTS, time.Now())
	return e.push(g, f, d.PTS)
}

// count counts the fate of a frame, or of the previous one.
func (e *encoding) count(f *frames.Frame, g *encoder, d *policy.Decision) {
	switch d.Dropped {
	case policy.Kept:
	case policy.Congested:
		e.n.congested.Add(1)
	case policy.FrameRate:
		e.n.frameRate.Add(1)
	}
	switch {
	case g == nil && !f.Again:
		e.lost()
	case f.Again && d.Encode:
		e.n.repeats.Add(1)
	}
}

// measure records the size of a frame, even if no viewer gets it: the layer may have been omitted
// because of the size of earlier frames.
func (e *encoding) measure(f frames.Frame) {
	g := e.encoders.Current()
	if g == nil {
		return
	}
	if w, h := f.Caps.Size(); g.Chain.resized(w, h) {
		e.setSize(w, h)
		e.updateLayer(g.Chain.Codec())
		e.p.layers.resize()
	}
}

// ready returns the encoder, if there is one and a viewer may get its samples.
func (e *encoding) ready() *encoder {
	if g := e.encoders.Current(); g != nil && g.Chain.track.Open() && !e.off.Load() && e.layer.Load().Width > 0 {
		return g
	}
	return nil
}

// lost counts a frame that was captured while no encoder was ready. Later samples must not refer to
// earlier ones.
func (e *encoding) lost() {
	g := e.encoders.Current()
	if g == nil {
		e.n.switching.Add(1)
		return
	}
	if e.off.Load() && g.Chain.track.Open() {
		g.Chain.track.AwaitKey()
		e.n.congested.Add(1)
		return
	}
	g.Chain.track.Drop()
}

// push passes a frame to an encoder.
func (e *encoding) push(g *encoder, f frames.Frame, pts time.Duration) (replaced int, err error) {
	if (e.p.layers.several() || f.FullRange) && !e.full.Load() {
		// What can't be converted here, each encoder converts, or fails.
		if converted, failure := f.I420(); failure == nil {
			f = converted
		}
	}
	dropped, err := g.Chain.Push(f.Buffer, f.Caps, pts)
	g.Pushed()
	replaced = int(dropped - g.Chain.dropped)
	g.Chain.dropped = dropped
	e.n.queueFull.Add(uint64(replaced))
	if err != nil {
		return replaced, e.err()
	}
	return replaced, nil
}

// err returns why there will be no other encoder, or nil.
func (e *encoding) err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure
}

// wake prepares for a viewer that may start to watch.
func (e *encoding) wake() {
	e.startLazily()
	e.p.layers.allocate()
	g := e.ready()
	if g == nil {
		return
	}
	e.policy.SetOpen(true)
	g.Chain.track.RequestKey()
}

// reopen notices that viewers can receive frames again although no event has said so: the server may stop a layer and
// want it again between two looks at the track, and a frame in between closes the policy.
func (e *encoding) reopen() {
	if e.shut.Load() && e.ready() != nil {
		e.policy.SetOpen(true)
	}
}

// pump writes an encoder's samples while the encoder is the current one.
func (e *encoding) pump(g *encoder) {
	var buf []byte
	for {
		s, err := g.Chain.Output().Pull(buf)
		if err != nil {
			return // Run returns the error.
		}
		buf = s.Data
		e.n.Encoded.Add(uint64(len(s.Data)))
		if !g.Sample(s.PTS) {
			continue
		}
		captured := e.encoded(s.PTS)
		said := g.Chain.sample(s)
		e.quantizer.Store(int32(said.Quantizer) + 1)
		if e.encoders.Current() == g {
			e.policy.Encoded(said)
		}
		e.encoders.Use(g, func() {
			if g.Chain.track.Write(e.p.ctx, s) && !captured.IsZero() {
				e.n.Sending.Observe(time.Since(captured))
			}
		})
		e.policy.Written()
	}
}

// encoded counts the time that the encoder took for a sample, and returns when its frame was captured; zero for a
// repeat.
func (e *encoding) encoded(pts int64) (captured time.Time) {
	captured, pushed := e.frames.Encoded(time.Duration(pts))
	if !pushed.IsZero() {
		e.n.encoding.Observe(time.Since(pushed))
	}
	return captured
}

// stop ends the stream after the captured frames.
func (e *encoding) stop(ctx context.Context) error {
	e.policy.Flush()
	e.feed.Detach()
	if g := e.encoders.End(); g != nil {
		return g.Chain.Stop(ctx)
	}
	return nil
}

func (e *encoding) close() error {
	e.feed.Detach()
	e.policy.Stop()
	g := e.encoders.End()
	if g == nil {
		return nil
	}
	g.Chain.track.End()
	return g.Chain.Close()
}
