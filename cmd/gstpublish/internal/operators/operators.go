// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package operators has the commands for operators of many publications: serve, worker and dispatch.
package operators

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
)

// Program has the parts of gstpublish that these commands need.
type Program struct {
	Out, Log       io.Writer // results; everything else, without secrets
	Secrets        *console.Secrets
	Verbose, Quiet *bool                        // the flags, which are set before a command runs
	RunFlags       []cli.Flag                   // of run
	NoArguments    func(cmd *cli.Command) error // refuses arguments
	// CheckRun checks flags of run, and a connection, without running anything.
	CheckRun func(ctx context.Context, flags []string, to *options.Connection) error
	Serving  func() // from now on, SIGHUP reloads, and signals wait for children
}

// Commands returns the commands.
func (p *Program) Commands() []*cli.Command {
	return []*cli.Command{p.serveCommand(), p.workerCommand(), p.dispatchCommand()}
}

func (p *Program) serveCommand() *cli.Command {
	file := ""
	return &cli.Command{
		Name:        "serve",
		Usage:       "publish what a configuration lists, supervised",
		UsageText:   "gstpublish serve --config FILE",
		Description: help.Serve,
		Flags:       []cli.Flag{configFlag(&file)},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if err := p.NoArguments(cmd); err != nil {
				return err
			}
			return p.serve(ctx, file)
		},
	}
}

// serve runs the publications of a configuration until a signal comes.
func (p *Program) serve(ctx context.Context, file string) error {
	text, err := configText(file, true)
	if err != nil {
		return err
	}
	s, err := p.supervise(ctx, text, false)
	if err != nil {
		return err
	}
	defer s.stop()
	return wrongConfig(host.New(s.options).Run(ctx))
}

// wrongConfig makes an error in the configuration a usage error.
func wrongConfig(err error) error {
	if wrong := (*serve.Error)(nil); errors.As(err, &wrong) {
		return problem.Usage(err)
	}
	return err
}

// source returns what a configuration of this name is read with.
func (p *Program) source(ctx context.Context, name string) *serve.Source {
	return &serve.Source{
		Name: name, Flags: servedFlags(p.RunFlags), Getenv: os.Getenv, ReadFile: os.ReadFile,
		Check: func(pub *serve.Publication) error {
			return p.CheckRun(ctx, pub.Options, &options.Connection{
				URL: pub.URL, APIKey: pub.APIKey, APISecret: pub.APISecret, Token: pub.Token,
				Room: pub.Room, Identity: pub.Identity,
			})
		},
	}
}
