// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// viewWith joins a subscriber that requests something else than the best quality.
func viewWith(t *testing.T, room, identity string, o viewer.Options) *viewer.Viewer {
	t.Helper()
	o.KeepAll = true
	v, err := viewer.Join(within(t), server.URL(), token(t, room, identity), &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

// sized reports whether a frame has a given size and its index can be read.
func sized(width, height int) func(*viewer.Frame) bool {
	return func(p *viewer.Frame) bool {
		_, ok := testframe.Read(p.RGBA(), 0)
		return ok && p.Width == width && p.Height == height
	}
}

// layer returns the statistics of the layer with a width in px.
func layerOf(t *testing.T, pub *sink.Publication, width int) sink.LayerStats {
	t.Helper()
	for _, l := range pub.Stats().Layers {
		if l.Width == width {
			return l
		}
	}
	require.Fail(t, "no such layer", "%d: %+v", width, pub.Stats().Layers)
	return sink.LayerStats{}
}

// requireAsleep waits until the layers of these widths are no longer encoded, while capture
// continues. The server takes a second to report that a layer has no viewers, with the
// configuration of internal/devserver.
func requireAsleep(t *testing.T, pub *sink.Publication, widths ...int) {
	t.Helper()
	sent := func() (n uint64) {
		for _, width := range widths {
			n += layerOf(t, pub, width).Sent
		}
		return n
	}
	before, offered := sent(), pub.Stats().Offered
	require.Eventually(t, func() bool {
		if now := sent(); now != before {
			before, offered = now, pub.Stats().Offered
		}
		return before > 0 && pub.Stats().Offered >= offered+30
	}, wait, tick, "%v: %+v", widths, pub.Stats().Layers)
	for _, width := range widths {
		require.False(t, layerOf(t, pub, width).Watched, "layer %d", width)
	}
}

//nolint:tparallel // Its subtests run beside each other alone.
func TestCameraLayers(t *testing.T) {
	for _, c := range []struct {
		codec pipeline.Codec
		typ   appsrc.BufferType
	}{{pipeline.VP8, appsrc.BufferI420}, {pipeline.H264, appsrc.BufferBGRA}} {
		t.Run(c.codec.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			high := viewWith(t, name, "high", viewer.Options{})
			low := viewWith(t, name, "low", viewer.Options{Quality: viewer.Low})
			src := newSource(t, 960, 540, nil)
			pub := publish(t, join(t, name), src, &sink.Options{
				Layers:   sink.LayerOptions{Sizes: 3},
				Encoding: sink.EncodingOptions{Codec: c.codec},
			})
			shoot(t, src, testframe.Draw(c.typ, 960, 540, 0), nil)
			p := until(t, high, "the full size", sized(960, 540))
			require.NoError(t, testframe.CheckColours(p.RGBA(), 0, 16))
			until(t, low, "the lowest size", sized(320, 180))
			for range 30 {
				p = until(t, low, "more of the lowest size", sized(320, 180))
			}
			require.NoError(t, testframe.CheckColours(p.RGBA(), 0, 8))
			requireFullRate(t, pub, 960)
			require.NoError(t, low.SetQuality(viewer.Medium))
			until(t, low, "the size between", sized(640, 360))
			// The server keeps the layers below the best one with viewers.
			require.NoError(t, high.Close())
			requireAsleep(t, pub, 960)
			require.NoError(t, low.SetQuality(viewer.Low))
			until(t, low, "the lowest size again", sized(320, 180))
			requireAsleep(t, pub, 960, 640)
			require.NoError(t, low.SetQuality(viewer.High))
			until(t, low, "the full size at last", sized(960, 540))
		})
	}
}

// requireFullRate checks that a layer receives every captured frame, except for a few.
func requireFullRate(t *testing.T, pub *sink.Publication, width int) {
	t.Helper()
	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		before, sent := pub.Stats().Offered, layerOf(t, pub, width).Sent
		require.Eventually(t, func() bool { return pub.Stats().Offered >= before+60 }, wait, tick)
		frames := layerOf(t, pub, width).Sent - sent
		verdict.Want(frames >= 50, "%d of 60 frames: %+v", frames, pub.Stats())
	})
}

