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
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/inventory"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

// settings holds what the pipeline of a launch file or of an input depends on.
type settings struct {
	set      map[string]string
	secrets  *console.Secrets // learn the values of variables whose name says that they are secret
	reencode bool
	loop     bool
	want     input.Want // of an input
	restart  pipeline.Restart
	timeout  time.Duration // of an input that another machine sends
}

// flag returns the flag --set.
func (s *settings) flag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "set", Category: "Pipeline", Config: cli.StringConfig{},
		Usage:       "set a variable of the launch file: `NAME=VALUE`; may be repeated",
		DefaultText: "the environment, or the file's default",
		Validator:   s.parse,
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parse reads the values of --set.
func (s *settings) parse(texts []string) error {
	if s.set == nil {
		s.set = map[string]string{}
	}
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		if !found || !variableName.MatchString(name) {
			return fmt.Errorf("it must be like NAME=VALUE")
		}
		s.set[name] = value
	}
	return nil
}

// given returns the value of a variable from --set.
func (s *settings) given(name string) (string, bool) {
	value, ok := s.set[name]
	return s.keep(name, value), ok
}

// secretName matches the name of a variable whose value is a secret.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|pw$|credential`)

// keep has a value redacted, if it is a secret, and returns it.
func (s *settings) keep(name, value string) string {
	if s.secrets != nil && secretName.MatchString(name) {
		s.secrets.Add(value)
	}
	return value
}

// variable returns the value of a variable, from --set or the environment.
func (s *settings) variable(name string) (string, bool) {
	if value, ok := s.given(name); ok {
		return value, true
	}
	value, ok := os.LookupEnv(name)
	return s.keep(name, value), ok
}

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

// reencodeFlag returns the flag for inputs whose codec LiveKit takes.
func (s *settings) reencodeFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "reencode", Destination: &s.reencode, Category: videoCategory,
		Usage: "decode and encode the video of a media file, a URL or standard input, also if LiveKit takes its codec",
	}
}

// loopFlag returns the flag for what has an end.
func (s *settings) loopFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "loop", Destination: &s.loop, Category: "Pipeline",
		Usage: "begin again when a file ends, in the same track",
	}
}

// timeoutFlag returns the flag for sources that fall silent.
func (s *settings) timeoutFlag() cli.Flag {
	return &cli.DurationFlag{
		Name: "source-timeout", Destination: &s.timeout, Value: sourceTimeout, Category: "Pipeline",
		Usage: "take a URL whose stream brings nothing for this `TIME` for a source that has failed; 0 for never",
	}
}

// sourceTimeout is the default of --source-timeout. Segments of HLS may be ten seconds long.
const sourceTimeout = 30 * time.Second

// restarts returns when the pipeline begins again. A source that is lost is waited for only if the user says how long.
func (a *app) restarts(o *runOptions) pipeline.Restart {
	r := pipeline.Restart{Loop: o.loop, OnLost: func(err error) {
		if err == nil {
			a.status("the source runs again")
			return
		}
		a.status("the source is lost, and is tried again: %s", sentence(err))
	}}
	switch patience := o.connection.patience; {
	case o.connection.reconnect == "", patience == gstpublish.ReconnectNever:
	case patience == gstpublish.ReconnectForever:
		r.Patience = pipeline.Forever
	default:
		r.Patience = time.Duration(patience)
	}
	return r
}

// inputFlag returns the flag for several inputs, which runInputs reads.
func inputFlag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "input", Category: "Pipeline",
		Usage: "publish this `INPUT`, a file, a URL or a pipeline in quotes, as one of several of one participant; the " +
			"options after it are its own",
	}
}

// wanted returns which codecs of an input may be passed through. Options for the encoder need one.
func (o *runOptions) wanted() input.Want {
	w := input.Want{Reencode: o.reencode || o.video.screencast}
	for _, name := range o.video.given {
		switch {
		case name == "--codec":
			w.Codec = &o.video.codec
		case !slices.Contains([]string{"--fallback-codec", "--backup-codec"}, name):
			w.Reencode = true
		}
	}
	return w
}

