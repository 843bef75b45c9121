// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// Frames that the program draws, published as a screen share.
func Example() {
	ctx, pixels := context.Background(), make([]byte, 4*1280*720)
	room, err := gstpublish.Join(ctx, "wss://example.livekit.cloud", gstpublish.Token("…"), nil)
	if err != nil {
		return
	}
	defer room.Close()
	source, err := appsrc.NewVideoSource(1280, 720, &appsrc.Options{IsScreencast: true})
	if err != nil {
		return
	}
	defer source.Close()
	if _, err = room.Publish(ctx, source, nil); err != nil {
		return
	}
	frame, err := appsrc.NewVideoFrame(appsrc.BufferRGBA, 1280, 720, pixels)
	if err != nil {
		return
	}
	for range time.Tick(time.Second / 30) {
		if err = source.CaptureFrame(frame, nil); err != nil {
			return
		}
	}
}

func ExampleJoin_failure() {
	_, err := gstpublish.Join(context.Background(), "ws://127.0.0.1:1", gstpublish.Token("…"), nil)
	if failed := (*gstpublish.JoinError)(nil); errors.As(err, &failed) {
		fmt.Println(failed.Failure == gstpublish.ServerUnreachable)
	}
	fmt.Println(err)
	// Output:
	// true
	// gstpublish: joining a room: nothing listens at ws://127.0.0.1:1: connection refused
}

// A service that starts with the machine waits for the server, and never gives up.
func ExampleOptions() {
	key := gstpublish.APIKey{Key: "key", Secret: "secret", Room: "lobby", Identity: "door camera"}
	room, err := gstpublish.NewRoom("ws://localhost:7880", key, &gstpublish.Options{
		Reconnect:    gstpublish.ReconnectForever,
		RetryJoin:    true,
		MaxBandwidth: 2_000_000,
		OnEvent:      func(e gstpublish.Event) { fmt.Println(e.Kind, e.Err) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer room.Close()
	fmt.Println(key)
	fmt.Println(room.Stats().Joined)
	// Output:
	// key key for room "lobby" as "door camera"
	// false
}

// A pipeline's video is encoded in three sizes while the room is still being joined.
func ExampleNewRoom() {
	ctx := context.Background()
	room, err := gstpublish.NewRoom("wss://example.livekit.cloud", gstpublish.Token("…"), nil)
	if err != nil {
		return
	}
	defer room.Close()
	joined := make(chan error, 1)
	go func() { joined <- room.Join(ctx) }()
	pipe, err := pipeline.Parse("v4l2src ! video/x-raw,width=1280,height=720", nil)
	if err != nil {
		return
	}
	publication, err := room.Publish(ctx, pipe, &sink.Options{Layers: sink.LayerOptions{Sizes: 3}})
	if err = errors.Join(err, <-joined); err != nil {
		return
	}
	<-publication.Done()
	fmt.Println(publication.Err())
}

func ExampleAttach() {
	joined, err := lksdk.ConnectToRoomWithToken("wss://example.livekit.cloud", "…", nil, gstpublish.ConnectOptions()...)
	if err != nil {
		return
	}
	defer joined.Disconnect()
	room, err := gstpublish.Attach(joined, nil)
	if err != nil {
		return
	}
	defer room.Close()
	fmt.Println(room.Stats().Network.Estimate)
}
