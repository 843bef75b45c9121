// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/serve/host"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/prometheus"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// served is a running `gstpublish serve`.
type served struct {
	t      *testing.T
	config string // path
	cmd    *exec.Cmd
	ended  chan struct{}
	url    string // of its HTTP server
	hang   string // hang_timeout
	log    locked.Buffer
}

// withPassword has a password in the graph of its pipeline, and runs in a sandbox.
const withPassword = `{sandbox: required, pipeline: "videotestsrc is-live=true pattern=ball ! ` +
	`video/x-raw,width=160,height=90,framerate=10/1 ! textoverlay text=rtsp://user:hush-hush@host/"}`

const good = `{pipeline: "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=10/1"}`

// startServe starts serve with these publications, each in its own room, and with variables of the environment.
func startServe(t *testing.T, hang string, publications map[string]string, variables ...string) *served {
	t.Helper()
	s := &served{t: t, config: filepath.Join(t.TempDir(), "serve.yaml"), hang: hang}
	s.configure(publications)
	s.start(server, variables, "serve", "--config", s.config)
	return s
}

// start starts gstpublish, and waits for its HTTP server.
func (s *served) start(on *devserver.Server, variables []string, args ...string) {
	t := s.t
	t.Helper()
	program, err := exec.LookPath("gstpublish") // which TestMain has made
	require.NoError(t, err)
	s.ended = make(chan struct{})
	s.cmd = exec.Command(program, args...) //nolint:gosec // this program
	s.cmd.Env = append(os.Environ(), environmentOf(on)...)
	s.cmd.Env = append(s.cmd.Env, "XDG_CACHE_HOME="+t.TempDir())
	s.cmd.Env = append(s.cmd.Env, variables...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	require.NoError(t, s.cmd.Start())
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // ProcessState has it.
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // It has ended, if the test went well.
		<-s.ended
	})
	address := regexp.MustCompile(`msg=listening address=(\S+)`)
	s.eventually(func() bool { return address.MatchString(s.log.String()) }, "no address")
	s.url = "http://" + address.FindStringSubmatch(s.log.String())[1]
}

// environmentOf returns the variables of the environment that name a server.
func environmentOf(on *devserver.Server) []string {
	return []string{
		"LIVEKIT_URL=" + on.URL(), "LIVEKIT_API_KEY=" + on.APIKey(), "LIVEKIT_API_SECRET=" + on.APISecret(),
		"LIVEKIT_TOKEN=",
	}
}

// configure writes the configuration.
func (s *served) configure(publications map[string]string) {
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

func (s *served) room(publication string) string { return s.t.Name() + "-" + publication }

func (s *served) eventually(f func() bool, what string) {
	s.t.Helper()
	deadline := time.Now().Add(waitTimeout)
	for !f() {
		if time.Now().After(deadline) {
			require.Fail(s.t, what, s.log.String())
		}
		select {
		case <-s.ended:
			require.Fail(s.t, "serve has ended", s.log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// get returns a page, and whether its status is 200.
func (s *served) get(path string) (string, bool) {
	s.t.Helper()
	response, err := http.Get(s.url + path) //nolint:gosec,noctx // our own server
	require.NoError(s.t, err, s.log.String())
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return string(body), response.StatusCode == http.StatusOK
}

// statuses returns the states of all publications.
func (s *served) statuses() (all []host.Status) {
	s.t.Helper()
	body, _ := s.get("/status")
	require.NoError(s.t, json.Unmarshal([]byte(body), &all), body)
	return all
}

// status returns the state of a publication.
func (s *served) status(name string) host.Status {
	s.t.Helper()
	for _, status := range s.statuses() {
		if status.Name == name {
			return status
		}
	}
	return host.Status{}
}

// await waits for a state of a publication, and returns its status.
func (s *served) await(name string, states ...serve.State) (status host.Status) {
	s.t.Helper()
	s.eventually(func() bool {
		status = s.status(name)
		return slices.Contains(states, status.State)
	}, fmt.Sprintf("%s is not %v", name, states))
	return status
}

// stop stops serve as systemd does, and requires that it has ended well.
func (s *served) stop() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.ended:
	case <-time.After(waitTimeout):
		require.Fail(s.t, "serve does not end", s.log.String())
	}
	require.Zero(s.t, s.cmd.ProcessState.ExitCode(), s.log.String())
}

// counting counts the frames of a publication that a viewer sees, and those that are missing between them.
type counting struct {
	viewer         *viewer.Viewer
	frames, missed int
	err            error
	done           chan struct{}
}

// count watches a publication until Close of its viewer.
func (s *served) count(name string, ticks uint32) *counting {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: s.room(name)}).ToJWT()
	require.NoError(s.t, err)
	c := &counting{done: make(chan struct{})}
	c.viewer, err = viewer.Join(ctx, server.URL(), token, &viewer.Options{KeepAll: true})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, c.viewer.Close()) })
	first, err := c.viewer.Next(ctx)
	require.NoError(s.t, err)
	go func() {
		defer close(c.done)
		last := first.RTPTime
		for {
			frame, err := c.viewer.Next(context.Background())
			if err != nil {
				c.err = err
				return
			}
			c.frames++
			c.missed += int((frame.RTPTime-last+ticks/2)/ticks) - 1
			last = frame.RTPTime
		}
	}()
	return c
}

