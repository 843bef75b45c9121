// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/confine"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// drainTimeout limits draining a pipeline when gstpublish is stopped.
const drainTimeout = 3 * time.Second

// runOptions holds the flags of run.
type runOptions struct {
	connection connection
	video      video
	report     reportOptions
	duration   time.Duration
	http       string // address of the HTTP server; empty for none
	policy     string // of run
	track      string // the name of the track in statistics, if there are several inputs
	isOther    bool   // it is not the first of several inputs
	sandbox    confine.Options
	settings
}

func (a *app) runCommand() *cli.Command {
	o := &runOptions{}
	return &cli.Command{
		Name:  "run",
		Usage: "run a pipeline and publish what it leaves unlinked",
		UsageText: "gstpublish run [OPTIONS] FILE.launch\n" +
			"gstpublish run [OPTIONS] MEDIA-FILE | URL | /dev/videoN | -\n" +
			"gstpublish run [OPTIONS] -- ELEMENT ! ELEMENT …\n" +
			"gstpublish run [OPTIONS] --input INPUT [OPTIONS] --input INPUT [OPTIONS] …",
		Description: help.Run,
		Flags:       append(o.runFlags(), o.flag(), inputFlag()),
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if a.collect != nil {
				a.collect(o, cmd.Args().Slice())
				return nil
			}
			return a.run(ctx, o, cmd)
		},
	}
}

// runFlags returns the flags of run.
func (o *runOptions) runFlags() []cli.Flag {
	return append(o.flags(o.video.flags()), o.reencodeFlag(), o.loopFlag(), o.timeoutFlag(), &cli.StringFlag{
		Name: "policy", Destination: &o.policy, Category: videoCategory,
		Usage: "what the pipeline's text may use: `POLICY` any, or restricted for text from strangers: test sources, and " +
			"what converts, draws and encodes, but no files, network or devices",
		DefaultText: "any",
	})
}

// enterSandbox limits this process, if that is asked for. need adds what the input needs.
func (a *app) enterSandbox(o *runOptions, need func(permitted *sandbox.Options)) error {
	permitted, err := o.sandbox.Check()
	if err != nil {
		return &usageError{err}
	}
	if permitted == nil {
		return nil
	}
	need(permitted)
	applied, err := confine.Enter(permitted, o.connection.url, o.http)
	if err != nil {
		return err
	}
	a.status("sandboxed by %s", applied)
	return nil
}

// allowInputs returns what permits inputs by name.
func allowInputs(names []string) (need func(permitted *sandbox.Options)) {
	return func(permitted *sandbox.Options) {
		for _, name := range names {
			permitted.AddInput(name)
		}
	}
}

// checkPolicy sets the policy for launch text.
func (a *app) checkPolicy(name string) error {
	switch name {
	case "", "any":
	case "restricted":
		a.policy = pipeline.Restricted()
	default:
		return usagef("--policy must be any or restricted, got %q", name)
	}
	return nil
}

// flags returns the flags of run and of screencast, which differ in those for video.
func (o *runOptions) flags(video []cli.Flag) []cli.Flag {
	duration := &cli.DurationFlag{
		Name: "duration", Destination: &o.duration, Category: outputCategory,
		Usage: "stop after this `TIME`, such as 10s", DefaultText: "when the pipeline ends",
	}
	return slices.Concat(
		o.connection.flags(), video, o.report.flags(), []cli.Flag{
			o.connection.reconnectFlag(), o.connection.hideStatsFlag(), duration, o.httpFlag(),
		}, o.sandbox.Flags())
}

// check checks the flags, and fills in defaults.
func (o *runOptions) check(quiet bool) error {
	err := errors.Join(o.report.check(quiet), o.video.check(), checkNotNegative("duration", o.duration),
		checkNotNegative("source-timeout", o.timeout))
	if err != nil {
		return err
	}
	return o.connection.resolve()
}

// splitWords removes the words after --, a pipeline, from a command line. They are nil if there is
// no --.
func splitWords(args []string) (options, words []string) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:]
	}
	return args, nil
}

// run publishes what a pipeline leaves unlinked, until the pipeline ends, the duration is over or a
// signal comes.
func (a *app) run(ctx context.Context, o *runOptions, cmd *cli.Command) error {
	if err := errors.Join(o.check(a.quiet), a.checkPolicy(o.policy)); err != nil {
		return err
	}
	ctx = a.timed(ctx)
	if err := a.enterSandbox(o, allowInputs(cmd.Args().Slice())); err != nil {
		return err
	}
	pipe, err := a.open(ctx, o, cmd.Args().Slice())
	if err != nil {
		return err
	}
	return a.host(ctx, o, pipe)
}

