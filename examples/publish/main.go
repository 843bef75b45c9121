// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Command publish puts a moving square, drawn in Go, into a LiveKit room, until
// Ctrl-C.
//
//	livekit-server --dev &
//	go run ./examples/publish
//	go run ./cmd/gstpublish watch --dev --room demo
package main

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"os/signal"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/appsrc"
)

func main() {
	if err := publish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publish draws into a room until Ctrl-C.
func publish() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	room, err := gstpublish.Join(ctx, cmp.Or(os.Getenv("LIVEKIT_URL"), "ws://localhost:7880"), gstpublish.APIKey{
		Key:    cmp.Or(os.Getenv("LIVEKIT_API_KEY"), "devkey"),
		Secret: cmp.Or(os.Getenv("LIVEKIT_API_SECRET"), "secret"),
		Room:   "demo",
	}, nil)
	if err != nil {
		return err
	}
	defer room.Close()
	source, err := appsrc.NewVideoSource(640, 360, nil)
	if err != nil {
		return err
	}
	defer source.Close()
	publication, err := room.Publish(ctx, source, nil)
	if err != nil {
		return err
	}
	fmt.Println("publishing, encoded by", publication.Stats().Encoder)

	ticker := time.NewTicker(time.Second / 30)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-room.Done():
			return room.Err() // The connection was lost for good.
		case <-ctx.Done():
			return nil
		}
		frame, err := appsrc.NewVideoFrameFromImage(drawn(n))
		if err != nil {
			return err
		}
		if err := source.CaptureFrame(frame, nil); err != nil {
			return err
		}
	}
}

// drawn returns an orange square that moves from left to right.
func drawn(n int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	blue, orange := color.RGBA{R: 0x10, G: 0x20, B: 0x60, A: 0xff}, color.RGBA{R: 0xff, G: 0x90, A: 0xff}
	square := image.Rect(0, 130, 100, 230).Add(image.Pt(4*n%540, 0))
	draw.Draw(img, img.Bounds(), image.NewUniform(blue), image.Point{}, draw.Src)
	draw.Draw(img, square, image.NewUniform(orange), image.Point{}, draw.Src)
	return img
}