// TestServeIsolation: of nine publications one aborts again and again, one hangs, one has an encoder that is set to
// send one key frame, and one loses its source. Viewers of the other five miss no frame for half a minute. A real
// Prometheus scrapes all of them.
func TestServeIsolation(t *testing.T) {
	need.Server(t)
	need.RealTime(t)
	publications := map[string]string{
		"aborts": good, "hangs": good,
		"keyless": `{pipeline: "videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=10/1 ! ` +
			`vp8enc deadline=1 keyframe-mode=disabled keyframe-max-dist=100000"}`,
		"ends": `{pipeline: "videotestsrc is-live=true num-buffers=20 ! video/x-raw,width=160,height=90,framerate=10/1"}`,
	}
	const healthy = 5
	for i := range healthy {
		publications[fmt.Sprintf("good%d", i)] = good
	}
	s := startServe(t, "8s", publications)
	var counts []*counting
	for i := range healthy {
		name := fmt.Sprintf("good%d", i)
		s.await(name, serve.Live, serve.Idle)
		counts = append(counts, s.count(name, 90_000/10))
	}
	watched := prometheus.Start(t, "../../deploy/prometheus/alerts.yml", strings.TrimPrefix(s.url, "http://"))

	begin := time.Now()
	hung := s.await("hangs", serve.Live, serve.Idle).PID
	require.NoError(t, syscall.Kill(hung, syscall.SIGSTOP))
	aborted := map[int]bool{}
	for time.Since(begin) < 30*time.Second {
		if status := s.status("aborts"); status.PID > 0 && status.State.Ready() && !aborted[status.PID] {
			aborted[status.PID] = true
			require.NoError(t, syscall.Kill(status.PID, syscall.SIGABRT))
		}
		select {
		case <-s.ended:
			require.Fail(t, "serve has ended", s.log.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.requireFaults(aborted, hung)
	require.Empty(t, s.status("keyless").Restarts)
	s.await("keyless", serve.Live, serve.Idle)
	watched.RequireData(`ALERTS{alertname="GstpublishPublicationDown", publication=~"aborts|hangs|ends"}[1m:1s]`)
	for _, query := range prometheus.Dashboard(t, "../../deploy/grafana/gstpublish.json") {
		watched.RequireData(query)
	}
	require.Empty(t, watched.Query(`livekit_gstpublish_publication_restarts_total{publication=~"good.*"}`))
	for i, c := range counts {
		require.NoError(t, c.viewer.Close())
		<-c.done
		require.ErrorIs(t, c.err, viewer.ErrClosed)
		require.Zero(t, c.missed, "good%d: %d frames, %+v", i, c.frames, c.viewer.Stats())
		require.Greater(t, c.frames, 280, "good%d", i)
		require.Empty(t, s.status(fmt.Sprintf("good%d", i)).Restarts)
	}
	s.stop()
}

// requireFaults requires that each of the faults was seen, named and repaired.
func (s *served) requireFaults(aborted map[int]bool, hung int) {
	t := s.t
	t.Helper()
	require.Greater(t, len(aborted), 1, s.log.String())
	require.Positive(t, s.status("aborts").Restarts["crash: SIGABRT"], s.log.String())
	require.Contains(t, strings.Join(s.status("aborts").LastExit.Words, "\n"), "SIGABRT", "its last words")
	require.Positive(t, s.status("hangs").Restarts["hung"])
	require.NotEqual(t, hung, s.await("hangs", serve.Live, serve.Idle).PID)
	require.Positive(t, s.status("ends").Restarts["exit code 0"])
	require.Contains(t, s.log.String(), `msg="the process has ended" publication=aborts cause="crash: SIGABRT"`)
}

// TestServeReload: a change of the configuration leaves what has not changed alone.
func TestServeReload(t *testing.T) {
	t.Parallel()
	need.Server(t)
	need.RealTime(t)
	s := startServe(t, "30s", map[string]string{"stays": withPassword, "changes": good, "goes": good})
	stays := s.await("stays", serve.Live, serve.Idle)
	changes := s.await("changes", serve.Live, serve.Idle)
	s.await("goes", serve.Live, serve.Idle)
	_, ready := s.get("/readyz")
	require.True(t, ready)
	graph, ok := s.get("/gst_pipeline/stays")
	require.True(t, ok)
	require.Contains(t, graph, "GstVideoTestSrc")
	require.Contains(t, graph, "rtsp://user:")
	require.NotContains(t, graph, "hush-hush")
	_, ok = s.get("/gst_pipeline/other")
	require.False(t, ok)
	goroutines, ok := s.get("/pprof/stays/goroutine?debug=1")
	require.True(t, ok)
	require.Contains(t, goroutines, "goroutine profile:")

	changed := strings.Replace(good, "ball", "smpte", 1)
	s.configure(map[string]string{"stays": withPassword, "changes": changed, "comes": good})
	s.await("comes", serve.Live, serve.Idle)
	s.eventually(func() bool {
		status := s.status("changes")
		return status.PID != changes.PID && status.State.Ready()
	}, "the changed one does not return")
	requireSame := func() {
		now := s.status("stays")
		require.Equal(t, stays.PID, now.PID)
		require.Equal(t, stays.Restarts, now.Restarts)
		require.True(t, now.State.Ready(), "%+v", now)
	}
	requireSame()
	require.Zero(t, s.status("goes"))

	require.NoError(t, os.WriteFile(s.config, []byte("publications: {a: {codek: vp8}}"), 0o600))
	s.eventually(func() bool {
		return strings.Contains(s.log.String(), `serve.yaml:1:20: unknown key \"codek\": did you mean codec?`)
	}, "the error is not logged")
	text, _ := s.get("/metrics")
	require.Contains(t, text, "\nlivekit_gstpublish_config_ok 0\n")
	require.Contains(t, text, `livekit_gstpublish_frames_total{outcome="sent",publication="stays"}`)
	requireSame()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	s.eventually(func() bool {
		text, _ := s.get("/metrics")
		return strings.Contains(text, "livekit_gstpublish_config_reloads_total{result=\"error\"} 2\n")
	}, "SIGHUP does not reload")
	s.stop()
	require.Contains(t, s.log.String(), "state=draining")
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
	s.eventually(func() bool { return systemd.count("READY=1") == 1 }, "not ready")
	camera := s.await("camera", serve.Live, serve.Idle)
	s.eventually(func() bool {
		return systemd.count("STATUS=1 of 1 publications are ready") > 0 && systemd.count("WATCHDOG=1") > 0
	}, "the watchdog is not fed")

	require.NoError(t, syscall.Kill(camera.PID, syscall.SIGSTOP))
	s.await("camera", serve.Stalled)
	fed, looks := systemd.count("WATCHDOG=1"), 0
	s.eventually(func() bool {
		now := systemd.count("WATCHDOG=1")
		if s.status("camera").State != serve.Stalled {
			return true // Its process was killed: the reason is known.
		}
		looks++
		require.Equal(t, fed, now, "fed while nothing is known")
		return false
	}, "it is not killed")
	require.Greater(t, looks, 20)
	s.eventually(func() bool { return systemd.count("WATCHDOG=1") > fed }, "the watchdog is not fed again")
	s.stop()
	require.Equal(t, 1, systemd.count("STOPPING=1"))
}

// TestServedFlags sees that the options of a publication are those of run.
func TestServedFlags(t *testing.T) {
	flags := servedFlags()
	require.Equal(t, serve.TextFlag, flags["codec"])
	require.Equal(t, serve.ListFlag, flags["fallback-codec"])
	require.Equal(t, serve.BoolFlag, flags["screencast"])
	for _, name := range keptFlags {
		require.NotContains(t, flags, name)
	}
}
