// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/sandbox"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// confined runs a program that can write below one folder only, as in a container whose file system is read-only. Its
// arguments are that folder, the URL of the server, and the program with its arguments.
func confined() {
	o := &sandbox.Options{
		Required: true, Read: []string{"/"}, Write: []string{os.Args[1]}, Execute: []string{"/"}, Bind: []uint16{0},
	}
	o.AddURL(os.Args[2])
	_, err := sandbox.Apply(o)
	if err == nil {
		err = syscall.Exec(os.Args[3], os.Args[3:], os.Environ()) //nolint:gosec // of a test
	}
	fmt.Fprintln(os.Stderr, err)
}

// TestServeReadOnly: serve and its processes need no home, no cache and no file system to write to, except for a
// temporary folder. The configuration is in the environment.
func TestServeReadOnly(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	if runtime.GOOS != "linux" {
		t.Skip("Landlock is in Linux only")
	}
	wrapper, err := exec.LookPath("confined") // which TestMain has made
	require.NoError(t, err)
	program, err := exec.LookPath("gstpublish")
	require.NoError(t, err)
	tmp, outside := t.TempDir(), t.TempDir()
	config := strings.NewReplacer("ROOM", t.Name(), "FILE", filepath.Join(outside, "file")).Replace(`
health_port: 0
defaults: {room: ROOM}
publications:
  plain: ` + good + `
  sandboxed: ` + withPassword + `
  writes: {restart: never, pipeline: "videotestsrc num-buffers=9 ! tee name=t t. ! filesink location=FILE t. ! queue"}
`)
	environment := slices.DeleteFunc(served.Environment(server, ""), func(v string) bool {
		return strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "XDG_")
	})
	s := served.Start(t, &served.Options{
		Program: wrapper, Args: []string{tmp, server.URL(), program, "serve"},
		Environment: append(environment, "TMPDIR="+tmp, "GSTPUBLISH_CONFIG_BODY="+config,
			"GST_REGISTRY_1_0="+gsttest.Registry(), "GST_REGISTRY_UPDATE=no"),
		Patience: waitTimeout, Poll: 20 * time.Millisecond,
	})
	s.Await("plain")
	s.Await("sandboxed")
	require.Contains(t, strings.Join(s.Await("writes", serve.Failed).LastExit.Words, "\n"), "ermission denied")
	left, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Empty(t, left)
	require.True(t, strings.HasPrefix(s.URL(), "http://127.0.0.1:"), "on loopback unless told")
	s.Stop()
	left, err = os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left, "what it has written is removed")
}

// TestServeTwoServers: each publication may be on a server of its own. One that finds no server says so, and waits.
func TestServeTwoServers(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	other, err := devserver.Start(ctx, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Stop(context.Background())) })
	s := startServe(t, "10s", map[string]string{
		"here": good, "there": strings.Replace(good, "{", "{ws_url: "+other.URL()+", ", 1),
		"nowhere": strings.Replace(good, "{", "{ws_url: ws://127.0.0.1:1, ", 1),
	})
	s.Await("here")
	s.Await("there")
	for _, on := range []*devserver.Server{server, other} {
		api := worker.NewServer(on.URL(), on.APIKey(), on.APISecret())
		for _, name := range []string{"here", "there"} {
			require.Equal(t, (name == "here") == (on == server), api.Present(ctx, s.room(name), name), name)
		}
	}
	s.Eventually("it does not say why it is not there", func() bool {
		status := s.Status("nowhere")
		return status.State == serve.Starting && status.Idle == "disconnected" && strings.HasSuffix(status.Says, "; retrying")
	})
	require.Empty(t, s.Status("nowhere").Restarts)
	s.Stop()
}
