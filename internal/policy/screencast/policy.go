// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "time"

const (
	// samplePatience is how long a repeat waits for the sample of the previous frame. An encoder may
	// drop a frame.
	samplePatience = 200 * time.Millisecond
	// narrowRest is how long a screen must be still on a link that does not carry the floor.
	// Repeats there would delay the frames of a slow scroll, which come every 100 ms.
	narrowRest = 300 * time.Millisecond
	// restIntervals is the number of frame intervals without a change after which a screen is
	// still. With fewer, the gaps of a jittery capture would count as still.
	restIntervals = 2.5
	// closest is the shortest time between two frames: a capture may come right after a repeat, and
	// must be shown after it.
	closest = time.Millisecond
	// polishAfter is how long a screen must be still before small changes, which were encoded well
	// enough, are made as sharp as everything else.
	polishAfter = 400 * time.Millisecond
)

// Policy decides about the frames of one screen. Every call passes the time on one monotonic clock.
// It is not safe for concurrent use; a Driver is.
type Policy struct {
	o       Options
	rate    rate
	quality convergence
	exact   exactness

	open  bool // a viewer can receive what is encoded
	stuck bool // a sample cannot be sent yet
	fresh bool // the newest frame has not been encoded
	held  bool // it had to wait, or a frame before it had
	key   bool // a key frame is requested
	flush bool // encode the waiting frame at once

	some     bool          // a frame was encoded since the encoder was new
	changed  time.Duration // when the screen last changed
	at       time.Duration // when the last frame was encoded
	slot     time.Duration // time of the next frame, by the frame rate
	pts      time.Duration // of the last frame
	pending  bool          // its sample has not come yet
	writing  bool          // a sample is being sent
	wrote    time.Duration // when the last sample was sent
	repeat   bool          // it was a repeat
	last     Quality       // its quality
	wasSharp bool          // the frame before it was sharp
	step     Quality       // since the last new frame
}

// NewPolicy returns a Policy. Nothing is encoded before SetOpen. The error is an *OptionError.
func NewPolicy(o Options) (*Policy, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return &Policy{
		o: o, rate: newRate(o), quality: newConvergence(o.Sharpness), exact: exactness{can: o.Sharpness.Exact},
	}, nil
}

// Frame is a frame that could be encoded now.
type Frame struct {
	// Again reports whether this is a repeat of the last captured frame.
	Again bool
	// Captured is when the frame was captured, and PTS when it would be shown if it is a repeat, on
	// the clock of the frames.
	Captured, PTS time.Duration
}

// Quality is how well to encode a frame: Motion, a step towards sharpness from 1 on, Coarse,
// Thorough, Idle or Exact.
type Quality int

const (
	// Motion is for a frame that others follow: the rate control bounds it.
	Motion Quality = 0
	// Sharpest is beyond the last step: a still frame, sharp at once.
	Sharpest Quality = 100
	// Idle is a repeat of a sharp frame as a sign of life: it should cost no bits.
	Idle Quality = -1
	// Coarse is Motion on a link with a limit: the frame must keep to its share, however coarse it
	// becomes.
	Coarse Quality = -2
	// Exact is a repeat of a sharp frame without loss, for an encoder with Sharpness.Exact. It is followed by repeats
	// of the same quality, which then cost no bits.
	Exact Quality = -3
	// Thorough is Coarse with a longer search for motion, where there is time for it and the encoder
	// has one: frames are smaller.
	Thorough Quality = -4
)

// Decision is what to do with a Frame.
type Decision struct {
	Encode  bool          // now; otherwise it waits, or a newer one replaces it
	PTS     time.Duration // to encode it with
	Key     bool          // as a key frame
	Quality Quality
	// Target is the encoder's target in bit/s, at the nominal frame rate.
	Target int
	// FPS is the current frame rate, in frames a second. An encoder that spreads its target over
	// the time between frames gets Target * FPS / nominal.
	FPS float64
	// Replaced reports whether the frame replaces one that was never encoded.
	Replaced bool
}

// Sample is the result of encoding a frame.
type Sample struct {
	PTS       time.Duration
	Key       bool
	Quantizer int // on the codec's own scale; negative if unknown
	Bytes     int
}

