// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package screen adapts the policy of screens, package screencast, to the interface that cameras have.
package screen

import (
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

// maxWaiting is how long a sample may wait for the network before encoding pauses.
const maxWaiting = 150 * time.Millisecond

// Options configures a Driver.
type Options struct {
	screencast.Options

	// Scales reports whether frames are scaled to the size of the layer.
	Scales bool
}

// Driver decides about the frames of one simulcast layer of a screen, or of all spatial layers of a stream. A screen
// keeps its size, and all spatial layers with viewers are encoded. Stop must be called. All methods are safe for
// concurrent use.
type Driver struct {
	*screencast.Driver

	scales bool
	wake   func(quiet time.Duration)

	mu            sync.Mutex         // protects the following fields
	sizes         []allocation.Layer // of the stream, from the lowest up
	watched       int                // the number of sizes with viewers; 0 if unknown
	width, height int                // px to scale to; 0 for the frame's own
}

// NewDriver returns a Driver. It calls wake, on a new goroutine and with 0, when the last frame is needed again; wake
// must then call Offer with it. The error is a *screencast.OptionError.
func NewDriver(o Options, wake func(quiet time.Duration)) (*Driver, error) {
	driver, err := screencast.NewDriver(o.Options, func() { wake(0) })
	if err != nil {
		return nil, err //nolint:wrapcheck // it is the caller's option
	}
	return &Driver{Driver: driver, scales: o.Scales, wake: wake}, nil
}

// Offer decides about a frame.
func (d *Driver) Offer(f policy.Frame) policy.Decision {
	if f.Open {
		d.SetBlocked(f.Waiting > maxWaiting)
	}
	said := d.Driver.Offer(screencast.Frame{Again: f.Again, Captured: f.Captured, PTS: f.PTS}, f.Open)
	decision := policy.Decision{
		Encode: said.Encode, PTS: said.PTS, Key: said.Key, Quality: said.Quality, Target: said.Target, FPS: said.FPS,
	}
	if said.Replaced && f.Open {
		decision.Dropped = policy.FrameRate
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	decision.Width, decision.Height, decision.Layers = d.width, d.height, d.layers()
	return decision
}

// layers returns the number of encoded spatial layers. d.mu must be held.
func (d *Driver) layers() int {
	if len(d.sizes) < 2 {
		return 0
	}
	return min(d.watched, len(d.sizes))
}

// Resize sets the sizes to send for frames of the current size, from the lowest up: one, or those of all spatial
// layers. There are none if the frames are too small for the layer.
func (d *Driver) Resize(sizes []allocation.Layer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sizes = sizes
	if n := len(sizes); n > 0 && d.scales {
		d.width, d.height = sizes[n-1].Width, sizes[n-1].Height
	}
	d.limit()
}

// SetWatched sets the largest of the sizes in one stream that has viewers: 1 for the lowest alone.
func (d *Driver) SetWatched(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watched = n
	d.limit()
}

// limit sets the highest target to that of the largest size with viewers. d.mu must be held.
func (d *Driver) limit() {
	n := len(d.sizes)
	if d.watched > 0 {
		n = min(n, d.watched)
	}
	if n > 0 {
		d.SetMaxBitrate(d.sizes[n-1].Bitrate)
	}
}

// Renew records that another encoder has taken over, with another scale of quantizers. It encodes
// all spatial layers until told otherwise.
func (d *Driver) Renew(e policy.Encoder) {
	d.mu.Lock()
	d.watched = 0
	d.mu.Unlock()
	d.Driver.Renew(e.Sharpness)
}

// Flush encodes a waiting frame, and all later ones, immediately.
func (d *Driver) Flush() {
	d.Driver.Flush()
	d.wake(0)
}

// Status returns the current state.
func (d *Driver) Status() policy.Status {
	status := policy.Status{Screen: d.Driver.Status()}
	d.mu.Lock()
	defer d.mu.Unlock()
	status.Layers = d.layers()
	return status
}
