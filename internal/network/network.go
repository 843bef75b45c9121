// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// ErrClosed is returned by Wait after Close. It is an io.ErrClosedPipe, like the error of writing
// into a closed connection.
var ErrClosed = fmt.Errorf("network: closed: %w", io.ErrClosedPipe)

// Options configures a Network. The zero value works.
type Options struct {
	// Start is the initial estimate, in bit/s. The default is 1,200,000.
	Start int
	// Min is the minimum estimate, in bit/s. The default is 30,000.
	Min int
	// Max is the maximum estimate, in bit/s. The default is what the demand allows.
	Max int
	// Logger receives debug messages about connections and probes. The default discards them.
	Logger *slog.Logger
}

// Network is the network side of one connection to a room. It outlives that connection: when
// another replaces it, either the SDK's or that of another lksdk.Room, the estimate is kept. All
// methods are safe for concurrent use, and may be called while holding any lock. Close must be
// called.
type Network struct {
	log   *slog.Logger
	start time.Time

	mu      sync.Mutex
	control controller
	conn    *conn // used for sending; nil if there is none
	used    bool  // there was a conn
	senders []*Sender
	demand  int // their sum
	pacer   pacer
	cluster cluster
	padding []*padding
	n       counters
	closed  bool
	// timer wakes the goroutine at armed, in the time of now, if isArmed.
	timer   *time.Timer
	armed   time.Duration
	isArmed bool

	estimate atomic.Int64
	limited  atomic.Bool   // the link carries no more than the estimate
	probing  atomic.Bool   // a cluster is being sent
	done     chan struct{} // closed by Close
	ended    chan struct{} // closed when the goroutine has ended
}

// controller is implemented by congestion.Controller.
type controller interface {
	Sent(now time.Duration, p congestion.Packet)
	Feedback(now time.Duration, results []congestion.Result)
	SetRTT(rtt time.Duration)
	SetDemand(bps int)
	Status() congestion.Status
	Probe(now time.Duration) (congestion.Probe, bool)
	Due(now time.Duration) (at time.Duration, ok bool)
	Tick(now time.Duration)
	Grant(now time.Duration, bytes int) (granted int, wait time.Duration)
	GrantAgain(now time.Duration, bytes int, ago time.Duration) bool
	Backlog(now time.Duration) time.Duration
	Reset(now time.Duration)
}

// New returns a Network. It has one goroutine, which sleeps while nothing is sent.
func New(o *Options) *Network {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return newNetwork(c.Logger, congestion.New(congestion.Options{Start: c.Start, Min: c.Min, Max: c.Max}))
}

func newNetwork(log *slog.Logger, control controller) *Network {
	n := &Network{
		log:     log,
		start:   time.Now(),
		control: control,
		pacer:   newPacer(),
		timer:   time.NewTimer(time.Hour),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	n.timer.Stop()
	n.note()
	go n.run()
	return n
}

// ConnectOptions returns the options for joining the room. They set the SDK's interceptors: this
// Network's, and the SDK's own, which stay.
func (n *Network) ConnectOptions() []lksdk.ConnectOption {
	return []lksdk.ConnectOption{
		lksdk.WithInterceptors([]interceptor.Factory{factory{n}}),
		lksdk.WithIncludeDefaultInterceptors(true),
	}
}

// Estimate returns how much to encode: how many bit/s may be sent over time, with all headers; 0 if
// unknown, for example with a server that does not report. It excludes audio, since LiveKit's
// server does not count that.
func (n *Network) Estimate() int { return int(n.estimate.Load()) }

// Close ends the goroutine and all waits. Packets sent afterwards are not numbered. It is
// idempotent.
func (n *Network) Close() {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		n.conn = nil
		close(n.done)
	}
	n.mu.Unlock()
	<-n.ended
}

// now returns the controller's time.
func (n *Network) now() time.Duration { return time.Since(n.start) }

// enter locks n.mu, and returns the time when the controller knows all packets that were sent.
func (n *Network) enter() time.Duration {
	n.mu.Lock()
	n.drain()
	return n.now()
}

// note caches the controller's values for callers without the lock. n.mu must be held, except
// initially.
func (n *Network) note() {
	status := n.control.Status()
	n.estimate.Store(int64(status.Estimate))
	n.limited.Store(status.Link.Bound == congestion.AtMost)
}

// without returns list without its element x.
func without[T comparable](list []T, x T) []T {
	kept := make([]T, 0, len(list))
	for _, e := range list {
		if e != x {
			kept = append(kept, e)
		}
	}
	return kept
}