// open builds the pipeline of an input and checks whether it can be published.
func (a *app) open(ctx context.Context, o *runOptions, args []string) (*pipeline.Pipeline, error) {
	o.want, o.restart, o.secrets = o.wanted(), a.restarts(o), &a.secrets
	pipe, err := a.parsePipeline(ctx, &o.settings, args)
	if err != nil {
		return nil, err
	}
	if err = a.checkOutputs(o, pipe); err != nil {
		return nil, errors.Join(err, pipe.Close())
	}
	return pipe, nil
}

// checkOutputs checks whether what a pipeline leaves can be published.
func (a *app) checkOutputs(o *runOptions, pipe *pipeline.Pipeline) error {
	return errors.Join(sink.CheckPipeline(pipe), a.checkVideo(&o.video, pipe))
}

// host joins the room and publishes a pipeline's outputs, and other inputs. It owns the pipelines.
func (a *app) host(ctx context.Context, o *runOptions, pipe *pipeline.Pipeline, others ...*other) error {
	a.reporter = report.NewReporter(a.results, o.report.format)
	a.reporter.SetPlace(a.place.now)
	observed, err := a.observe(ctx, o.http, pipe)
	if err != nil {
		return errors.Join(err, pipe.Close(), closeOthers(others))
	}
	defer observed.close()
	room, pub, err := a.start(ctx, &o.connection, &o.video, pipe, o.duration, others...)
	if err != nil {
		return errors.Join(err, closeOthers(others))
	}
	observed.add(room, pub)
	if len(others) > 0 {
		err = a.followAll(ctx, room, pub, o, others)
	} else {
		err = a.follow(ctx, room, pub, o)
	}
	_ = room.Close() // The publication has been closed, and its errors are in err.
	return err
}

// parsePipeline builds the pipeline of a launch file or of the words after --.
func (a *app) parsePipeline(ctx context.Context, o *settings, args []string) (*pipeline.Pipeline, error) {
	start := timeline.From(ctx)
	end := start.Begin("gstreamer")
	pipeline.Init()
	end()
	defer start.Begin("parse")()
	opts := &pipeline.Options{Logger: a.log, Policy: a.policy, Variable: o.variable, Restart: o.restart}
	if a.policy != nil {
		opts.Variable = o.given // The environment is not for text from strangers.
	}
	switch {
	case a.words != nil && len(args) > 0:
		return nil, usagef("expected a launch file or a pipeline after --, got both: %q and %q", args[0], a.words)
	case a.words != nil:
		return pipeline.ParseArgs(a.words, opts)
	case len(args) == 1 && strings.ContainsAny(args[0], " \n") && !exists(args[0]):
		return pipeline.ParseArgs(args, opts) // a whole pipeline in quotes
	case len(args) == 1:
		if in := input.Of(args[0]); in.Kind != input.None {
			return a.parseInput(ctx, in, o, opts)
		}
		fsys, name := launchFile(args[0])
		return pipeline.ParseFS(fsys, name, opts)
	case len(args) == 0:
		return nil, &hinted{
			usagef("no pipeline: name a launch file, or write a pipeline after --"),
			"For example: gstpublish run --dev --room demo -- videotestsrc is-live=true",
		}
	default:
		return nil, usagef("write a pipeline after --, as in: gstpublish run [OPTIONS] -- %s …", args[0])
	}
}

// tellPublished prints what has been published.
func (a *app) tellPublished(pub *sink.Publication, v *video) {
	stats := pub.Stats()
	a.place.publish(pub)
	a.records.Add(a.place.joined(), pub)
	a.event(&report.Event{
		Head: report.Head{Event: report.TrackPublished, TrackSID: pub.SID()}, Track: pub.LocalTrack().Name(),
		Codec: codecName(stats), Encoder: stats.Encoder,
	})
	how, backup, inOne := "", "", ""
	if stats.Encoder != "" {
		how = " by " + stats.Encoder
	}
	var sizes []string
	for _, l := range stats.Layers {
		if l.Backup {
			backup = ", with " + report.MimeName(l.Codec) + " for viewers who can't decode it"
		} else {
			sizes = append(sizes, fmt.Sprintf("%dx%d", l.Width, l.Height))
		}
		if len(l.Sizes) > 0 {
			sizes = nil
			for _, s := range l.Sizes {
				sizes = append(sizes, fmt.Sprintf("%dx%d", s.Width, s.Height))
			}
			inOne = " (one stream)"
		}
	}
	if len(sizes) > 1 {
		how += " in " + strings.Join(sizes, ", ") + inOne
	}
	a.status("publishing %s%s as track %q (%s)%s", codecName(stats), how, pub.LocalTrack().Name(), pub.SID(), backup)
	if n := len(sizes); n > 0 && n < v.layers {
		a.status("a frame of %s px is too small for %d layers: publishing %d", sizes[n-1], v.layers, n)
	}
}

