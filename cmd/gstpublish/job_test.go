// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/serve"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/test/served"
)

// gate is a way to a server that can be closed for workers, while everything else passes.
type gate struct {
	proxy *httputil.ReverseProxy

	mu      sync.Mutex // protects the following fields
	closed  bool
	workers map[*http.Request]context.CancelFunc
}

// newGate returns a gate to a server, and its URL.
func newGate(t *testing.T, server *devserver.Server) (g *gate, address string) {
	t.Helper()
	u, err := url.Parse(strings.Replace(server.URL(), "ws", "http", 1))
	require.NoError(t, err)
	g = &gate{proxy: httputil.NewSingleHostReverseProxy(u), workers: map[*http.Request]context.CancelFunc{}}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return g, strings.Replace(s.URL, "http", "ws", 1)
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/agent") {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		g.mu.Lock()
		g.workers[r] = cancel
		closed := g.closed
		g.mu.Unlock()
		defer func(r *http.Request) {
			g.mu.Lock()
			defer g.mu.Unlock()
			delete(g.workers, r)
		}(r)
		if closed {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		r = r.WithContext(ctx)
	}
	g.proxy.ServeHTTP(w, r)
}

// set closes the gate, and cuts the connections of workers; or opens it.
func (g *gate) set(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	for _, cut := range g.workers {
		cut()
	}
}

// TestWorkerWithoutConnection: when only the connection of the worker breaks, its publication is sent without an
// interruption. Afterwards there is nothing to apply.
func TestWorkerWithoutConnection(t *testing.T) {
	t.Parallel()
	need.RealTime(t)
	d := newDispatched(t, nil)
	g, address := newGate(t, d.server)
	d.configure(1)
	w := d.worker(2, "LIVEKIT_URL="+address)
	require.Equal(t, lines(0, 1, "created"), d.apply())
	pids := d.runs(w, 0, 1)
	watching := served.Count(t, d.server, "room0", 90_000/10, waitTimeout)

	g.set(true)
	w.Eventually("the worker does not notice", func() bool {
		return !w.Ready() && strings.Count(w.Log(), "no connection to LiveKit's agent dispatch; jobs continue") > 1
	})
	require.Equal(t, pids, d.runs(w, 0, 1))
	g.set(false)
	w.Eventually("the worker is not registered again", w.Ready)
	require.Equal(t, lines(0, 1, "unchanged"), d.apply())

	require.Equal(t, pids, d.runs(w, 0, 1))
	require.Empty(t, w.Status("room0.camera0").Restarts)
	metrics, _ := w.Get("/metrics")
	for _, name := range []string{"room_interruptions_total", "room_rejoins_total"} {
		require.Contains(t, metrics, "livekit_gstpublish_"+name+`{publication="room0.camera0",room="room0"} 0`)
	}
	require.Positive(t, watching.Stop().Frames) // It has received the same track all the time.
	w.Stop()
}

// TestJobs: the server learns how each job has ended. A publisher is an ordinary participant, which keeps its room
// open.
func TestJobs(t *testing.T) {
	t.Parallel()
	need.RealTime(t)
	log := &locked.Buffer{}
	d := newDispatched(t, &devserver.Options{Log: log})
	short := strings.Replace(good, "is-live=true", "is-live=true num-buffers=10", 1)
	var text strings.Builder
	text.WriteString("health_port: 0\npublications:\n")
	for name, pipeline := range map[string]string{
		"stays": good, "ends": short, "fails": strings.Replace(good, "videotestsrc", "nosuchsrc", 1),
	} {
		fmt.Fprintf(&text, "  %s: %s\n", name, strings.Replace(pipeline, "{", "{room: jobs, restart: never, ", 1))
	}
	require.NoError(t, os.WriteFile(d.config, []byte(text.String()), 0o600))
	w := d.worker(5)
	require.ElementsMatch(t, []string{"jobs/ends: created", "jobs/fails: created", "jobs/stays: created"}, d.apply())
	w.Await("jobs.stays")
	ended := regexp.MustCompile(`job ended\s.*"jobID": "(AJ_\w+)".*"status": "(\w+)".*"error": "([^"]*)"`)
	results := func() map[string]string {
		names, results := map[string]string{}, map[string]string{}
		for _, m := range regexp.MustCompile(`"job assigned" job=(\S+) publication=(\S+)`).
			FindAllStringSubmatch(w.Log(), -1) {
			names[m[1]] = m[2]
		}
		for _, m := range ended.FindAllStringSubmatch(log.String(), -1) {
			results[names[m[1]]] = strings.TrimSpace(m[2] + " " + m[3])
		}
		return results
	}
	w.Eventually("the server has not learned of two ends", func() bool { return len(results()) == 2 })
	// The participant leaves when its stream ends, and the server may notice that before the report of the end arrives.
	require.Contains(t, []string{"JS_SUCCESS", "JS_FAILED agent worker left the room"}, results()["jobs.ends"])
	require.Equal(t, "JS_FAILED exit code 3", results()["jobs.fails"])
	require.Equal(t, serve.Live, w.Await("jobs.stays", serve.Live).State)

	rooms := lksdk.NewRoomServiceClient(d.server.URL(), d.server.APIKey(), d.server.APISecret())
	there, err := rooms.ListParticipants(t.Context(), &livekit.ListParticipantsRequest{Room: "jobs"})
	require.NoError(t, err)
	require.Len(t, there.GetParticipants(), 1)
	require.Equal(t, livekit.ParticipantInfo_STANDARD, there.GetParticipants()[0].GetKind())
	w.Stop()
	require.Contains(t, results()["jobs.stays"], "JS_FAILED ")
}
