// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import "time"

const (
	// codedPatience is how long a repeat waits for the coded form of the picture
	// before it. An encoder may leave one out.
	codedPatience = 200 * time.Millisecond
	// narrowRest is how long a screen must be still on a link that does not carry the floor. Repeats would take the
	// place of frames there that a slow scroll brings every 100 ms.
	narrowRest = 300 * time.Millisecond
	// restIntervals is how many frame intervals without a change are rest. Fewer
	// would take the gaps of a jittery capture for it.
	restIntervals = 2.5
	// polishAfter is when a screen rests so long that small changes, which were coded
	// well enough, are made as sharp as all else.
	polishAfter = 400 * time.Millisecond
)

// Policy decides about the pictures of one screen. Every call is given the time
// on one monotonic clock. It isn't for several goroutines at once: a Driver is.
type Policy struct {
	o       Options
	rate    rate
	quality convergence

	open  bool // somebody may get what is encoded
	stuck bool // what was encoded can't be sent yet
	fresh bool // the newest picture hasn't been encoded
	held  bool // it had to wait, or one before it
	key   bool // a key frame is wanted
	flush bool // what waits is wanted at once

	some     bool          // a picture was encoded since the encoder was new
	changed  time.Duration // when the screen last did
	at       time.Duration // when the last picture was encoded
	slot     time.Duration // of the next, by the frame rate
	pts      time.Duration // of the last picture
	pending  bool          // its coded form hasn't come
	writing  bool          // a sample is being sent
	wrote    time.Duration // when the last one had been
	repeat   bool          // it was a repeat
	wasSharp bool          // the picture before it was sharp
	step     Quality       // since the last fresh picture
}

// NewPolicy makes one. Nothing is encoded before SetOpen. The error is an
// *OptionError.
func NewPolicy(o Options) (*Policy, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return &Policy{o: o, rate: newRate(o), quality: newConvergence(o.Sharpness)}, nil
}

// Picture is one that could be encoded now.
type Picture struct {
	// Again says that it is the last captured picture once more.
	Again bool
	// Captured and PTS are when it was captured and when it would be shown if it
	// is a repeat, on the clock of the pictures.
	Captured, PTS time.Duration
}

// Quality is how well a picture is to be encoded: Motion, a step towards sharpness
// from 1 on, Coarse or Idle.
type Quality int

const (
	// Motion is a picture that others follow: the rate control bounds it.
	Motion Quality = 0
	// Sharpest is beyond the last step: what stands still, at once.
	Sharpest Quality = 100
	// Idle is a sharp picture once more, as a sign of life: no bits are to be spent.
	Idle Quality = -1
	// Coarse is Motion on a link that carries no more: the frame must keep to its share, however coarse it becomes.
	Coarse Quality = -2
)

// Decision is what becomes of a Picture.
type Decision struct {
	Encode  bool          // now; else it waits, or a newer one takes its place
	PTS     time.Duration // to encode it with
	Key     bool          // as a key frame
	Quality Quality
	// Target is the encoder's in bit/s, at the nominal frame rate.
	Target int
	// FPS is the frame rate that is kept to, in frames a second. An encoder that
	// spreads its target over the time between pictures gets
	// Target * FPS / nominal.
	FPS float64
	// Replaced says that the picture takes the place of one that was never
	// encoded.
	Replaced bool
}

// Coded is what became of a picture.
type Coded struct {
	PTS       time.Duration
	Key       bool
	Quantizer int // on the codec's own scale; negative if unknown
	Bytes     int
}

// Offer decides about a picture: a new one, or the last one again, as Due asks
// for it.
func (p *Policy) Offer(now time.Duration, pic Picture) Decision {
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
		// A picture that was held back has no claim on the bits of the time it waited: it would be big, and the next
		// one would wait as long.
		d.FPS = min(d.FPS, 1/(now-p.at).Seconds())
	}
	p.encode(now, &d)
	return d
}

// encode notes what is decided.
func (p *Policy) encode(now time.Duration, d *Decision) {
	p.wasSharp = p.quality.done
	p.repeat = !p.fresh
	if p.fresh {
		p.quality.begin()
		p.step = 0
	}
	if now >= p.rests() {
		d.Quality = p.resting(d.Key)
	}
	if d.Quality == Motion && p.rate.limited {
		d.Quality = Coarse
	}
	interval := p.rate.interval()
	if now > p.slot+interval/2 {
		p.slot = now
	}
	p.slot += interval
	p.fresh, p.held, p.key, p.pending, p.some = false, false, false, true, true
	p.at, p.pts = now, d.PTS
}

