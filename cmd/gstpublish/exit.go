// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
	"github.com/gstpublish/gstpublish/sink"
)

// The exit codes. help.Root documents them.
const (
	exitOK      = 0
	exitFailure = 1 // while running
	exitUsage   = 2 // the command line, or the pipeline's text
	exitMissing = 3 // an element is not installed, no encoder works, or there is no sandbox
	exitConnect = 4 // the server is unreachable or refused us or a track, or the connection was lost for good
	exitSignal  = 128
)

// usageError is an error in the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hinted is an error with a hint about what to do.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

// stoppedError is the cause of a context that a signal has ended.
type stoppedError struct{ signal string }

func (e *stoppedError) Error() string { return "stopped by " + e.signal }

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	var (
		stopped *stoppedError
		missing *pipeline.MissingElementError
		usage   *usageError
		launch  *pipeline.LaunchError
		refused *gstpublish.JoinError
		lost    *gstpublish.LostError
		none    *pipeline.NoEncoderError
		unfit   *unfitError
		open    *sandbox.UnavailableError
		banned  *sink.PermissionError
		foreign *sink.CodecError
		barred  *refusedError
	)
	switch {
	case err == nil, errors.As(err, &stopped):
		return exitOK
	case errors.As(err, &missing), errors.As(err, &none), errors.As(err, &unfit), errors.As(err, &open):
		return exitMissing
	case errors.As(err, &usage), errors.As(err, &launch),
		errors.Is(err, sink.ErrNoMedia), errors.Is(err, sink.ErrTwoOutputs):
		return exitUsage
	case errors.As(err, &refused), errors.As(err, &lost), errors.As(err, &banned), errors.As(err, &foreign),
		errors.As(err, &barred):
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
	text, hint := explain(err)
	if launch := (*pipeline.LaunchError)(nil); errors.As(err, &launch) && launch.Excerpt != "" {
		text += "\n  " + strings.ReplaceAll(launch.Excerpt, "\n", "\n  ")
	}
	if hint != "" {
		text += "\n  " + hint
	}
	fmt.Fprintf(a.errw, "gstpublish: %s\n", text)
	return code
}

// explain returns the text of an error, and what to do about it. If no encoder works, each reason
// has a line.
func explain(err error) (text, hint string) {
	none := noEncoders(err)
	if missing := (*pipeline.MissingElementError)(nil); len(none) == 0 && errors.As(err, &missing) {
		// An encoder can be missing although its package is installed.
		if _, known := catalogue.Find(missing.Element); known {
			why, install := whyMissing(missing)
			text = strings.Replace(sentence(err), missing.Error(), fmt.Sprintf("no element %q: %s", missing.Element, why), 1)
			return text, orElse(installLine(strings.Fields(install)), doctorHint)
		}
	}
	if len(none) == 0 {
		return sentence(err), hintFor(err)
	}
	text = strings.TrimSuffix(sentence(err), ".")
	var packages []string
	for _, e := range none {
		lines, install := noEncoderText(e)
		text = strings.Replace(text, e.Error(), lines, 1)
		packages = append(packages, install...)
	}
	slices.Sort(packages)
	return text, orElse(installLine(slices.Compact(packages)), doctorHint)
}

const doctorHint = "Run `gstpublish doctor` to try the encoders of this machine."

// noEncoders returns the errors of that type in an error's tree.
func noEncoders(err error) []*pipeline.NoEncoderError {
	if e, ok := err.(*pipeline.NoEncoderError); ok { //nolint:errorlint // The whole tree is searched, node by node.
		return []*pipeline.NoEncoderError{e}
	}
	var found []*pipeline.NoEncoderError
	switch wrapped := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		found = noEncoders(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range wrapped.Unwrap() {
			found = append(found, noEncoders(e)...)
		}
	}
	return found
}

// sentence returns an error's text without our packages' names at the beginning.
func sentence(err error) string {
	text := withoutPackage(err.Error())
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}

func withoutPackage(text string) string {
	packages := []string{
		"sink", "pipeline", "encode", "viewer", "devserver", "appsrc", "proof", "screencast", "session",
		"gstpublish", "joining a room", "admin", "catalogue", "input",
	}
	for {
		name, rest, found := strings.Cut(text, ": ")
		if !found || !slices.Contains(packages, name) {
			return text
		}
		text = rest
	}
}

// inWords joins the lines of a driver's message.
func inWords(text string) string { return strings.Join(strings.Fields(withoutPackage(text)), " ") }

// hintFor returns what to do about an error, if known.
func hintFor(err error) string {
	var (
		hint    *hinted
		missing *pipeline.MissingElementError
		usage   *usageError
		launch  *pipeline.LaunchError
	)
	switch {
	case errors.As(err, &hint):
		return hint.hint
	case errors.As(err, &missing) && missing.Package != "":
		return "On Debian: sudo apt-get install " + missing.Package
	case errors.As(err, &missing):
		return "`gst-inspect-1.0` lists the elements that are installed."
	case errors.Is(err, sink.ErrNoMedia):
		return "Leave out the sinks at the ends, such as \"! autovideosink\": gstpublish takes their place."
	case errors.As(err, &launch) && errors.Is(err, fs.ErrNotExist):
		return "Name a file that exists, or write a pipeline after --, as in: gstpublish run [OPTIONS] -- videotestsrc"
	case errors.As(err, &usage):
		return "See gstpublish --help and gstpublish COMMAND --help."
	default:
		return connectionHint(err)
	}
}

// withUsageErrors turns all errors about the flags of a command and its subcommands into usage
// errors.
func withUsageErrors(cmd *cli.Command) *cli.Command {
	cmd.OnUsageError = func(_ context.Context, cmd *cli.Command, err error, _ bool) error {
		return usagef("%s", flagProblem(cmd, err.Error()))
	}
	for _, sub := range cmd.Commands {
		withUsageErrors(sub)
	}
	return cmd
}

// flagProblem rewords the flag package's errors.
func flagProblem(cmd *cli.Command, text string) string {
	if name, found := strings.CutPrefix(text, "flag provided but not defined: -"); found {
		// Not the value: it may be a secret, under a misspelt name.
		name, _, _ = strings.Cut(strings.TrimLeft(name, "-"), "=")
		return "unknown option --" + name + didYouMean(name, cli.SuggestFlag(cmd.Flags, name, true))
	}
	text, _, _ = strings.Cut(text, ": strconv.")
	text = strings.Replace(text, ": parse error", ": must be true or false", 1)
	return strings.Replace(text, " for flag -", " for --", 1)
}

// didYouMean returns a suggestion if it is close enough; cli always has one.
func didYouMean(name, near string) string {
	bare := strings.TrimLeft(near, "-")
	if name == "" || bare == "" || bare == name || bare[0] != name[0] {
		return ""
	}
	return ": did you mean " + near + "?"
}

// withoutCommand handles a call without a command.
func (a *app) withoutCommand(_ context.Context, cmd *cli.Command) error {
	switch {
	case cmd.Bool("version"):
		return a.printVersion()
	case cmd.Args().Present():
		name := cmd.Args().First()
		return usagef("unknown command %q%s", name, didYouMean(name, cli.SuggestCommand(cmd.Commands, name)))
	default:
		cmd.Writer = a.errw
		return errors.Join(cli.ShowRootCommandHelp(cmd), usagef("no command"))
	}
}
