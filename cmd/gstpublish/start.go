// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/proof"
	"github.com/gstpublish/gstpublish/sink"
)

// slowStart is when the user learns that a pipeline has given nothing yet.
const slowStart = 5 * time.Second

// timed returns a context that carries the start's timeline. Its stages are logged
// when the first media has been sent.
func (a *app) timed(ctx context.Context) context.Context {
	start := timeline.New(timeline.ProcessStart(), func(t *timeline.Timeline) {
		a.log.LogAttrs(context.Background(), slog.LevelDebug, "first media sent", t.Attrs()...)
	})
	start.Begin("main")()
	return timeline.With(ctx, start)
}

// sayWhenSlow tells the user when the pipeline's first frame takes long, unless stop is
// called before.
func (a *app) sayWhenSlow() (stop func()) {
	slow := time.AfterFunc(slowStart, func() { a.status("still waiting for the pipeline's first frame") })
	return func() { slow.Stop() }
}

// outcome is what one of several calls at the same time has returned.
type outcome[T any] struct {
	value T
	err   error
}

// begin calls f on a goroutine of its own.
func begin[T any](f func() (T, error)) <-chan outcome[T] {
	c := make(chan outcome[T], 1)
	go func() {
		value, err := f()
		c <- outcome[T]{value, err}
	}()
	return c
}

// starting is what happens at the same time when something is published.
type starting struct {
	app  *app
	m    *membership
	v    *video
	pipe *pipeline.Pipeline

	teller *encoderTeller
	ctx    context.Context //nolint:containedctx // of this start only
	cancel context.CancelFunc
	proven chan struct{} // closed when the encoder is proven, or ctx is done

	attempt int64 // of membership.attempts, when publishing began
}

// start does at the same time what it can: it proves the encoder, joins the room, and
// takes the pipeline, which it owns, as far as its encoder; then it publishes. The
// caller leaves the room.
//
// Where more than one of them fails, the error is that of the encoder, else that of
// the room, else that of the pipeline, whichever fails first. An error leaves neither
// a participant in the room nor a pipeline.
func (a *app) start(
	ctx context.Context, c *connection, v *video, pipe *pipeline.Pipeline,
) (*membership, *sink.Publication, error) {
	s := &starting{app: a, m: a.newMembership(ctx, v.maxBandwidth), v: v, pipe: pipe, proven: make(chan struct{})}
	s.teller = a.tellEncoders(v)
	s.ctx, s.cancel = context.WithCancel(s.m.ctx)
	defer s.cancel()

	proving := begin(s.prove)
	joining := begin(func() (struct{}, error) { return struct{}{}, s.join(c) })
	publishing := begin(s.publish)

	err := (<-proving).err
	joined := <-joining
	if err == nil {
		err = joined.err
	}
	if err != nil {
		s.cancel()
	} else {
		s.m.tellJoined(c)
		s.teller.open()
		defer a.sayWhenSlow()()
	}
	published := <-publishing
	if err == nil {
		err = published.err
	}
	if err == nil {
		err = s.m.keep(published.value, s.attempt)
	}
	if err == nil {
		a.tellPublished(published.value, v)
		return s.m, published.value, nil
	}
	return nil, nil, s.undo(err, published.value)
}

// prove proves the encoder. Where that fails, the rest would only be undone.
func (s *starting) prove() (none struct{}, err error) {
	defer close(s.proven)
	if err = s.app.proveEncoder(s.ctx, s.v, s.pipe); err != nil {
		s.cancel()
	}
	return none, err
}

// join joins the room.
func (s *starting) join(c *connection) error {
	if s.v.hardware == proof.HardwareRequire {
		<-s.proven // It is likely to fail, and then the room is not to see a participant.
	}
	return s.m.join(s.ctx, c)
}

