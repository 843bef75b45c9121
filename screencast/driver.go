// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"sync"
	"time"
)

// Driver runs a Policy against the clock. All methods may be called at the same
// time. Stop must be called.
type Driver struct {
	wake  func()
	begin time.Time

	mu      sync.Mutex // protects what follows
	policy  *Policy
	timer   *time.Timer
	stopped bool
}

// NewDriver makes one. wake is called, on a goroutine of its own, when the last
// picture is wanted again: then Offer is to be called with it. The error is an
// *OptionError.
func NewDriver(o Options, wake func()) (*Driver, error) {
	policy, err := NewPolicy(o)
	if err != nil {
		return nil, err
	}
	return &Driver{wake: wake, begin: time.Now(), policy: policy}, nil
}

// do changes the policy and sees to it that wake is called when it is due.
func (d *Driver) do(change func(p *Policy, now time.Duration)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d.policy, time.Since(d.begin))
	now := time.Since(d.begin)
	at, ok := d.policy.Due(now)
	switch {
	case d.stopped || !ok:
		if d.timer != nil {
			d.timer.Stop()
		}
	case d.timer == nil:
		d.timer = time.AfterFunc(at-now, d.wake)
	default:
		d.timer.Reset(at - now)
	}
}

// Offer decides about a picture. open says whether somebody may get it.
func (d *Driver) Offer(pic Picture, open bool) (decision Decision) {
	d.do(func(p *Policy, now time.Duration) {
		p.SetOpen(open)
		decision = p.Offer(now, pic)
	})
	return decision
}

// Coded tells what the encoder made of a picture.
func (d *Driver) Coded(c Coded) { d.do(func(p *Policy, now time.Duration) { p.Coded(now, c) }) }

// RequestKey wants a key frame soon.
func (d *Driver) RequestKey() { d.do(func(p *Policy, _ time.Duration) { p.RequestKey() }) }

// SetOpen says whether somebody may get what is encoded.
func (d *Driver) SetOpen(open bool) { d.do(func(p *Policy, _ time.Duration) { p.SetOpen(open) }) }

// SetBlocked says whether what was encoded can't be sent yet.
func (d *Driver) SetBlocked(blocked bool) {
	d.mu.Lock()
	same := d.policy.stuck == blocked
	d.mu.Unlock()
	if !same {
		d.do(func(p *Policy, _ time.Duration) { p.SetBlocked(blocked) })
	}
}

// Written records that the network has taken the frame that Coded told of last.
func (d *Driver) Written() {
	d.mu.Lock()
	waits := d.policy.stuck || d.policy.behind()
	if !waits {
		d.policy.Written(time.Since(d.begin))
	}
	d.mu.Unlock()
	if waits {
		d.do(func(p *Policy, now time.Duration) { p.Written(now) })
	}
}

// Flush makes a picture that waits be due at once.
func (d *Driver) Flush() { d.do(func(p *Policy, _ time.Duration) { p.Flush() }) }

// SetEstimate sets what to encode at most, in bit/s, and whether the link carries no more: see [Policy.SetEstimate].
func (d *Driver) SetEstimate(bps int, limited bool) {
	d.do(func(p *Policy, now time.Duration) { p.SetEstimate(now, bps, limited) })
}

// SetMaxBitrate changes the highest target, in bit/s.
func (d *Driver) SetMaxBitrate(bps int) {
	d.do(func(p *Policy, _ time.Duration) { p.SetMaxBitrate(bps) })
}

// Renew says that another encoder begins.
func (d *Driver) Renew(s Sharpness) { d.do(func(p *Policy, _ time.Duration) { p.Renew(s) }) }

// Status is how things stand.
func (d *Driver) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy.Status(time.Since(d.begin))
}

// Stop ends the calls of wake, but for one that has begun.
func (d *Driver) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
}
