// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command gstpublish publishes GStreamer pipelines and screens to LiveKit rooms, and shows what a
// viewer receives. See gstpublish --help.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/urfave/cli/v3"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/console"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/help"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/operators"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/internal/manual"
	"github.com/gstpublish/gstpublish/internal/redact"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/status"
	"github.com/gstpublish/gstpublish/pipeline"
)

func main() {
	os.Exit(run(console.TakeArgs()))
}

// run is the whole program; it returns the exit code.
func run(args []string) int {
	a := &app{out: os.Stdout, results: console.NewLines(os.Stdout), problems: console.NewLines(os.Stderr)}
	a.teller = tell.New(a.status, a.event)
	a.secrets.Public = options.DevSecret
	a.terminal = status.NewTerminal(a.problems)
	a.errw = a.secrets.Writer(a.terminal)
	defer a.flush()
	a.secrets.Add(console.ArgSecrets(args)...)
	a.secrets.Add(os.Getenv(options.EnvAPISecret), os.Getenv(options.EnvToken))
	args, a.words = splitWords(args)
	args = a.takeHelpAll(args)
	cli.HelpPrinter = a.printHelp
	ctx := a.handleSignals(context.Background())
	if in := console.SplitInputs(args); in != nil {
		return a.report(a.runInputs(ctx, in))
	}
	return a.report(a.command().Run(ctx, args))
}

// flushTime is how long an exit waits for a reader of what was printed.
const flushTime = 300 * time.Millisecond

// flush waits for what was printed to be written.
func (a *app) flush() {
	a.endLive()
	a.results.Flush(flushTime)
	a.problems.Flush(flushTime)
}

// app is shared by the commands.
type app struct {
	out         io.Writer      // results
	results     *console.Lines // the same for statistics, which do not wait for a reader
	problems    *console.Lines // standard error
	errw        io.Writer      // everything else, without secrets
	secrets     console.Secrets
	terminal    *status.Terminal // standard error, with room for a live line
	live        atomic.Pointer[live]
	reporter    *report.Reporter // of run, screencast and watch; nil for other commands
	teller      *tell.Teller
	words       []string // the words after --: a pipeline; nil if there was no --
	verbose     bool
	veryVerbose bool
	quiet       bool
	helpAll     bool                   // --help has all options
	serving     atomic.Bool            // serve reloads on SIGHUP, and waits for its children
	leave       atomic.Pointer[func()] // leaves the room at once; nil if none is joined
	muted       atomic.Bool            // no status; read by the signal handler
	log         *slog.Logger
	policy      *pipeline.Policy // for launch text; nil permits everything
	// collect takes the options of run in the place of running; nil unless there are several inputs.
	collect  func(o *runOptions, args []string)
	standard *input.Reader // of standard input, until the process ends; nil if it is not read
}

func (a *app) command() *cli.Command {
	return withUsageErrors(&cli.Command{
		Name:        "gstpublish",
		Usage:       "publish GStreamer pipelines and screens to LiveKit rooms",
		Description: help.Root,
		HideVersion: true, // its -v is taken
		Flags: []cli.Flag{
			&cli.BoolFlag{
				Name: "verbose", Aliases: []string{"v"}, Destination: &a.verbose,
				Usage: "log details to standard error",
			},
			&cli.BoolFlag{
				Name: "vv", Destination: &a.veryVerbose, Usage: "log also what LiveKit's SDK and WebRTC do",
			},
			&cli.BoolFlag{
				Name: "quiet", Aliases: []string{"q"}, Destination: &a.quiet,
				Usage: "print only results and errors",
			},
			&cli.BoolFlag{Name: "version", Usage: "print the version", Local: true},
		},
		Commands: slices.Concat(
			[]*cli.Command{a.runCommand(), a.screencastCommand()}, a.forOperators().Commands(),
			[]*cli.Command{
				a.watchCommand(), a.demoCommand(), a.doctorCommand(),
				a.checkCommand(), a.listCommand(), a.devicesCommand(), a.manCommand(), a.versionCommand(),
			}),
		EnableShellCompletion: true,
		ConfigureShellCompletionCommand: func(cmd *cli.Command) {
			cmd.Hidden, cmd.HideHelp = false, false
			cmd.Usage = "print a completion script for bash, zsh, fish or pwsh"
		},
		Writer:    a.out,
		ErrWriter: a.errw,
		Before: func(ctx context.Context, _ *cli.Command) (context.Context, error) {
			a.setUpLog()
			return ctx, nil
		},
		Action:         a.withoutCommand,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // report does that
	})
}

// takeHelpAll replaces --help-all by --help.
func (a *app) takeHelpAll(args []string) []string {
	i := slices.Index(args, "--help-all")
	if i < 0 {
		return args
	}
	a.helpAll = true
	return slices.Replace(slices.Clone(args), i, i+1, "--help")
}

// printHelp prints what --help says about a command, with all options if that is asked for.
func (a *app) printHelp(w io.Writer, _ string, command any) {
	cmd, ok := command.(*cli.Command)
	if !ok {
		return
	}
	some := help.Main[cmd.Name]
	if a.helpAll {
		some = nil
	}
	more := fmt.Sprintf("All options: gstpublish %s --help-all, or gstpublish man %[1]s | man -l -", cmd.Name)
	_, _ = io.WriteString(w, manual.Help(cmd, some, more)) // Its reader is gone.
}

