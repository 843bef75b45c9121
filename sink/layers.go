// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// layers are the encodings of one source: its simulcast layers, and that of a backup codec. The
// estimate is divided among those with viewers.
type layers struct {
	p       *Publication
	resized chan struct{} // holds one value when allocate is due for a new size

	mu        sync.Mutex // protects the following fields
	begin     time.Time
	all       []*encoding
	allocator allocation.Allocator
	estimate  int  // bit/s; 0 for none
	limited   bool // the link carries no more than the estimate
	reserved  int  // the part of the estimate for packet headers
	active    int  // a bit for each layer with viewers
	made      meter

	awake atomic.Int32 // the number of layers that receive frames
}

// slot is a layer's place in the allocation.
type slot struct {
	track *allocation.Track
	index int
}

// add adds the layers of one track, from the largest to the smallest.
func (l *layers) add(all ...*encoding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begin.IsZero() {
		l.begin = time.Now()
	}
	ladder := make([]allocation.Layer, len(all))
	for i, e := range all {
		ladder[len(all)-1-i] = *e.layer.Load()
	}
	track := l.allocator.Add(ladder, l.p.opts.Screencast)
	for i, e := range all {
		e.slot = slot{track, len(all) - 1 - i}
	}
	l.all = append(l.all, all...)
}

func (l *layers) each() []*encoding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// resize requests a new division of the estimate, for frames of another size. It does not block.
func (l *layers) resize() {
	select {
	case l.resized <- struct{}{}:
	default: // already requested
	}
}

// several reports whether more than one layer receives frames, which are then converted once for all layers.
func (l *layers) several() bool { return l.awake.Load() > 1 }

// another reports whether another layer has an encoder.
func (l *layers) another(e *encoding) bool {
	return slices.ContainsFunc(l.each(), func(other *encoding) bool {
		return other != e && other.encoders.Current() != nil
	})
}

// SetEstimate sets how many bit/s of video the network can carry; 0 if unknown, as in the
// beginning. It is divided among the layers with viewers. A screen keeps its size: the encoder's
// target decreases to ScreenOptions.Floor, then fewer frames are sent. A camera keeps its frame rate: its
// target decreases, then its size, or its larger layers stop. Video that a pipeline has encoded
// does not change. In a gstpublish.Room there is no need to call it.
func (p *Publication) SetEstimate(bps int) {
	p.layers.setEstimate(max(bps, 0), 0, bps > 0)
	p.layers.allocate()
}

func (l *layers) setEstimate(bps, reserved int, limited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.estimate, l.reserved, l.limited = bps, reserved, limited
}

// headerShare is the inverse of the share of packet headers in the bit rate: some 70 bytes of IP, UDP, RTP and SRTP in
// 1200.
const headerShare = 16

// onNetwork receives this publication's share of the estimate. The publications of a room share it
// in proportion to the most that each would send.
func (l *layers) onNetwork(share network.Share) {
	l.setEstimate(share.Bitrate, share.Bitrate/headerShare, share.Limited)
	l.allocate()
}

// review allocates again if layers have gained or lost viewers, or may be resumed.
func (l *layers) review() {
	active, watchedChanged := 0, false
	made := uint64(0)
	for i, e := range l.each() {
		if e.active() {
			active |= 1 << i
		}
		watchedChanged = watchedChanged || e.watchedChanged()
		made += e.n.Encoded.Load()
	}
	l.mu.Lock()
	at, ok := l.allocator.Due()
	more := l.made.measure(time.Now(), made) && l.made.rate > l.allocator.Demand()
	same := !watchedChanged && active == l.active && (!ok || time.Since(l.begin) < at) && !more
	l.mu.Unlock()
	if !same {
		l.allocate()
	}
}

// allocate divides the estimate among the layers.
func (l *layers) allocate() {
	l.mu.Lock()
	if len(l.all) == 0 {
		l.mu.Unlock()
		return
	}
	awake := int32(0)
	l.active = 0
	for i, e := range l.all {
		if g := e.encoders.Current(); g != nil {
			e.updateWatched(g)
		}
		layer, active := e.layer.Load(), e.active()
		e.slot.track.SetLimits(e.slot.index, layer.MinBitrate, layer.Highest())
		e.slot.track.SetActive(e.slot.index, active)
		if active {
			l.active |= 1 << i
			awake++
		}
	}
	l.awake.Store(awake)
	l.allocator.Split(time.Since(l.begin), allocation.Estimate{
		Bitrate: l.estimate, Reserved: l.reserved, Limited: l.limited,
	})
	// Encoders that do not keep to their targets must not wait if there is room.
	demand := max(l.allocator.Demand(), l.made.rate)
	var back []*encoder
	for i, e := range l.all {
		share := 0
		if l.estimate > 0 {
			share = e.slot.track.Bitrate(e.slot.index)
		}
		off := l.estimate > 0 && share == 0 && l.active>>i&1 == 1
		if g := e.allot(share, l.limited, off); g != nil {
			back = append(back, g)
		}
	}
	l.mu.Unlock()
	for _, g := range back {
		// If the source is still, the policy requests its last frame.
		g.Chain.track.RequestKey()
	}
	l.p.demand(demand)
}

