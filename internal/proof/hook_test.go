// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// mainVariable makes this test binary a program whose main gets in the way of what comes
// below it.
const mainVariable = "GSTPUBLISH_TEST_MAIN"

// mains are what such a main does first.
func mains() map[string]func() {
	return map[string]func(){
		"reads an argument":    func() { fmt.Fprintln(os.Stderr, os.Args[1]) },
		"exits with usage":     func() { os.Exit(2) }, //nolint:forbidigo // as a program does
		"works for 20 s":       func() { <-time.After(20 * time.Second) },
		"writes to its output": func() { fmt.Fprintln(os.Stdout, "hello") },
	}
}

// TestNoCallInMain proves an encoder whatever main does first: nothing has to be called
// there.
func TestNoCallInMain(t *testing.T) {
	for name := range mains() {
		t.Run(name, func(t *testing.T) {
			t.Setenv(mainVariable, name)
			p := New(&Options{Timeout: 20 * time.Second})
			prove(t, p)
			require.NoError(t, p.HookError())
		})
	}
}

// program writes a program that is not this one.
func programOf(t *testing.T, script string) func() (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	return func() (string, error) { return path, nil }
}

// TestHookIsNotReached: software is chosen unproven, one error says why, and no child is
// started again soon.
func TestHookIsNotReached(t *testing.T) {
	for name, tt := range map[string]struct {
		program func() (string, error)
		want    string
	}{
		"ends before it":       {programOf(t, "exit 3"), "it ended too early (exit status 3)"},
		"takes too long":       {programOf(t, "exec sleep 300"), "it had not begun after"},
		"leaves a child":       {programOf(t, "sleep 300 & sleep 300"), "it had not begun after"},
		"no path":              {func() (string, error) { return "", os.ErrPermission }, "permission denied"},
		"path can't be read":   {func() (string, error) { return t.TempDir(), nil }, "no child process could be started"},
		"the program is gone":  {func() (string, error) { return "/no/such/program", nil }, "no such file"},
		"speaks another way":   {programOf(t, "echo "+linePrefix+"nonsense"), "it ended too early (exit status 0)"},
		"says something first": {programOf(t, "echo hello; exit 1"), "it ended too early (exit status 1)"},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			p := New(&Options{Timeout: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			p.program = tt.program
			require.NoError(t, p.HookError())
			begin := time.Now()
			choice, err := p.Choose(t.Context(), Want{Codec: catalogue.VP8})
			require.NoError(t, err)
			require.Less(t, time.Since(begin), 2*time.Minute, "nothing waits as long as the program takes")
			require.False(t, choice.Row.Hardware())
			require.False(t, choice.Report.Proven)

			var missed *pipeline.HookError
			require.ErrorAs(t, p.HookError(), &missed)
			require.ErrorContains(t, missed, tt.want)
			require.ErrorContains(t, missed, "initialization of gstpublish")

			p.program = func() (string, error) {
				require.Fail(t, "another child is started")
				return "", nil
			}
			_, err = p.Choose(t.Context(), Want{Codec: catalogue.H264})
			require.NoError(t, err)
			_, err = p.Choose(t.Context(), Want{Codec: catalogue.H264, Hardware: pipeline.HardwareRequire})
			none := new(pipeline.NoEncoderError)
			require.ErrorAs(t, err, &none)
			require.Equal(t, 1, strings.Count(log.String(), "\n"), "it is logged once: %s", log.String())
		})
	}
}

// TestGivenUpBeforeTheChildStarts is no fault of the hook.
func TestGivenUpBeforeTheChildStarts(t *testing.T) {
	p := New(nil)
	c, want := vp8(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // It may be given up before its turn, too.
		_, err := p.Prove(ctx, c, want)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.NoError(t, p.HookError())
	prove(t, p)
}

// TestHookIsReachedLater: after a while, or Forget, it is tried again.
func TestHookIsReachedLater(t *testing.T) {
	p := New(nil)
	p.program = programOf(t, "exit 1")
	c, want := vp8(t)
	_, err := p.Prove(t.Context(), c, want)
	require.ErrorIs(t, err, p.HookError())
	p.program = os.Executable
	p.retry = time.Now()
	prove(t, p)
	require.NoError(t, p.HookError())

	p.Forget()
	p.program = programOf(t, "exit 1")
	_, err = p.Prove(t.Context(), c, want)
	require.Error(t, err)
	p.Forget()
	p.program = os.Executable
	prove(t, p)
}
