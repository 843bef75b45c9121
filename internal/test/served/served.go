// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package served runs `gstpublish serve` and `gstpublish worker` as processes of their own, and reads what they report,
// for tests and benchmarks.
package served

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/test/locked"
)

// Options says what to run.
type Options struct {
	Program     string   // path of a gstpublish
	Environment []string // as of Environment
	Args        []string // such as serve --config FILE

	Patience time.Duration // bounds each wait
	Poll     time.Duration // between two looks at a condition
}

// Process is a running gstpublish serve or worker. Its methods end the test if they fail.
type Process struct {
	tb      testing.TB
	options Options
	cmd     *exec.Cmd
	ended   chan struct{}
	url     string // of its HTTP server
	log     locked.Buffer
}

// Environment returns the environment of a gstpublish that uses a server and keeps its proofs in a folder.
func Environment(server *devserver.Server, cache string) []string {
	return append(os.Environ(), "LIVEKIT_URL="+server.URL(), "LIVEKIT_API_KEY="+server.APIKey(),
		"LIVEKIT_API_SECRET="+server.APISecret(), "LIVEKIT_TOKEN=", "XDG_CACHE_HOME="+cache)
}

// Start starts gstpublish, which ends with the test, and waits for its HTTP server.
func Start(tb testing.TB, o *Options) *Process {
	tb.Helper()
	p := &Process{tb: tb, options: *o, ended: make(chan struct{})}
	p.cmd = exec.Command(o.Program, o.Args...) //nolint:gosec // our own program
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = o.Environment, &p.log, &p.log
	require.NoError(tb, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // ProcessState has it.
	}()
	tb.Cleanup(func() {
		_ = p.cmd.Process.Kill() // It has ended, if the test went well.
		<-p.ended
	})
	address := regexp.MustCompile(`msg=listening address=(\S+)`)
	p.Eventually("no address", func() bool { return address.MatchString(p.Log()) })
	p.url = "http://" + address.FindStringSubmatch(p.Log())[1]
	return p
}

// URL returns the URL of the HTTP server.
func (p *Process) URL() string { return p.url }

// PID returns the ID of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns what it has written so far.
func (p *Process) Log() string { return p.log.String() }

// Eventually waits for a condition, and fails with what if it does not come or the process ends before.
func (p *Process) Eventually(what string, f func() bool) {
	p.tb.Helper()
	deadline := time.Now().Add(p.options.Patience)
	for !f() {
		if time.Now().After(deadline) {
			require.Fail(p.tb, what, p.Log())
		}
		p.Wait(p.options.Poll)
	}
}

// Wait waits for a time, during which the process must not end.
func (p *Process) Wait(d time.Duration) {
	p.tb.Helper()
	select {
	case <-p.ended:
		require.Fail(p.tb, "gstpublish has ended", p.Log())
	case <-time.After(d):
	}
}

// Get returns a page of the HTTP server, and whether its status is 200.
func (p *Process) Get(path string) (body string, ok bool) {
	p.tb.Helper()
	response, err := http.Get(p.url + path) //nolint:gosec,noctx // our own server
	require.NoError(p.tb, err, p.Log())
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(p.tb, err)
	return string(data), response.StatusCode == http.StatusOK
}

// Ready reports whether gstpublish calls itself ready.
func (p *Process) Ready() bool {
	p.tb.Helper()
	_, ok := p.Get("/readyz")
	return ok
}

// Statuses returns the states of all publications, by name.
func (p *Process) Statuses() map[string]host.Status {
	p.tb.Helper()
	var all []host.Status
	body, _ := p.Get("/status")
	require.NoError(p.tb, json.Unmarshal([]byte(body), &all), body)
	named := map[string]host.Status{}
	for _, status := range all {
		named[status.Name] = status
	}
	return named
}

// Status returns the state of a publication, which is zero if there is none of this name.
func (p *Process) Status(name string) host.Status {
	p.tb.Helper()
	return p.Statuses()[name]
}

// Await waits until a publication is in one of the given states, by default live or idle, and returns its status.
func (p *Process) Await(name string, states ...serve.State) (status host.Status) {
	p.tb.Helper()
	if len(states) == 0 {
		states = []serve.State{serve.Live, serve.Idle}
	}
	p.Eventually(fmt.Sprintf("%s is not %v", name, states), func() bool {
		status = p.Status(name)
		return slices.Contains(states, status.State)
	})
	return status
}

// Signal sends a signal.
func (p *Process) Signal(signal os.Signal) {
	p.tb.Helper()
	require.NoError(p.tb, p.cmd.Process.Signal(signal))
}

// Kill ends the process without a warning, and waits for that.
func (p *Process) Kill() {
	p.tb.Helper()
	require.NoError(p.tb, p.cmd.Process.Kill())
	<-p.ended
}

// Stop stops gstpublish as systemd does, and requires that it ends well.
func (p *Process) Stop() {
	p.tb.Helper()
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(p.options.Patience):
		require.Fail(p.tb, "gstpublish does not end", p.Log())
	}
	require.Zero(p.tb, p.cmd.ProcessState.ExitCode(), p.Log())
}