// parseInput builds the pipeline of an input.
func (a *app) parseInput(
	ctx context.Context, in input.Input, s *settings, opts *pipeline.Options,
) (*pipeline.Pipeline, error) {
	if err := in.Check(); err != nil {
		return nil, &usageError{err}
	}
	if in.IsRemote() {
		opts.SourceTimeout = s.timeout
	}
	var found input.Streams
	var err error
	switch in.Kind {
	case input.Camera:
		opts.Variable = func(name string) (string, bool) {
			if name == "device" {
				return in.Name, true
			}
			return s.variable(name)
		}
		return pipeline.ParseFS(gstpublish.LaunchFiles(), "camera.launch", opts)
	case input.Standard:
		if s.loop {
			return nil, usagef("--loop needs a file: standard input can't be read again")
		}
		if a.policy != nil {
			return nil, usagef("standard input can't be combined with --policy restricted")
		}
		if isTerminal(os.Stdin) {
			return nil, usagef("standard input has no stream: pipe one into it, such as H.264 or YUV4MPEG2")
		}
		if a.standard, err = input.Read(ctx, os.Stdin); err != nil {
			return nil, err
		}
		in = a.standard.Input()
		found, err = a.standard.Look(ctx, s.want)
	default:
		once := in.Listens() || s.want.Reencode && in.IsExclusive() // What it has need not be known.
		if a.policy == nil && !once {
			found, err = input.Look(ctx, in, s.want)
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil { // The pipeline will have the same problem, and explain it.
		a.log.Debug("looking at the input failed", "err", err)
	}
	a.tellInput(in, &found)
	return pipeline.Parse(in.Text(found), opts)
}

// tellInput prints what is done with the video of an input.
func (a *app) tellInput(in input.Input, found *input.Streams) {
	name := in.Name
	if in.Kind == input.Standard {
		name = "standard input"
	}
	switch {
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
	var s settings
	var dot bool
	return &cli.Command{
		Name:  "check",
		Usage: "parse a pipeline and print what it consists of, without a server",
		UsageText: "gstpublish check [OPTIONS] FILE.launch\n" +
			"gstpublish check [OPTIONS] -- ELEMENT ! ELEMENT …",
		Description: help.Check,
		Flags: []cli.Flag{
			s.flag(),
			&cli.BoolFlag{Name: "dot", Destination: &dot, Usage: "print the graph in Graphviz's language"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			s.secrets = &a.secrets
			pipe, err := a.parsePipeline(ctx, &s, cmd.Args().Slice())
			if err != nil {
				return err
			}
			if dot {
				_, err = fmt.Fprintln(a.out, a.secrets.Redact(pipe.Dot()))
			} else {
				_, err = fmt.Fprint(a.out, a.secrets.Redact(pipe.Describe()), publishes(pipe))
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

// publishes says what a pipeline would publish.
func publishes(pipe *pipeline.Pipeline) string {
	var b strings.Builder
	b.WriteString("\n")
	for _, o := range pipe.Outputs() {
		switch o.Kind {
		case pipeline.RawVideo:
			b.WriteString("publishes: video, which gstpublish encodes\n")
		case pipeline.EncodedVideo:
			fmt.Fprintf(&b, "publishes: video as %s, which the pipeline has encoded\n", o.Codec)
		case pipeline.Opus:
			b.WriteString("publishes: audio as Opus\n")
		}
	}
	if len(pipe.Outputs()) == 0 {
		b.WriteString("publishes: nothing, since every branch ends in a sink: leave the last \"! SINK\" out\n")
	}
	return b.String()
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
				return usagef("list takes a folder, or nothing")
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
		return usagef("no launch files there: their names end in .launch")
	}
	for i, name := range names {
		h, err := pipeline.ReadHeader(fsys, name)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if _, err := fmt.Fprint(a.out, headerText(name, h)); err != nil {
			return err
		}
	}
	return nil
}

// headerText writes what a launch file says about itself.
func headerText(name string, h *pipeline.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", name)
	for _, line := range []struct{ key, value string }{
		{"", h.Title}, {"publishes  ", h.Publishes}, {"needs      ", h.Needs},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %s%s\n", line.key, line.value)
		}
	}
	for _, v := range h.Variables {
		switch {
		case !v.Optional:
			fmt.Fprintf(&b, "  --set %s=…  (required)\n", v.Name)
		default:
			fmt.Fprintf(&b, "  --set %s=%s\n", v.Name, v.Default)
		}
	}
	return b.String()
}