// forOperators returns the parts that the commands for operators need.
func (a *app) forOperators() *operators.Program {
	o := &runOptions{}
	return &operators.Program{
		Out: a.out, Log: a.errw, Secrets: &a.secrets, Verbose: &a.verbose, Quiet: &a.quiet,
		RunFlags: append(o.runFlags(), o.Flag()), CheckRun: checkRun, NoArguments: a.noArguments,
		Serving: func() { a.serving.Store(true) },
	}
}

// sameSignal is how long the same signal again means nothing: timeout(1) and terminals send one to the process and to
// its group.
const sameSignal = 500 * time.Millisecond

// stopLimit is how long gstpublish may take to stop, also with a pipeline that blocks, and leaveLimit how long it then
// takes to say so to the server.
const (
	stopLimit  = 4200 * time.Millisecond
	leaveLimit = 300 * time.Millisecond
)

// handleSignals returns a context that the first SIGINT, SIGTERM or SIGHUP ends, with a *problem.StoppedError as
// its cause. The second ends the process, with 128 plus the signal's number as its exit code.
//
// A reader that closes our output must not end the process before it has left the room, so SIGPIPE
// is ignored. SIGQUIT is Go's: it prints all goroutines. SIGHUP stays ignored under nohup.
func (a *app) handleSignals(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signal.Ignore(syscall.SIGPIPE)
	received := make(chan os.Signal, 8)
	signal.Notify(received, syscall.SIGINT, syscall.SIGTERM)
	hint := "; press Ctrl-C again to stop immediately"
	if os.Getenv(host.ServedVariable) != "" {
		signal.Ignore(syscall.SIGHUP)
		hint = ""
	}
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(received, syscall.SIGHUP)
	}
	go func() {
		first := <-received
		for first == syscall.SIGHUP && a.serving.Load() {
			first = <-received
		}
		at := time.Now()
		a.status("stopping" + hint)
		if !a.serving.Load() {
			time.AfterFunc(stopLimit, func() {
				a.status("stopped, although an element still blocks")
				a.exit(problem.ExitOK)
			})
		}
		cancel(&problem.StoppedError{Signal: signalName(first)})
		for last := range received {
			if last == first && time.Since(at) < sameSignal || last == syscall.SIGHUP && a.serving.Load() {
				continue
			}
			a.status("stopped immediately")
			code := problem.ExitSignal
			if number, ok := last.(syscall.Signal); ok {
				code += int(number)
			}
			a.exit(code)
		}
	}()
	return ctx
}

// exit ends the process without waiting for anything but what was printed and, for a moment, the server: without a
// word, it would keep the participant until it misses it.
func (a *app) exit(code int) {
	if leave := a.leave.Load(); leave != nil {
		left := make(chan struct{})
		go func() {
			defer close(left)
			(*leave)()
		}()
		select {
		case <-left:
		case <-time.After(leaveLimit):
		}
	}
	a.flush()
	os.Exit(code)
}

func signalName(s os.Signal) string {
	switch s {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return "SIGINT"
}

func (a *app) manCommand() *cli.Command {
	folder := ""
	return &cli.Command{
		Name:        "man",
		Usage:       "print a manual page for man(1)",
		UsageText:   "gstpublish man [COMMAND]",
		Description: help.Man,
		Flags: []cli.Flag{&cli.StringFlag{
			Name: "all", Destination: &folder, Usage: "write all pages into this `FOLDER`", DefaultText: "none",
		}},
		Action: func(_ context.Context, cmd *cli.Command) error {
			return a.man(cmd, folder)
		},
	}
}

// man prints a page, or writes all.
func (a *app) man(cmd *cli.Command, folder string) error {
	name, root := cmd.Args().First(), cmd.Root()
	switch {
	case folder != "" && !cmd.Args().Present():
		return manual.WriteMan(root, folder)
	case cmd.Args().Len() > 1 || a.words != nil || folder != "":
		return problem.Usagef("man takes one command, or --all and none, got %q", append(cmd.Args().Slice(), a.words...))
	}
	page, ok := manual.Man(root, name)
	if !ok {
		return problem.Usagef("there is no command %q", name)
	}
	_, err := io.WriteString(a.out, page)
	return err
}

// setUpLog creates the log, of warnings by default. errw redacts everything that is logged.
func (a *app) setUpLog() {
	a.muted.Store(a.quiet)
	level := slog.LevelWarn
	switch {
	case a.veryVerbose:
		level = redact.LevelSDK
	case a.verbose:
		level = slog.LevelDebug
	case a.quiet:
		level = slog.LevelError
	}
	a.log = slog.New(slog.NewTextHandler(a.errw, &slog.HandlerOptions{Level: level}))
	// The SDK uses this log before it has a room.
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(redact.SDK(a.log.Handler()))))
}

// sdkLog is the log for LiveKit's SDK, and pion below it.
func (a *app) sdkLog() *slog.Logger { return slog.New(redact.SDK(a.log.Handler())) }

// status prints a line for the user.
func (a *app) status(format string, args ...any) {
	if !a.muted.Load() {
		fmt.Fprintf(a.errw, "gstpublish: "+format+"\n", args...)
	}
}

// event prints an event as an object, if standard output has objects.
func (a *app) event(e *report.Event) { a.reporter.Print(e) }
