// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/pipeline"
)

// A program publishes a camera, and exports its metrics.
func Example() {
	if err := publish(); err != nil {
		log.Fatal(err)
	}
}

func publish() error {
	ctx := context.Background()
	key := gstpublish.APIKey{Key: "devkey", Secret: "secret", Room: "demo"}
	room, err := gstpublish.Join(ctx, "ws://localhost:7880", key, nil)
	if err != nil {
		return err
	}
	defer room.Close()
	camera, err := pipeline.Parse("v4l2src", nil)
	if err != nil {
		return err
	}
	publication, err := room.Publish(ctx, camera, nil)
	if err != nil {
		return err
	}

	collector := metrics.NewCollector()
	collector.AddRoom("demo", room)
	collector.AddPublication("camera", publication)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Addr: "localhost:9464", ReadHeaderTimeout: time.Second}
	return server.ListenAndServe()
}
