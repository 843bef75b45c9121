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
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/start"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// timed returns a context with the timeline of the start. Its stages are logged when the first
// media has been sent.
func (a *app) timed(ctx context.Context) context.Context {
	line := timeline.New(timeline.ProcessStart(), func(t *timeline.Timeline) {
		a.log.LogAttrs(context.Background(), slog.LevelDebug, "first media sent", t.Attrs()...)
	})
	line.Begin("main")()
	return timeline.With(ctx, line)
}

// sayWhenSlow informs the user if the pipeline's first frame takes long, unless stop is called
// before.
func (a *app) sayWhenSlow() (stop func()) {
	slow := time.AfterFunc(start.Slow, func() { a.status("still waiting for the pipeline's first frame") })
	return func() { slow.Stop() }
}

// newRoom returns the room to publish in, which is not joined yet.
func (a *app) newRoom(c *options.Connection, v *options.Video) (*gstpublish.Room, error) {
	var credentials gstpublish.Credentials = gstpublish.Token(c.Token)
	if c.Token == "" {
		credentials = gstpublish.APIKey{Key: c.APIKey, Secret: c.APISecret, Room: c.Room, Identity: c.Identity}
	}
	o := &gstpublish.Options{
		Reconnect:    c.Patience,
		RetryJoin:    c.Patience == gstpublish.ReconnectForever,
		MaxBandwidth: v.MaxBandwidth,
		OnEvent:      a.teller.Connection(c),
		Callback:     a.teller.Callback(),
		Logger:       a.log,
	}
	if !c.HideStats {
		o.AnswerStats = a.teller.Records.Answer
	}
	if !v.NoCache {
		o.ProofDir = gstpublish.UserProofDir()
	}
	return gstpublish.NewRoom(c.URL, credentials, o)
}

// start joins a room and publishes a pipeline, which it owns, and other inputs; see start.Start.
func (a *app) start(
	ctx context.Context, c *options.Connection, v *options.Video, pipe *pipeline.Pipeline, duration time.Duration,
	others ...*other,
) (*gstpublish.Room, *sink.Publication, error) {
	room, err := a.newRoom(c, v)
	if err != nil {
		return nil, nil, errors.Join(err, pipe.Close())
	}
	leave := room.Leave // The session would take a mere disconnection for an interruption, and join again.
	a.leave.Store(&leave)
	encoders := a.teller.Encoders(v)
	for _, one := range others {
		one.begin(ctx, a, room)
	}
	s := &start.Start{
		Room: room, Pipeline: pipe, Options: a.publishing(v, encoders), Limit: duration, Ready: func() func() {
			a.teller.Joined(room, c)
			encoders.Open()
			return a.sayWhenSlow()
		},
	}
	pub, err := s.Publish(ctx)
	if err != nil {
		return nil, nil, err
	}
	a.teller.Published(pub, v)
	return room, pub, nil
}

// publishing returns the options of a publication.
func (a *app) publishing(v *options.Video, encoders *tell.Encoders) *sink.Options {
	o := v.Options()
	o.Logger, o.OnEncoder, o.OnReason = a.log, encoders.Tell, a.teller.Reasons()
	return o
}

// other is an input beside the first one. It has the options for its own video, and its pipeline.
type other struct {
	o          *runOptions
	pipe       *pipeline.Pipeline
	encoders   *tell.Encoders
	publishing <-chan start.Outcome[*sink.Publication] // nil before begin
}

// begin publishes the input in a room that is being joined.
func (n *other) begin(ctx context.Context, a *app, room *gstpublish.Room) {
	n.encoders = a.teller.Encoders(&n.o.video)
	opts := a.publishing(&n.o.video, n.encoders)
	n.publishing = start.Begin(func() (*sink.Publication, error) { return room.Publish(ctx, n.pipe, opts) })
}

// closeOthers ends inputs when the first one could not be published. Their room is closed.
func closeOthers(others []*other) error {
	var errs []error
	for _, n := range others {
		if n.publishing == nil {
			errs = append(errs, n.pipe.Close())
		} else if p := <-n.publishing; p.Value != nil {
			errs = append(errs, p.Value.Close())
		}
	}
	return errors.Join(errs...)
}

// runInputs runs several inputs as one participant.
func (a *app) runInputs(ctx context.Context, in *console.Inputs) error {
	if a.words != nil {
		return problem.Usagef("--input can't be combined with --: write the pipeline in quotes after --input")
	}
	shared, args, err := a.parseRun(ctx, in.Shared)
	if shared == nil || err != nil {
		return err
	}
	if len(args) > 0 {
		return problem.Usagef("expected only what --input names, got also %q", args[0])
	}
	all := make([]*runOptions, len(in.Names))
	for i, own := range in.Own {
		o, args, err := a.parseRun(ctx, append(slices.Clone(in.Shared), own...))
		switch {
		case err != nil || o == nil:
			return err
		case len(args) > 0:
			return problem.Usagef("expected only what --input names, got also %q", args[0])
		case o.connection != shared.connection, o.report != shared.report, o.http != shared.http,
			o.policy != shared.policy, o.duration != shared.duration, !reflect.DeepEqual(o.sandbox, shared.sandbox),
			!o.video.SameBandwidth(&shared.video):
			return problem.Usagef("options for the connection, the output and the sandbox, --policy and --max-bandwidth " +
				"belong before the first --input")
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
			o.isOther, o.report.Chosen = i > 0, true
			if o.video.Name == "" {
				o.video.Name = trackName(names[i], i+1)
			}
			o.track = o.video.Name
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
