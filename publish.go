// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
	"github.com/gstpublish/gstpublish/sink"
)

// Source is what a Room publishes:
//
//   - an *appsrc.VideoSource: frames that the program captures;
//   - a *pipeline.Pipeline: what a GStreamer pipeline leaves unlinked, one video and one
//     audio stream at most;
//   - a *screencast.Screen: a captured screen or window.
//
// Publish returns a *SourceError for any other type.
type Source interface {
	// IsScreencast reports whether the video shows a screen, which is published as a
	// screen share and encoded as one.
	IsScreencast() bool
	// Close ends the source.
	Close() error
}

// SourceError reports a Source that Publish does not know.
type SourceError struct{ Source Source }

// Error names the type.
func (e *SourceError) Error() string {
	return fmt.Sprintf("gstpublish: publishing: a source must be a non-nil *appsrc.VideoSource, *pipeline.Pipeline or "+
		"*screencast.Screen, got %T", e.Source)
}

// Publish publishes a source. It returns when the server has accepted the tracks, and for
// a pipeline, when its first frame has come; ctx bounds that wait only. A room can have
// any number of publications. If opts is nil, the defaults are used; Options.Logger
// defaults to the room's.
//
// The publication lasts until it is stopped or closed, or the room ends. It moves with the
// room when that reconnects. A VideoSource stays the caller's and may feed several
// publications. A Pipeline or a Screen belongs to the publication, which closes it, also
// if Publish returns an error.
//
// Publish may be called while the room is being joined: then it prepares the encoder and
// the pipeline meanwhile.
//
// Errors: *sink.PermissionError and *sink.CodecError if the server will not accept the
// track, *pipeline.NoEncoderError if no encoder works, sink.ErrNoMedia and
// sink.ErrTwoOutputs for a pipeline, why the room has ended, ctx's cause, and errors of
// GStreamer and of the SDK.
func (r *Room) Publish(ctx context.Context, source Source, opts *sink.Options) (*sink.Publication, error) {
	switch s := source.(type) {
	case *appsrc.VideoSource:
		if s != nil {
			return r.publishSource(ctx, s, opts)
		}
	case *pipeline.Pipeline:
		if s != nil {
			return r.publishPipeline(ctx, s, opts)
		}
	case *screencast.Screen:
		if s != nil {
			return r.publishPipeline(ctx, s.Pipeline(), opts)
		}
	}
	return nil, &SourceError{source}
}

func (r *Room) publishSource(
	ctx context.Context, source *appsrc.VideoSource, opts *sink.Options,
) (*sink.Publication, error) {
	if r == nil {
		return nil, ErrNoRoom
	}
	ctx, cancel := r.bound(r.wired(ctx))
	defer cancel()
	o := r.options(opts)
	r.impatient(o, source.IsScreencast())
	select {
	case <-r.joined:
	default: // The time until it is joined is enough to find the encoder.
		if _, err := r.prove(ctx, o, source.IsScreencast()); err != nil {
			return nil, err
		}
	}
	at, err := r.await(ctx, true)
	if err != nil {
		return nil, err
	}
	pub, err := sink.Publish(ctx, at.room, source, o)
	if err != nil {
		return nil, err
	}
	return r.keep(ctx, pub, at)
}

func (r *Room) publishPipeline(
	ctx context.Context, pipe *pipeline.Pipeline, opts *sink.Options,
) (*sink.Publication, error) {
	if r == nil {
		return nil, errors.Join(ErrNoRoom, pipe.Close())
	}
	if err := sink.CheckPipeline(pipe); err != nil {
		return nil, errors.Join(err, pipe.Close())
	}
	ctx, cancel := r.bound(r.wired(ctx))
	defer cancel()
	o := r.options(opts)
	r.impatient(o, pipe.IsScreencast())
	preparing, give := context.WithCancelCause(ctx)
	defer give(nil)
	proven := make(chan error, 1)
	go func() {
		err := r.provePipeline(ctx, pipe, o)
		if err != nil {
			give(err)
		}
		proven <- err
	}()
	ready, err := sink.PreparePipeline(preparing, pipe, o)
	if unproven := <-proven; unproven != nil {
		err = unproven
	}
	if err != nil {
		if ready != nil {
			err = errors.Join(err, ready.Close())
		}
		return nil, err
	}
	at, err := r.await(ctx, ready.Live())
	if err != nil {
		return nil, errors.Join(err, ready.Close())
	}
	pub, err := ready.Publish(ctx, at.room)
	if err != nil {
		return nil, err
	}
	return r.keep(ctx, pub, at)
}

// options returns a copy of the caller's options, with the room's logger.
func (r *Room) options(opts *sink.Options) *sink.Options {
	var o sink.Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = r.opts.Logger
	}
	return &o
}

// impatient makes a room that never reconnects end when the server does not permit its
// publications any more.
func (r *Room) impatient(o *sink.Options, screencast bool) {
	if r.opts.Reconnect != ReconnectNever {
		return
	}
	source := o.Source
	switch {
	case source != livekit.TrackSource_UNKNOWN:
	case screencast || o.Screencast:
		source = livekit.TrackSource_SCREEN_SHARE
	default:
		source = livekit.TrackSource_CAMERA
	}
	tell := o.OnReason
	o.OnReason = func(reason sink.Reason) {
		if tell != nil {
			tell(reason)
		}
		if reason == sink.ReasonNotPermitted {
			go r.lose(&sink.PermissionError{Source: source}) // It closes the publication, which is calling.
		}
	}
}

// wired returns a context with what publications use of the room.
func (r *Room) wired(ctx context.Context) context.Context {
	return wires.With(ctx, wires.Wires{
		Prover: r.prover, Network: r.network,
		Room: func(ctx context.Context) (*lksdk.Room, error) {
			at, err := r.await(ctx, true)
			return at.room, err
		},
	})
}

// provePipeline proves an encoder if the pipeline leaves raw video.
func (r *Room) provePipeline(ctx context.Context, pipe *pipeline.Pipeline, o *sink.Options) error {
	if !slices.ContainsFunc(pipe.Outputs(), func(out *pipeline.Output) bool { return out.Kind == pipeline.RawVideo }) {
		return nil
	}
	defer timeline.From(ctx).Begin("proof")()
	_, err := r.prove(ctx, o, pipe.IsScreencast())
	return err
}

// keep has a publication move with the room, and end with it.
func (r *Room) keep(ctx context.Context, pub *sink.Publication, at place) (*sink.Publication, error) {
	err := r.follows(ctx, pub, at)
	if err == nil && !r.add(pub) {
		err = r.ended()
	}
	if err != nil {
		r.forget(pub)
		return nil, errors.Join(err, pub.Close())
	}
	go func() {
		<-pub.Done()
		r.forget(pub)
	}()
	return pub, nil
}

// follows has a publication move with the session.
func (r *Room) follows(ctx context.Context, pub *sink.Publication, at place) error {
	if r.attachment != nil {
		return nil
	}
	select {
	case <-r.joined: // It may have been published before.
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	r.mu.Lock()
	s, attempts := r.session, r.attempts
	r.mu.Unlock()
	room := s.Room()
	if attempts > at.attempt {
		// The SDK started over while it joined, which has ended the tracks.
		if err := pub.Move(ctx, room); err != nil {
			return fmt.Errorf("gstpublish: publishing: %w", err)
		}
	}
	return s.Add(ctx, pub, room)
}

// forget undoes keep.
func (r *Room) forget(pub *sink.Publication) {
	r.remove(pub)
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s != nil {
		s.Remove(pub)
	}
}
