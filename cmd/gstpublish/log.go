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

// setUpLog creates the log, of warnings by default. errw redacts everything that is logged.
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
	// The SDK uses this log before it has a room.
	lksdk.SetLogger(logger.LogRLogger(logr.FromSlogHandler(redact.Debug(a.log.Handler()))))
}

// sdkLog is the log for LiveKit's SDK, and pion below it.
func (a *app) sdkLog() *slog.Logger { return slog.New(redact.Debug(a.log.Handler())) }

// status prints a line for the user.
func (a *app) status(format string, args ...any) {
	if !a.muted.Load() {
		fmt.Fprintf(a.errw, "gstpublish: "+format+"\n", args...)
	}
}
