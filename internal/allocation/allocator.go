// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation

import (
	"slices"
	"time"
)

const (
	// returnFactor is how many times its minimum must be available for a layer to return
	// (libwebrtc's video_hysteresis_factor, rtc_base/experiments/stable_target_rate_experiment.cc).
	returnFactor = 1.2
	// returnAfter is the minimum time for which a layer is off. LiveKit's server takes ten seconds
	// to trust a higher layer again, so being off for less is no gain
	// (pkg/sfu/streamtracker/streamtracker_packet.go).
	returnAfter = 2 * time.Second
)

// Allocator divides what a connection can send among its tracks. The zero value is ready to use. It
// and its tracks are not safe for concurrent use.
type Allocator struct {
	tracks []*Track
	shares []share // of the last Split, kept to reuse their memory
	due    time.Duration
	waits  bool // until due, for a layer that may return
	// limited is Limited of the last Split.
	limited bool
}

// Track holds the layers of one track.
type Track struct {
	screen bool
	layers []allotment // from the lowest up
}

// allotment is the state of a layer.
type allotment struct {
	lowest, highest int // bit/s
	active          bool
	state           state
	offSince        time.Duration
	bitrate         int
}

type state int

const (
	idle state = iota // no viewers, or none until now
	on
	off // for lack of bandwidth
)

// Add returns a new track of layers, from the lowest up, none of which is active yet. A screen's
// layers are never off: its policy decides what a layer does with a share below its floor.
func (a *Allocator) Add(layers []Layer, screencast bool) *Track {
	t := &Track{screen: screencast, layers: make([]allotment, len(layers))}
	for i := range layers {
		t.SetLimits(i, layers[i].MinBitrate, layers[i].Bitrate)
	}
	a.tracks = append(a.tracks, t)
	return t
}

// Remove removes a track. Removing an unknown track does nothing.
func (a *Allocator) Remove(t *Track) {
	a.tracks = slices.DeleteFunc(a.tracks, func(o *Track) bool { return o == t })
}

// SetLimits sets what a layer needs and what it sends at most, in bit/s. It applies from the next
// Split on.
func (t *Track) SetLimits(layer, lowest, highest int) {
	l := &t.layers[layer]
	l.highest = max(highest, 1)
	l.lowest = min(max(lowest, 0), l.highest)
}

// SetActive sets whether a layer is needed: watched and not muted. It applies from the next Split
// on.
func (t *Track) SetActive(layer int, active bool) { t.layers[layer].active = active }

// Bitrate returns a layer's share from the last Split, in bit/s; 0 if it is off.
func (t *Track) Bitrate(layer int) int { return t.layers[layer].bitrate }

// Demand returns what the active layers would send at most, in bit/s.
func (a *Allocator) Demand() int {
	sum := 0
	for _, t := range a.tracks {
		sum += t.demand()
	}
	return sum
}

func (t *Track) demand() int {
	sum := 0
	for i := range t.layers {
		if l := &t.layers[i]; l.active {
			sum += l.highest
		}
	}
	return sum
}

// Estimate is what can be divided. The zero value means no estimate.
type Estimate struct {
	// Bitrate is what may be sent in total, in bit/s; 0 if unknown: then each active layer gets its
	// maximum.
	Bitrate int
	// Reserved is the part of Bitrate for the headers of packets and for audio, in bit/s.
	Reserved int
	// Limited reports whether the link carries no more. If not, no layer is off, and each gets at least its minimum.
	Limited bool
}