// resting is how well a picture at rest is encoded. One that is sharp stays so
// without a bit, but for a key frame.
func (p *Policy) resting(key bool) Quality {
	switch {
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

// Due is when Offer wants the last picture again. It tells whether there is such
// a time: a capture, a key request or a change of what is open may bring one.
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
		// Half a frame early is early enough: captures don't come like clockwork.
		return max(p.rate.ready(now, p.at), p.slot-interval/2, p.patience()), true
	case p.key:
		return max(p.rate.ready(now, p.at), p.slot, p.rests(), p.patience()), true
	}
	rest := max(p.at+interval, p.rests())
	if p.pending {
		rest = max(rest, p.at+codedPatience)
	}
	if !p.quality.done {
		return max(p.rate.ready(now, p.at), rest), true
	}
	idle := p.at + p.o.IdleRepeat
	if p.quality.rough && p.rate.enough() {
		polish := max(p.rate.ready(now, p.at), rest, p.changed+polishAfter)
		if p.o.IdleRepeat > 0 {
			polish = min(polish, idle)
		}
		return polish, true
	}
	return idle, p.o.IdleRepeat > 0
}

// behind reports whether the last frame waits for the one before it to be sent, on a link that has a limit. Another one
// would wait for both: frames would be seconds old in the end, and no more of them would arrive.
func (p *Policy) behind() bool { return p.pending && p.rate.limited && !p.flush }

// patience is when a frame that waits behind another is due all the same: encoders drop frames.
func (p *Policy) patience() time.Duration {
	if !p.behind() {
		return 0
	}
	return max(p.at, p.wrote) + codedPatience
}

// rests is from when on the screen rests, if nothing changes.
func (p *Policy) rests() time.Duration {
	if !p.rate.enough() {
		return p.changed + narrowRest
	}
	return p.changed + time.Duration(restIntervals*float64(time.Second)/p.rate.nominal)
}

// Coded records what the encoder made of a frame, which is sent now, until Written.
func (p *Policy) Coded(now time.Duration, c Coded) {
	p.writing = true
	last := c.PTS >= p.pts-time.Millisecond/2
	p.rate.coded(now, c.Bytes, !c.Key && last && !p.repeat)
	if !last {
		return // A newer one is on its way already.
	}
	p.pending = false
	if p.repeat {
		p.quality.repeated(c, int(p.step))
		return
	}
	p.quality.changed(p.wasSharp, c)
}

// RequestKey makes the next picture a key frame, and sees to it that there is one
// soon.
func (p *Policy) RequestKey() { p.key = true }

// Flush makes a picture that waits be due at once, and all that come later: the
// end is near, and what was captured last is to be seen.
func (p *Policy) Flush() { p.flush = true }

// SetOpen says whether somebody may get what is encoded. When it opens, a key
// frame comes first.
func (p *Policy) SetOpen(open bool) {
	if open && !p.open {
		p.key = true
	}
	p.open = open
}

// SetBlocked says whether what was encoded waits for the network longer than it
// should. As long as it does, nothing is encoded.
func (p *Policy) SetBlocked(blocked bool) { p.stuck = blocked }

// Written records that the network has taken the frame that Coded told of last.
func (p *Policy) Written(now time.Duration) { p.stuck, p.writing, p.wrote = false, false, now }

// SetEstimate sets what to encode at most, in bit/s; 0 if that is not known. limited reports whether the link carries
// no more than that: only then are frames dropped for it.
func (p *Policy) SetEstimate(now time.Duration, bps int, limited bool) {
	p.rate.setEstimate(now, max(bps, 0), limited)
}

// Renew says that another encoder begins, with another scale of quantizers.
func (p *Policy) Renew(s Sharpness) {
	p.o.Sharpness = s
	p.quality = newConvergence(s)
	p.some, p.pending, p.writing, p.step = false, false, false, 0
}

// SetMaxBitrate changes the highest target in bit/s, as for pictures of a new
// size; the floor comes down with it.
func (p *Policy) SetMaxBitrate(bps int) {
	p.o.MaxBitrate = bps
	p.rate.highest, p.rate.floor = bps, min(p.o.Floor, bps)
}

// Status is how things stand.
type Status struct {
	Estimate int // of what can be sent, in bit/s; 0 for none
	// Limited reports whether the link carries no more than Estimate.
	Limited  bool
	Target   int // of the encoder, in bit/s at the nominal frame rate
	Floor    int // of the target, in bit/s
	SentRate int // what was coded in the last second, in bit/s
	// FPS is the frame rate that is kept to, in frames a second.
	FPS float64
	// Sharp says that what is shown is as good as it gets.
	Sharp bool
}

// Status is how things stand.
func (p *Policy) Status(now time.Duration) Status {
	return Status{
		Estimate: p.rate.estimate, Limited: p.rate.limited, Target: p.rate.target(), Floor: p.rate.floor,
		SentRate: p.rate.sentRate(now),
		FPS:      p.rate.fps, Sharp: p.quality.done && !p.quality.rough && !p.fresh,
	}
}
