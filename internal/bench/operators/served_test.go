// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/test/locked"
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

// startServer starts a LiveKit server, which ends with the benchmark.
func startServer(b *testing.B) *devserver.Server {
	b.Helper()
	server, err := devserver.Start(b.Context(), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	return server
}

// served is a running gstpublish serve or worker.
type served struct {
	b     *testing.B
	cmd   *exec.Cmd
	ended chan struct{}
	url   string // of its HTTP server
	log   locked.Buffer
}

// environment returns that of a gstpublish for a server.
func environment(server *devserver.Server, cache string) []string {
	return append(os.Environ(), "LIVEKIT_URL="+server.URL(), "LIVEKIT_API_KEY="+server.APIKey(),
		"LIVEKIT_API_SECRET="+server.APISecret(), "LIVEKIT_TOKEN=", "XDG_CACHE_HOME="+cache)
}

// start starts gstpublish, and waits for its HTTP server.
func start(b *testing.B, program string, environment []string, args ...string) *served {
	b.Helper()
	s := &served{b: b, ended: make(chan struct{}), cmd: exec.Command(program, args...)} //nolint:gosec // ours
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = environment, &s.log, &s.log
	require.NoError(b, s.cmd.Start())
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // ProcessState has it.
	}()
	b.Cleanup(func() {
		_ = s.cmd.Process.Kill() // It has ended, if the benchmark went well.
		<-s.ended
	})
	address := regexp.MustCompile(`msg=listening address=(\S+)`)
	s.eventually("no address", func() bool { return address.MatchString(s.log.String()) })
	s.url = "http://" + address.FindStringSubmatch(s.log.String())[1]
	return s
}

// eventually waits for a condition.
func (s *served) eventually(what string, f func() bool) {
	s.b.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			require.Fail(s.b, what, s.log.String())
		}
		select {
		case <-s.ended:
			require.Fail(s.b, "gstpublish has ended", s.log.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// get returns a page, and whether its status is 200.
func (s *served) get(path string) (body []byte, ok bool) {
	s.b.Helper()
	response, err := http.Get(s.url + path) //nolint:gosec,noctx // our own server
	require.NoError(s.b, err, s.log.String())
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	require.NoError(s.b, err)
	return body, response.StatusCode == http.StatusOK
}

// ready reports whether all is as it should be.
func (s *served) ready() bool {
	_, ok := s.get("/readyz")
	return ok
}

// statuses returns the states of all publications, by name.
func (s *served) statuses() map[string]host.Status {
	s.b.Helper()
	var all []host.Status
	body, _ := s.get("/status")
	require.NoError(s.b, json.Unmarshal(body, &all))
	named := map[string]host.Status{}
	for _, status := range all {
		named[status.Name] = status
	}
	return named
}

// stop stops gstpublish as systemd does.
func (s *served) stop() {
	s.b.Helper()
	require.NoError(s.b, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(patience):
		require.Fail(s.b, "gstpublish does not end", s.log.String())
	}
	require.Zero(s.b, s.cmd.ProcessState.ExitCode(), s.log.String())
}

// usage is the processor time and the memory of processes.
type usage struct {
	cpu  time.Duration
	mega float64 // proportional set size
}

// usageOf returns that of processes, as far as they exist.
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

// logMachine logs what was measured on, since the machine's other work changes what is measured.
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
