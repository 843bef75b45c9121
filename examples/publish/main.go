// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command publish puts a moving picture, drawn in Go, into a LiveKit room. It is
// an example of gstpublish as a library.
//
//	livekit-server --dev &
//	go run ./examples/publish
//	go run ./cmd/gstpublish watch --dev --room demo
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"os/signal"
	"time"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline/proof"
	"github.com/gstpublish/gstpublish/sink"
	"github.com/gstpublish/gstpublish/sink/network"
)

func main() {
	prover := proof.New(nil) // In a child process, which tries an encoder, it doesn't return.
	if err := run(prover); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run publishes until Ctrl-C.
func run(prover *proof.Prover) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	lksdk.SetLogger(logger.GetDiscardLogger()) // It would log the access token.
	return publish(ctx, prover, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), lksdk.ConnectInfo{
		APIKey:              cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		APISecret:           cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		RoomName:            "demo",
		ParticipantIdentity: "example",
	})
}

// publish draws into a room until ctx is done.
func publish(ctx context.Context, prover *proof.Prover, url string, info lksdk.ConnectInfo) error {
	net := network.New(nil) // It finds out what the connection carries.
	defer net.Close()
	room, err := lksdk.ConnectToRoom(url, info, nil, net.ConnectOptions()...)
	if err != nil {
		return err
	}
	defer room.Disconnect()

	source, err := appsrc.NewVideoSource(640, 360, nil)
	if err != nil {
		return err
	}
	defer source.Close()

	publication, err := sink.Publish(ctx, room, source, &sink.Options{Prover: prover, Network: net})
	if err != nil {
		return err
	}
	defer publication.Close()

	ticker := time.NewTicker(time.Second / 30)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		frame, err := appsrc.NewVideoFrameFromImage(picture(n))
		if err != nil {
			return err
		}
		// A full queue means that the encoder was slow and an older frame went.
		if err := source.CaptureFrame(frame, nil); err != nil && !errors.Is(err, appsrc.ErrQueueFull) {
			return err
		}
	}
}

// picture is an orange square that goes from left to right.
func picture(n int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	blue, orange := color.RGBA{R: 0x10, G: 0x20, B: 0x60, A: 0xff}, color.RGBA{R: 0xff, G: 0x90, A: 0xff}
	square := image.Rect(0, 130, 100, 230).Add(image.Pt(4*n%540, 0))
	draw.Draw(img, img.Bounds(), image.NewUniform(blue), image.Point{}, draw.Src)
	draw.Draw(img, square, image.NewUniform(orange), image.Point{}, draw.Src)
	return img
}
