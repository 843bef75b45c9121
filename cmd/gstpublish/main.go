// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command gstpublish publishes GStreamer pipelines in LiveKit rooms, and shows
// what a viewer gets of them. See gstpublish --help.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/urfave/cli/v3"
)

func main() { os.Exit(run(takeArgs())) }

// run is the whole program; it returns the exit code.
func run(args []string) int {
	a := &app{out: os.Stdout}
	a.errw = a.secrets.writer(os.Stderr)
	a.secrets.add(argSecrets(args)...)
	a.secrets.add(os.Getenv(envAPISecret), os.Getenv(envToken))
	args, a.words = splitWords(args)
	ctx := a.handleSignals(context.Background())
	return a.report(a.command().Run(ctx, args))
}

// app is what the commands have in common.
type app struct {
	out     io.Writer // results
	errw    io.Writer // all else, without secrets
	secrets secrets
	words   []string // what came after --: a pipeline; nil if there was no --
	verbose bool
	quiet   bool
	muted   atomic.Bool // no status; the handler of signals reads it
	log     *slog.Logger
}

func (a *app) command() *cli.Command {
	return withUsageErrors(&cli.Command{
		Name:        "gstpublish",
		Usage:       "publish GStreamer pipelines in LiveKit rooms",
		Description: rootDescription,
		HideVersion: true, // Its -v is taken.
		Flags: []cli.Flag{
			&cli.BoolFlag{
				Name: "verbose", Aliases: []string{"v"}, Destination: &a.verbose,
				Usage: "log what happens, to standard error",
			},
			&cli.BoolFlag{
				Name: "quiet", Aliases: []string{"q"}, Destination: &a.quiet,
				Usage: "say nothing but results and errors",
			},
			&cli.BoolFlag{Name: "version", Usage: "print the version", Local: true},
		},
		Commands: []*cli.Command{
			a.runCommand(), a.watchCommand(), a.demoCommand(), a.versionCommand(),
		},
		Writer:    a.out,
		ErrWriter: a.errw,
		Before: func(ctx context.Context, _ *cli.Command) (context.Context, error) {
			a.setUpLog()
			return ctx, nil
		},
		Action:         a.withoutCommand,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // report does it.
	})
}
