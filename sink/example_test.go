// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"context"
	"fmt"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// A camera in three sizes, as H.264 or, where no encoder of that works, as VP8.
func ExampleOptions() {
	ctx := context.Background()
	room, err := gstpublish.Join(ctx, "wss://example.livekit.cloud", gstpublish.Token("…"), nil)
	if err != nil {
		return
	}
	defer room.Close()
	camera, err := pipeline.Parse("v4l2src ! video/x-raw ! videoconvert", nil)
	if err != nil {
		return
	}
	publication, err := room.Publish(ctx, camera, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: pipeline.H264, FallbackCodecs: []pipeline.Codec{pipeline.VP8}},
		Layers:   sink.LayerOptions{Sizes: 3},
	})
	if err != nil {
		return
	}
	<-publication.Done()
	for _, layer := range publication.Stats().Layers {
		fmt.Println(layer.Width, layer.Height, layer.Sent)
	}
}
