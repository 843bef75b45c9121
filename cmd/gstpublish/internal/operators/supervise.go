// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/internal/redact"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
)

// supervised is what serve and worker have in common.
type supervised struct {
	options host.Options
	source  *serve.Source
	stop    func() // ends the reception of SIGHUP
}

// supervise prepares a host with a configuration.
func (p *Program) supervise(ctx context.Context, text configuration, worker bool) (*supervised, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p.Serving()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	log := &serveLog{program: p}
	s := &supervised{stop: func() { signal.Stop(reload) }, source: p.source(ctx, cmp.Or(text.file, envConfigBody))}
	s.source.Worker = worker
	s.options = host.Options{
		Program: program, Reload: reload, Read: text.read, Logger: slog.New(log), LogLevel: log.setLevel,
		Redact: p.Secrets.Redact,
		Load: interruptible(ctx, func() (*serve.Config, error) {
			data, readErr := text.read()
			if readErr != nil {
				return nil, &serve.Error{Name: s.source.Name, Err: readErr}
			}
			c, parseErr := serve.Parse(data, s.source)
			if parseErr == nil {
				log.adopt(c)
			}
			return c, parseErr
		}),
	}
	s.source.ReadFile = reader(log.slow)
	return s, nil
}

// keptFlags are the flags of run that serve sets itself.
var keptFlags = []string{
	"url", "api-key", "api-secret", "token", "room", "identity", "stats", "stats-interval", "http", "duration", "dev",
}

// servedFlags returns the flags of run that may be options of a publication.
func servedFlags(run []cli.Flag) map[string]serve.FlagKind {
	flags := map[string]serve.FlagKind{}
	for _, flag := range run {
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

	program *Program
	level   slog.LevelVar
	ready   atomic.Bool // there is a handler
}

// slow says that reading a file takes long.
func (l *serveLog) slow(path string) {
	if l.ready.Load() {
		slog.New(l).Warn("reading a file takes long; the configuration before stays in use", "file", path)
		return
	}
	fmt.Fprintf(l.program.Log, "gstpublish: reading %s takes long\n", path)
}

// adopt creates the handler, once, and registers the secrets of a configuration.
func (l *serveLog) adopt(c *serve.Config) {
	l.program.Secrets.Add(c.APISecret)
	for i := range c.Publications {
		p := &c.Publications[i]
		l.program.Secrets.Add(p.APISecret, p.Token)
		for _, text := range slices.Concat([]string{p.Input, p.Pipeline}, p.Options, p.Environment) {
			l.program.Secrets.Add(redact.Passwords(text)...)
		}
	}
	if l.Handler != nil {
		return
	}
	options := &slog.HandlerOptions{Level: &l.level}
	l.Handler = slog.NewTextHandler(l.program.Log, options)
	if c.LogJSON {
		l.Handler = slog.NewJSONHandler(l.program.Log, options)
	}
	l.ready.Store(true)
}

// setLevel sets the level; --verbose and --quiet have the last word.
func (l *serveLog) setLevel(level string) {
	_ = l.level.UnmarshalText([]byte(level)) // It has been checked.
	switch {
	case *l.program.Verbose:
		l.level.Set(slog.LevelDebug)
	case *l.program.Quiet:
		l.level.Set(slog.LevelError)
	}
}
