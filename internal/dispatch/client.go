// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
)

// The times of the protocol. A server of version 1.13 waits 10 s for a registration. It waits 10 s for the answer to an
// offer, but the node that has the room gives up after 3 s.
const (
	DialTimeout     = 10 * time.Second
	RegisterTimeout = 10 * time.Second
	OfferTimeout    = 2500 * time.Millisecond
	AssignTimeout   = 10 * time.Second        // from the answer to an offer until the job is assigned
	LoadInterval    = 2500 * time.Millisecond // between two reports of the load
	PingInterval    = 10 * time.Second
	SilenceTimeout  = 25 * time.Second // after which a connection without a message counts as broken
	minBackoff      = 500 * time.Millisecond
	maxBackoff      = 10 * time.Second
)

// Conn is a connection to a server. Send and Receive may be called concurrently with each other and with Close, which
// ends both.
type Conn interface {
	Send(m *livekit.WorkerMessage) error
	Receive() (*livekit.ServerMessage, error)
	Close() error
}

// Answer is the answer to an offer.
type Answer struct {
	Take     bool
	Identity string // of the participant that the job becomes
}

// Load is the load that a worker reports.
type Load struct {
	Load float32 // from 0 to 1; a server offers nothing from 0.7 on, unless it is configured otherwise
	Jobs int
	Full bool // the worker takes no jobs
}

// Handler runs the jobs of a worker. Only Offer may block.
type Handler interface {
	// Offer returns whether the worker takes a job. It must return when ctx is done. It is called concurrently with
	// itself and all other methods. From then on, Load must count a job that is taken, until it is assigned or withdrawn.
	Offer(ctx context.Context, job *livekit.Job) Answer
	// Assign begins a job that was taken. It may be called again for the same job.
	Assign(job *livekit.Job)
	// Withdraw ends the wait for a job that was taken and will not be assigned.
	Withdraw(id string)
	// Terminate ends a job, which the server has removed.
	Terminate(id string)
	// Registered is called after each registration. The server has forgotten the jobs of earlier ones: it will not
	// terminate them, and does not learn of their end.
	Registered()
	// Load returns the load to report.
	Load() Load
}

// Options configures a Client.
type Options struct {
	// Dial connects to the server. It must return when ctx is done. An error that is a *RefusedError ends Run if the
	// worker has never been registered.
	Dial func(ctx context.Context) (Conn, error)
	// AgentName is the name that dispatches name.
	AgentName string
	// Version is that of the worker, for the server's log.
	Version string
	Logger  *slog.Logger
	// Jitter returns a number from 0 to 1, by which a wait is shortened by up to a fifth; random if it is nil.
	Jitter func() float64
}

// Client keeps a worker registered. All methods are safe for concurrent use.
type Client struct {
	o       Options
	handler Handler
	wake    chan struct{} // has one element if there is something to send

	mu       sync.Mutex // protects the following fields
	id       string     // of the worker; empty while it is not registered
	updates  []*livekit.UpdateJobStatus
	loadNews bool
}

// New returns a client that does nothing before Run.
func New(o Options, h Handler) *Client {
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Client{o: o, handler: h, wake: make(chan struct{}, 1)}
}

// WorkerID returns the id that the server has given to the worker; "" while it is not registered.
func (c *Client) WorkerID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// LoadChanged reports the load now, and not only after LoadInterval.
func (c *Client) LoadChanged() {
	c.mu.Lock()
	c.loadNews = true
	c.mu.Unlock()
	c.notify()
}

// Update reports the status of a job. It is discarded if the worker is not registered: then the server has forgotten
// the job.
func (c *Client) Update(id string, status livekit.JobStatus, problem string) {
	c.mu.Lock()
	c.updates = append(c.updates, &livekit.UpdateJobStatus{JobId: id, Status: status, Error: problem})
	c.mu.Unlock()
	c.notify()
}

func (c *Client) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run keeps the worker registered until ctx is done, and then sends the pending reports. An error means that the
// server refuses the worker.
func (c *Client) Run(ctx context.Context) error {
	wait, everRegistered := time.Duration(0), false
	for {
		began := time.Now()
		registered, err := c.once(ctx)
		everRegistered = everRegistered || registered
		if ctx.Err() != nil {
			return nil //nolint:nilerr // It was to end.
		}
		if refused := (*RefusedError)(nil); errors.As(err, &refused) && !everRegistered {
			return fmt.Errorf("dispatch: %w", err)
		}
		if registered && time.Since(began) > maxBackoff {
			wait = 0
		}
		wait = min(max(2*wait, minBackoff), maxBackoff)
		pause := wait - time.Duration(c.o.Jitter()*float64(wait)/5)
		c.o.Logger.Warn("no connection to LiveKit's agent dispatch; jobs continue", "err", err, "again_in", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// once connects and registers, and serves the connection until it breaks or ctx is done.
func (c *Client) once(ctx context.Context) (registered bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, DialTimeout)
	conn, err := c.o.Dial(dialing)
	cancel()
	if err != nil {
		return false, err
	}
	s := &session{c: c, conn: conn, offered: map[string]*time.Timer{}}
	s.answers, s.expired = make(chan answer), make(chan string)
	return s.run(ctx)
}

// setID sets the id of the worker. With a new registration, the server knows nothing of earlier jobs.
func (c *Client) setID(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.updates, c.loadNews = id, nil, true
}

// take removes and returns the messages to send.
func (c *Client) take() (updates []*livekit.UpdateJobStatus, load bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	updates, load = c.updates, c.loadNews
	c.updates, c.loadNews = nil, false
	return updates, load
}
