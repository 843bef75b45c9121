// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"sync"
	"time"
)

// Driver runs a Policy against the clock. All methods are safe for concurrent use. Stop must be
// called.
type Driver struct {
	wake  func()
	begin time.Time

	mu      sync.Mutex // protects the following fields
	policy  *Policy
	timer   *time.Timer
	stopped bool
}

// NewDriver returns a Driver. It calls wake, on a new goroutine, when the last frame is needed
// again; wake must then call Offer with it. The error is an *OptionError.
func NewDriver(o Options, wake func()) (*Driver, error) {
	policy, err := NewPolicy(o)
	if err != nil {
		return nil, err
	}
	return &Driver{wake: wake, begin: time.Now(), policy: policy}, nil
}

// do changes the policy and schedules the next call of wake.
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

// Offer decides about a frame. open reports whether a viewer could receive it.
func (d *Driver) Offer(pic Frame, open bool) (decision Decision) {
	d.do(func(p *Policy, now time.Duration) {
		p.SetOpen(open)
		decision = p.Offer(now, pic)
	})
	return decision
}

// Encoded reports what the encoder made of a frame.
func (d *Driver) Encoded(c Sample) { d.do(func(p *Policy, now time.Duration) { p.Encoded(now, c) }) }

// RequestKey requests a key frame soon.
func (d *Driver) RequestKey() { d.do(func(p *Policy, _ time.Duration) { p.RequestKey() }) }

// SetOpen sets whether a viewer can receive what is encoded.
func (d *Driver) SetOpen(open bool) { d.do(func(p *Policy, _ time.Duration) { p.SetOpen(open) }) }

// SetBlocked sets whether a sample cannot be sent yet.
func (d *Driver) SetBlocked(blocked bool) {
	d.mu.Lock()
	same := d.policy.stuck == blocked
	d.mu.Unlock()
	if !same {
		d.do(func(p *Policy, _ time.Duration) { p.SetBlocked(blocked) })
	}
}

// Written reports that the network has taken the frame of the last Encoded.
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

// Flush makes a waiting frame due at once.
func (d *Driver) Flush() { d.do(func(p *Policy, _ time.Duration) { p.Flush() }) }

// SetEstimate sets how much to encode at most, in bit/s, and whether the link carries no more: see
// [Policy.SetEstimate].
func (d *Driver) SetEstimate(bps int, limited bool) {
	d.do(func(p *Policy, now time.Duration) { p.SetEstimate(now, bps, limited) })
}

// SetMaxBitrate changes the highest target, in bit/s.
func (d *Driver) SetMaxBitrate(bps int) {
	d.do(func(p *Policy, _ time.Duration) { p.SetMaxBitrate(bps) })
}

// Renew reports that another encoder has taken over.
func (d *Driver) Renew(s Sharpness) { d.do(func(p *Policy, _ time.Duration) { p.Renew(s) }) }

// Status returns the current status.
func (d *Driver) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy.Status(time.Since(d.begin))
}

// Stop ends the calls of wake, except for one that has already begun.
func (d *Driver) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	if d.timer != nil {
		d.timer.Stop()
	}
}