// Without viewers nothing is encoded. A viewer who joins then soon sees a key frame.
func TestNothingIsEncodedWithoutViewers(t *testing.T) {
	t.Parallel() // The server's first report takes ten seconds.
	for _, layers := range []int{1, 3} {
		t.Run(fmt.Sprint(layers), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			src := newSource(t, 960, 540, nil)
			pub := publish(t, join(t, name), src, &sink.Options{Layers: sink.LayerOptions{Sizes: layers}})
			shoot(t, src, testframe.Draw(appsrc.BufferI420, 960, 540, 0), nil)
			widths := []int{960, 640, 320}[:layers]
			requireAsleep(t, pub, widths...)
			require.Positive(t, pub.Stats().DroppedUnwatched)

			v := viewWith(t, name, "viewer", viewer.Options{})
			until(t, v, "a frame", sized(960, 540))
			require.True(t, layerOf(t, pub, 960).Watched)
			require.NoError(t, v.Close())
			requireAsleep(t, pub, widths...)
		})
	}
}

// TestSmallerScreenLayers tests a screen's smaller layer, still and in motion.
func TestSmallerScreenLayers(t *testing.T) {
	t.Parallel()
	s := newScreen(t, &sink.Options{Layers: sink.LayerOptions{Sizes: 2, HalfSize: true}})
	low := viewWith(t, s.name, "low", viewer.Options{Quality: viewer.Low})
	s.capture(1)
	s.requireSharp()
	half := until(t, low, "half the size", func(p *viewer.Frame) bool { return p.Width == screenWidth/2 })
	require.Equal(t, screenHeight/2, half.Height)
	c := s.scroll()
	until(t, s.view, "motion", indexFrom(scrolled+30))
	until(t, low, "motion of half the size", func(p *viewer.Frame) bool {
		return p.Width == screenWidth/2 && indexFrom(scrolled+30)(p)
	})
	c.hold()
	s.capture(2)
	s.requireSharp()
	until(t, low, "the last frame", indexIs(2))
	require.NoError(t, s.view.Close())
	require.Eventually(t, func() bool { return !layerOf(t, s.pub, screenWidth).Watched }, wait, tick)
	s.capture(3)
	until(t, low, "a frame that only one layer codes", indexIs(3))
	again := viewWith(t, s.name, "again", viewer.Options{})
	until(t, again, "the frame at rest, sharp", func(p *viewer.Frame) bool { return indexIs(3)(p) && s.isSharp(p) })
}

// The smaller layers get their shares first, and a layer above the lowest stops if its share is too small.
func TestCameraLayersUnderAnEstimate(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	high := viewWith(t, name, "high", viewer.Options{})
	low := viewWith(t, name, "low", viewer.Options{Quality: viewer.Low})
	src := newSource(t, 960, 540, nil)
	pub := publish(t, join(t, name), src, &sink.Options{Layers: sink.LayerOptions{Sizes: 3}})
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 960, 540, 0), nil)
	until(t, high, "the full size", sized(960, 540))
	until(t, low, "the lowest size", sized(320, 180))
	pub.SetEstimate(300_000)
	require.Eventually(t, func() bool { return layerOf(t, pub, 960).Off }, wait, tick)
	require.False(t, layerOf(t, pub, 320).Off)
	until(t, high, "a smaller size", func(p *viewer.Frame) bool { return p.Width < 960 })
	pub.SetEstimate(3_000_000)
	require.Eventually(t, func() bool { return !layerOf(t, pub, 960).Off }, wait, tick)
	until(t, high, "the full size", sized(960, 540))
}

// A camera of one size becomes smaller, since it keeps its frame rate, and returns to its full size.
func TestACameraBecomesSmaller(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 960, 540, nil)
	pub := publish(t, join(t, name), src, nil)
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 960, 540, 0), nil)
	until(t, v, "the full size", sized(960, 540))
	pub.SetEstimate(150_000)
	until(t, v, "a smaller size", sized(320, 180))
	pub.SetEstimate(2_000_000)
	p := until(t, v, "the full size", sized(960, 540))
	require.True(t, p.Key)
}

