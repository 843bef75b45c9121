// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/dispatch"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
	"github.com/gstpublish/gstpublish/internal/version"
)

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

func (p *Program) workerCommand() *cli.Command {
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
			if err := p.NoArguments(cmd); err != nil {
				return err
			}
			return p.worker(ctx, o)
		},
	}
}

func (o *workerOptions) check() error {
	switch accept := serve.Accept(o.accept); {
	case o.maxJobs < 1:
		return problem.Usagef("--max-jobs must be at least 1, got %d", o.maxJobs)
	case o.maxCPU < 0 || o.maxCPU > 100:
		return problem.Usagef("--max-cpu must be between 0 and 100, got %d", o.maxCPU)
	case accept != serve.AcceptNames && accept != serve.AcceptRestricted && accept != serve.AcceptAny:
		return problem.Usagef("--accept must be names, restricted or any, got %q", o.accept)
	}
	return options.CheckNotNegative("patience", o.patience)
}

// worker runs jobs until a signal comes.
func (p *Program) worker(ctx context.Context, o *workerOptions) error {
	text, err := configText(o.file, false)
	if err = errors.Join(err, o.check()); err != nil {
		return err
	}
	s, err := p.supervise(ctx, text, true)
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
		return &problem.RefusedError{Err: err}
	}
	return wrongConfig(err)
}
