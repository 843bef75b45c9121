// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command metrics publishes a test pattern, until Ctrl-C, and exports what it measures to Prometheus.
//
//	livekit-server --dev &
//	go run ./examples/metrics localhost:9464
//	curl http://localhost:9464/metrics
package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func main() {
	address := "localhost:9464"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := publish(ctx, address)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish publishes, and serves metrics, until ctx is done.
func publish(ctx context.Context, address string) error {
	room, err := gstpublish.Join(ctx, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), gstpublish.APIKey{
		Key:    cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		Secret: cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		Room:   "demo",
	}, nil)
	if err != nil {
		return err
	}
	defer room.Close()
	pipe, err := pipeline.Parse("videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360", nil)
	if err != nil {
		return err
	}
	publication, err := room.Publish(ctx, pipe, nil)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(room, publication), ReadHeaderTimeout: time.Second}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // It ends with Close.
	fmt.Printf("metrics are at http://%s/metrics\n", listener.Addr())
	select {
	case <-publication.Done():
		return publication.Err()
	case <-room.Done():
		return room.Err() // The connection was lost for good.
	case <-ctx.Done():
		return nil
	}
}

// handler serves the metrics of a room and of its publication at /metrics.
func handler(room *gstpublish.Room, publication *sink.Publication) http.Handler {
	collector := metrics.NewCollector()
	collector.AddRoom("demo", room)
	collector.AddPublication("ball", publication)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}
