// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command launchfile publishes the video and the audio of a launch file, until Ctrl-C.
//
//	livekit-server --dev &
//	go run ./examples/launchfile pipelines/audio-video.launch
//	go run ./cmd/gstpublish watch --dev --room demo
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: launchfile FILE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := publish(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish publishes a launch file until ctx is done or its stream ends.
func publish(ctx context.Context, path string) error {
	// The text is checked before anything is connected: an error names the line.
	pipe, err := pipeline.ParseFile(path, nil)
	if err != nil {
		return err
	}
	room, err := gstpublish.Join(ctx, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), gstpublish.APIKey{
		Key:    cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		Secret: cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		Room:   "demo",
	}, nil)
	if err != nil {
		pipe.Close()
		return err
	}
	defer room.Close()
	publication, err := room.Publish(ctx, pipe, &sink.Options{Name: "film", Audio: sink.AudioOptions{Name: "sound"}})
	if err != nil {
		return err
	}
	fmt.Println("publishing, encoded by", publication.Stats().Encoder)
	select {
	case <-publication.Done():
		err = publication.Err() // nil at the end of the stream
	case <-room.Done():
		err = room.Err() // The connection was lost for good.
	case <-ctx.Done():
	}
	stats := publication.Stats()
	fmt.Printf("sent %d frames of video and %d packets of audio\n", stats.Sent, stats.AudioSent)
	return err
}
