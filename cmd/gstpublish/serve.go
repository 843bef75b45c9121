// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/internal/admin"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
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

func (a *app) serveCommand() *cli.Command {
	file := ""
	return &cli.Command{
		Name:        "serve",
		Usage:       "publish what a configuration lists, supervised",
		UsageText:   "gstpublish serve --config FILE",
		Description: help.Serve,
		Flags: []cli.Flag{&cli.StringFlag{
			Name: "config", Destination: &file, Usage: "`FILE` of the configuration", Sources: cli.EnvVars(envConfigFile),
		}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			return a.serve(ctx, file)
		},
	}
}

// serve runs the publications of a configuration until a signal comes.
func (a *app) serve(ctx context.Context, file string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text := configuration{file: file, body: os.Getenv(envConfigBody)}
	switch {
	case file != "" && text.body != "":
		return usagef("both --config (or %s) and %s are set: remove one", envConfigFile, envConfigBody)
	case file == "" && text.body == "":
		return usagef("no configuration: set --config FILE, %s or %s", envConfigFile, envConfigBody)
	}
	a.serving.Store(true)
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	log := &serveLog{app: a}
	source := &serve.Source{
		Name: orElse(file, envConfigBody), Flags: servedFlags(), Getenv: os.Getenv, ReadFile: os.ReadFile,
	}
	h := host.New(host.Options{
		Program: program, Reload: reload, Read: text.read, Logger: slog.New(log), LogLevel: log.setLevel,
		Load: func() (*serve.Config, error) {
			data, readErr := text.read()
			if readErr != nil {
				return nil, &serve.Error{Name: source.Name, Err: readErr}
			}
			c, parseErr := serve.Parse(data, source)
			if parseErr == nil {
				log.adopt(c)
			}
			return c, parseErr
		},
	})
	err = h.Run(ctx)
	if wrong := (*serve.Error)(nil); errors.As(err, &wrong) {
		return &usageError{err}
	}
	return err
}

// configuration is where the configuration is.
type configuration struct{ file, body string }

func (c *configuration) read() ([]byte, error) {
	if c.body != "" {
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
