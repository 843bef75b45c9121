// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
)

const (
	// maxWaiting is how long a sample may wait for the network before frames are dropped: a newer one will be worth
	// more.
	maxWaiting = 100 * time.Millisecond
	// quietAfter is the number of frame intervals without a frame after which a source counts as still.
	quietAfter = 3
)

// Options configures a Policy.
type Options struct {
	// FPS is the nominal frame rate of the source, in frames a second. It must be positive.
	FPS int
	// Shrinks permits a smaller size while the target is too low for the full one. It is for a layer without layers
	// below it.
	Shrinks bool
	// Scales reports whether frames are scaled to the size of the layer. Encoders scale spatial layers themselves.
	Scales bool
}

// Policy decides about the frames of one simulcast layer of a camera, or of all spatial layers of a stream. It is not
// safe for concurrent use; a Driver is.
type Policy struct {
	o          Options
	efficiency float64
	sizes      []allocation.Layer // of the stream, from the lowest up; empty if frames are too small for the layer
	scaler     *allocation.Scaler // nil without Options.Shrinks
	thinner    thinner

	share   int // of the estimate, in bit/s; 0 without one
	watched int // the number of sizes with viewers; 0 if unknown
	layers  int // the number of encoded sizes; 0 before the first decision

	missed   bool          // the last frame was not encoded, since no viewer could have received it
	key      bool          // the next frame must be a key frame
	switches bool          // fewer spatial layers are encoded from the next frame on
	asked    time.Duration // when a key frame was requested
	repeats  int           // how often the last frame may still be requested for that key frame
	encoded  time.Duration // PTS of the last encoded frame
}

// NewPolicy returns a Policy that needs a call of Resize before the first frame.
func NewPolicy(o Options) *Policy { return &Policy{o: o, efficiency: 1} }

// Offer decides about a frame.
func (p *Policy) Offer(f policy.Frame) policy.Decision {
	p.missed = !f.Open || len(p.sizes) == 0
	if p.missed {
		return policy.Decision{}
	}
	d := policy.Decision{PTS: f.PTS, Target: p.target(), Layers: p.layers}
	d.Width, d.Height = p.size(f.PTS, d.Target)
	switch {
	case f.Again:
	case f.Waiting > maxWaiting:
		return policy.Decision{Dropped: policy.Congested}
	case !p.thinner.due(f.PTS, p.layer().FPS, p.o.FPS):
		return policy.Decision{Dropped: policy.FrameRate}
	}
	d.FPS = p.spread(f.PTS)
	d.Encode, d.Key, d.Switch = true, p.key, p.switches
	p.encoded, p.key, p.switches, p.repeats = f.PTS, false, false, 0
	return d
}

// layer returns the largest size that has viewers.
func (p *Policy) layer() *allocation.Layer {
	if p.watched > 0 && p.watched < len(p.sizes) {
		return &p.sizes[p.watched-1]
	}
	return &p.sizes[len(p.sizes)-1]
}

// size returns the size to encode a frame at.
func (p *Policy) size(pts time.Duration, target int) (width, height int) {
	switch {
	case p.scaler != nil:
		return p.scaler.Size(pts, target)
	case p.o.Scales:
		full := &p.sizes[len(p.sizes)-1]
		return full.Width, full.Height
	}
	return 0, 0
}

// spread returns the frame rate for the encoder's target. Otherwise a frame after a gap would get the bits of the whole
// gap: it would be so large that more frames were dropped while it is sent, which causes the next gap.
func (p *Policy) spread(pts time.Duration) float64 {
	// A layer with fewer frames than its source always has wider gaps.
	gap, interval := pts-p.encoded, time.Second/time.Duration(p.layer().FPS)
	if gap <= interval*3/2 {
		return float64(p.o.FPS)
	}
	return float64(p.o.FPS) * float64(interval) / float64(gap)
}

// Resize sets the sizes to send for frames of the current size, from the lowest up: one, or those of all spatial
// layers. There are none if the frames are too small for the layer.
func (p *Policy) Resize(sizes []allocation.Layer) {
	p.sizes = sizes
	p.scaler = nil
	if p.o.Shrinks && len(sizes) > 0 {
		p.scaler = allocation.NewScaler(sizes[len(sizes)-1], p.efficiency)
	}
	p.level()
}

// Renew records that another encoder has taken over. It encodes all spatial layers until told
// otherwise.
func (p *Policy) Renew(e policy.Encoder) {
	p.efficiency = e.Efficiency
	p.watched, p.layers = 0, 0
}

// RequestKey makes the next frame a key frame, and ensures that there is one: see Due.
func (p *Policy) RequestKey(now time.Duration) {
	p.key, p.asked, p.repeats = true, now, 2
	if p.missed {
		p.repeats = 1
	}
}

// Due returns when to request a repeat of the last frame; ok is false if there is no need. After a key frame request
// there are two times: immediately, for a source that is still, and when the source has had time to capture another
// frame.
func (p *Policy) Due() (at time.Duration, ok bool) {
	switch {
	case p.repeats == 0:
		return 0, false
	case p.missed || p.repeats > 1:
		return p.asked, true
	}
	return p.asked + p.quiet(), true
}

// Repeat records that a repeat is requested now. It returns for how long the source must have captured nothing: a
// source that moves has a newer frame soon.
func (p *Policy) Repeat() (quiet time.Duration) {
	p.repeats--
	if p.repeats > 0 {
		return p.quiet()
	}
	return 0
}

// quiet returns how long after its last frame a source counts as still.
func (p *Policy) quiet() time.Duration { return quietAfter * (time.Second / time.Duration(p.o.FPS)) }

// Status returns the current state.
func (p *Policy) Status() policy.Status { return policy.Status{Layers: p.layers} }
