// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The exit codes. rootDescription tells of them.
const (
	exitOK      = 0
	exitFailure = 1 // while running
	exitUsage   = 2 // the command line, or the pipeline's text
	exitMissing = 3 // an element isn't installed
	exitConnect = 4 // the server isn't there, or refused
	exitSignal  = 128
)

// usageError is a command line that can't be followed.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hinted is an error with what to do about it.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

// stoppedError is why a context is done that a signal has ended.
type stoppedError struct{ signal string }

func (e *stoppedError) Error() string { return "stopped by " + e.signal }

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	var (
		stopped *stoppedError
		missing *pipeline.MissingElementError
		usage   *usageError
		launch  *pipeline.LaunchError
		refused *connectError
	)
	switch {
	case err == nil, errors.As(err, &stopped):
		return exitOK
	case errors.As(err, &missing):
		return exitMissing
	case errors.As(err, &usage), errors.As(err, &launch),
		errors.Is(err, sink.ErrNoMedia), errors.Is(err, sink.ErrTwoOutputs):
		return exitUsage
	case errors.As(err, &refused):
		return exitConnect
	default:
		return exitFailure
	}
}

// report prints an error, once, and returns the exit code.
func (a *app) report(err error) int {
	code := exitCode(err)
	if code == exitOK {
		return code
	}
	text := sentence(err)
	if hint := hintFor(err); hint != "" {
		text += "\n  " + hint
	}
	fmt.Fprintf(a.errw, "gstpublish: %s\n", text)
	return code
}

// sentence is an error's text without the names of our packages in front.
func sentence(err error) string {
	text := err.Error()
	for {
		name, rest, found := strings.Cut(text, ": ")
		switch {
		case found && (name == "sink" || name == "pipeline" || name == "viewer" || name == "devserver" || name == "appsrc"):
			text = rest
		case strings.HasSuffix(text, "."), strings.HasSuffix(text, "?"), strings.HasSuffix(text, "!"):
			return text
		default:
			return text + "."
		}
	}
}

// hintFor says what to do about an error, where we know.
func hintFor(err error) string {
	var (
		hint    *hinted
		missing *pipeline.MissingElementError
		usage   *usageError
	)
	switch {
	case errors.As(err, &hint):
		return hint.hint
	case errors.As(err, &missing) && missing.Package != "":
		return "On Debian: sudo apt-get install " + missing.Package
	case errors.As(err, &missing):
		return "`gst-inspect-1.0` lists the elements that are installed."
	case errors.Is(err, fs.ErrNotExist):
		return "A pipeline on the command line comes after --, as in: gstpublish run [OPTIONS] -- videotestsrc is-live=true"
	case errors.As(err, &usage):
		return "See gstpublish --help, and gstpublish COMMAND --help."
	default:
		return ""
	}
}

// withUsageErrors makes usage errors of all that is wrong with the flags of a
// command and of those below it.
func withUsageErrors(cmd *cli.Command) *cli.Command {
	cmd.OnUsageError = func(_ context.Context, cmd *cli.Command, err error, _ bool) error {
		return usagef("%s", flagProblem(cmd, err.Error()))
	}
	for _, sub := range cmd.Commands {
		withUsageErrors(sub)
	}
	return cmd
}

// flagProblem puts the flag package's words in ours.
func flagProblem(cmd *cli.Command, text string) string {
	if name, found := strings.CutPrefix(text, "flag provided but not defined: -"); found {
		// Not the value: it may be a secret, under a name that is misspelt.
		name, _, _ = strings.Cut(strings.TrimLeft(name, "-"), "=")
		return "there is no option --" + name + didYouMean(name, cli.SuggestFlag(cmd.Flags, name, true))
	}
	text, _, _ = strings.Cut(text, ": strconv.")
	return strings.Replace(text, " for flag -", " for --", 1)
}

// didYouMean is for suggestions that are near enough; cli always has one.
func didYouMean(name, near string) string {
	bare := strings.TrimLeft(near, "-")
	if name == "" || bare == "" || bare == name || bare[0] != name[0] {
		return ""
	}
	return ": did you mean " + near + "?"
}

// withoutCommand is what the program does when it isn't told what to do.
func (a *app) withoutCommand(_ context.Context, cmd *cli.Command) error {
	switch {
	case cmd.Bool("version"):
		return a.printVersion()
	case cmd.Args().Present():
		name := cmd.Args().First()
		return usagef("there is no command %q%s", name, didYouMean(name, cli.SuggestCommand(cmd.Commands, name)))
	default:
		cmd.Writer = a.errw
		return errors.Join(cli.ShowRootCommandHelp(cmd), usagef("no command was given"))
	}
}
