// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"slices"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// Layers in one stream: sizes (spatial layers) and frame rates (temporal layers).

// layered reports whether the packets of a codec name their layers.
func (o *Options) layered(codec pipeline.Codec) bool {
	switch codec {
	case pipeline.VP8, pipeline.VP9, pipeline.AV1:
		return o.spatial(codec) || o.Layers.Temporal > 1
	case pipeline.H264, pipeline.H265:
	}
	return false
}

// sizes are what a stream of a codec has, from low to high, as viewers decode it.
func (e *encoding) sizes(codec pipeline.Codec) []allocation.Layer {
	sizes := e.wholeSizes(codec)
	if e.even.Load() {
		for i := range sizes {
			sizes[i].Width, sizes[i].Height = max(2, sizes[i].Width&^1), max(2, sizes[i].Height&^1)
		}
	}
	return sizes
}

// alwaysEven reports whether all encoders of a codec encode even sizes only. Until one is chosen, that
// is all there is to know.
func alwaysEven(codec pipeline.Codec) bool {
	return !slices.ContainsFunc(catalogue.For(codec), func(r catalogue.Row) bool { return !r.Even })
}

// wholeSizes are sizes for an encoder that takes odd ones.
func (e *encoding) wholeSizes(codec pipeline.Codec) []allocation.Layer {
	width, height := e.frameSize()
	ladder := e.p.opts.ladder(width, height, e.fps, codec)
	switch {
	case e.rank >= len(ladder):
		return nil
	case e.p.opts.spatial(codec):
		n := len(ladder)
		if e.inOne > 0 {
			n = min(n, e.inOne) // The server cannot be informed of more.
		}
		if e.single.Load() {
			n = 1
		}
		return ladder[len(ladder)-n:]
	}
	return ladder[len(ladder)-1-e.rank:][:1]
}

// sizesOf are those of a stream that a pipeline has coded, by its first frame.
func sizesOf(c *media.SampleInfo, full allocation.Layer) (sizes []allocation.Layer) {
	if c.SpatialLayers < 2 || c.N < c.SpatialLayers {
		return append(sizes, full)
	}
	rids := [...]string{allocation.Low, allocation.Medium, allocation.High}
	for i, l := range c.Layers[:c.N] {
		sizes = append(sizes, allocation.Layer{RID: rids[i], Width: l.Width, Height: l.Height})
	}
	sizes[c.N-1].Bitrate = full.Bitrate
	return sizes
}

// temporal returns the number of temporal layers in a stream.
func (e *encoding) temporal() int {
	if e.lazy != nil {
		return 1
	}
	return e.p.opts.Layers.Temporal
}

// updateWatched informs the policy which sizes of a stream have viewers.
func (e *encoding) updateWatched(g *encoder) {
	sizes := e.sizes(g.Chain.Codec())
	if len(sizes) < 2 {
		return
	}
	watched := min(max(g.Chain.track.Watched(), 1), len(sizes))
	if int(e.watched.Swap(int32(watched))) == watched {
		return
	}
	layer := e.plan(g.Chain.Codec())
	e.layer.Store(&layer)
	e.policy.SetWatched(watched)
}

// resetSizes adapts to a new encoder, which starts with all sizes or supports only one.
func (e *encoding) resetSizes(row *catalogue.Row) {
	e.single.Store(row.Layers.Spatial < 2)
	e.even.Store(row.Even)
	e.watched.Store(0)
	e.policy.Renew(policy.Encoder{Sharpness: sharpness(row), Efficiency: efficiency(row.Codec)})
}

// watchedChanged reports whether the sizes with viewers have changed.
func (e *encoding) watchedChanged() bool {
	g := e.encoders.Current()
	if g == nil || !e.p.opts.spatial(g.Chain.Codec()) {
		return false
	}
	sizes := len(e.sizes(g.Chain.Codec()))
	return sizes > 1 && min(max(g.Chain.track.Watched(), 1), sizes) != int(e.watched.Load())
}

// addSizes adds the sizes in one stream.
func (e *encoding) addSizes(s *LayerStats) {
	g := e.encoders.Current()
	if g == nil {
		return
	}
	sizes := e.sizes(g.Chain.Codec())
	if len(sizes) < 2 {
		return
	}
	for _, l := range sizes {
		s.Sizes = append(s.Sizes, Size{l.Width, l.Height})
	}
	s.Encoded = e.policy.Status().Layers
}
