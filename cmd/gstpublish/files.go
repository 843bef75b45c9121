// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

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

// restarts returns when the pipeline begins again. A source that is lost is waited for only if the user says how long.
func (a *app) restarts(o *runOptions) pipeline.Restart {
	r := pipeline.Restart{Loop: o.Loop, OnLost: func(err error) {
		if err == nil {
			a.status("the source runs again")
			return
		}
		a.status("the source is lost, and is tried again: %s", problem.Sentence(err))
	}}
	switch patience := o.connection.Patience; {
	case o.connection.Reconnect == "", patience == gstpublish.ReconnectNever:
	case patience == gstpublish.ReconnectForever:
		r.Patience = pipeline.Forever
	default:
		r.Patience = time.Duration(patience)
	}
	return r
}

// wanted returns which codecs of an input may be passed through. Options for the encoder need one.
func (o *runOptions) wanted() input.Want {
	w := input.Want{Reencode: o.Reencode || o.video.Screencast}
	for _, name := range o.video.Given {
		switch {
		case name == "--codec":
			w.Codec = &o.video.Codec
		case !slices.Contains([]string{"--fallback-codec", "--backup-codec"}, name):
			w.Reencode = true
		}
	}
	return w
}

// parseInput builds the pipeline of an input.
func (a *app) parseInput(
	ctx context.Context, in input.Input, s *options.Settings, opts *pipeline.Options,
) (*pipeline.Pipeline, error) {
	if err := in.Check(); err != nil {
		return nil, problem.Usage(err)
	}
	if in.IsRemote() {
		opts.SourceTimeout = s.SourceTimeout
	}
	var found input.Streams
	var err error
	switch in.Kind {
	case input.Camera:
		opts.Variable = func(name string) (string, bool) {
			if name == "device" {
				return in.Name, true
			}
			return s.Variable(name)
		}
		return pipeline.ParseFS(gstpublish.LaunchFiles(), "camera.launch", opts)
	case input.Standard:
		if s.Loop {
			return nil, problem.Usagef("--loop needs a file: standard input can't be read again")
		}
		if a.policy != nil {
			return nil, problem.Usagef("standard input can't be combined with --policy restricted")
		}
		if isTerminal(os.Stdin) {
			return nil, problem.Usagef("standard input has no stream: pipe one into it, such as H.264 or YUV4MPEG2")
		}
		if a.standard, err = input.Read(ctx, os.Stdin); err != nil {
			return nil, err
		}
		in = a.standard.Input()
		found, err = a.standard.Look(ctx, s.Want)
	default:
		once := in.Listens() || s.Want.Reencode && in.IsExclusive() // What it has need not be known.
		if a.policy == nil && !once {
			found, err = input.Look(ctx, in, s.Want)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if unknown := (*input.UnknownError)(nil); errors.As(err, &unknown) || errors.Is(err, input.ErrAnimation) {
		return nil, err
	}
	if err != nil { // The pipeline will have the same problem, and explain it.
		a.log.Debug("looking at the input failed", "err", err)
	}
	a.tellInput(in, &found)
	return playInput(in, &found, opts)
}

// playInput builds the pipeline of an input with known streams.
func playInput(in input.Input, found *input.Streams, opts *pipeline.Options) (*pipeline.Pipeline, error) {
	pipe, err := pipeline.Parse(in.Text(*found), opts)
	if err != nil {
		return nil, err
	}
	for _, out := range pipe.Outputs() {
		if out.Kind == pipeline.RawVideo {
			found.Note(out)
		}
	}
	return pipe, nil
}

// tellInput prints what is done with the video of an input.
func (a *app) tellInput(in input.Input, found *input.Streams) {
	name := in.Name
	if in.Kind == input.Standard {
		name = "standard input"
	}
	switch {
	case found.Still && in.IsShownInPart():
		a.status("%s is an animated PNG, of which only the first frame is shown: convert it to a GIF or a video", name)
	case found.Still:
		a.status("%s has one frame, which is shown until gstpublish is stopped", name)
	case found.Passed != nil:
		a.status("%s has %s, which is sent as it is: --reencode adapts it to the network", name, found.Passed)
	case found.Why != "":
		a.status("%s has %s, which is encoded again: %s", name, found.Codec, found.Why)
	}
}

// isTerminal reports whether a file is a terminal, or another device that has no data.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
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
