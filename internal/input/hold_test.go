// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/port"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// sender is a TCP server that sends a file to each client and counts them.
type sender struct {
	net.Listener

	clients atomic.Int32
	served  chan struct{} // closed when it accepts no more
}

func send(t *testing.T, path string) *sender {
	t.Helper()
	content, err := os.ReadFile(path) //nolint:gosec // The test's own file.
	require.NoError(t, err)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	s := &sender{Listener: listener, served: make(chan struct{})}
	go func() {
		defer close(s.served)
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			s.clients.Add(1)
			_, _ = conn.Write(content) // A client that is gone fails the test elsewhere.
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-s.served
	})
	return s
}

func (s *sender) input() Input { return Of("tcp://" + s.Addr().String()) }

// count pulls from an output until its stream ends.
func count(t *testing.T, out *pipeline.Output) (samples int) {
	t.Helper()
	for ; ; samples++ {
		if out.Kind == pipeline.RawVideo {
			frame, err := media.Of(out).PullRaw()
			if err != nil {
				return samples
			}
			frame.Buffer.Unref()
			continue
		}
		sample, err := media.Of(out).Pull(nil)
		if err != nil {
			return samples
		}
		require.True(t, sample.Key || samples > 0, "the first frame is not the first of the stream")
	}
}

// TestAServerOfOneClient is connected to once, and what is published begins with its first frame.
func TestAServerOfOneClient(t *testing.T) {
	t.Parallel()
	coded := "x264enc tune=zerolatency bframes=0 key-int-max=100 ! h264parse ! "
	for name, c := range map[string]struct {
		file, text string
		want       Want
		passed     bool
		frames     int
	}{
		"passed through":          {"a.ts", moving + coded + "mpegtsmux", Want{}, true, 40},
		"without a container":     {"a.h264", moving + coded + "video/x-h264,stream-format=byte-stream", Want{}, true, 40},
		"B-frames, so decoded":    {"b.ts", moving + "x264enc bframes=2 b-adapt=false ! mpegtsmux", Want{}, false, 40},
		"decoded as it is wanted": {"c.ts", moving + coded + "mpegtsmux", Want{Reencode: true}, false, 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := send(t, record(t, c.file, c.text))
			h, err := Hold(t.Context(), s.input())
			require.NoError(t, err)
			found, err := h.Look(t.Context(), c.want)
			require.NoError(t, err)
			require.True(t, found.Known && found.Video && !found.Audio)
			require.Equal(t, c.passed, found.Passed != nil)
			var opts pipeline.Options
			require.NoError(t, h.Continue(&opts))
			p, err := pipeline.Parse(s.input().Text(found), &opts)
			require.NoError(t, err)
			h.Close()
			require.Len(t, p.Outputs(), 1)
			require.Equal(t, c.passed, p.Outputs()[0].Kind == pipeline.EncodedVideo)
			run := make(chan error, 1)
			go func() { run <- p.Run(t.Context()) }()
			require.Equal(t, c.frames, count(t, p.Outputs()[0]))
			ended := (*pipeline.EndedError)(nil)
			require.ErrorAs(t, <-run, &ended)
			require.True(t, strings.HasPrefix(ended.Source, "tcpclientsrc"), ended.Source)
			require.NoError(t, p.Close())
			require.EqualValues(t, 1, s.clients.Load())
		})
	}
}

// TestWhatAFailedSourceBroughtComesFirst: srtsrc ends every stream with an error, which is on the bus long before what
// came of the stream has been pulled.
func TestWhatAFailedSourceBroughtComesFirst(t *testing.T) {
	need.RealTime(t)
	t.Parallel()
	file := record(t, "a.ts", moving+"x264enc tune=zerolatency bframes=0 key-int-max=100 ! h264parse ! mpegtsmux")
	address := "srt://127.0.0.1:" + port.UDP(t)
	// A busy machine may not connect in SRT's three seconds: then the next server waits for the next attempt.
	server := exec.Command("sh", "-c", "while :; do gst-launch-1.0 -q filesrc location="+file+
		" ! tsparse set-timestamps=true ! srtsink uri="+address+"?mode=listener wait-for-connection=true; done")
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL) // It runs until then.
		_ = server.Wait()
	})
	in := Of(address)
	var h *Held
	var found Streams
	require.Eventually(t, func() (ok bool) { // It may not listen yet.
		var err error
		if h, err = Hold(t.Context(), in); err != nil {
			return false
		}
		if found, err = h.Look(t.Context(), Want{}); err != nil {
			h.Close()
		}
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	log := &locked.Buffer{}
	opts := pipeline.Options{Logger: slog.New(slog.NewTextHandler(log, nil))}
	require.NoError(t, h.Continue(&opts))
	p, err := pipeline.Parse(in.Text(found), &opts)
	require.NoError(t, err)
	h.Close()
	run := make(chan error, 1)
	go func() { run <- p.Run(t.Context()) }()
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "a source has failed") }, time.Minute,
		10*time.Millisecond)
	// The server's socket has closed without waiting for what it had not sent.
	require.Greater(t, count(t, p.Outputs()[0]), 20)
	failed := (*pipeline.ElementError)(nil)
	require.ErrorAs(t, <-run, &failed)
	require.Equal(t, "srtsrc", failed.Factory)
	require.NoError(t, p.Close())
}

// TestHoldCloses: what is held can be closed at any time.
func TestHoldCloses(t *testing.T) {
	t.Parallel()
	s := send(t, record(t, "a.ts", moving+"x264enc tune=zerolatency ! mpegtsmux"))
	h, err := Hold(t.Context(), s.input())
	require.NoError(t, err)
	h.Close()
	h, err = Hold(t.Context(), s.input())
	require.NoError(t, err)
	found, err := h.Look(t.Context(), Want{})
	require.NoError(t, err)
	require.Equal(t, catalogue.H264, *found.Passed)
	h.Close()
	// A pipeline that is closed without having been run.
	h, err = Hold(t.Context(), s.input())
	require.NoError(t, err)
	_, err = h.Look(t.Context(), Want{})
	require.NoError(t, err)
	var opts pipeline.Options
	require.NoError(t, h.Continue(&opts))
	p, err := pipeline.Parse(s.input().Text(found), &opts)
	require.NoError(t, err)
	h.Close()
	require.NoError(t, p.Close())
	require.NoError(t, s.Close())
	_, err = Hold(t.Context(), s.input())
	require.Error(t, err, "nothing listens")
}
