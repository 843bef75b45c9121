// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve/worker"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// The jobs of two workers, how many each may have (all, should the other one die), and what each job publishes.
const (
	jobs    = 40
	maxJobs = 48
	screen  = "videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=2/1"
)

// BenchmarkWorkers dispatches 40 publications of still screens to two workers, each a real process; kills one worker
// (SIGKILL) and applies the configuration again; then kills the server, and starts it again. It fails unless both
// workers have a fair part, all jobs are back on the other worker, and the restart of the server changes no process.
func BenchmarkWorkers(b *testing.B) {
	server := startServer(b, nil)
	program := buildProgram(b)
	w := &workers{
		b: b, server: server, program: program, config: filepath.Join(b.TempDir(), "serve.yaml"),
		environment: served.Environment(server, b.TempDir()),
		api:         worker.NewServer(server.URL(), server.APIKey(), server.APISecret()),
	}
	w.configure()
	one, two := w.start(), w.start()

	begin := time.Now()
	w.apply()
	b.ReportMetric(time.Since(begin).Seconds(), "s-apply")
	one.Eventually("not all jobs run", func() bool { return w.applied(running(one)+running(two) == jobs) })
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-40-jobs")
	b.ReportMetric(float64(min(running(one), running(two))), "fewest-jobs")
	require.GreaterOrEqual(b, min(running(one), running(two)), jobs/5, "The jobs are not spread.")
	w.reportUsage(one, two)

	begin = time.Now()
	one.Kill()
	two.Eventually("the killed publishers are still there", func() bool { return w.present() == running(two) })
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-gone")
	begin = time.Now()
	w.apply("--grace=0s")
	two.Eventually("not all jobs are back", func() bool { return w.applied(running(two) == jobs) })
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-back")

	before := pids(two)
	begin = time.Now()
	server.Kill()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	require.NoError(b, server.Restart(ctx))
	two.Eventually("not all publishers are back", func() bool {
		return w.present() == jobs && running(two) == jobs && two.Ready()
	})
	b.ReportMetric(time.Since(begin).Seconds(), "s-server-restart")
	w.apply()
	assigned := func() int { return strings.Count(two.Log(), `msg="job assigned"`) }
	two.Eventually("not all dispatches are assigned", func() bool { return assigned() >= jobs+len(before) })
	require.Equal(b, before, pids(two), "The processes are not the same.")
	b.ReportMetric(0, "ns/op")
	logMachine(b)
	two.Stop()
}

// workers is a server with workers.
type workers struct {
	b               *testing.B
	server          *devserver.Server
	program, config string
	environment     []string
	api             *worker.Server
	last            time.Time // of apply
}

// applyInterval is how often the configuration is applied while jobs are missing, as operators should.
const applyInterval = 20 * time.Second

// applied returns done. If it is not, it applies the configuration from time to time.
func (w *workers) applied(done bool) bool {
	if !done && time.Since(w.last) > applyInterval {
		w.apply()
	}
	return done
}

func (w *workers) configure() {
	w.b.Helper()
	var text strings.Builder
	text.WriteString("health_port: 0\ndefaults: {screencast: true}\npublications:\n")
	for i := range jobs {
		fmt.Fprintf(&text, "  still%d: {room: room%d, pipeline: %q}\n", i, i, screen)
	}
	write(w.b, w.config, text.String())
}

// start starts a worker.
func (w *workers) start() *served.Process {
	w.b.Helper()
	s := start(w.b, w.program, w.environment, "worker", "--config", w.config, "--max-jobs", fmt.Sprint(maxJobs),
		"--max-cpu=0")
	s.Eventually("it is not registered", s.Ready)
	return s
}

// apply applies the configuration.
func (w *workers) apply(options ...string) {
	w.b.Helper()
	w.last = time.Now()
	cmd := exec.CommandContext(w.b.Context(), w.program, //nolint:gosec // ours
		append([]string{"dispatch", "apply", w.config}, options...)...)
	cmd.Env = w.environment
	out, err := cmd.CombinedOutput()
	require.NoError(w.b, err, "%s", out)
}

// present returns how many publishers are in their rooms.
func (w *workers) present() (n int) {
	for i := range jobs {
		if w.api.Present(w.b.Context(), fmt.Sprintf("room%d", i), fmt.Sprintf("still%d", i)) {
			n++
		}
	}
	return n
}

// running returns how many publications of a worker are as they should be.
func running(s *served.Process) (n int) {
	for _, status := range s.Statuses() {
		if status.State.Ready() {
			n++
		}
	}
	return n
}

// pids returns the processes of a worker, sorted.
func pids(s *served.Process) (all []int) {
	for status := range maps.Values(s.Statuses()) {
		all = append(all, status.PID)
	}
	slices.Sort(all)
	return all
}

// reportUsage reports what the processes of the publications and the workers take.
func (w *workers) reportUsage(all ...*served.Process) {
	w.b.Helper()
	var of, above []int
	for _, s := range all {
		of, above = append(of, pids(s)...), append(above, s.PID())
	}
	const measured = 10 * time.Second
	before, workersBefore := usageOf(of...), usageOf(above...)
	pause(w.b, measured)
	after, workersAfter := usageOf(of...), usageOf(above...)
	w.b.ReportMetric(100*(after.cpu-before.cpu).Seconds()/measured.Seconds()/jobs, "%-of-a-core/job")
	w.b.ReportMetric(after.mega/jobs, "MB/job")
	w.b.ReportMetric(100*(workersAfter.cpu-workersBefore.cpu).Seconds()/measured.Seconds(), "%-of-a-core/workers")
	w.b.ReportMetric(workersAfter.mega/float64(len(above)), "MB/worker")
}
