// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/admin"
	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
	"github.com/gstpublish/gstpublish/internal/version"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The variables of the configuration, named as those of LiveKit's services.
const (
	envConfigFile = "GSTPUBLISH_CONFIG_FILE"
	envConfigBody = "GSTPUBLISH_CONFIG_BODY"
)

func (o *runOptions) httpFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "http", Destination: &o.http, Category: outputCategory,
		Usage: "serve /metrics, /gst_pipeline and /debug/pprof/ at this `ADDRESS`, HOST:PORT or unix:PATH, " +
			"to anybody who can reach it",
		DefaultText: "none",
	}
}

// observed is the HTTP server of one publication. The zero value has none.
type observed struct {
	collector *metrics.Collector
	server    *admin.Server
}

// observe serves the metrics of a publication, which add adds, at an address; empty for none.
func (a *app) observe(ctx context.Context, address string, pipe *pipeline.Pipeline) (*observed, error) {
	if address == "" {
		return &observed{}, nil
	}
	l, err := admin.Listen(ctx, address)
	if err != nil {
		return nil, &usageError{err}
	}
	o := &observed{collector: metrics.NewCollector()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(o.collector, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	dot := func() string { return a.secrets.Redact(pipe.Dot()) }
	o.server = admin.Serve(l, admin.Handler(registry, dot))
	a.log.Info("listening", "address", l.Addr().String())
	return o, nil
}

// add adds what is published.
func (o *observed) add(room *gstpublish.Room, pub *sink.Publication) {
	if o.collector != nil {
		o.collector.AddRoom(room.LiveKit().Name(), room)
		o.collector.AddPublication("", pub)
	}
}

func (o *observed) close() {
	if o.server != nil {
		_ = o.server.Close() // The process ends.
	}
}

func configFlag(file *string) cli.Flag {
	return &cli.StringFlag{
		Name: "config", Destination: file, Usage: "`FILE` of the configuration", Sources: cli.EnvVars(envConfigFile),
	}
}

func (a *app) serveCommand() *cli.Command {
	file := ""
	return &cli.Command{
		Name:        "serve",
		Usage:       "publish what a configuration lists, supervised",
		UsageText:   "gstpublish serve --config FILE",
		Description: help.Serve,
		Flags:       []cli.Flag{configFlag(&file)},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.serve(ctx, file)
		},
	}
}

// supervised is what serve and worker have in common.
type supervised struct {
	options host.Options
	source  *serve.Source
	stop    func() // ends the reception of SIGHUP
}

// supervise prepares a host with a configuration.
func (a *app) supervise(text configuration, worker bool) (*supervised, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a.serving.Store(true)
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	log := &serveLog{app: a}
	s := &supervised{stop: func() { signal.Stop(reload) }, source: &serve.Source{
		Name: orElse(text.file, envConfigBody), Flags: servedFlags(), Getenv: os.Getenv, ReadFile: os.ReadFile,
		Worker: worker,
	}}
	s.options = host.Options{
		Program: program, Reload: reload, Read: text.read, Logger: slog.New(log), LogLevel: log.setLevel,
		Load: func() (*serve.Config, error) {
			data, readErr := text.read()
			if readErr != nil {
				return nil, &serve.Error{Name: s.source.Name, Err: readErr}
			}
			c, parseErr := serve.Parse(data, s.source)
			if parseErr == nil {
				log.adopt(c)
			}
			return c, parseErr
		},
	}
	return s, nil
}

// configText returns where the configuration is.
func configText(file string, needed bool) (configuration, error) {
	text := configuration{file: file, body: os.Getenv(envConfigBody)}
	switch {
	case file != "" && text.body != "":
		return text, usagef("both --config (or %s) and %s are set: remove one", envConfigFile, envConfigBody)
	case needed && file == "" && text.body == "":
		return text, usagef("no configuration: set --config FILE, %s or %s", envConfigFile, envConfigBody)
	}
	return text, nil
}

// serve runs the publications of a configuration until a signal comes.
func (a *app) serve(ctx context.Context, file string) error {
	text, err := configText(file, true)
	if err != nil {
		return err
	}
	s, err := a.supervise(text, false)
	if err != nil {
		return err
	}
	defer s.stop()
	return wrongConfig(host.New(s.options).Run(ctx))
}

// wrongConfig makes an error in the configuration a usage error.
func wrongConfig(err error) error {
	if wrong := (*serve.Error)(nil); errors.As(err, &wrong) {
		return &usageError{err}
	}
	return err
}

// configuration is where the configuration is.
type configuration struct{ file, body string }

func (c *configuration) read() ([]byte, error) {
	if c.file == "" {
		return []byte(c.body), nil
	}
	return os.ReadFile(c.file)
}

// keptFlags are the flags of run that serve sets itself.
var keptFlags = []string{
	"url", "api-key", "api-secret", "token", "room", "identity", "stats", "stats-interval", "http", "duration", "dev",
}

// servedFlags returns the flags of run that may be options of a publication.
func servedFlags() map[string]serve.FlagKind {
	o := &runOptions{}
	flags := map[string]serve.FlagKind{}
	for _, flag := range o.runFlags() {
		name := flag.Names()[0]
		if slices.Contains(keptFlags, name) {
			continue
		}
		switch flag.(type) {
		case *cli.BoolFlag:
			flags[name] = serve.BoolFlag
		case *cli.StringSliceFlag:
			flags[name] = serve.ListFlag
		default:
			flags[name] = serve.TextFlag
		}
	}
	return flags
}

// serveLog is the log of serve, in the format and at the level of its configuration.
type serveLog struct {
	slog.Handler // nil before the first configuration

	app   *app
	level slog.LevelVar
}

// adopt creates the handler, once, and registers the secrets of a configuration.
func (l *serveLog) adopt(c *serve.Config) {
	l.app.secrets.Add(c.APISecret)
	for i := range c.Publications {
		l.app.secrets.Add(c.Publications[i].APISecret, c.Publications[i].Token)
	}
	if l.Handler != nil {
		return
	}
	options := &slog.HandlerOptions{Level: &l.level}
	l.Handler = slog.NewTextHandler(l.app.errw, options)
	if c.LogJSON {
		l.Handler = slog.NewJSONHandler(l.app.errw, options)
	}
}

// setLevel sets the level; --verbose and --quiet have the last word.
func (l *serveLog) setLevel(level string) {
	_ = l.level.UnmarshalText([]byte(level)) // It has been checked.
	switch {
	case l.app.verbose:
		l.level.Set(slog.LevelDebug)
	case l.app.quiet:
		l.level.Set(slog.LevelError)
	}
}

// workerOptions holds the flags of worker.
type workerOptions struct {
	file, agentName, accept string
	maxJobs, maxCPU         int
	patience                time.Duration
}

func agentNameFlag(name *string) cli.Flag {
	return &cli.StringFlag{
		Name: "agent-name", Destination: name, Value: "gstpublish", Usage: "`NAME` that dispatches and workers share",
	}
}

func (a *app) workerCommand() *cli.Command {
	o := &workerOptions{}
	return &cli.Command{
		Name:        "worker",
		Usage:       "publish what LiveKit's agent dispatch assigns to this machine",
		UsageText:   "gstpublish worker [--config FILE]",
		Description: help.Worker,
		Flags: []cli.Flag{
			configFlag(&o.file), agentNameFlag(&o.agentName),
			&cli.IntFlag{
				Name: "max-jobs", Destination: &o.maxJobs, Value: runtime.NumCPU(), DefaultText: "the number of processors",
				Usage: "run at most this `NUMBER` of publications",
			},
			&cli.IntFlag{
				Name: "max-cpu", Destination: &o.maxCPU, Value: 70,
				Usage: "take no jobs while the processors are busy for this `PERCENTAGE` of the time; 0 for no limit",
			},
			&cli.StringFlag{
				Name: "accept", Destination: &o.accept, Value: string(serve.AcceptNames),
				Usage: "what a dispatch may contain: `WHAT` is names (of publications in the configuration), restricted (also " +
					"pipelines, under the policy restricted) or any (any pipeline, which is code that runs here)",
			},
			&cli.DurationFlag{
				Name: "patience", Destination: &o.patience,
				Usage: "`TIME` that jobs may take after SIGTERM to end by themselves",
			},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.worker(ctx, o)
		},
	}
}

func (o *workerOptions) check() error {
	switch accept := serve.Accept(o.accept); {
	case o.maxJobs < 1:
		return usagef("--max-jobs must be at least 1, got %d", o.maxJobs)
	case o.maxCPU < 0 || o.maxCPU > 100:
		return usagef("--max-cpu must be between 0 and 100, got %d", o.maxCPU)
	case accept != serve.AcceptNames && accept != serve.AcceptRestricted && accept != serve.AcceptAny:
		return usagef("--accept must be names, restricted or any, got %q", o.accept)
	}
	return checkNotNegative("patience", o.patience)
}

// worker runs jobs until a signal comes.
func (a *app) worker(ctx context.Context, o *workerOptions) error {
	text, err := configText(o.file, false)
	if err = errors.Join(err, o.check()); err != nil {
		return err
	}
	s, err := a.supervise(text, true)
	if err != nil {
		return err
	}
	defer s.stop()
	config, err := s.options.Load()
	if err != nil {
		return wrongConfig(err)
	}
	if err = checkServer(config); err != nil {
		return err
	}
	log := s.options.Logger
	api := worker.NewServer(config.URL, config.APIKey, config.APISecret)
	w := worker.New(worker.Options{
		MaxJobs: o.maxJobs, Present: api.Present, Dispatched: api.Dispatched,
		CPU: worker.NewCPU().Value, MaxCPU: float64(o.maxCPU) / 100, Logger: log,
		Resolve: func(metadata, room string, c *serve.Config) (serve.Publication, error) {
			source := *s.source
			source.Name = "metadata"
			return c.Job(metadata, room, serve.Accept(o.accept), &source)
		},
	}, config)
	client := dispatch.New(dispatch.Options{
		Dial:      dispatch.Dialer(config.URL, config.APIKey, config.APISecret),
		AgentName: o.agentName, Version: version.String(), Logger: log,
	}, w)
	w.Connect(client)
	s.options.Jobs = w.Host(func() bool { return client.WorkerID() != "" })
	err = w.Run(ctx, host.New(s.options), client, o.patience)
	if refused := (*dispatch.RefusedError)(nil); errors.As(err, &refused) {
		return &refusedError{err}
	}
	return wrongConfig(err)
}

// refusedError is a refusal of the server, for the exit code.
type refusedError struct{ error }

// checkServer sees that a configuration names a server and an API key.
func checkServer(c *serve.Config) error {
	if c.URL == "" || c.APIKey == "" || c.APISecret == "" {
		return usagef("no server or no API key: set ws_url, api_key and api_secret_file in the configuration, or %s, %s "+
			"and %s", envURL, envAPIKey, envAPISecret)
	}
	return nil
}

func (a *app) dispatchCommand() *cli.Command {
	o := worker.ApplyOptions{}
	asJSON := false
	apply := &cli.Command{
		Name:        "apply",
		Usage:       "dispatch the publications of a configuration to workers",
		UsageText:   "gstpublish dispatch apply FILE",
		Description: help.Apply,
		Flags: []cli.Flag{
			agentNameFlag(&o.AgentName),
			&cli.BoolFlag{
				Name: "whole", Destination: &o.Whole,
				Usage: "send whole publications instead of names: workers need --accept restricted or any",
			},
			&cli.DurationFlag{
				Name: "grace", Destination: &o.Grace, Value: time.Minute,
				Usage: "replace a dispatch older than this `TIME` if its publisher is not in the room",
			},
			&cli.BoolFlag{
				Name: "prune", Destination: &o.Prune, Usage: "also delete dispatches in rooms that FILE does not name",
			},
			&cli.BoolFlag{Name: "dry-run", Destination: &o.DryRun, Usage: "print what would change, and change nothing"},
			&cli.BoolFlag{Name: "json", Destination: &asJSON, Usage: "print one JSON object a line"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Len() != 1 {
				return usagef("expected a FILE with a configuration")
			}
			return a.dispatchApply(ctx, cmd.Args().First(), &o, asJSON)
		},
	}
	return &cli.Command{
		Name: "dispatch", Usage: "control what workers publish", UsageText: "gstpublish dispatch apply FILE",
		Commands: []*cli.Command{apply},
		Action: func(context.Context, *cli.Command) error {
			return usagef("expected a command: gstpublish dispatch apply FILE")
		},
	}
}

// dispatchApply applies a configuration to the rooms of a server.
func (a *app) dispatchApply(ctx context.Context, file string, o *worker.ApplyOptions, asJSON bool) error {
	text := configuration{file: file}
	data, err := text.read()
	if err != nil {
		return &usageError{err}
	}
	config, err := serve.Parse(data, &serve.Source{
		Name: file, Flags: servedFlags(), Getenv: os.Getenv, ReadFile: os.ReadFile,
	})
	if err = errors.Join(wrongConfig(err)); err != nil {
		return err
	}
	if err = checkServer(config); err != nil {
		return err
	}
	var mu sync.Mutex
	o.Leave = config.DrainTimeout
	o.Print = func(action worker.Action) {
		mu.Lock()
		defer mu.Unlock()
		if asJSON {
			_ = json.NewEncoder(a.out).Encode(action) // What is done matters more than what is printed.
			return
		}
		why := action.Why
		if why != "" {
			why = " (" + why + ")"
		}
		fmt.Fprintf(a.out, "%s/%s: %s%s\n", action.Room, action.Publication, action.Verb, why)
	}
	return worker.Apply(ctx, worker.NewServer(config.URL, config.APIKey, config.APISecret), config.Publications, o)
}