// publish takes the pipeline as far as it comes without a room, and publishes it: what
// is live as soon as the server accepts tracks, what isn't when media gets through,
// since its beginning would be lost before.
func (s *starting) publish() (*sink.Publication, error) {
	opts := s.v.options()
	opts.Logger, opts.Prover, opts.Network = s.app.log, s.app.prover, s.m.network
	opts.OnEncoder = s.teller.tell
	ready, err := sink.PreparePipeline(s.ctx, s.pipe, opts)
	if err != nil {
		return nil, err
	}
	<-s.proven
	early := s.m.accepted
	if !ready.Live() {
		early = nil
	}
	var room *lksdk.Room
	select {
	case room = <-early:
	case <-s.m.joined:
		room = s.m.session.Room()
	case <-s.ctx.Done():
	}
	if cause := context.Cause(s.ctx); cause != nil {
		return nil, errors.Join(cause, ready.Close())
	}
	s.attempt = s.m.attempts.Load()
	return ready.Publish(s.ctx, room)
}

// undo ends what a start that failed has begun.
func (s *starting) undo(err error, pub *sink.Publication) error {
	if cause := context.Cause(s.m.ctx); cause != nil {
		err = cause // A signal, or the connection was lost meanwhile.
	}
	if pub != nil {
		err = errors.Join(err, pub.Close())
	}
	s.m.leave()
	return err
}

// anyCodec is nil when check is, for one of the codecs.
func (v *video) anyCodec(check func(codec pipeline.Codec) error) error {
	var errs []error
	for _, codec := range v.codecs() {
		err := check(codec)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// admitted is nil when there are candidates for a codec, and all that they need.
func (v *video) admitted(codec pipeline.Codec) error {
	if _, err := proof.Admitted(v.want(codec)); err != nil {
		return err
	}
	if missing := proof.MissingBasics(codec); len(missing) > 0 {
		return fmt.Errorf("encoding %s: %w", codec, missing[0])
	}
	return nil
}

// want is what an encoder is wanted for. The size of the frames isn't known yet.
func (v *video) want(codec pipeline.Codec) proof.Want {
	return proof.Want{
		Codec: codec, FPS: v.fps, Bitrate: v.bitrate, Screencast: v.screencast,
		Encoder: v.encoder, Hardware: v.hardware,
	}
}

// encoderProblem says whether the command line is wrong where there is no encoder.
// One that isn't installed has an exit code of its own.
func encoderProblem(err error) error {
	if none := (*proof.NoEncoderError)(nil); err == nil || errors.As(err, &none) {
		return err
	}
	return &usageError{err}
}

// proveEncoder proves an encoder of the first codec that has one, while the pipeline
// starts and the room is joined. The size of the frames isn't known yet: hardware is
// proven again when it is, and for software a small frame will do.
func (a *app) proveEncoder(ctx context.Context, v *video, pipe *pipeline.Pipeline) error {
	if !slices.ContainsFunc(pipe.Outputs(), func(o *pipeline.Output) bool { return o.Kind == pipeline.RawVideo }) {
		return nil
	}
	defer timeline.From(ctx).Begin("proof")()
	err := v.anyCodec(func(codec pipeline.Codec) error {
		if err := v.admitted(codec); err != nil {
			return encoderProblem(err)
		}
		want := v.want(codec)
		if v.hardware != proof.HardwareRequire {
			want.Width, want.Height = 640, 360
		}
		_, err := a.prover.Choose(ctx, want)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// noCacheFlag is for commands that prove encoders.
func noCacheFlag(noCache *bool) cli.Flag {
	return &cli.BoolFlag{
		Name: "no-cache", Destination: noCache, Category: videoCategory,
		Usage: "prove the encoder again, and do not remember the result",
	}
}

// remember lets proofs of encoders be remembered between runs, unless the user does
// not want that. It must come before the first proof.
func (a *app) remember(noCache bool) {
	if !noCache {
		a.prover.SetCacheDir(proof.UserCacheDir())
	}
}
