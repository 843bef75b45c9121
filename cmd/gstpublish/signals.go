// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// handleSignals returns a context that the first SIGINT or SIGTERM ends, with a
// *stoppedError as its cause. The second ends the process, with 128 and the
// signal's number as its exit code.
//
// A reader of our output that is gone mustn't end the process before it has left
// the room, so SIGPIPE is ignored. SIGQUIT is Go's: it prints all goroutines.
func (a *app) handleSignals(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signal.Ignore(syscall.SIGPIPE)
	received := make(chan os.Signal, 2)
	signal.Notify(received, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		first := <-received
		a.status("stopping; once more to stop at once")
		cancel(&stoppedError{signalName(first)})
		last := <-received
		a.status("stopped at once")
		code := exitSignal
		if number, ok := last.(syscall.Signal); ok {
			code += int(number)
		}
		os.Exit(code)
	}()
	return ctx
}

func signalName(s os.Signal) string {
	if s == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}
