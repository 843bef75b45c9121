// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/prometheus"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// configured is a running `gstpublish serve` with a configuration that a test changes.
type configured struct {
	*served.Process

	t      *testing.T
	config string // path
	hang   string // hang_timeout
}

// withPassword has a password in the graph of its pipeline, and runs in a sandbox.
const withPassword = `{sandbox: required, pipeline: "videotestsrc is-live=true pattern=ball ! ` +
	`video/x-raw,width=160,height=90,framerate=10/1 ! textoverlay text=rtsp://user:hush-hush@host/"}`

const good = `{pipeline: "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=10/1"}`

// startServe starts serve with these publications, each in its own room, and with variables of the environment.
func startServe(t *testing.T, hang string, publications map[string]string, variables ...string) *configured {
	t.Helper()
	s := &configured{t: t, config: filepath.Join(t.TempDir(), "serve.yaml"), hang: hang}
	s.configure(publications)
	s.Process = startServed(t, server, variables, "serve", "--config", s.config)
	return s
}

// startServed starts gstpublish, and waits for its HTTP server.
func startServed(t *testing.T, on *devserver.Server, variables []string, args ...string) *served.Process {
	t.Helper()
	program, err := exec.LookPath("gstpublish") // which TestMain has made
	require.NoError(t, err)
	return served.Start(t, &served.Options{
		Program: program, Environment: append(served.Environment(on, t.TempDir()), variables...), Args: args,
		Patience: waitTimeout, Poll: 20 * time.Millisecond,
	})
}

// configure writes the configuration.
func (s *configured) configure(publications map[string]string) {
	s.t.Helper()
	var text strings.Builder
	text.WriteString("health_port: 0\nhang_timeout: " + s.hang + "\nstall_timeout: 10s\npublications:\n")
	for name, p := range publications {
		fmt.Fprintf(&text, "  %s: %s\n", name, strings.Replace(p, "{", "{room: "+s.room(name)+", ", 1))
	}
	// In one step, as an editor does it.
	require.NoError(s.t, os.WriteFile(s.config+".new", []byte(text.String()), 0o600))
	require.NoError(s.t, os.Rename(s.config+".new", s.config))
}

func (s *configured) room(publication string) string { return s.t.Name() + "-" + publication }

// TestServeIsolation: of ten publications one aborts again and again, one hangs, one has an encoder that is set to
// send one key frame, one loses its source, and one never starts. Viewers of the other five miss no frame for half a
// minute. A real Prometheus scrapes all of them, and there is an alert for the one that is dead.
func TestServeIsolation(t *testing.T) {
	need.Server(t)
	need.RealTime(t)
	publications := map[string]string{
		"aborts": good, "hangs": good, "dead": `{pipeline: nosuchelement}`,
		"keyless": `{pipeline: "videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=10/1 ! ` +
			`vp8enc deadline=1 keyframe-mode=disabled keyframe-max-dist=100000"}`,
		"ends": `{pipeline: "videotestsrc is-live=true num-buffers=20 ! video/x-raw,width=160,height=90,framerate=10/1"}`,
	}
	const healthy = 5
	for i := range healthy {
		publications[fmt.Sprintf("good%d", i)] = good
	}
	s := startServe(t, "8s", publications)
	var counts []*served.Counter
	for i := range healthy {
		name := fmt.Sprintf("good%d", i)
		s.Await(name)
		counts = append(counts, served.Count(t, server, s.room(name), 90_000/10, waitTimeout))
	}
	watched := prometheus.Start(t, "../../deploy/prometheus/alerts.yml", strings.TrimPrefix(s.URL(), "http://"))

	begin := time.Now()
	hung := s.Await("hangs").PID
	require.NoError(t, syscall.Kill(hung, syscall.SIGSTOP))
	aborted := map[int]bool{}
	for time.Since(begin) < 30*time.Second {
		if status := s.Status("aborts"); status.PID > 0 && status.State.Ready() && !aborted[status.PID] {
			aborted[status.PID] = true
			require.NoError(t, syscall.Kill(status.PID, syscall.SIGABRT))
		}
		s.Wait(100 * time.Millisecond)
	}
	s.requireFaults(aborted, hung)
	require.Empty(t, s.Status("keyless").Restarts)
	s.Await("keyless")
	watched.RequireData(`ALERTS{alertname="GstpublishPublicationDown", alertstate="firing", publication="dead"}`)
	require.Empty(t, watched.Query(`ALERTS{alertname="GstpublishPublicationDown", publication=~"good.*"}[1m:1s]`))
	for _, query := range prometheus.Dashboard(t, "../../deploy/grafana/gstpublish.json") {
		watched.RequireData(query)
	}
	require.Empty(t, watched.Query(`livekit_gstpublish_publication_restarts_total{publication=~"good.*"}`))
	for i, c := range counts {
		got := c.Stop()
		require.Zero(t, got.Missed, "good%d: %+v", i, got)
		require.Greater(t, got.Frames, 280, "good%d", i)
		require.Empty(t, s.Status(fmt.Sprintf("good%d", i)).Restarts)
	}
	s.Stop()
}

