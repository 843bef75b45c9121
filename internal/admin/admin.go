// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package admin is the HTTP server through which a publication is observed: its metrics, the graph of its pipeline, and
// profiles of its process.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// headerTimeout limits how long a client may take to a request's header.
const headerTimeout = 5 * time.Second

// Server is an HTTP server. Close must be called.
type Server struct {
	listener net.Listener
	http     *http.Server
	ended    chan struct{}
}

// Listen listens at an address: HOST:PORT, or unix:PATH for a socket that only this user may open.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	network, path := "tcp", address
	if socket, is := strings.CutPrefix(address, "unix:"); is {
		network, path = "unix", socket
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, network, path)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	return l, nil
}

// Serve serves requests on a listener, which it owns.
func Serve(l net.Listener, h http.Handler) *Server {
	s := &Server{
		listener: l, ended: make(chan struct{}),
		http: &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout},
	}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(l) // It ends with Close.
	}()
	return s
}

// Addr returns the address that the server listens at.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends the server.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Handler returns the handler of one publication: /healthz says that the process answers, /metrics has those of g,
// /gst_pipeline the graph that dot returns in Graphviz's language, and /debug/pprof/ profiles.
func Handler(g prometheus.Gatherer, dot func() string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /gst_pipeline", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/vnd.graphviz")
		_, _ = io.WriteString(w, dot())
	})
	AddProfiles(mux)
	return mux
}

// AddProfiles adds /debug/pprof/ to a mux.
func AddProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
