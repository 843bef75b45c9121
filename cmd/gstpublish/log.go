// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// setUpLog makes the log, of warnings unless it is asked for more or less.
// Nothing is logged that isn't redacted: errw sees to that.
func (a *app) setUpLog() {
	a.muted.Store(a.quiet)
	level := slog.LevelWarn
	switch {
	case a.verbose:
		level = slog.LevelDebug
	case a.quiet:
		level = slog.LevelError
	}
	a.log = slog.New(slog.NewTextHandler(a.errw, &slog.HandlerOptions{Level: level}))
	a.prover.SetLogger(a.log)
	// Where the SDK has no room yet, it uses this one.
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(asDebug{a.log.Handler()})))
}

// sdkLog is the log for what LiveKit's SDK, and pion below it, report.
func (a *app) sdkLog() *slog.Logger { return slog.New(asDebug{a.log.Handler()}) }

// status tells the user what happens, in a line of its own.
func (a *app) status(format string, args ...any) {
	if !a.muted.Load() {
		fmt.Fprintf(a.errw, "gstpublish: "+format+"\n", args...)
	}
}

// asDebug is a handler that takes everything for a detail. LiveKit's SDK reports
// errors and returns them too; what matters of them is told once, in our words.
type asDebug struct{ slog.Handler }

func (h asDebug) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.Handler.Enabled(ctx, slog.LevelDebug)
}

func (h asDebug) Handle(ctx context.Context, r slog.Record) error {
	if !h.Enabled(ctx, r.Level) {
		return nil // logr doesn't ask before it reports an error.
	}
	was := r.Level
	r.Level = slog.LevelDebug
	r.AddAttrs(slog.String("sdk_level", was.String()))
	return h.Handler.Handle(ctx, r)
}

func (h asDebug) WithAttrs(attrs []slog.Attr) slog.Handler {
	return asDebug{h.Handler.WithAttrs(attrs)}
}
func (h asDebug) WithGroup(name string) slog.Handler { return asDebug{h.Handler.WithGroup(name)} }
