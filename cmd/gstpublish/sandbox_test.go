// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// TestSandbox: pipelines that write a file, read one, or connect to another port, do so without a sandbox, and fail in
// one. A harmless pipeline is published in it, with a proof of its encoder.
func TestSandbox(t *testing.T) {
	t.Parallel()
	need.Server(t)
	if runtime.GOOS != "linux" {
		t.Skip("there is a sandbox on Linux only")
	}
	dir := t.TempDir()
	secret, target := filepath.Join(dir, "secret"), filepath.Join(dir, "target")
	require.NoError(t, os.WriteFile(secret, make([]byte, 160*90*20), 0o600))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)

	const test = "videotestsrc num-buffers=20 is-live=true ! video/x-raw,width=160,height=90,framerate=10/1"
	read := "filesrc location=" + secret +
		" ! rawvideoparse width=160 height=90 format=gray8 framerate=10/1 ! identity sync=true"
	for name, texts := range map[string][]string{
		"harmless": {test},
		"write":    {test + " ! tee name=t t. ! queue ! filesink location=" + target + " t. ! queue"},
		"read":     {read},
		"dial":     {test + " ! tee name=t t. ! queue ! tcpclientsink host=127.0.0.1 port=" + port + " t. ! queue"},
		"second":   {test, read},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sandboxed := range []bool{false, true} {
				out, code := runInSandbox(t, sandboxed, texts)
				require.Equal(t, sandboxed, strings.Contains(out, "sandboxed by Landlock"), out)
				require.Equal(t, sandboxed && name != "harmless", code == problem.ExitFailure, "%d: %s", code, out)
				if name == "write" {
					require.Equal(t, sandboxed, os.Remove(target) != nil, out)
				}
				if code == problem.ExitFailure {
					require.Regexp(t, "[Pp]ermission denied|Operation not permitted", out)
				}
			}
		})
	}
}

// runInSandbox runs a pipeline, or several as one participant, and returns what gstpublish has printed, and its exit
// code.
func runInSandbox(t *testing.T, sandboxed bool, texts []string) (out string, code int) {
	t.Helper()
	program, err := exec.LookPath("gstpublish") // which TestMain has made
	require.NoError(t, err)
	args := []string{"run", "--room", strings.ReplaceAll(fmt.Sprint(t.Name(), sandboxed), "/", "-"), "--stats", "none"}
	if sandboxed {
		args = append(args, "--sandbox", "required")
	}
	if len(texts) > 1 {
		for _, text := range texts {
			args = append(args, "--input", text)
		}
	} else {
		args = append(append(args, "--"), strings.Fields(texts[0])...)
	}
	cmd := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // this program
	cmd.Env = served.Environment(server, t.TempDir())
	printed, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(printed), cmd.ProcessState.ExitCode()
}
