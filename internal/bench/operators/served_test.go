// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/served"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

func TestMain(m *testing.M) {
	viewer.SetSDKLogger(nil)
	os.Exit(m.Run()) //nolint:forbidigo // as testing.M's users do
}

// patience bounds each wait.
const patience = 5 * time.Minute

// programVariable names a built gstpublish to measure in place of this module's.
const programVariable = "GSTPUBLISH_BENCH_PROGRAM"

// buildProgram returns the path of a built gstpublish.
func buildProgram(b *testing.B) string {
	b.Helper()
	if program := os.Getenv(programVariable); program != "" {
		return program
	}
	program := filepath.Join(b.TempDir(), "gstpublish")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", program, "../../../cmd/gstpublish")
	text, err := build.CombinedOutput()
	require.NoError(b, err, string(text))
	return program
}

// startServer starts a LiveKit server, which ends with the benchmark. o may be nil.
func startServer(b *testing.B, o *devserver.Options) *devserver.Server {
	b.Helper()
	server, err := devserver.Start(b.Context(), o)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	return server
}

// start starts gstpublish, and waits for its HTTP server.
func start(b *testing.B, program string, environment []string, args ...string) *served.Process {
	b.Helper()
	return served.Start(b, &served.Options{
		Program: program, Environment: environment, Args: args, Patience: patience, Poll: 100 * time.Millisecond,
	})
}

// usage is the processor time and the memory of processes.
type usage struct {
	cpu  time.Duration
	mega float64 // proportional set size
}

// usageOf returns the usage of processes, as far as they exist.
func usageOf(pids ...int) (u usage) {
	for _, pid := range pids {
		if s, err := proc.Take(pid); err == nil {
			u.cpu += s.Since(&proc.Snapshot{}).CPU
		}
		if m, err := proc.MemoryOf(pid); err == nil {
			u.mega += float64(m.Proportional) / (1 << 20)
		}
	}
	return u
}

// write writes a configuration.
func write(b *testing.B, path, text string) {
	b.Helper()
	require.NoError(b, os.WriteFile(path, []byte(text), 0o600))
}

// logMachine logs the machine and its load, which affects the figures.
func logMachine(b *testing.B) {
	b.Helper()
	b.Logf("%s; load %.1f", proc.Describe(), proc.Load())
}

// pause waits.
func pause(b *testing.B, d time.Duration) {
	b.Helper()
	select {
	case <-time.After(d):
	case <-b.Context().Done():
		require.NoError(b, b.Context().Err())
	}
}
