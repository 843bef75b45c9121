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

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// slowStart is when the user is informed that a pipeline has produced nothing yet.
const slowStart = 5 * time.Second

// timed returns a context with the timeline of the start. Its stages are logged when the first
// media has been sent.
func (a *app) timed(ctx context.Context) context.Context {
	start := timeline.New(timeline.ProcessStart(), func(t *timeline.Timeline) {
		a.log.LogAttrs(context.Background(), slog.LevelDebug, "first media sent", t.Attrs()...)
	})
	start.Begin("main")()
	return timeline.With(ctx, start)
}

// sayWhenSlow informs the user if the pipeline's first frame takes long, unless stop is called
// before.
func (a *app) sayWhenSlow() (stop func()) {
	slow := time.AfterFunc(slowStart, func() { a.status("still waiting for the pipeline's first frame") })
	return func() { slow.Stop() }
}

// nothingError reports that nothing could be published in the time that --duration allows.
type nothingError struct{ duration time.Duration }

func (e *nothingError) Error() string {
	return fmt.Sprintf("nothing to publish came within --duration %v", e.duration)
}

// outcome is the result of one of several concurrent calls.
type outcome[T any] struct {
	value T
	err   error
}

// begin calls f on a new goroutine.
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
	room *gstpublish.Room
	v    *video
	pipe *pipeline.Pipeline
	opts *sink.Options

	ctx    context.Context //nolint:containedctx // of this start only
	cancel context.CancelCauseFunc
	proven chan struct{} // closed when the encoder is proven, or ctx is done
}

// start does at the same time what it can: it proves the encoder, joins the room, and
// takes the pipeline, which it owns, as far as its encoder; then it publishes. The
// caller closes the room.
//
// Where more than one of them fails, the error is that of the encoder, else that of
// the room, else that of the pipeline. An error leaves neither a participant in the room
// nor a pipeline. If duration is positive, the pipeline has that much time to its first frame, and at least slowStart.
func (a *app) start(
	ctx context.Context, c *connection, v *video, pipe *pipeline.Pipeline, duration time.Duration,
) (*gstpublish.Room, *sink.Publication, error) {
	room, err := a.newRoom(c, v)
	if err != nil {
		return nil, nil, errors.Join(err, pipe.Close())
	}
	leave := func() {
		if r := room.LiveKit(); r != nil {
			r.Disconnect()
		}
	}
	a.leave.Store(&leave)
	teller := a.tellEncoders(v)
	s := &starting{room: room, v: v, pipe: pipe, opts: v.options(), proven: make(chan struct{})}
	s.opts.Logger, s.opts.OnEncoder, s.opts.OnReason = a.log, teller.tell, a.tellReason()
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)

	proving := begin(s.prove)
	joining := begin(s.join)
	publishing := begin(func() (*sink.Publication, error) { return room.Publish(s.ctx, pipe, s.opts) })

	err = (<-proving).err
	joined := <-joining
	if err == nil {
		err = joined.err
	}
	if err != nil {
		s.cancel(nil)
	} else {
		a.tellJoined(room, c)
		teller.open()
		defer a.sayWhenSlow()()
		if duration > 0 {
			limit := time.AfterFunc(max(duration, slowStart), func() { s.cancel(&nothingError{duration}) })
			defer limit.Stop()
		}
	}
	published := <-publishing
	if err == nil {
		err = published.err
	}
	if err != nil {
		return nil, nil, s.undo(ctx, err)
	}
	a.tellPublished(published.value, v)
	return room, published.value, nil
}

// prove proves the encoder, if the pipeline leaves raw video. Where that fails, the rest
// would only be undone.
func (s *starting) prove() (none struct{}, err error) {
	defer close(s.proven)
	raw := func(o *pipeline.Output) bool { return o.Kind == pipeline.RawVideo }
	if slices.ContainsFunc(s.pipe.Outputs(), raw) {
		_, err = s.room.Prove(s.ctx, s.opts)
	}
	if err != nil {
		s.cancel(nil)
	}
	return none, err
}

// join joins the room.
func (s *starting) join() (none struct{}, err error) {
	if s.v.hardware == pipeline.HardwareRequire {
		<-s.proven // It is likely to fail, and then the room is not to see a participant.
	}
	return none, s.room.Join(s.ctx)
}

// undo ends what a start that failed has begun.
func (s *starting) undo(ctx context.Context, err error) error {
	lost := (*gstpublish.LostError)(nil)
	switch cause := context.Cause(ctx); {
	case cause != nil:
		err = cause // a signal
	case errors.As(s.room.Err(), &lost):
		err = lost // meanwhile
	}
	return errors.Join(err, s.room.Close())
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

// admitted returns nil if there are candidates for a codec, and everything that they need.
func (v *video) admitted(codec pipeline.Codec) error {
	if _, err := proof.Admitted(v.want(codec)); err != nil {
		return err
	}
	if missing := proof.MissingBasics(codec); len(missing) > 0 {
		return fmt.Errorf("encoding %s: %w", codec, missing[0])
	}
	return nil
}

// want describes the required encoder. The size of the frames is not known yet.
func (v *video) want(codec pipeline.Codec) proof.Want {
	return proof.Want{
		Codec: codec, FPS: v.fps, Bitrate: v.bitrate, Screencast: v.screencast,
		Encoder: v.encoder, Hardware: v.hardware,
	}
}

// encoderProblem decides whether the command line is wrong if there is no encoder. An encoder that
// is not installed has its own exit code.
func encoderProblem(err error) error {
	if none := (*pipeline.NoEncoderError)(nil); err == nil || errors.As(err, &none) {
		return err
	}
	return &usageError{err}
}

// noCacheFlag returns the flag for commands that prove encoders.
func noCacheFlag(noCache *bool) cli.Flag {
	return &cli.BoolFlag{
		Name: "no-cache", Destination: noCache, Category: videoCategory,
		Usage: "prove the encoder again, and do not remember the result",
	}
}
