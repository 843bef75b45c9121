// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Settings holds what the pipeline of a launch file or of an input depends on.
type Settings struct {
	set      map[string]string
	Secrets  *console.Secrets // learn the values of variables whose name says that they are secret
	Reencode bool
	Loop     bool
	Want     input.Want // of an input
	Restart  pipeline.Restart

	SourceTimeout time.Duration // of an input that another machine sends
}

// Flag returns the flag --set.
func (s *Settings) Flag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "set", Category: "Pipeline", Config: cli.StringConfig{},
		Usage:       "set a variable of the launch file: `NAME=VALUE`; may be repeated",
		DefaultText: "the environment, or the file's default",
		Validator:   s.parse,
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parse reads the values of --set.
func (s *Settings) parse(texts []string) error {
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

// Given returns the value of a variable from --set.
func (s *Settings) Given(name string) (string, bool) {
	value, ok := s.set[name]
	return s.keep(name, value), ok
}

// secretName matches the name of a variable whose value is a secret.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|pw$|credential`)

// keep has a value redacted, if it is a secret, and returns it.
func (s *Settings) keep(name, value string) string {
	if s.Secrets != nil && secretName.MatchString(name) {
		s.Secrets.Add(value)
	}
	return value
}

// Variable returns the value of a variable, from --set or the environment.
func (s *Settings) Variable(name string) (string, bool) {
	if value, ok := s.Given(name); ok {
		return value, true
	}
	value, ok := os.LookupEnv(name)
	return s.keep(name, value), ok
}

// ReencodeFlag returns the flag for inputs whose codec LiveKit takes.
func (s *Settings) ReencodeFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "reencode", Destination: &s.Reencode, Category: VideoCategory,
		Usage: "decode and encode the video of a media file, a URL or standard input, also if LiveKit takes its codec",
	}
}

// LoopFlag returns the flag for what has an end.
func (s *Settings) LoopFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "loop", Destination: &s.Loop, Category: "Pipeline",
		Usage: "begin again when a file ends, in the same track",
	}
}

// TimeoutFlag returns the flag for sources that fall silent.
func (s *Settings) TimeoutFlag() cli.Flag {
	return &cli.DurationFlag{
		Name: "source-timeout", Destination: &s.SourceTimeout, Value: sourceTimeout, Category: "Pipeline",
		Usage: "take a URL whose stream brings nothing for this `TIME` for a source that has failed; 0 for never",
	}
}

// sourceTimeout is the default of --source-timeout. Segments of HLS may be ten seconds long.
const sourceTimeout = 30 * time.Second

// InputFlag returns the flag for several inputs, which runInputs reads.
func InputFlag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "input", Category: "Pipeline",
		Usage: "publish this `INPUT`, a file, a URL or a pipeline in quotes, as one of several of one participant; the " +
			"options after it are its own",
	}
}