func TestTheBackupCodecComesOnDemand(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	modern := viewWith(t, name, "modern", viewer.Options{})
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: pipeline.VP9, Encoder: "vp9enc"},
	})
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	until(t, modern, "VP9", sized(640, 360))
	backup := func() sink.LayerStats {
		for _, l := range pub.Stats().Layers {
			if l.Backup {
				return l
			}
		}
		return sink.LayerStats{}
	}
	require.Empty(t, backup().Encoder, "no viewer needs it yet")
	old := viewWith(t, name, "old", viewer.Options{Codecs: []pipeline.Codec{pipeline.VP8, pipeline.H264}})
	until(t, old, "VP8", sized(640, 360))
	require.Equal(t, pipeline.VP8.String(), old.Stats().Codec)
	require.Equal(t, "vp8enc", backup().Encoder)
	// The server then moves all viewers to the backup codec (PREFER_REGRESSION), and the main encoder is paused.
	main := func() sink.LayerStats { return pub.Stats().Layers[0] }
	require.False(t, main().Backup)
	require.Eventually(t, func() bool { return !main().Watched && backup().Watched }, wait, tick)
	for range 30 {
		until(t, old, "VP8 still", sized(640, 360))
	}
}

// A publication continues in another room, as after a permanent loss of the connection.
func TestMove(t *testing.T) {
	t.Parallel()
	first, second := newRoom(t), newRoom(t)
	src := newSource(t, 640, 360, nil)
	room := join(t, first)
	pub := publish(t, room, src, &sink.Options{Layers: sink.LayerOptions{Sizes: 2}})
	sid := pub.SID()
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	until(t, view(t, first, "viewer"), "a frame", sized(640, 360))
	v := view(t, second, "viewer")
	room.Disconnect()
	from := c.index.Load()
	require.NoError(t, pub.Move(within(t), join(t, second)))
	p := until(t, v, "a frame in the other room", indexFrom(from))
	require.True(t, p.Key)
	require.NotEqual(t, sid, pub.SID())
	low := viewWith(t, second, "low", viewer.Options{Quality: viewer.Low})
	until(t, low, "its smaller layer", sized(320, 180))
	pub.SetMuted(true)
	third := newRoom(t)
	muted := view(t, third, "viewer")
	require.NoError(t, pub.Move(within(t), join(t, third)))
	require.True(t, pub.LocalTrack().IsMuted())
	pub.SetMuted(false)
	until(t, muted, "a frame once it isn't muted", sized(640, 360))
}

// The SDK's own full reconnect, with layers.
func TestLayersAfterAFullReconnect(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := viewWith(t, name, "viewer", viewer.Options{Quality: viewer.Low, Follow: true})
	src := newSource(t, 640, 360, nil)
	room := join(t, name)
	pub := publish(t, room, src, &sink.Options{Layers: sink.LayerOptions{Sizes: 2}})
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	until(t, v, "a frame", sized(320, 180))
	requireAsleep(t, pub, 640)
	at, sid := time.Now(), pub.SID()
	room.Simulate(lksdk.SimulateNodeFailure)
	require.Eventually(t, func() bool { return pub.SID() != sid }, wait, tick)
	until(t, v, "a frame again", func(p *viewer.Frame) bool { return p.Received.After(at) && sized(320, 180)(p) })
	requireAsleep(t, pub, 640)
}

// Smaller frames have fewer layers, and the layers return with the size.
func TestLayersFollowTheSize(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	low := viewWith(t, name, "low", viewer.Options{Quality: viewer.Low})
	high := viewWith(t, name, "high", viewer.Options{})
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, &sink.Options{Layers: sink.LayerOptions{Sizes: 2}})
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	until(t, low, "the lower layer", sized(320, 180))
	c.frame.Store(testframe.Draw(appsrc.BufferI420, 320, 240, 0))
	until(t, high, "a small frame", sized(320, 240))
	require.Zero(t, layerOf(t, pub, 0).Width, "no layer is left below it")
	c.frame.Store(testframe.Draw(appsrc.BufferI420, 640, 480, 0))
	until(t, high, "a larger frame", sized(640, 480))
	until(t, low, "its lower layer", sized(240, 180))
}
