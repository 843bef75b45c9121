// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package start publishes a pipeline while it joins the room and proves the encoder, and undoes all of that if a part
// fails.
package start

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Slow is the time after which the user should know that a pipeline has produced nothing yet.
const Slow = 5 * time.Second

// nothingError reports that nothing could be published in the time that --duration allows.
type nothingError struct{ duration time.Duration }

func (e *nothingError) Error() string {
	return fmt.Sprintf("nothing to publish came within --duration %v", e.duration)
}

// Outcome is the result of one of several concurrent calls.
type Outcome[T any] struct {
	Value T
	Err   error
}

// Begin calls f on a new goroutine.
func Begin[T any](f func() (T, error)) <-chan Outcome[T] {
	c := make(chan Outcome[T], 1)
	go func() {
		value, err := f()
		c <- Outcome[T]{value, err}
	}()
	return c
}

// Start holds what Publish needs. All fields except Limit are required.
type Start struct {
	Room     *gstpublish.Room // which is not joined yet
	Pipeline *pipeline.Pipeline
	Options  *sink.Options
	Limit    time.Duration // of the time to the first frame, but at least Slow; 0 for none

	// Ready is called when the room is joined and the encoder is proven; it returns a function that is called when
	// Publish returns.
	Ready func() (done func())
}

// starting is a Start that has begun.
type starting struct {
	*Start

	ctx    context.Context //nolint:containedctx // of this start only
	cancel context.CancelCauseFunc
	proven chan struct{} // closed when the encoder is proven, or ctx is done
}

// Publish proves the encoder, joins the room and runs the pipeline up to its encoder, all at the same time; then it
// publishes. It takes over the pipeline. The caller closes the room, unless there is an error.
//
// If several of these fail, Publish returns the error of the encoder, or else of the room, or else of the pipeline.
// After an error, the participant is not in the room, and the pipeline is closed.
func (o *Start) Publish(ctx context.Context) (*sink.Publication, error) {
	s := &starting{Start: o, proven: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)
	proving := Begin(s.prove)
	joining := Begin(s.join)
	publishing := Begin(func() (*sink.Publication, error) { return o.Room.Publish(s.ctx, o.Pipeline, o.Options) })

	err := (<-proving).Err
	joined := <-joining
	if err == nil {
		err = joined.Err
	}
	if err != nil {
		s.cancel(nil)
	} else {
		defer o.Ready()()
		if o.Limit > 0 {
			limit := time.AfterFunc(max(o.Limit, Slow), func() { s.cancel(&nothingError{o.Limit}) })
			defer limit.Stop()
		}
	}
	published := <-publishing
	if err == nil {
		err = published.Err
	}
	if err != nil {
		return nil, s.undo(ctx, err)
	}
	return published.Value, nil
}

// prove proves the encoder, if the pipeline produces raw video. A failure cancels everything else.
func (s *starting) prove() (none struct{}, err error) {
	defer close(s.proven)
	raw := func(o *pipeline.Output) bool { return o.Kind == pipeline.RawVideo }
	if slices.ContainsFunc(s.Pipeline.Outputs(), raw) {
		_, err = s.Room.Prove(s.ctx, s.Options)
	}
	if err != nil {
		s.cancel(nil)
	}
	return none, err
}

// join joins the room.
func (s *starting) join() (none struct{}, err error) {
	if s.Options.Encoding.Hardware == pipeline.HardwareRequire {
		<-s.proven // It is likely to fail, and then the room is not to see a participant.
	}
	return none, s.Room.Join(s.ctx)
}

// undo ends what a start that failed has begun.
func (s *starting) undo(ctx context.Context, err error) error {
	lost := (*gstpublish.LostError)(nil)
	switch cause := context.Cause(ctx); {
	case cause != nil:
		err = cause // a signal
	case errors.As(s.Room.Err(), &lost):
		err = lost // meanwhile
	}
	return errors.Join(err, s.Room.Close())
}
