// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/internal/input"
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
	ctx context.Context, c *connection, v *video, pipe *pipeline.Pipeline, duration time.Duration, others ...*other,
) (*gstpublish.Room, *sink.Publication, error) {
	room, err := a.newRoom(c, v)
	if err != nil {
		return nil, nil, errors.Join(err, pipe.Close())
	}
	leave := room.Leave // The session would take a mere disconnection for an interruption, and join again.
	a.leave.Store(&leave)
	teller := a.tellEncoders(v)
	s := &starting{room: room, v: v, pipe: pipe, opts: v.options(), proven: make(chan struct{})}
	s.opts.Logger, s.opts.OnEncoder, s.opts.OnReason = a.log, teller.tell, a.tellReason()
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	defer s.cancel(nil)

	proving := begin(s.prove)
	joining := begin(s.join)
	publishing := begin(func() (*sink.Publication, error) { return room.Publish(s.ctx, pipe, s.opts) })
	for _, one := range others {
		one.begin(ctx, a, room)
	}

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

// other is an input beside the first one. It has the options for its own video, and its pipeline.
type other struct {
	o          *runOptions
	pipe       *pipeline.Pipeline
	teller     *encoderTeller
	publishing <-chan outcome[*sink.Publication] // nil before begin
}

// begin publishes the input in a room that is being joined.
func (n *other) begin(ctx context.Context, a *app, room *gstpublish.Room) {
	n.teller = a.tellEncoders(&n.o.video)
	opts := n.o.video.options()
	opts.Logger, opts.OnEncoder, opts.OnReason = a.log, n.teller.tell, a.tellReason()
	n.publishing = begin(func() (*sink.Publication, error) { return room.Publish(ctx, n.pipe, opts) })
}

// closeOthers ends inputs when the first one could not be published. Their room is closed.
func closeOthers(others []*other) error {
	var errs []error
	for _, n := range others {
		if n.publishing == nil {
			errs = append(errs, n.pipe.Close())
		} else if p := <-n.publishing; p.value != nil {
			errs = append(errs, p.value.Close())
		}
	}
	return errors.Join(errs...)
}

// followAll prints the statistics of several inputs until all of them have ended, or one has failed, which ends the
// others.
func (a *app) followAll(
	ctx context.Context, room *gstpublish.Room, pub *sink.Publication, o *runOptions, others []*other,
) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var group sync.WaitGroup
	for _, n := range others {
		group.Go(func() {
			p := <-n.publishing
			if p.err == nil {
				n.teller.open()
				a.tellPublished(p.value, &n.o.video)
				p.err = a.follow(ctx, room, p.value, n.o)
			}
			if p.err != nil {
				fail(fmt.Errorf("%s: %w", n.o.track, p.err))
			}
		})
	}
	err := a.follow(ctx, room, pub, o)
	if err != nil {
		fail(err)
	}
	group.Wait()
	if failed := context.Cause(ctx); failed != nil {
		return failed
	}
	return err
}

// runInputs runs several inputs as one participant.
func (a *app) runInputs(ctx context.Context, in *console.Inputs) error {
	if a.words != nil {
		return usagef("--input can't be combined with --: write the pipeline in quotes after --input")
	}
	shared, args, err := a.parseRun(ctx, in.Shared)
	if shared == nil || err != nil {
		return err
	}
	if len(args) > 0 {
		return usagef("expected only what --input names, got also %q", args[0])
	}
	all := make([]*runOptions, len(in.Names))
	for i, own := range in.Own {
		o, args, err := a.parseRun(ctx, append(slices.Clone(in.Shared), own...))
		switch {
		case err != nil || o == nil:
			return err
		case len(args) > 0:
			return usagef("expected only what --input names, got also %q", args[0])
		case o.connection != shared.connection, o.report != shared.report, o.http != shared.http,
			o.policy != shared.policy, o.duration != shared.duration, !reflect.DeepEqual(o.sandbox, shared.sandbox),
			o.video.maxBandwidthText != shared.video.maxBandwidthText:
			return usagef("options for the connection, the output and the sandbox, --policy and --max-bandwidth belong before " +
				"the first --input")
		}
		if err := errors.Join(o.check(a.quiet), a.checkPolicy(o.policy)); err != nil {
			return err
		}
		all[i] = o
	}
	if err := a.enterSandbox(all[0], allowInputs(in.Names)); err != nil {
		return err
	}
	return a.hostInputs(a.timed(ctx), all, in.Names)
}

// parseRun parses a command line of run. It returns nil if that is a call for help.
func (a *app) parseRun(ctx context.Context, line []string) (o *runOptions, args []string, err error) {
	a.collect = func(parsed *runOptions, rest []string) { o, args = parsed, rest }
	defer func() { a.collect = nil }()
	err = a.command().Run(ctx, line)
	return o, args, err
}

// hostInputs opens inputs and publishes them.
func (a *app) hostInputs(ctx context.Context, all []*runOptions, names []string) error {
	var others []*other
	var first *pipeline.Pipeline
	for i, o := range all {
		if len(all) > 1 {
			o.isOther, o.report.chosen = i > 0, true
			if o.video.name == "" {
				o.video.name = trackName(names[i], i+1)
			}
			o.track = o.video.name
		}
		pipe, err := a.open(ctx, o, []string{names[i]})
		switch {
		case err != nil:
			err = errors.Join(err, closeOthers(others))
			if first != nil {
				err = errors.Join(err, first.Close())
			}
			return err
		case i == 0:
			first = pipe
		default:
			others = append(others, &other{o: o, pipe: pipe})
		}
	}
	return a.host(ctx, all[0], first, others...)
}

// trackName returns a name for the track of an input: that of its file, device or host.
func trackName(name string, number int) string {
	switch in := input.Of(name); in.Kind {
	case input.File, input.Camera:
		return filepath.Base(name)
	case input.URL:
		if u, err := url.Parse(name); err == nil && u.Host != "" {
			return u.Host
		}
	case input.Standard, input.None:
	}
	return fmt.Sprintf("input %d", number)
}
