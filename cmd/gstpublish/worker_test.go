// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// dispatched is a server with workers.
type dispatched struct {
	t      *testing.T
	server *devserver.Server
	config string // path
	api    *worker.Server
}

// newDispatched starts a server with these options, which may be nil.
func newDispatched(t *testing.T, o *devserver.Options) *dispatched {
	t.Helper()
	need.Server(t)
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	own, err := devserver.Start(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop(context.Background())) })
	return &dispatched{
		t: t, server: own, config: filepath.Join(t.TempDir(), "serve.yaml"),
		api: worker.NewServer(own.URL(), own.APIKey(), own.APISecret()),
	}
}

// configure writes a configuration with n publications.
func (d *dispatched) configure(n int) {
	d.t.Helper()
	var text strings.Builder
	text.WriteString("health_port: 0\npublications:\n")
	for i := range n {
		fmt.Fprintf(&text, "  camera%d: %s\n", i, strings.Replace(good, "{", fmt.Sprintf("{room: room%d, ", i), 1))
	}
	require.NoError(d.t, os.WriteFile(d.config, []byte(text.String()), 0o600))
}

// worker starts a worker, with variables of the environment.
func (d *dispatched) worker(jobs int, variables ...string) *served.Process {
	d.t.Helper()
	s := startServed(d.t, d.server, variables, "worker", "--config", d.config, "--max-jobs", fmt.Sprint(jobs),
		"--max-cpu=0")
	s.Eventually("it is not registered", s.Ready)
	return s
}

// apply applies the configuration, and returns the lines that it prints, sorted.
func (d *dispatched) apply(options ...string) []string {
	d.t.Helper()
	program, err := exec.LookPath("gstpublish")
	require.NoError(d.t, err)
	args := append([]string{"dispatch", "apply", d.config}, options...)
	cmd := exec.CommandContext(d.t.Context(), program, args...) //nolint:gosec // this program
	cmd.Env = served.Environment(d.server, d.t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(d.t, err, "%s", out)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	return lines
}

// lines are what apply prints for publications from first on.
func lines(first, end int, what string) (all []string) {
	for i := first; i < end; i++ {
		all = append(all, fmt.Sprintf("room%d/camera%d: %s", i, i, what))
	}
	return all
}

// runs waits until a worker publishes these, and returns their processes.
func (d *dispatched) runs(s *served.Process, first, end int) (pids []int) {
	d.t.Helper()
	for i := first; i < end; i++ {
		pids = append(pids, s.Await(fmt.Sprintf("room%d.camera%d", i, i)).PID)
	}
	return pids
}

// present reports whether all of these are in their rooms, or none is.
func (d *dispatched) present(first, end int, is bool) bool {
	for i := first; i < end; i++ {
		if d.api.Present(d.t.Context(), fmt.Sprintf("room%d", i), fmt.Sprintf("camera%d", i)) != is {
			return false
		}
	}
	return true
}

// TestWorkers: LiveKit's dispatch gives jobs to the worker that has room for them. What a worker that was killed has
// published is back on the other one after apply. A restart of the server ends nothing.
func TestWorkers(t *testing.T) {
	t.Parallel()
	need.RealTime(t)
	d := newDispatched(t, nil)
	d.configure(2)
	one := d.worker(2)
	require.Equal(t, lines(0, 2, "created"), d.apply("--create-rooms"))
	d.runs(one, 0, 2)

	d.configure(4)
	two := d.worker(5) // one more than it runs: a full worker is offered nothing, not even its own
	require.Equal(t, append(lines(0, 2, "unchanged"), lines(2, 4, "created")...), d.apply())
	d.runs(two, 2, 4)
	require.Len(t, one.Statuses(), 2)

	one.Kill()
	two.Eventually("the publishers of the killed worker are still there", func() bool { return d.present(0, 2, false) })
	require.Equal(t, append(lines(0, 2, "replaced (its publisher is not in the room)"), lines(2, 4, "unchanged")...),
		d.apply("--grace=0s"))
	pids := d.runs(two, 0, 4)

	d.server.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	require.NoError(t, d.server.Restart(ctx))
	two.Eventually("the publishers are not back", func() bool { return d.present(0, 4, true) })
	two.Eventually("the worker is not back", two.Ready)
	require.Equal(t, lines(0, 4, "created"), d.apply(), "The new server knows of no dispatch.")
	two.Eventually("not all jobs are back", func() bool {
		return strings.Count(two.Log(), `msg="job assigned"`) == 8
	})
	two.Eventually("a job has not begun", func() bool { return slices.Equal(lines(0, 4, "unchanged"), d.apply()) })
	require.Equal(t, pids, d.runs(two, 0, 4), "The publishers are the same.")

	d.configure(3)
	require.Equal(t, append(lines(0, 3, "unchanged"), "room3/camera3: removed"), d.apply("--prune"))
	two.Stop()
	require.True(t, d.present(0, 4, false))
}
