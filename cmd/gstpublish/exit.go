// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/pipeline"
)

// report prints an error, once, and returns the exit code.
func (a *app) report(err error) int {
	code := problem.Code(err)
	if code == problem.ExitOK {
		return code
	}
	text, hint := problem.Explain(err)
	if launch := (*pipeline.LaunchError)(nil); errors.As(err, &launch) && launch.Excerpt != "" {
		text += "\n  " + strings.ReplaceAll(launch.Excerpt, "\n", "\n  ")
	}
	if hint != "" {
		text += "\n  " + hint
	}
	fmt.Fprintf(a.errw, "gstpublish: %s\n", text)
	return code
}

// withUsageErrors turns all errors about the flags of a command and its subcommands into usage
// errors.
func withUsageErrors(cmd *cli.Command) *cli.Command {
	cmd.OnUsageError = func(_ context.Context, cmd *cli.Command, err error, _ bool) error {
		return problem.Usagef("%s", flagProblem(cmd, err.Error()))
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
		return problem.Usagef("unknown command %q%s", name, didYouMean(name, cli.SuggestCommand(cmd.Commands, name)))
	default:
		cmd.Writer = a.errw
		return errors.Join(cli.ShowRootCommandHelp(cmd), problem.Usagef("no command"))
	}
}
