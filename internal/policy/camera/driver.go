// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

// Driver runs a Policy against the clock. Stop must be called. All methods are safe for concurrent use.
type Driver struct {
	wake  func(quiet time.Duration)
	begin time.Time

	mu      sync.Mutex // protects the following fields
	policy  *Policy
	timer   *time.Timer // nil until the first key frame request
	stopped bool
}

// NewDriver returns a Driver. It calls wake, on a new goroutine, when the last frame is needed again; wake must then
// call Offer with it, unless a frame was captured less than quiet ago.
func NewDriver(o Options, wake func(quiet time.Duration)) *Driver {
	return &Driver{wake: wake, begin: time.Now(), policy: NewPolicy(o)}
}

// Offer decides about a frame.
func (d *Driver) Offer(f policy.Frame) policy.Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	waits := d.policy.repeats > 0
	decision := d.policy.Offer(f)
	if waits {
		d.schedule()
	}
	return decision
}

// schedule sets the timer. d.mu must be held.
func (d *Driver) schedule() {
	at, ok := d.policy.Due()
	wait := at - time.Since(d.begin)
	switch {
	case d.stopped || !ok:
		if d.timer != nil {
			d.timer.Stop()
		}
	case d.timer == nil:
		d.timer = time.AfterFunc(wait, d.repeat)
	default:
		d.timer.Reset(wait)
	}
}

// repeat requests the last frame if it is still needed.
func (d *Driver) repeat() {
	d.mu.Lock()
	at, ok := d.policy.Due()
	if !ok || d.stopped || at > time.Since(d.begin) {
		d.mu.Unlock()
		return
	}
	quiet := d.policy.Repeat()
	d.schedule()
	d.mu.Unlock()
	d.wake(quiet)
}

// RequestKey makes the next frame a key frame, and requests a repeat of the last one if none is captured.
func (d *Driver) RequestKey() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.RequestKey(time.Since(d.begin))
	d.schedule()
}

// SetOpen does nothing: see policy.Frame.Open.
func (d *Driver) SetOpen(bool) {}

// SetEstimate sets the share of the estimate, in bit/s; 0 if there is none. Cameras ignore whether it is a limit of the
// link, since their frame rate stays.
func (d *Driver) SetEstimate(bps int, _ bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.SetEstimate(bps)
}

// Resize sets the sizes to send: see [Policy.Resize].
func (d *Driver) Resize(sizes []allocation.Layer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.Resize(sizes)
}

// SetWatched sets how many of the sizes in one stream have viewers: see [Policy.SetWatched].
func (d *Driver) SetWatched(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.SetWatched(n)
}

// Renew records that another encoder has taken over.
func (d *Driver) Renew(e policy.Encoder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.Renew(e)
}

// Encoded does nothing: cameras do not depend on the result.
func (d *Driver) Encoded(screencast.Sample) {}

// Written does nothing: cameras do not depend on it.
func (d *Driver) Written() {}

// Flush does nothing: frames of cameras do not wait.
func (d *Driver) Flush() {}

// Status returns the current state.
func (d *Driver) Status() policy.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy.Status()
}

// Stop ends the calls of wake, except for one that has already begun.
func (d *Driver) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.schedule()
}