// look is how a publication in the room stands.
func look(room *gstpublish.Room, pub *sink.Publication) report.Moment {
	stats := room.Stats()
	return report.Moment{Stats: pub.Stats(), Network: stats.Network, Away: stats.Interrupted}
}

// follow prints statistics until the publication ends, and closes it.
func (a *app) follow(ctx context.Context, room *gstpublish.Room, pub *sink.Publication, o *runOptions) error {
	meter, viewers := report.NewMeter(), &viewers{}
	if !o.report.chosen {
		a.goLive()
	}
	var over <-chan time.Time // never, without a duration
	if o.duration > 0 {
		timer := time.NewTimer(o.duration)
		defer timer.Stop()
		over = timer.C
	}
	ticker := time.NewTicker(o.report.interval)
	defer ticker.Stop()
	var changed <-chan struct{} // of the participants
	if !o.isOther {
		changed = a.arrivals.changes()
	}
	var err error
	var why string
	count := 0
	for why == "" {
		select {
		case <-changed:
			count = viewers.count(a, room)
		case <-ticker.C:
			if !o.isOther {
				count = viewers.count(a, room)
			}
			a.tellStats(o.record(report.Stats, "", meter, room, pub), count)
		case <-room.Done(): // The publication has ended too, or will.
			why, err = "failure", errors.Join(room.Err(), pub.Close())
		case <-pub.Done():
			why, err = "end of stream", errors.Join(pub.Err(), pub.Close(), room.Err())
		case <-over:
			why, err = "duration", a.stop(ctx, pub)
		case <-ctx.Done():
			why, err = a.interrupted(ctx, pub)
		}
	}
	if err != nil {
		why = failure(err)
	}
	a.endLive()
	a.reporter.Print(o.record(report.End, why, meter.Total(), room, pub))
	return err
}

// record returns a record of a publication.
func (o *runOptions) record(
	event, why string, meter *report.Meter, room *gstpublish.Room, pub *sink.Publication,
) *report.Published {
	p := report.Publish(event, why, meter, look(room, pub))
	if o.track != "" {
		p.Track, p.TrackSID = o.track, pub.SID()
	}
	return p
}

// failure returns the reason of a record for an error.
func failure(err error) string {
	lost := (*gstpublish.LostError)(nil)
	if !errors.As(err, &lost) || lost.Away > 0 {
		return "failure"
	}
	switch lost.Reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		return "identity taken"
	case livekit.DisconnectReason_PARTICIPANT_REMOVED, livekit.DisconnectReason_ROOM_DELETED:
		return "removed"
	default:
		return "failure"
	}
}

// tellStats prints statistics, or shows them in the live line.
func (a *app) tellStats(p *report.Published, viewers int) {
	if l := a.live.Load(); l != nil {
		l.show(p, viewers)
		return
	}
	a.reporter.Print(p)
}

// interrupted ends what a signal has interrupted.
func (a *app) interrupted(ctx context.Context, pub *sink.Publication) (why string, err error) {
	if stopped := (*stoppedError)(nil); errors.As(context.Cause(ctx), &stopped) {
		return stopped.signal, a.stop(ctx, pub)
	}
	return "failure", errors.Join(context.Cause(ctx), pub.Close())
}

// stop drains and unpublishes. A pipeline that does not drain in time is worth a log line, but
// stopping was requested.
func (a *app) stop(ctx context.Context, pub *sink.Publication) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := pub.Stop(ctx)
	if errors.Is(err, pipeline.ErrDrain) {
		a.log.Warn("discarding what is still in the pipeline", "err", err)
		return pub.Close()
	}
	return err
}

func checkNotNegative(flag string, d time.Duration) error {
	if d < 0 {
		return usagef("--%s must not be negative, got %v", flag, d)
	}
	return nil
}

func codecName(s sink.Stats) string {
	if s.Codec == "" {
		return "Opus"
	}
	return report.MimeName(s.Codec)
}
