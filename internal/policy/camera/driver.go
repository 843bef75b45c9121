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

// Driver runs a Policy against the clock. All methods are safe for concurrent use. Stop must be called.
type Driver struct {
	wake  func(quiet time.Duration)
	begin time.Time

	mu      sync.Mutex // protects what follows
	policy  *Policy
	timer   *time.Timer // nil until a key frame is requested for the first time
	stopped bool
}

// NewDriver returns a driver. It calls wake, on a goroutine of its own, when the last frame is wanted again, unless one
// was captured less than quiet ago: then Offer is to be called with it.
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

// repeat asks for the last frame, if it is still wanted.
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

// RequestKey makes the next frame a key frame, and asks for the last one again if none comes.
func (d *Driver) RequestKey() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.RequestKey(time.Since(d.begin))
	d.schedule()
}

// SetOpen does nothing: each frame says whether a viewer may get it.
func (d *Driver) SetOpen(bool) {}

// SetEstimate sets the share of the estimate, in bit/s; 0 if there is none. Whether the link carries no more does not
// matter to a camera, since its frame rate stays.
func (d *Driver) SetEstimate(bps int, _ bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.SetEstimate(bps)
}

// Resize sets the sizes in which frames of the size that they have now are sent: see [Policy.Resize].
func (d *Driver) Resize(sizes []allocation.Layer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.Resize(sizes)
}

// SetWatched sets how many of the sizes in one stream are watched: see [Policy.SetWatched].
func (d *Driver) SetWatched(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.SetWatched(n)
}

// Renew notes that another encoder begins.
func (d *Driver) Renew(e policy.Encoder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.policy.Renew(e)
}

// Encoded does nothing: what a frame became does not matter to a camera.
func (d *Driver) Encoded(screencast.Sample) {}

// Written does nothing, as Encoded.
func (d *Driver) Written() {}

// Flush does nothing: no frame of a camera waits.
func (d *Driver) Flush() {}

// Status is how things stand.
func (d *Driver) Status() policy.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.policy.Status()
}

// Stop ends the calls of wake, but for one that has begun.
func (d *Driver) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.schedule()
}