// Split divides an estimate. It does not allocate memory once it has seen all tracks.
//
// Between tracks, and between the layers of a screen, it divides in proportion to what they would
// send at most. A camera's layers get their maxima from the lowest up, as in libwebrtc
// (modules/video_coding/utility/simulcast_rate_allocator.cc): a layer whose minimum is not left is
// off, and so are those above it. It returns only after 2 seconds, when 1.2 times its minimum is
// left. What cameras leave goes to the next camera, and then to screens.
//
// The lowest active layer of a camera is never off, nor is any of a screen. They get at least
// LeastBitrate or their maximum; only for that may the sum exceed the estimate.
func (a *Allocator) Split(now time.Duration, estimate Estimate) {
	there := max(estimate.Bitrate-max(estimate.Reserved, 0), 0)
	if estimate.Bitrate <= 0 {
		there = a.Demand()
	}
	a.limited = estimate.Bitrate > 0 && estimate.Limited
	if !a.limited {
		a.forget()
	}
	a.collect()
	divide(there, a.shares)
	a.waits = false
	over := 0
	for i := range a.shares {
		s := &a.shares[i]
		if s.camera == nil {
			continue
		}
		budget := s.bitrate + over
		used := a.fill(s.camera, now, budget)
		over = budget - used
		there = max(there-used, 0)
	}
	a.shares = slices.DeleteFunc(a.shares, func(s share) bool { return s.camera != nil })
	divide(there, a.shares)
	for i := range a.shares {
		a.shares[i].screen.bitrate = a.shares[i].bitrate
	}
}

// Due returns when a layer may return with the estimate of the last Split: call Split again then,
// even if the estimate does not change. ok is false if no layer waits for that.
func (a *Allocator) Due() (at time.Duration, ok bool) { return a.due, a.waits }

// forget lets every layer that was off return at once.
func (a *Allocator) forget() {
	for _, t := range a.tracks {
		for i := range t.layers {
			t.layers[i].state = idle
		}
	}
}

// collect finds the recipients of shares: each camera with an active layer, and each active layer
// of a screen. The smallest comes first.
func (a *Allocator) collect() {
	a.shares = a.shares[:0]
	for _, t := range a.tracks {
		base := 0 // the minimum of the lowest active layer
		for i := range t.layers {
			l := &t.layers[i]
			if !l.active {
				l.state, l.bitrate = idle, 0
				continue
			}
			least := min(LeastBitrate, l.highest)
			if t.screen {
				a.shares = append(a.shares, share{screen: l, least: least, most: l.highest})
			} else if base == 0 {
				base = least
			}
		}
		if base > 0 {
			a.shares = append(a.shares, share{camera: t, least: base, most: t.demand()})
		}
	}
	slices.SortStableFunc(a.shares, func(x, y share) int { return x.most - y.most })
}

// share is the share of a camera, or of a layer of a screen.
type share struct {
	camera      *Track     // nil for a screen
	screen      *allotment // nil for a camera
	least, most int        // bit/s
	bitrate     int
}

// divide divides what is there in proportion to what each would take at most. The smallest come
// first: when one is raised to its minimum, the larger ones pay.
func divide(there int, shares []share) {
	wanted := 0
	for i := range shares {
		wanted += shares[i].most
	}
	for i := range shares {
		s := &shares[i]
		part := s.most
		if there < wanted {
			part = portion(there, s.most, wanted)
		}
		s.bitrate = max(part, s.least)
		there = max(there-s.bitrate, 0)
		wanted -= s.most
	}
}

// fill gives a camera's layers their part of a budget, and returns how much they take.
func (a *Allocator) fill(t *Track, now time.Duration, budget int) (used int) {
	enough, first := true, true
	for i := range t.layers {
		l := &t.layers[i]
		if !l.active {
			continue
		}
		left := budget - used
		enough = first || !a.limited || enough && a.returns(l, now, left)
		first = false
		if !enough {
			if l.state != off {
				l.state, l.offSince = off, now
			}
			l.bitrate = 0
			continue
		}
		if !a.limited {
			left = max(left, l.lowest)
		}
		l.state, l.bitrate = on, min(left, l.highest)
		used += l.bitrate
	}
	return used
}

// returns reports whether a layer may be on with what is left, and records when if it only has to
// wait.
func (a *Allocator) returns(l *allotment, now time.Duration, left int) bool {
	needed := l.lowest
	if l.state == off {
		// Otherwise a layer whose maximum is close to its minimum could never return.
		needed = min(int(returnFactor*float64(l.lowest)), l.highest)
	}
	if left < max(needed, 1) {
		return false
	}
	at := l.offSince + returnAfter
	if l.state != off || now >= at {
		return true
	}
	if !a.waits || at < a.due {
		a.due, a.waits = at, true
	}
	return false
}
