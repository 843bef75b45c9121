// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command attach publishes a test pattern in a room that it has joined with LiveKit's
// SDK, until Ctrl-C, and prints what the network carries.
//
//	livekit-server --dev &
//	go run ./examples/attach
//	go run ./cmd/gstpublish watch --dev --room demo
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
)

func main() {
	if err := publish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish publishes until Ctrl-C.
func publish() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	joined, err := lksdk.ConnectToRoom(cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), lksdk.ConnectInfo{
		APIKey:              cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		APISecret:           cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		RoomName:            "demo",
		ParticipantIdentity: "example",
	}, nil, gstpublish.ConnectOptions()...)
	if err != nil {
		return err
	}
	defer joined.Disconnect()
	room, err := gstpublish.Attach(joined, nil)
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
	fmt.Println("publishing, encoded by", publication.Stats().Encoder)
	select {
	case <-publication.Done():
		return publication.Err()
	case <-room.Done():
		return room.Err() // The connection was lost for good.
	case <-ctx.Done():
		network := room.Stats().Network
		fmt.Printf("%d reports of the server, round trip %v\n", network.Reports, network.RTT)
		return nil
	}
}
