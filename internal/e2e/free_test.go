// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/congestion"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// freeFPS is low, so that three encoders keep up on a busy machine.
const freeFPS = 10

// TestAFreeLinkDropsNothing tests a link that carries far more than the video needs, with frames far larger than their
// share. The estimate does not exceed what the video needs, which is no reason to drop frames.
//
//nolint:tparallel // Its subtests run beside each other alone.
func TestAFreeLinkDropsNothing(t *testing.T) {
	clip := testclip.Scroll(&testclip.ScrollOptions{
		Width: 960, Height: 540, FPS: freeFPS, Before: time.Second, Motion: 2 * time.Second, After: 100 * time.Millisecond,
	})
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.VP9, pipeline.H264, pipeline.AV1} {
		for _, screencast := range []bool{true, false} {
			for _, layers := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/screen=%t/layers=%d", codec, screencast, layers), func(t *testing.T) {
					t.Parallel() // Each needs a fifth of a processor.
					attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
						t.Helper()
						playFreely(t, verdict, clip, codec, screencast, layers)
					})
				})
			}
		}
	}
}

// playFreely publishes the clip on a link of its own, and judges what was dropped while it moved.
func playFreely(
	t *testing.T, verdict *attempt.Verdict, clip *testclip.Clip, codec pipeline.Codec, screencast bool, layers int,
) {
	t.Helper()
	free := link.Shape{Delay: 5 * time.Millisecond}
	n := newLinked(t, free, free)
	name := newRoom(t)
	v := n.view(name)
	options := append(n.net.ConnectOptions(), lksdk.WithAutoSubscribe(false))
	s, err := session.Join(within(t), &session.Options{
		URL:     n.server.URL(),
		Token:   func(context.Context) (string, error) { return token(t, name, "publisher"), nil },
		Connect: func() []lksdk.ConnectOption { return options },
	})
	require.NoError(t, err)
	defer s.Leave()
	src := newSource(t, clip.Width, clip.Height, &appsrc.Options{IsScreencast: screencast, FPS: freeFPS})
	pub := publish(t, s.Room(), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: codec, Bitrate: 1_200_000, Backup: sink.NoBackup},
		// The lower layers of the full size always have fewer frames.
		Layers: sink.LayerOptions{Sizes: layers, HalfSize: screencast && layers > 1},
	}, wires.Wires{Network: n.net})
	var before sink.Stats
	playSlowly(t, src, clip, func() { before = pub.Stats() })
	next(t, v)
	stats, net := pub.Stats(), n.net.Stats()
	t.Logf("%+v then %+v; %+v", before, stats, net)
	congested := stats.DroppedCongested - before.DroppedCongested
	verdict.Want(congested == 0, "%d frames dropped as congested", congested)
	if screencast || layers == 1 { // Lower layers of cameras always have fewer frames.
		slowed := stats.DroppedFrameRate - before.DroppedFrameRate
		verdict.Want(slowed == 0, "%d frames dropped for their rate", slowed)
	}
	verdict.Want(net.Link.Bound == congestion.AtLeast, "the link seems to carry %v %d", net.Link.Bound, net.Link.Rate)
}

// playSlowly captures a clip, never faster than its frame rate: a busy machine could not handle bursts of frames. It
// calls moving before the first frame that changes.
func playSlowly(t *testing.T, src *appsrc.VideoSource, clip *testclip.Clip, moving func()) {
	t.Helper()
	first := clip.Changed()[0]
	player := clip.Play()
	frame, err := appsrc.NewVideoFrame(appsrc.BufferI420, clip.Width, clip.Height, player.Pixels())
	require.NoError(t, err)
	for more := true; more; more = player.Next() {
		if player.Index() == first {
			moving()
		}
		require.NoError(t, src.CaptureFrame(frame, nil))
		<-time.After(clip.Interval() + time.Millisecond)
	}
}
