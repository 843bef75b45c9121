// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/confine"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/observe"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// runOptions holds the flags of run.
type runOptions struct {
	connection options.Connection
	video      options.Video
	report     options.Report
	duration   time.Duration
	http       string // address of the HTTP server; empty for none
	policy     string // of run
	track      string // the name of the track in statistics, if there are several inputs
	isOther    bool   // it is not the first of several inputs
	sandbox    confine.Options
	options.Settings
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
		Flags:       append(o.runFlags(), o.Flag(), options.InputFlag()),
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
	return append(o.flags(o.video.Flags()), o.ReencodeFlag(), o.LoopFlag(), o.TimeoutFlag(), &cli.StringFlag{
		Name: "policy", Destination: &o.policy, Category: options.VideoCategory,
		Usage: "what the pipeline's text may use: `POLICY` any, or restricted for text from strangers: test sources, and " +
			"what converts, draws and encodes, but no files, network or devices",
		DefaultText: "any",
	})
}

// enterSandbox limits this process, if that is asked for. need adds what the input needs.
func (a *app) enterSandbox(o *runOptions, need func(permitted *sandbox.Options)) error {
	permitted, err := o.sandbox.Check()
	if err != nil {
		return problem.Usage(err)
	}
	if permitted == nil {
		return nil
	}
	need(permitted)
	applied, err := confine.Enter(permitted, o.connection.URL, o.http)
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
		return problem.Usagef("--policy must be any or restricted, got %q", name)
	}
	return nil
}

// flags returns the flags of run and of screencast, which differ in those for video.
func (o *runOptions) flags(video []cli.Flag) []cli.Flag {
	duration := &cli.DurationFlag{
		Name: "duration", Destination: &o.duration, Category: options.OutputCategory,
		Usage: "stop after this `TIME`, such as 10s", DefaultText: "when the pipeline ends",
	}
	return slices.Concat(
		o.connection.Flags(), video, o.report.Flags(), []cli.Flag{
			o.connection.ReconnectFlag(), o.connection.HideStatsFlag(), duration, o.httpFlag(),
		}, o.sandbox.Flags())
}

func (o *runOptions) httpFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "http", Destination: &o.http, Category: options.OutputCategory,
		Usage: "serve /metrics, /gst_pipeline and /debug/pprof/ at this `ADDRESS`, HOST:PORT or unix:PATH, " +
			"to anybody who can reach it",
		DefaultText: "none",
	}
}

// check checks the flags, and fills in defaults.
func (o *runOptions) check(quiet bool) error {
	err := errors.Join(o.report.Check(quiet), o.video.Check(), options.CheckNotNegative("duration", o.duration),
		options.CheckNotNegative("source-timeout", o.SourceTimeout))
	if err != nil {
		return err
	}
	return o.connection.Resolve()
}

// checkRun checks flags of run, and a connection, without running anything.
func checkRun(ctx context.Context, flags []string, to *options.Connection) error {
	a, o := &app{}, (*runOptions)(nil)
	a.collect = func(parsed *runOptions, _ []string) { o = parsed }
	cmd := withUsageErrors(a.runCommand())
	cmd.Writer, cmd.ErrWriter = io.Discard, io.Discard
	cmd.ExitErrHandler = func(context.Context, *cli.Command, error) {} // The caller does that.
	if err := cmd.Run(ctx, append([]string{cmd.Name}, flags...)); err != nil {
		return err
	}
	to.Reconnect = o.connection.Reconnect
	o.connection = *to
	_, err := o.sandbox.Check()
	return errors.Join(o.check(false), a.checkPolicy(o.policy), err)
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
	o.Want, o.Restart, o.Secrets = o.wanted(), a.restarts(o), &a.secrets
	pipe, err := a.parsePipeline(ctx, &o.Settings, args)
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

// checkVideo reports known problems with the encoder before the room is joined, without trying one.
func (a *app) checkVideo(v *options.Video, pipe *pipeline.Pipeline) error {
	for _, out := range pipe.Outputs() {
		switch out.Kind {
		case pipeline.EncodedVideo:
			v.MaxBandwidth = 0 // limiting it would delay it, not reduce it
			unused := slices.DeleteFunc(slices.Clone(v.Given), func(name string) bool {
				return name == "--codec" && v.Codec == out.Codec
			})
			if len(unused) > 0 {
				a.status("the pipeline encodes its video itself, as %s: these options have no effect: %s",
					out.Codec, strings.Join(unused, ", "))
			}
		case pipeline.RawVideo:
			return v.CheckEncoder()
		case pipeline.Opus: // has no options
		}
	}
	return nil
}

// host joins the room and publishes a pipeline's outputs, and other inputs. It owns the pipelines.
func (a *app) host(ctx context.Context, o *runOptions, pipe *pipeline.Pipeline, others ...*other) error {
	a.reporter = report.NewReporter(a.results, o.report.Format)
	a.reporter.SetPlace(a.teller.Place)
	graph := func() string { return a.secrets.Redact(pipe.Dot()) }
	observed, err := observe.Serve(ctx, o.http, graph, a.log)
	if err != nil {
		return errors.Join(err, pipe.Close(), closeOthers(others))
	}
	defer observed.Close()
	room, pub, err := a.start(ctx, &o.connection, &o.video, pipe, o.duration, others...)
	if err != nil {
		return errors.Join(err, closeOthers(others))
	}
	observed.Add(room, pub)
	if len(others) > 0 {
		err = a.followAll(ctx, room, pub, o, others)
	} else {
		err = a.follow(ctx, room, pub, o)
	}
	_ = room.Close() // The publication has been closed, and its errors are in err.
	return err
}

// parsePipeline builds the pipeline of a launch file or of the words after --.
func (a *app) parsePipeline(ctx context.Context, o *options.Settings, args []string) (*pipeline.Pipeline, error) {
	line := timeline.From(ctx)
	end := line.Begin("gstreamer")
	pipeline.Init()
	end()
	defer line.Begin("parse")()
	opts := &pipeline.Options{Logger: a.log, Policy: a.policy, Variable: o.Variable, Restart: o.Restart}
	if a.policy != nil {
		opts.Variable = o.Given // The environment is not for text from strangers.
	}
	switch {
	case a.words != nil && len(args) > 0:
		return nil, problem.Usagef("expected a launch file or a pipeline after --, got both: %q and %q", args[0], a.words)
	case a.words != nil:
		return pipeline.ParseArgs(a.words, opts)
	case len(args) == 1 && strings.ContainsAny(args[0], " \n") && !exists(args[0]):
		return pipeline.ParseArgs(args, opts) // a whole pipeline in quotes
	case len(args) == 1:
		if err := input.Unfit(args[0]); err != nil {
			return nil, problem.Hint(problem.Usage(err), "")
		}
		if in := input.Of(args[0]); in.Kind != input.None {
			return a.parseInput(ctx, in, o, opts)
		}
		fsys, name := launchFile(args[0])
		return pipeline.ParseFS(fsys, name, opts)
	case len(args) == 0:
		return nil, problem.Hint(
			problem.Usagef("no pipeline: name a launch file, or write a pipeline after --"),
			"For example: gstpublish run --dev --room demo -- videotestsrc is-live=true",
		)
	default:
		return nil, problem.Usagef("write a pipeline after --, as in: gstpublish run [OPTIONS] -- %s …", args[0])
	}
}