// Offer decides about a frame: a new one, or a repeat that Due requested.
func (p *Policy) Offer(now time.Duration, pic Frame) Decision {
	var d Decision
	if !pic.Again {
		d.Replaced = p.fresh
		p.fresh, p.changed = true, now
		if p.open && (p.stuck && now >= p.slot || p.rate.ready(now, p.at) > max(now, p.slot)) {
			p.rate.hold(now)
		}
	}
	at, ok := p.Due(now)
	if !ok || at > now {
		p.held = p.held || (ok || p.stuck) && p.fresh
		return d
	}
	p.rate.encoded(now)
	d.Encode, d.Key, d.PTS = true, p.key || !p.some, pic.PTS
	if p.fresh && pic.Captured > p.pts {
		d.PTS = pic.Captured
	}
	d.Target, d.FPS = p.rate.target(), p.rate.fps
	if p.held && now > p.at {
		// A frame that had to wait is not entitled to the bits of that time: it would be large, and
		// the next one would wait as long.
		d.FPS = min(d.FPS, 1/(now-p.at).Seconds())
	}
	p.encode(now, &d)
	return d
}

// encode records the decision.
func (p *Policy) encode(now time.Duration, d *Decision) {
	p.wasSharp = p.quality.done
	p.repeat = !p.fresh
	if p.fresh {
		p.quality.begin()
		p.exact.begin()
		p.step = 0
	}
	if now >= p.rests() {
		d.Quality = p.resting(now, d.Key)
	}
	if d.Quality == Motion && p.rate.limited {
		d.Quality = p.narrow()
	}
	p.advance(now)
	p.fresh, p.held, p.key, p.pending, p.some = false, false, false, true, true
	p.at, p.pts, p.last = now, d.PTS, d.Quality
}

// narrow returns the quality of motion on a link with a limit.
func (p *Policy) narrow() Quality {
	if p.rate.effort.fits(p.rate.fps) {
		return Thorough
	}
	return Coarse
}

// advance moves the slot on by a frame. A capture that comes late keeps the rhythm of those before
// it, and a repeat sets none: otherwise every capture that follows would wait for its slot, by as
// much as the late one was late. On a link with a limit, there would be a frame too many.
func (p *Policy) advance(now time.Duration) {
	interval := p.rate.interval()
	late := now - p.slot
	switch {
	case p.rate.limited:
		p.slot = min(p.slot, now+interval/2)
		if late > interval/2 {
			p.slot = now
		}
	case p.repeat:
		p.slot = now - interval
	case late > time.Duration(restIntervals*float64(interval)):
		p.slot = now
	case late > 0:
		p.slot = now - late%interval
	}
	p.slot += interval
}

// resting returns the quality for a still frame. A sharp one needs no bits to stay sharp, except
// for a key frame.
func (p *Policy) resting(now time.Duration, key bool) Quality {
	switch {
	case !key && (p.exact.done || p.completes() && now >= p.changed+exactAfter):
		return Exact
	case p.quality.rough && p.rate.enough():
		p.quality.begin()
		p.step = Sharpest
	case p.quality.done && !key:
		return Idle
	case !p.rate.enough():
		return Motion // It would stall the link.
	case key:
		p.step = Sharpest
	default:
		p.step = min(p.step+1, Sharpest)
	}
	return p.step
}

// Due returns when Offer needs the last frame again, and whether there is such a time: a capture, a
// key frame request or a change of SetOpen may bring one.
func (p *Policy) Due(now time.Duration) (at time.Duration, ok bool) {
	interval := p.rate.interval()
	switch {
	case !p.open, p.stuck && !p.flush:
		return 0, false
	case !p.some, p.fresh && p.flush:
		return now, true
	case p.behind() && p.writing:
		return 0, false // Written asks again.
	case p.fresh:
		// Half a frame early is early enough: captures are not perfectly regular.
		return max(p.rate.ready(now, p.at), min(p.slot-interval/2, p.idle(now)), p.at+closest, p.patience()), true
	case p.key:
		return max(p.rate.ready(now, p.at), p.slot, p.rests(), p.patience()), true
	}
	rest := max(p.at+interval, p.rests())
	if p.pending {
		rest = max(rest, p.at+samplePatience)
	}
	if !p.quality.done {
		return max(p.rate.ready(now, p.at), rest), true
	}
	idle := p.at + p.o.IdleRepeat
	if p.completes() {
		return max(p.rate.ready(now, p.at), rest, p.changed+exactAfter), true
	}
	if p.quality.rough && p.rate.enough() {
		polish := max(p.rate.ready(now, p.at), rest, p.changed+polishAfter)
		if p.o.IdleRepeat > 0 {
			polish = min(polish, idle)
		}
		return polish, true
	}
	return idle, p.o.IdleRepeat > 0
}

// completes reports whether a sharp frame is to be encoded without loss.
func (p *Policy) completes() bool {
	return p.quality.done && !p.quality.rough && p.exact.due() && p.rate.room(p.exact.size())
}

