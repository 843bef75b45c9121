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
	slow := time.AfterFunc(slowStart, func() { a.status("still waiting for the pipeline's first picture") })
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

// prepare does at the same time what can be done before anything is published: it
// proves the encoder, joins the room, and takes the pipeline, which it owns, as far
// as its encoder. The caller leaves the room and publishes, or closes, what was
// prepared.
//
// Where more than one of them fails, the error is that of the encoder, else that of
// the room, else that of the pipeline, whichever fails first. An error leaves neither
// a participant in the room nor a pipeline.
func (a *app) prepare(
	ctx context.Context, c *connection, v *video, pipe *pipeline.Pipeline,
) (*membership, *sink.Prepared, error) {
	m := a.newMembership(ctx, v.maxBandwidth)
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	teller := a.tellEncoders(v)
	opts := v.options()
	opts.Logger, opts.Prover, opts.OnEncoder, opts.Network = a.log, a.prover, teller.tell, m.network

	proven := make(chan struct{})
	proving := begin(func() (struct{}, error) {
		defer close(proven)
		err := a.proveEncoder(working, v, pipe)
		if err != nil {
			cancel() // The others would only be undone.
		}
		return struct{}{}, err
	})
	joining := begin(func() (struct{}, error) {
		if v.hardware == proof.HardwareRequire {
			<-proven // It is likely to fail, and then the room is not to see a participant.
		}
		return struct{}{}, m.join(working, c)
	})
	preparing := begin(func() (*sink.Prepared, error) { return sink.PreparePipeline(working, pipe, opts) })

	err := (<-proving).err
	joined := <-joining
	if err == nil {
		err = joined.err
	}
	if err != nil {
		cancel()
	} else {
		m.tellJoined(c)
		teller.open()
		defer a.sayWhenSlow()()
	}
	prepared := <-preparing
	if err == nil {
		err = prepared.err
	}
	if err == nil {
		return m, prepared.value, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	} else if cause := context.Cause(m.ctx); cause != nil && joined.err == nil {
		err = cause // The connection was lost meanwhile.
	}
	if prepared.err == nil {
		err = errors.Join(err, prepared.value.Close())
	}
	m.leave()
	return nil, nil, err
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
		Usage: "try the encoder anew, and don't remember for the next time that it works",
	}
}

// remember lets proofs of encoders be remembered between runs, unless the user does
// not want that. It must come before the first proof.
func (a *app) remember(noCache bool) {
	if !noCache {
		a.prover.SetCacheDir(proof.UserCacheDir())
	}
}
