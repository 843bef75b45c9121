// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command camera publishes a camera in three sizes (simulcast), until Ctrl-C, and prints the state of each size every
// two seconds. Without a camera it publishes a test pattern in its place.
//
//	livekit-server --dev &
//	go run ./examples/camera /dev/video0
//	go run ./cmd/gstpublish watch --dev --room demo --quality low
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func main() {
	device := "/dev/video0"
	if len(os.Args) > 1 {
		device = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := publish(ctx, device)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish publishes a camera until ctx is done.
func publish(ctx context.Context, device string) error {
	room, err := gstpublish.Join(ctx, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), gstpublish.APIKey{
		Key:    cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		Secret: cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		Room:   "demo",
	}, nil)
	if err != nil {
		return err
	}
	defer room.Close()
	pipe, err := open(device)
	if err != nil {
		return err
	}
	publication, err := room.Publish(ctx, pipe, &sink.Options{Layers: sink.LayerOptions{Sizes: 3}})
	if err != nil {
		return err
	}
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, layer := range publication.Stats().Layers {
				fmt.Printf("%dx%d: %d frames, %d of them key frames, by %s\n",
					layer.Width, layer.Height, layer.Sent, layer.KeyFrames, layer.Encoder)
			}
		case <-publication.Done():
			return publication.Err()
		case <-room.Done():
			return room.Err() // The connection was lost for good.
		case <-ctx.Done():
			return nil
		}
	}
}

// open builds the pipeline of a camera, or of a test pattern if there is no such device.
func open(device string) (*pipeline.Pipeline, error) {
	if _, err := os.Stat(device); err != nil {
		fmt.Println("no camera:", err)
		return pipeline.Parse("videotestsrc is-live=true pattern=ball ! video/x-raw,width=1280,height=720", nil)
	}
	return pipeline.Parse("v4l2src device="+device+" ! video/x-raw ! videoconvert", nil)
}
