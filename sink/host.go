// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/supervise"
	"github.com/gstpublish/gstpublish/pipeline"
)

// host is a layer, for the supervisor of its encoders.
type host struct{ e *encoding }

var _ supervise.Host[*chain] = host{}

// softwareLook returns when to check a software encoder next: at the times of Publication.watch, so
// that both wake the process once.
func softwareLook(now time.Time) time.Duration { return muteCheck + untilTick(now) }

func (h host) Codecs() []pipeline.Codec { return h.e.codecs }

func (h host) Want(codec pipeline.Codec) proof.Want {
	e := h.e
	layer := e.plan(codec)
	want := proof.Want{
		Codec: codec, Width: layer.Width, Height: layer.Height, FPS: e.fps, Screencast: e.p.opts.Screencast,
		Bitrate:        layer.Bitrate,
		TemporalLayers: e.temporal(), SpatialLayers: len(e.sizes(codec)),
	}
	if e.lazy == nil { // The caller's options apply to the main codec.
		want.Encoder, want.Hardware = e.p.opts.Encoding.Encoder, e.p.opts.Encoding.Hardware
		if e.full.Load() {
			want.Encoder = fullEncoder
		}
	}
	return want
}

func (h host) Build(choice proof.Choice) (*chain, error) {
	e := h.e
	encoder, err := e.p.build(&encode.Options{
		Logger:     e.p.log,
		Codec:      choice.Row.Codec,
		Encoder:    choice.Row.Factory,
		Front:      &choice.Front,
		Bitrate:    e.plan(choice.Row.Codec).Bitrate,
		FPS:        e.fps,
		Screencast: e.p.opts.Screencast,
		Scales:     e.scales(),
		FullChroma: e.full.Load(),

		TemporalLayers: min(e.temporal(), max(choice.Row.Layers.Temporal, 1)),
		SpatialLayers:  min(len(e.sizes(choice.Row.Codec)), max(choice.Row.Layers.Spatial, 1)),
	})
	if err != nil {
		return nil, err
	}
	c := &chain{encodes: encoder}
	if e.p.opts.Screencast {
		c.parser = bitstream.NewParser(choice.Row.Codec)
	}
	return c, nil
}

func (h host) Replace(ctx context.Context, old, next *encoder) error {
	next.Chain.track = old.Chain.track
	codec := next.Choice.Row.Codec
	if codec == old.Choice.Row.Codec {
		return nil
	}
	h.e.even.Store(next.Choice.Row.Even)
	t, err := h.e.newTrack(newTrackID(), codec)
	if err == nil {
		bounded, cancel := context.WithTimeout(ctx, republishTimeout)
		defer cancel()
		err = h.e.p.swap(bounded, h.e.published, t)
	}
	if err != nil {
		return fmt.Errorf("republishing as %s: %w", codec, err)
	}
	h.e.published, next.Chain.track = t, t
	return nil
}

// republishTimeout limits the wait for the server's answer.
const republishTimeout = 10 * time.Second

func (h host) Prepare(g *encoder) {
	h.e.resetSizes(&g.Choice.Row)
	h.e.updateLayer(g.Chain.Codec())
	g.Chain.track.AwaitKey()
}

func (h host) Installed(g *encoder, replaces bool) {
	e := h.e
	e.p.writers.Add(1)
	e.p.group.Go(func() error {
		defer e.p.writers.Done()
		e.pump(g)
		return nil
	})
	if replaces {
		e.n.encoderSwitches.Add(1)
		e.feed.Repeat(0) // The last captured frame is the new encoder's first.
	}
}

func (h host) Tell(ev supervise.Event) {
	h.e.tell(EncoderEvent{
		Encoder: ev.Encoder, Codec: ev.Codec, Failed: ev.Failed, Reason: ev.Reason, Rejected: ev.Rejected,
	})
}

// GiveUp ends the layer. If there is no other one, it also ends the publication.
func (h host) GiveUp(cause error) error {
	e := h.e
	if e.p.layers.another(e) {
		e.p.log.Error("a layer failed", "layer", e.rid, "err", cause)
		e.feed.Detach()
		e.p.layers.allocate()
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failure = fmt.Errorf("sink: %w", cause)
	return e.failure
}
