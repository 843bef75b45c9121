// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
)

const (
	// maxWaiting is how long a sample may wait for the network before no more frames are encoded: a newer one will be
	// worth more.
	maxWaiting = 100 * time.Millisecond
	// quietAfter is how many frame intervals without a frame make a source count as still.
	quietAfter = 3
)

// Options are those of a Policy.
type Options struct {
	// FPS is the nominal frame rate of the source, in frames a second. It must be positive.
	FPS int
	// Shrinks reports whether frames are encoded in a smaller size while the target is too low for their own. It is for
	// a layer without layers below it.
	Shrinks bool
	// Scales reports whether frames are brought to the size of the layer. Spatial layers are the encoder's to scale.
	Scales bool
}

// Policy decides about the frames of one simulcast layer of a camera, or of all spatial layers of a stream. It is not
// safe for concurrent use: a Driver is.
type Policy struct {
	o          Options
	efficiency float64
	sizes      []allocation.Layer // of the stream, from the lowest up; empty if frames are too small for the layer
	scaler     *allocation.Scaler // nil without Options.Shrinks
	thinner    thinner

	share   int // of the estimate, in bit/s; 0 without one
	watched int // how many of sizes are watched; 0 if that is not known
	layers  int // how many of sizes are encoded; 0 before the first decision

	missed   bool          // the last frame was not encoded, since no viewer would have got it
	key      bool          // the next frame is to be a key frame
	switches bool          // fewer spatial layers are encoded from the next frame on
	asked    time.Duration // when a key frame was requested
	repeats  int           // how often the source may still be asked for its last frame, for that key frame
	encoded  time.Duration // PTS of the last encoded frame
}

// NewPolicy returns a policy for frames whose sizes are not known yet: see Resize.
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

// layer returns the highest size that is watched.
func (p *Policy) layer() *allocation.Layer {
	if p.watched > 0 && p.watched < len(p.sizes) {
		return &p.sizes[p.watched-1]
	}
	return &p.sizes[len(p.sizes)-1]
}

// size returns the size to encode a frame in.
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

// spread returns the frame rate to fit the target to. Without it a frame after a gap would get the bits of all the time
// since the one before: it would be so big that more were dropped while it is sent, which makes the next gap.
func (p *Policy) spread(pts time.Duration) float64 {
	// A layer that has fewer frames than its source has wider gaps by itself.
	gap, interval := pts-p.encoded, time.Second/time.Duration(p.layer().FPS)
	if gap <= interval*3/2 {
		return float64(p.o.FPS)
	}
	return float64(p.o.FPS) * float64(interval) / float64(gap)
}

// Resize sets the sizes in which frames of the size that they have now are sent, from the lowest up: one, or those of
// all spatial layers. There is none if they are too small for the layer.
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

// Due returns when the source is to be asked for its last frame again; ok is false if it is not. After a key frame was
// requested it is asked twice: at once, which is for one that is still, and when it has had time to capture another.
func (p *Policy) Due() (at time.Duration, ok bool) {
	switch {
	case p.repeats == 0:
		return 0, false
	case p.missed || p.repeats > 1:
		return p.asked, true
	}
	return p.asked + p.quiet(), true
}

// Repeat notes that the source is asked for its last frame now. It returns how long the source must have captured
// nothing: one that moves brings a newer frame by itself.
func (p *Policy) Repeat() (quiet time.Duration) {
	p.repeats--
	if p.repeats > 0 {
		return p.quiet()
	}
	return 0
}

// quiet is how long a source that counts as still has captured nothing.
func (p *Policy) quiet() time.Duration { return quietAfter * (time.Second / time.Duration(p.o.FPS)) }

// Status is how things stand.
func (p *Policy) Status() policy.Status { return policy.Status{Layers: p.layers} }