// idle returns when a link with a limit has nothing left to send. Then no frame waits for its slot:
// frames may be smaller than those before, which set the frame rate.
func (p *Policy) idle(now time.Duration) time.Duration {
	if !p.rate.limited || p.pending || p.writing {
		return p.slot
	}
	nominal := time.Duration(float64(time.Second) / p.rate.nominal)
	return max(p.rate.empty(now), p.at+nominal/2)
}

// behind reports whether the last frame waits for the previous one to be sent, on a link that has a
// limit. Another one would wait for both: in the end frames would be seconds old, and no more of
// them would arrive.
func (p *Policy) behind() bool { return p.pending && p.rate.limited && !p.flush }

// patience returns when a frame that waits behind another is due nevertheless: encoders drop
// frames.
func (p *Policy) patience() time.Duration {
	if !p.behind() {
		return 0
	}
	return max(p.at, p.wrote) + samplePatience
}

// rests returns when the screen counts as still, if nothing changes.
func (p *Policy) rests() time.Duration {
	if !p.rate.enough() {
		return p.changed + narrowRest
	}
	return p.changed + time.Duration(restIntervals*float64(time.Second)/p.rate.nominal)
}

// Encoded records what the encoder made of a frame, which is being sent until Written.
func (p *Policy) Encoded(now time.Duration, c Sample) {
	p.writing = true
	last := c.PTS >= p.pts-time.Millisecond/2
	p.rate.sampled(now, c.Bytes, !c.Key && last && !p.repeat)
	if !last {
		return // A newer one is already on its way.
	}
	p.pending = false
	if p.last == Thorough {
		p.rate.effort.encoded(now-p.at, now-p.wrote > promptly)
	}
	if p.repeat {
		p.exact.repeated(c, p.last)
		p.quality.repeated(c, int(p.step))
		return
	}
	p.quality.changed(p.wasSharp, c)
}

// RequestKey makes the next frame a key frame, and ensures that there is one soon.
func (p *Policy) RequestKey() { p.key = true }

// Flush makes a waiting frame, and all later ones, due at once: the stream is about to end, and
// viewers should see the last captured frame.
func (p *Policy) Flush() { p.flush = true }

// SetOpen sets whether a viewer can receive what is encoded. When it opens, a key frame comes
// first.
func (p *Policy) SetOpen(open bool) {
	if open && !p.open {
		p.key = true
	}
	p.open = open
}

// SetBlocked sets whether a sample has been waiting for the network for too long. Until that ends,
// nothing is encoded.
func (p *Policy) SetBlocked(blocked bool) { p.stuck = blocked }

// Written records that the network has taken the frame of the last Encoded.
func (p *Policy) Written(now time.Duration) { p.stuck, p.writing, p.wrote = false, false, now }

// SetEstimate sets how much to encode at most, in bit/s; 0 if unknown. limited reports whether the
// link carries no more than that: frames are dropped only then.
func (p *Policy) SetEstimate(now time.Duration, bps int, limited bool) {
	p.rate.setEstimate(now, max(bps, 0), limited)
}

// Renew records that another encoder has taken over, with another scale of quantizers.
func (p *Policy) Renew(s Sharpness) {
	p.o.Sharpness = s
	p.quality, p.exact = newConvergence(s), exactness{can: s.Exact}
	p.rate.effort = effort{offered: s.Thorough}
	p.some, p.pending, p.writing, p.step = false, false, false, 0
}

// SetMaxBitrate changes the highest target in bit/s, for example for frames of a new size; the
// floor decreases with it.
func (p *Policy) SetMaxBitrate(bps int) {
	p.o.MaxBitrate = bps
	p.rate.highest, p.rate.floor = bps, min(p.o.Floor, bps)
}

// Status describes the current state.
type Status struct {
	Estimate int // what can be sent, in bit/s; 0 if unknown
	// Limited reports whether the link carries no more than Estimate.
	Limited  bool
	Target   int // of the encoder, in bit/s at the nominal frame rate
	Floor    int // of the target, in bit/s
	SentRate int // what was encoded in the last second, in bit/s
	// FPS is the current frame rate, in frames a second.
	FPS float64
	// Sharp reports whether viewers see the best quality, or the best but Exact.
	Sharp bool
	// Exact reports whether the encoder has lost nothing of what viewers see.
	Exact bool
}

// Status returns the current state.
func (p *Policy) Status(now time.Duration) Status {
	return Status{
		Estimate: p.rate.estimate, Limited: p.rate.limited, Target: p.rate.target(), Floor: p.rate.floor,
		SentRate: p.rate.sentRate(now),
		FPS:      p.rate.fps, Sharp: p.quality.done && !p.quality.rough && !p.fresh,
		Exact: p.exact.done && !p.fresh,
	}
}
