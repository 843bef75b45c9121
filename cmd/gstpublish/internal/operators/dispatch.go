// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
)

func (p *Program) dispatchCommand() *cli.Command {
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
				Name: "create-rooms", Destination: &o.CreateRooms,
				Usage: "create rooms that do not exist with these dispatches alone, which is quicker: agents without a name, " +
					"which LiveKit dispatches to each new room otherwise, do not come to them",
			},
			&cli.BoolFlag{
				Name: "prune", Destination: &o.Prune, Usage: "also delete dispatches in rooms that FILE does not name",
			},
			&cli.BoolFlag{Name: "dry-run", Destination: &o.DryRun, Usage: "print what would change, and change nothing"},
			&cli.BoolFlag{Name: "json", Destination: &asJSON, Usage: "print one JSON object a line"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Len() != 1 {
				return problem.Usagef("expected a FILE with a configuration")
			}
			return p.dispatchApply(ctx, cmd.Args().First(), &o, asJSON)
		},
	}
	return &cli.Command{
		Name: "dispatch", Usage: "control what workers publish", UsageText: "gstpublish dispatch apply FILE",
		Commands: []*cli.Command{apply},
		Action: func(context.Context, *cli.Command) error {
			return problem.Usagef("expected a command: gstpublish dispatch apply FILE")
		},
	}
}

// dispatchApply applies a configuration to the rooms of a server.
func (p *Program) dispatchApply(ctx context.Context, file string, o *worker.ApplyOptions, asJSON bool) error {
	text := configuration{file: file}
	data, err := text.read()
	if err != nil {
		return problem.Usage(err)
	}
	config, err := serve.Parse(data, p.source(ctx, file))
	if err != nil {
		return wrongConfig(err)
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
			_ = json.NewEncoder(p.Out).Encode(action) // What is done matters more than what is printed.
			return
		}
		why := action.Why
		if why != "" {
			why = " (" + why + ")"
		}
		fmt.Fprintf(p.Out, "%s/%s: %s%s\n", action.Room, action.Publication, action.Verb, why)
	}
	return worker.Apply(ctx, worker.NewServer(config.URL, config.APIKey, config.APISecret), config.Publications, o)
}
