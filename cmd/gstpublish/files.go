// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/inventory"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// exists reports whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// launchFile returns where a launch file is: on disk, or else, for a name without a folder, among those that come with
// gstpublish.
func launchFile(path string) (fsys fs.FS, name string) {
	folder, name := filepath.Split(path)
	if folder == "" && !exists(path) {
		built := gstpublish.LaunchFiles()
		for _, n := range []string{name, name + ".launch"} {
			if _, err := fs.Stat(built, n); err == nil {
				return built, n
			}
		}
	}
	return disk{}, path
}

// disk is the file system of the machine, with paths as people write them.
type disk struct{}

// Open opens a file.
func (disk) Open(name string) (fs.File, error) { return os.Open(name) } //nolint:gosec // The user's own file.

func (a *app) checkCommand() *cli.Command {
	var s options.Settings
	var dot bool
	return &cli.Command{
		Name:  "check",
		Usage: "parse a pipeline and print what it consists of, without a server",
		UsageText: "gstpublish check [OPTIONS] FILE.launch\n" +
			"gstpublish check [OPTIONS] -- ELEMENT ! ELEMENT …",
		Description: help.Check,
		Flags: []cli.Flag{
			s.Flag(),
			&cli.BoolFlag{Name: "dot", Destination: &dot, Usage: "print the graph in Graphviz's language"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			s.Secrets = &a.secrets
			pipe, err := a.parsePipeline(ctx, &s, cmd.Args().Slice())
			if err != nil {
				return err
			}
			if dot {
				_, err = fmt.Fprintln(a.out, a.secrets.Redact(pipe.Dot()))
			} else {
				_, err = fmt.Fprint(a.out, a.secrets.Redact(pipe.Describe()), inventory.Publishes(pipe))
			}
			if closeErr := pipe.Close(); err == nil {
				err = closeErr
			}
			return err
		},
	}
}

func (a *app) devicesCommand() *cli.Command {
	var asJSON bool
	return &cli.Command{
		Name:        "devices",
		Usage:       "list cameras, microphones, screens and windows, with the words to publish them",
		UsageText:   "gstpublish devices [--json]",
		Description: help.Devices,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Destination: &asJSON, Usage: "print one JSON object"},
		},
		Action: func(_ context.Context, cmd *cli.Command) error {
			if err := a.noArguments(cmd); err != nil {
				return err
			}
			targets, failure := screencast.Targets("")
			list := inventory.New(input.Devices(), targets, failure)
			if asJSON {
				return json.NewEncoder(a.out).Encode(list)
			}
			_, err := fmt.Fprint(a.out, list.Text())
			return err
		},
	}
}

func (a *app) listCommand() *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list launch files, what they publish and need, and their variables",
		UsageText:   "gstpublish list [FOLDER]",
		Description: help.List,
		Action: func(_ context.Context, cmd *cli.Command) error {
			fsys := gstpublish.LaunchFiles()
			switch args := cmd.Args().Slice(); {
			case len(args) > 1 || a.words != nil:
				return problem.Usagef("list takes a folder, or nothing")
			case len(args) == 1:
				fsys = os.DirFS(args[0])
			}
			return a.list(fsys)
		},
	}
}

// list prints the headers of the launch files in a folder.
func (a *app) list(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "*.launch")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return problem.Usagef("no launch files there: their names end in .launch")
	}
	for i, name := range names {
		h, err := pipeline.ReadHeader(fsys, name)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if _, err := fmt.Fprint(a.out, inventory.HeaderText(name, h)); err != nil {
			return err
		}
	}
	return nil
}
