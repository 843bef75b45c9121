// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command metrics publishes a test pattern, until Ctrl-C, and exports what it measures in Prometheus's text format.
//
//	livekit-server --dev &
//	go run ./examples/metrics localhost:9464
//	curl http://localhost:9464/metrics
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gstpublish/gstpublish"
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
	server := &http.Server{Handler: metrics(room, publication), ReadHeaderTimeout: time.Second}
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

// metrics serves the numbers of a room and of its publication at /metrics.
func metrics(room *gstpublish.Room, publication *sink.Publication) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_ = write(w, room.Stats(), publication.Stats()) // A client that went away wants no answer.
	})
	return mux
}

// write writes metrics in the text format.
func write(w io.Writer, room gstpublish.Stats, video sink.Stats) error {
	metric := func(name, kind, help string, value float64) error {
		_, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %g\n", name, help, name, kind, name, value)
		return err
	}
	const counter, gauge = "counter", "gauge"
	return errors.Join(
		metric("gstpublish_frames_sent_total", counter, "Frames sent.", float64(video.Sent)),
		metric("gstpublish_video_bytes_total", counter, "Bytes of encoded video.", float64(video.SentBytes)),
		metric("gstpublish_key_frames_total", counter, "Key frames sent.", float64(video.KeyFrames)),
		metric("gstpublish_plis_total", counter, "Key frames that viewers asked for.", float64(video.PLIs)),
		metric("gstpublish_dropped_congested_total", counter, "Frames dropped because the network was behind.",
			float64(video.DroppedCongested)),
		metric("gstpublish_encoder_failures_total", counter, "Encoders that failed.", float64(video.EncoderFailures)),
		metric("gstpublish_interruptions_total", counter, "Interruptions of the connection.", float64(room.Interruptions)),
		metric("gstpublish_estimate_bits_per_second", gauge, "What the network carries.", float64(room.Network.Estimate)),
		metric("gstpublish_loss_ratio", gauge, "Share of packets lost lately.", room.Network.Loss),
		metric("gstpublish_round_trip_seconds", gauge, "Round-trip time to the server.", room.Network.RTT.Seconds()),
	)
}
