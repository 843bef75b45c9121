// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Room is a participant's connection to a LiveKit room, with everything that it
// publishes. Join, NewRoom and Attach make one. All methods are safe for concurrent use.
// Close must be called.
type Room struct {
	url         string
	credentials Credentials
	opts        Options
	network     *network.Network
	prover      *proof.Prover
	attachment  *attachment // nil unless Attach made it
	answers     *answers    // nil if there are none

	ctx context.Context //nolint:containedctx // done when the connection is lost or closed, with the reason
	end context.CancelCauseFunc

	joining  sync.Mutex    // held while the room is being joined
	accepted chan struct{} // closed when tracks can be published for the first time
	joined   chan struct{} // closed when media gets through
	token    atomic.Value  // string: the last one, to explain a refusal
	away     atomic.Bool   // the connection is interrupted

	interruptions, rejoins atomic.Uint64

	mu       sync.Mutex       // protects what follows
	session  *session.Session // nil before it has joined, and of an attached room
	early    *lksdk.Room      // in which tracks can be published while it is being joined
	attempts int              // how often the server has accepted the participant while it was being joined
	all      []*sink.Publication
	closed   bool
}

// Join joins a room of the LiveKit server at url, such as wss://example.livekit.cloud. It
// returns when media can be sent. ctx bounds joining only; one attempt takes 12 seconds at
// most. If opts is nil, the defaults are used.
//
// Errors: *JoinError, the error of the credentials, or what is wrong with an argument.
func Join(ctx context.Context, url string, credentials Credentials, opts *Options) (*Room, error) {
	r, err := NewRoom(url, credentials, opts)
	if err != nil {
		return nil, err
	}
	if err := r.Join(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// NewRoom returns a Room that has not been joined yet, for a program that prepares what it
// will publish meanwhile: Prove and Publish may be called before and while Join runs. It
// connects to nothing. The error says what is wrong with an argument.
func NewRoom(url string, credentials Credentials, opts *Options) (*Room, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if err = checkURL(url); err != nil {
		return nil, err
	}
	if credentials, err = checkCredentials(credentials); err != nil {
		return nil, err
	}
	return newRoom(url, credentials, o), nil
}

func newRoom(url string, credentials Credentials, o Options) *Room {
	r := &Room{
		url: url, credentials: credentials, opts: o, answers: newAnswers(o.AnswerStats),
		network:  network.New(&network.Options{Max: o.MaxBandwidth, Logger: o.Logger}),
		prover:   proof.Shared(&proof.Options{CacheDir: o.ProofDir, Logger: o.Logger}),
		accepted: make(chan struct{}), joined: make(chan struct{}),
	}
	r.token.Store("")
	r.ctx, r.end = context.WithCancelCause(context.Background())
	return r
}

// Join joins the room of NewRoom, as the function Join does. It may be called once. If it
// fails, the Room has ended; Close must be called all the same.
func (r *Room) Join(ctx context.Context) error {
	if r == nil {
		return ErrNoRoom
	}
	r.joining.Lock()
	defer r.joining.Unlock()
	if err := r.ended(); err != nil {
		return err
	}
	select {
	case <-r.joined:
		return errors.New("gstpublish: joining a room: it is joined already")
	default:
	}
	defer timeline.From(ctx).Begin("joining")()
	ctx, cancel := r.bound(ctx)
	defer cancel()
	if err := r.join(ctx); err != nil {
		r.end(err)
		return err
	}
	return nil
}

// bound returns a context that ends with ctx or with the room.
func (r *Room) bound(ctx context.Context) (bounded context.Context, cancel func()) {
	bounded, end := context.WithCancelCause(ctx)
	if err := r.ended(); err != nil {
		end(err) // AfterFunc would do it later, on another goroutine.
	}
	stop := context.AfterFunc(r.ctx, func() { end(context.Cause(r.ctx)) })
	return bounded, func() { stop(); end(nil) }
}

// ended returns why the room has ended; nil before.
func (r *Room) ended() error { return context.Cause(r.ctx) }

// LiveKit returns the SDK's room as it is now, for everything that gstpublish does not do:
// participants, data, metadata. It is another one after Rejoined, and nil before the
// server has accepted the participant. Do not disconnect it: call Close.
func (r *Room) LiveKit() *lksdk.Room {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.attachment != nil:
		return r.attachment.room
	case r.session != nil:
		return r.session.Room()
	default:
		return r.early
	}
}

// Done returns a channel that is closed when the connection has ended: it was lost for
// good, Join failed, or Close was called.
func (r *Room) Done() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.ctx.Done()
}

// Err returns why the connection has ended: a *LostError, or the error of Join. It is nil
// before that and after Close.
func (r *Room) Err() error {
	if r == nil {
		return ErrNoRoom
	}
	if err := r.ended(); !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

// Close closes all publications and leaves the room; one that was attached stays
// connected. To send what is still inside a pipeline or an encoder, call Stop of each
// Publication first. Close is idempotent, and does nothing to a nil *Room.
func (r *Room) Close() error {
	if r == nil {
		return nil
	}
	r.end(ErrClosed)
	r.joining.Lock() // An attempt to join ends at once.
	defer r.joining.Unlock()
	err := r.closePublications()
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s != nil {
		s.Leave()
	}
	if r.attachment != nil {
		r.answers.unregister(r.attachment.room)
		r.attachment.release()
	}
	r.network.Close()
	return err
}

// Leave leaves the room at once, for a program that is about to end: it does not wait for the
// publications, which an element that blocks may hold up. Unless the process ends, Close must be
// called nevertheless. Leave is idempotent, and does nothing to a *Room that is nil or attached.
func (r *Room) Leave() {
	if r == nil || r.attachment != nil {
		return
	}
	r.end(ErrClosed)
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s != nil {
		s.Leave()
	}
}

// closePublications closes all publications, and those to come.
func (r *Room) closePublications() error {
	r.mu.Lock()
	r.closed = true
	all := r.all
	r.all = nil
	r.mu.Unlock()
	var errs []error
	for _, pub := range all {
		errs = append(errs, pub.Close())
	}
	return errors.Join(errs...)
}

// add has the room close a publication, unless it is closed itself.
func (r *Room) add(pub *sink.Publication) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.all = append(r.all, pub)
	}
	return !r.closed
}

func (r *Room) remove(pub *sink.Publication) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(other *sink.Publication) bool { return other == pub })
}
