// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/redact"
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
	// Where the SDK has no room yet, it uses this one.
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(redact.Debug(a.log.Handler()))))
}

// sdkLog is the log for what LiveKit's SDK, and pion below it, report.
func (a *app) sdkLog() *slog.Logger { return slog.New(redact.Debug(a.log.Handler())) }

// status tells the user what happens, in a line of its own.
func (a *app) status(format string, args ...any) {
	if !a.muted.Load() {
		fmt.Fprintf(a.errw, "gstpublish: "+format+"\n", args...)
	}
}
