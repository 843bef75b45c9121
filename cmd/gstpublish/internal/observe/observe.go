// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package observe serves the metrics, the graph and the profiles of a publication over HTTP.
package observe

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/admin"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/sink"
)

// Server is the HTTP server of one publication. The zero value has none.
type Server struct {
	collector *metrics.Collector
	server    *admin.Server
}

// Serve serves the metrics of what Add adds, the graph of a pipeline, and profiles. If the address is empty, it serves
// nothing.
func Serve(ctx context.Context, address string, graph func() string, log *slog.Logger) (*Server, error) {
	if address == "" {
		return &Server{}, nil
	}
	l, err := admin.Listen(ctx, address)
	if err != nil {
		return nil, problem.Usage(err)
	}
	s := &Server{collector: metrics.NewCollector()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.collector, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.server = admin.Serve(l, admin.Handler(registry, graph))
	log.Info("listening", "address", l.Addr().String())
	return s, nil
}

// Add adds the metrics of a publication and its room.
func (s *Server) Add(room *gstpublish.Room, pub *sink.Publication) {
	if s.collector != nil {
		s.collector.AddRoom(room.LiveKit().Name(), room)
		s.collector.AddPublication("", pub)
	}
}

// Close ends the server.
func (s *Server) Close() {
	if s.server != nil {
		_ = s.server.Close() // The process ends.
	}
}