// demand reports to the network how many bit/s of samples there are to send.
func (p *Publication) demand(bps int) {
	if p.network != nil {
		p.network.SetDemand(bps + bps/headerShare)
	}
}

func (l *layers) stop(ctx context.Context) (errs []error) {
	for _, e := range l.each() {
		errs = append(errs, e.stop(ctx))
	}
	return errs
}

func (l *layers) close() error {
	var errs []error
	for _, e := range l.each() {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}

// active reports whether a viewer would see the layer's frames.
func (e *encoding) active() bool {
	g := e.encoders.Current()
	return g != nil && g.Chain.track.Open() && e.layer.Load().Width > 0
}

// meterWindow is the time over which a rate is measured.
const meterWindow = time.Second

// meter measures the bit rate of encoders.
type meter struct {
	rate  int // in bit/s
	at    time.Time
	bytes uint64
}

// measure records the number of bytes so far, and reports whether there is a new rate. The rate
// decreases slowly: what was needed once may be needed again.
func (m *meter) measure(now time.Time, bytes uint64) bool {
	elapsed := now.Sub(m.at)
	if elapsed < meterWindow {
		return false
	}
	if !m.at.IsZero() {
		m.rate = max(int(float64(8*(bytes-m.bytes))/elapsed.Seconds()), m.rate*9/10)
	}
	m.at, m.bytes = now, bytes
	return true
}

// allot sets a layer's share of the estimate, in bit/s; 0 without an estimate, or if the layer is
// off. limited reports whether the link carries no more. If the layer was off until now, allot
// returns its encoder.
func (e *encoding) allot(share int, limited, off bool) (back *encoder) {
	if most := e.layer.Load().Most; most > 0 {
		// The policy sends as few frames as on a link that carries no more.
		share, limited = min(cmp.Or(share, most), most), true
	}
	e.share.Store(int64(share))
	again := e.off.Swap(off) && !off
	e.policy.SetEstimate(share, limited)
	g := e.encoders.Current()
	if g == nil || !again {
		return nil
	}
	g.Chain.track.AwaitKey()
	return g
}

// scales reports whether a layer's frames may be smaller than the source's. Those of a screen at
// full size may not.
func (e *encoding) scales() bool {
	return e.rank > 0 || !e.p.opts.Screencast && !e.p.opts.spatial(e.codecs[0])
}

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

// sizes returns the sizes in a stream of a codec, from low to high, as viewers decode them.
func (e *encoding) sizes(codec pipeline.Codec) []allocation.Layer {
	sizes := e.wholeSizes(codec)
	if e.even.Load() {
		for i := range sizes {
			sizes[i].Width, sizes[i].Height = max(2, sizes[i].Width&^1), max(2, sizes[i].Height&^1)
		}
	}
	return sizes
}

// alwaysEven reports whether all encoders of a codec encode even sizes only. It is used until an encoder is chosen.
func alwaysEven(codec pipeline.Codec) bool {
	return !slices.ContainsFunc(catalogue.For(codec), func(r catalogue.Row) bool { return !r.Even })
}

// wholeSizes returns the sizes for an encoder that accepts odd ones.
func (e *encoding) wholeSizes(codec pipeline.Codec) []allocation.Layer {
	width, height := e.frameSize()
	ladder := e.p.opts.ladder(width, height, e.fps, codec)
	switch {
	case e.rank >= len(ladder):
		return nil
	case e.p.opts.spatial(codec):
		n := len(ladder)
		if e.inOne > 0 {
			n = min(n, e.inOne) // The server cannot learn of more.
		}
		if e.single.Load() {
			n = 1
		}
		return ladder[len(ladder)-n:]
	}
	return ladder[len(ladder)-1-e.rank:][:1]
}

// sizesOf returns the sizes in a stream that a pipeline has encoded, from its first frame.
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
	e.policy.Renew(policy.Encoder{Sharpness: e.sharpness(row), Efficiency: efficiency(row.Codec)})
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
