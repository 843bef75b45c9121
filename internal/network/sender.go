// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"time"
)

// Sender is one publication's side of a Network, which it shares with others by what each would send. All methods are
// safe for concurrent use. Close must be called.
type Sender struct {
	n *Network

	// The following fields are under n.mu.
	demand  int // bit/s, with all headers
	follow  func(Share)
	told    int  // the estimate that follow was last called for
	limited bool // the same for its Share.Limited
	hasTold bool
}

// Share is the part of the estimate that belongs to one publication.
type Share struct {
	// Bitrate is in bit/s, with all headers; 0 if there is no estimate.
	Bitrate int
	// Limited reports whether that is a limit of the link: only then is it a reason to drop frames.
	Limited bool
}

// NewSender returns the side of a publication that sends nothing yet.
func (n *Network) NewSender() *Sender {
	s := &Sender{n: n}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.senders = append(n.senders, s)
	return s
}

// SetDemand sets how many bit/s, with all headers, the publication would send without a limit. Probes aim at the sum of
// all demands.
func (s *Sender) SetDemand(bps int) {
	n := s.n
	now := n.enter()
	defer n.mu.Unlock()
	s.demand = max(bps, 0)
	n.sumDemands(now)
}

// sumDemands notes that a demand may have changed. n.mu must be held.
func (n *Network) sumDemands(now time.Duration) {
	sum := 0
	for _, s := range n.senders {
		sum += s.demand
	}
	if sum == n.demand {
		return
	}
	n.demand = sum
	n.control.SetDemand(sum)
	for _, s := range n.senders {
		s.hasTold = false
	}
	n.changed(now)
}

// Share returns the publication's part of the estimate, by its part of the demand. It changes with the estimate, and
// when others demand more or less.
func (s *Sender) Share() Share {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	return s.share()
}

// share is Share. n.mu must be held.
func (s *Sender) share() Share {
	share := Share{s.n.Estimate(), s.n.limited.Load()}
	if s.demand != 0 && s.demand != s.n.demand {
		share.Bitrate = int(float64(share.Bitrate) * float64(s.demand) / float64(s.n.demand))
	}
	return share
}

// OnShare calls f with the current share, and again when the estimate has changed by 2 %, when it starts or stops
// meeting the demand or being a limit of the link, or when a demand changes. Calls come from one goroutine of the
// Network, without holding a lock, and delay each other: f must not block for long, nor close the Network. After Close
// no call begins. It may be called once.
func (s *Sender) OnShare(f func(Share)) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.follow = f
	s.n.schedule(s.n.now())
}

// Wait waits until packets may be sent: see [Network.Wait].
func (s *Sender) Wait(ctx context.Context, packets, bytes int) (granted int, err error) {
	return s.n.Wait(ctx, packets, bytes)
}

// AddPadding offers a track for padding, until remove is called: see [Network.AddPadding].
func (s *Sender) AddPadding(send func(bytes int) bool) (remove func()) { return s.n.AddPadding(send) }

// RTT returns the round-trip time, with what waits in the network's queues; 0 if it is not known.
func (s *Sender) RTT() time.Duration { return s.n.Stats().RTT }

// Close ends the demand and the calls of OnShare. It is idempotent.
func (s *Sender) Close() {
	n := s.n
	now := n.enter()
	defer n.mu.Unlock()
	n.senders = without(n.senders, s)
	n.sumDemands(now)
}

// wantsToKnow reports whether the call of OnShare is due. n.mu must be held.
func (s *Sender) wantsToKnow(bps int) bool {
	if s.follow == nil {
		return false
	}
	change, demand := max(s.told, bps)-min(s.told, bps), s.n.demand
	return !s.hasTold || s.limited != s.n.limited.Load() || float64(change) >= noticed*float64(s.told) && change > 0 ||
		(s.told < demand) != (bps < demand)
}

// untold reports whether a call of OnShare is due. n.mu must be held.
func (n *Network) untold() bool {
	bps := n.Estimate()
	for _, s := range n.senders {
		if s.wantsToKnow(bps) {
			return true
		}
	}
	return false
}

// tell makes the calls of OnShare that are due.
func (n *Network) tell() {
	var calls []func()
	n.mu.Lock()
	bps := n.Estimate()
	for _, s := range n.senders {
		if s.wantsToKnow(bps) {
			s.told, s.limited, s.hasTold = bps, n.limited.Load(), true
			f, share := s.follow, s.share()
			calls = append(calls, func() { f(share) })
		}
	}
	n.mu.Unlock()
	for _, call := range calls {
		call()
	}
}
