// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package operators

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/served"
)

// The frames of all publications: small, so that their encoders take little of the machine.
const (
	source = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=10/1"
	ticks  = 90_000 / 10 // of RTP, from frame to frame
)

// healthy is the number of publications without a fault. faultAfter is how long the others run before each fault.
const (
	healthy    = 5
	faultAfter = 5 * time.Second
)

// BenchmarkIsolation runs `gstpublish serve` with nine publications for as many seconds as -benchtime has iterations.
// One aborts whenever it has run for 5 s; one hangs (SIGSTOP) likewise; the encoder of one sends a key frame only when
// asked; the source of one hangs up after 5 s and stays away for 5 s. It counts the frames of the other five at a
// viewer of each, and fails if one is missing.
func BenchmarkIsolation(b *testing.B) {
	server := startServer(b, nil)
	camera := newFlakyCamera(b)
	config := filepath.Join(b.TempDir(), "serve.yaml")
	write(b, config, isolationConfig(camera.port()))
	s := start(b, buildProgram(b), served.Environment(server, b.TempDir()), "serve", "--config", config)
	s.Eventually("not all have started", func() bool {
		all := s.Statuses()
		return !slices.ContainsFunc(healthyNames(), func(name string) bool { return !all[name].State.Ready() })
	})
	watching := map[string]*served.Counter{}
	for _, name := range healthyNames() {
		watching[name] = served.Count(b, server, name, ticks, patience)
	}
	f := &faults{Process: s, since: map[string]time.Time{}, pids: map[string]int{}, hits: map[string]int{}}
	for b.Loop() {
		f.second(b)
	}
	b.ReportMetric(0, "ns/op")
	f.report(b)
	missed := 0
	drops := regexp.MustCompile(`(?m)^livekit_gstpublish_dropped_frames_total.*publication="good.* [1-9].*$`)
	metrics, _ := s.Get("/metrics")
	b.Logf("dropped at the publishers: %q", drops.FindAllString(metrics, -1))
	for name, w := range watching {
		got := w.Stop()
		b.Logf("%s: %d frames, %d missing, at most %v between two of them", name, got.Frames, got.Missed, got.Gap)
		missed += got.Missed
		require.Empty(b, s.Status(name).Restarts, s.Log())
	}
	logMachine(b)
	b.ReportMetric(float64(missed), "missing")
	require.Zero(b, missed)
	s.Stop()
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

// faults causes the faults of the publications.
type faults struct {
	*served.Process

	since map[string]time.Time // when a publication was first seen live in its process
	pids  map[string]int
	hits  map[string]int // of each publication
}

// second causes faults for a second.
func (f *faults) second(b *testing.B) {
	b.Helper()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		f.Wait(100 * time.Millisecond)
		all := f.Statuses()
		for name, signal := range map[string]syscall.Signal{"aborts": syscall.SIGABRT, "hangs": syscall.SIGSTOP} {
			s := all[name]
			switch {
			case s.PID == 0 || !s.State.Ready():
			case f.pids[name] != s.PID:
				f.pids[name], f.since[name] = s.PID, time.Now()
			case !f.since[name].IsZero() && time.Since(f.since[name]) > faultAfter:
				require.NoError(b, syscall.Kill(s.PID, signal))
				f.since[name] = time.Time{} // once for each process
				f.hits[name]++
			}
		}
	}
}

// report reports how often each fault occurred, and requires that serve has named it.
func (f *faults) report(b *testing.B) {
	b.Helper()
	all := f.Statuses()
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
	lost := strings.Count(f.Log(), "the source is lost")
	b.Logf("loses: its source was lost %d times", lost)
	require.Empty(b, all["keyless"].Restarts, f.Log())
	var pids []int
	for _, name := range healthyNames() {
		pids = append(pids, all[name].PID)
	}
	b.ReportMetric(usageOf(pids...).mega/healthy, "MB/healthy")
	b.ReportMetric(usageOf(f.PID()).mega, "MB-serve")
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