// requireFaults requires that each of the faults was seen, named and repaired.
func (s *configured) requireFaults(aborted map[int]bool, hung int) {
	t := s.t
	t.Helper()
	require.Greater(t, len(aborted), 1, s.Log())
	require.Positive(t, s.Status("aborts").Restarts["crash: SIGABRT"], s.Log())
	require.Contains(t, strings.Join(s.Status("aborts").LastExit.Words, "\n"), "SIGABRT", "its last words")
	metrics, _ := s.Get("/metrics")
	require.Contains(t, metrics, `publication_last_exit_info{cause="crash: SIGABRT",publication="aborts"} 1`)
	require.Positive(t, s.Status("hangs").Restarts["hung"])
	require.NotEqual(t, hung, s.Await("hangs").PID)
	require.Positive(t, s.Status("ends").Restarts["exit code 0"])
	require.Contains(t, s.Log(), `msg="the process has ended" publication=aborts cause="crash: SIGABRT"`)
}

// TestServeReload: a change of the configuration leaves what has not changed alone.
func TestServeReload(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	s := startServe(t, "30s", map[string]string{"stays": withPassword, "changes": good, "goes": good})
	stays := s.Await("stays")
	changes := s.Await("changes")
	s.Await("goes")
	_, ready := s.Get("/readyz")
	require.True(t, ready)
	graph, ok := s.Get("/gst_pipeline/stays")
	require.True(t, ok)
	require.Contains(t, graph, "GstVideoTestSrc")
	require.Contains(t, graph, "rtsp://user:")
	require.NotContains(t, graph, "hush-hush")
	_, ok = s.Get("/gst_pipeline/other")
	require.False(t, ok)
	goroutines, ok := s.Get("/pprof/stays/goroutine?debug=1")
	require.True(t, ok)
	require.Contains(t, goroutines, "goroutine profile:")

	changed := strings.Replace(good, "ball", "smpte", 1)
	s.configure(map[string]string{"stays": withPassword, "changes": changed, "comes": good})
	s.Await("comes")
	s.Eventually("the changed one does not return", func() bool {
		status := s.Status("changes")
		return status.PID != changes.PID && status.State.Ready()
	})
	requireSame := func() {
		now := s.Status("stays")
		require.Equal(t, stays.PID, now.PID)
		require.Equal(t, stays.Restarts, now.Restarts)
		require.True(t, now.State.Ready(), "%+v", now)
	}
	requireSame()
	require.Zero(t, s.Status("goes"))

	require.NoError(t, os.WriteFile(s.config, []byte("publications: {a: {codek: vp8}}"), 0o600))
	s.Eventually("the error is not logged", func() bool {
		return strings.Contains(s.Log(), `serve.yaml:1:20: unknown key \"codek\": did you mean codec?`)
	})
	text, _ := s.Get("/metrics")
	require.Contains(t, text, "\nlivekit_gstpublish_config_ok 0\n")
	require.Contains(t, text, `livekit_gstpublish_frames_total{outcome="sent",publication="stays"}`)
	requireSame()
	require.NoError(t, syscall.Kill(stays.PID, syscall.SIGHUP), "as killall -HUP gstpublish does")
	s.Signal(syscall.SIGHUP)
	s.Eventually("SIGHUP does not reload", func() bool {
		text, _ := s.Get("/metrics")
		return strings.Contains(text, "livekit_gstpublish_config_reloads_total{result=\"error\"} 2\n")
	})
	requireSame()
	s.Stop()
	require.Contains(t, s.Log(), "state=draining")
}

// notified is what systemd would receive.
type notified struct {
	mu       sync.Mutex // protects messages
	messages []string
}

// count returns how many messages there were of that text.
func (n *notified) count(text string) (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, message := range n.messages {
		if message == text {
			count++
		}
	}
	return count
}

// listenAsSystemd receives notifications at a socket until the test ends.
func listenAsSystemd(t *testing.T, socket string) *notified {
	t.Helper()
	l, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "unixgram", socket)
	require.NoError(t, err)
	n := &notified{}
	ended := make(chan struct{})
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-ended
	})
	go func() {
		defer close(ended)
		buf := make([]byte, 4096)
		for {
			size, _, err := l.ReadFrom(buf)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.messages = append(n.messages, string(buf[:size]))
			n.mu.Unlock()
		}
	}()
	return n
}

// TestServeNotifies: systemd learns that serve is ready, and its watchdog is fed only while media flows or why it does
// not is known.
func TestServeNotifies(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	socket := filepath.Join(t.TempDir(), "notify")
	systemd := listenAsSystemd(t, socket)
	s := startServe(t, "10s", map[string]string{"camera": good}, "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=1000000")
	s.Eventually("not ready", func() bool { return systemd.count("READY=1") == 1 })
	camera := s.Await("camera")
	s.Eventually("the watchdog is not fed", func() bool {
		return systemd.count("STATUS=1 of 1 publications are ready") > 0 && systemd.count("WATCHDOG=1") > 0
	})

	require.NoError(t, syscall.Kill(camera.PID, syscall.SIGSTOP))
	s.Await("camera", serve.Stalled)
	fed, looks := systemd.count("WATCHDOG=1"), 0
	s.Eventually("it is not killed", func() bool {
		now := systemd.count("WATCHDOG=1")
		if s.Status("camera").State != serve.Stalled {
			return true // Its process was killed: the reason is known.
		}
		looks++
		require.Equal(t, fed, now, "fed while nothing is known")
		return false
	})
	require.Greater(t, looks, 20)
	s.Eventually("the watchdog is not fed again", func() bool { return systemd.count("WATCHDOG=1") > fed })
	s.Stop()
	require.Equal(t, 1, systemd.count("STOPPING=1"))
}
