// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// The frames of all publications: small, so that their encoders take little of the machine.
const (
	source = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=10/1"
	ticks  = 90_000 / 10 // of RTP, from frame to frame
)

// The publications that stay healthy, and how long one with a fault runs before it has it.
const (
	healthy    = 5
	faultAfter = 5 * time.Second
)

// BenchmarkIsolation runs `gstpublish serve` with nine publications for as many seconds as -benchtime has iterations.
// One aborts whenever it has run for 5 s; one hangs (SIGSTOP) likewise; the encoder of one sends a key frame only when
// asked; the source of one hangs up after 5 s and stays away for 5 s. It counts the frames of the other five at a
// viewer of each, and fails if one is missing.
func BenchmarkIsolation(b *testing.B) {
	server := startServer(b)
	camera := newFlakyCamera(b)
	config := filepath.Join(b.TempDir(), "serve.yaml")
	write(b, config, isolationConfig(camera.port()))
	s := start(b, buildProgram(b), environment(server, b.TempDir()), "serve", "--config", config)
	s.eventually("not all have started", func() bool {
		all := s.statuses()
		return !slices.ContainsFunc(healthyNames(), func(name string) bool { return !all[name].State.Ready() })
	})
	var watching []*watched
	for _, name := range healthyNames() {
		watching = append(watching, watch(b, server, name))
	}
	f := &faults{served: s, since: map[string]time.Time{}, pids: map[string]int{}, hits: map[string]int{}}
	for b.Loop() {
		f.second()
	}
	b.ReportMetric(0, "ns/op")
	f.report(b)
	missed := 0
	drops := regexp.MustCompile(`(?m)^livekit_gstpublish_dropped_frames_total.*publication="good.* [1-9].*$`)
	metrics, _ := s.get("/metrics")
	b.Logf("dropped at the publishers: %q", drops.FindAllString(string(metrics), -1))
	for _, w := range watching {
		require.NoError(b, w.viewer.Close())
		<-w.done
		require.ErrorIs(b, w.err, viewer.ErrClosed)
		b.Logf("%s: %d frames, %d missing, at most %v between two of them", w.name, w.frames, w.missed, w.gap)
		missed += w.missed
		require.Empty(b, s.statuses()[w.name].Restarts, s.log.String())
	}
	logMachine(b)
	b.ReportMetric(float64(missed), "missing")
	require.Zero(b, missed)
	s.stop()
}

func healthyNames() (names []string) {
	for i := range healthy {
		names = append(names, fmt.Sprintf("good%d", i))
	}
	return names
}

// isolationConfig returns a configuration with a room for each publication. The source that is lost is at a port.
func isolationConfig(port int) string {
	var text strings.Builder
	text.WriteString("health_port: 0\npublications:\n")
	add := func(name, pipeline string) {
		fmt.Fprintf(&text, "  %s: {room: %s, pipeline: %q}\n", name, name, pipeline)
	}
	add("aborts", source)
	add("hangs", source)
	add("keyless", source+" ! vp8enc deadline=1 keyframe-mode=disabled keyframe-max-dist=100000")
	add("loses", fmt.Sprintf("tcpclientsrc host=127.0.0.1 port=%d do-timestamp=true ! rawvideoparse width=160 height=90 "+
		"format=gray8 framerate=10/1", port))
	for _, name := range healthyNames() {
		add(name, source)
	}
	return text.String()
}

// faults gives publications theirs.
type faults struct {
	*served

	since map[string]time.Time // when a publication was first seen live in its process
	pids  map[string]int
	hits  map[string]int // of each publication
}

// second gives faults for a second.
func (f *faults) second() {
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		select {
		case <-f.ended:
			require.Fail(f.b, "serve has ended", f.log.String())
		case <-time.After(100 * time.Millisecond):
		}
		all := f.statuses()
		for name, signal := range map[string]syscall.Signal{"aborts": syscall.SIGABRT, "hangs": syscall.SIGSTOP} {
			s := all[name]
			switch {
			case s.PID == 0 || !s.State.Ready():
			case f.pids[name] != s.PID:
				f.pids[name], f.since[name] = s.PID, time.Now()
			case !f.since[name].IsZero() && time.Since(f.since[name]) > faultAfter:
				require.NoError(f.b, syscall.Kill(s.PID, signal))
				f.since[name] = time.Time{} // once for each process
				f.hits[name]++
			}
		}
	}
}

// report reports how often the faults came, and requires that each was named.
func (f *faults) report(b *testing.B) {
	b.Helper()
	all := f.statuses()
	for name, cause := range map[string]string{"aborts": "crash: SIGABRT", "hangs": "hung", "loses": ""} {
		total := uint64(0)
		for _, n := range all[name].Restarts {
			total += n
		}
		b.Logf("%s: %d faults, restarts %v", name, f.hits[name], all[name].Restarts)
		b.ReportMetric(float64(total), "restarts-"+name)
		if cause != "" && f.hits[name] > 1 {
			require.Positive(b, all[name].Restarts[cause], name)
		}
	}
	lost := strings.Count(f.log.String(), "the source is lost")
	b.Logf("loses: its source was lost %d times", lost)
	require.Empty(b, all["keyless"].Restarts, f.log.String())
	var pids []int
	for _, name := range healthyNames() {
		pids = append(pids, all[name].PID)
	}
	b.ReportMetric(usageOf(pids...).mega/healthy, "MB/healthy")
	b.ReportMetric(usageOf(f.cmd.Process.Pid).mega, "MB-serve")
}

// watched is a viewer of a publication, who counts.
type watched struct {
	name           string
	viewer         *viewer.Viewer
	frames, missed int
	gap            time.Duration // the longest time between two frames
	err            error
	done           chan struct{}
}

// watch counts the frames of a publication, in a room of its name, until its viewer is closed.
func watch(b *testing.B, server *devserver.Server, name string) *watched {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: name}).ToJWT()
	require.NoError(b, err)
	w := &watched{name: name, done: make(chan struct{})}
	w.viewer, err = viewer.Join(ctx, server.URL(), token, &viewer.Options{KeepAll: true})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, w.viewer.Close()) })
	last, err := w.viewer.Next(ctx)
	require.NoError(b, err)
	go func() {
		defer close(w.done)
		for {
			frame, err := w.viewer.Next(context.Background())
			if err != nil {
				w.err = err
				return
			}
			w.frames++
			w.missed += int((frame.RTPTime-last.RTPTime+ticks/2)/ticks) - 1
			w.gap = max(w.gap, frame.Received.Sub(last.Received))
			last = frame
		}
	}()
	return w
}

// flakyCamera sends gray frames to each client, hangs up after a while, and is then away for as long.
type flakyCamera struct{ listener net.Listener }

func newFlakyCamera(b *testing.B) *flakyCamera {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	c := &flakyCamera{l}
	ended := make(chan struct{})
	b.Cleanup(func() {
		require.NoError(b, l.Close())
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			c.send(client)
		}
	}()
	return c
}

func (c *flakyCamera) port() int { return c.listener.Addr().(*net.TCPAddr).Port }

// send sends frames to a client for a while. Others wait meanwhile, and for as long afterwards.
func (c *flakyCamera) send(client net.Conn) {
	frame := make([]byte, 160*90)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(faultAfter); time.Now().Before(end); <-tick.C {
		if _, err := client.Write(frame); err != nil {
			break
		}
	}
	_ = client.Close() // The fault.
	<-time.After(faultAfter)
}
