// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	_ "embed"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/test/film"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

//go:embed testdata/room.js
var roomScript string

// rooms counts rooms, so that each has a name of its own.
var rooms atomic.Int64

func token(t *testing.T, room, identity string) string {
	t.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).
		SetIdentity(identity).SetValidFor(time.Hour).ToJWT()
	require.NoError(t, err)
	return token
}

// enter joins a LiveKit room that a browser has joined.
func enter(t *testing.T) (*receiver, *lksdk.Room) {
	t.Helper()
	name := fmt.Sprintf("browser-%d", rooms.Add(1))
	r := newReceiver(t)
	require.NoError(t, r.page.Eval(within(t), roomScript+";undefined", nil))
	require.NoError(t, r.page.Call(within(t), "(url, token) => room.join(url, token)", nil,
		server.URL(), token(t, name, "viewer")))

	room := lksdk.NewRoom(nil)
	require.NoError(t, signal.Prepare(room))
	require.NoError(t, room.JoinWithToken(server.URL(), token(t, name, "publisher"), lksdk.WithAutoSubscribe(false)))
	t.Cleanup(room.Disconnect)
	return r, room
}

// show publishes test frames into a LiveKit room that a browser has joined.
func show(t *testing.T, o *sink.Options) (*receiver, *sink.Publication) {
	t.Helper()
	r, room := enter(t)
	src, err := appsrc.NewVideoSource(640, 360, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, src.Close()) })
	pub, err := sink.Publish(within(t), room, src, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pub.Close()) })
	film.Start(t, src, 640, 360, fps)
	return r, pub
}

// requireMore waits until that many more frames of a width were shown, and checks them. Frames of
// another width may precede them.
func (r *receiver) requireMore(count, width int) {
	r.t.Helper()
	last := -1
	waitFor(r.t, fmt.Sprintf("frames of width %d", width), func() bool {
		for _, s := range r.shown() {
			index, ok := testframe.Read(s.image(), 0)
			require.True(r.t, ok, "a damaged frame, after %d", last)
			require.GreaterOrEqual(r.t, int(index), last, "a frame from before")
			last = int(index)
			if s.VideoWidth == width {
				count--
			}
		}
		return count <= 0
	})
}

// TestChromiumInARoom checks that a browser shows what is published through a LiveKit server.
func TestChromiumInARoom(t *testing.T) {
	t.Parallel()
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			r, pub := show(t, &sink.Options{Encoding: sink.EncodingOptions{Codec: codec}})
			r.requireMore(20, 640)
			require.Equal(t, codec.MimeType(), pub.Stats().Codec)
			t.Logf("%+v", r.stats())
		})
	}
}

// TestChromiumShowsTheAnnouncedSize: H.264 has no odd sizes, other codecs do.
func TestChromiumShowsTheAnnouncedSize(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codec         pipeline.Codec
		text          string
		width, height int
	}{
		"odd, VP8":    {pipeline.VP8, "width=321,height=181", 321, 181},
		"odd, VP9":    {pipeline.VP9, "width=321,height=181", 321, 181},
		"odd, H.264":  {pipeline.H264, "width=321,height=181", 320, 180},
		"odd, AV1":    {pipeline.AV1, "width=321,height=181", 321, 181},
		"wide pixels": {pipeline.VP8, "width=360,height=288,pixel-aspect-ratio=64/45", 512, 288},
		"interlaced":  {pipeline.H264, "width=320,height=240,interlace-mode=interleaved", 320, 240},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, room := enter(t)
			pipe, err := pipeline.Parse("videotestsrc is-live=true pattern=ball ! video/x-raw,framerate=15/1,"+c.text, nil)
			require.NoError(t, err)
			pub, err := sink.PublishPipeline(within(t), room, pipe, &sink.Options{
				Encoding: sink.EncodingOptions{Codec: c.codec},
			})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, pub.Close()) })
			var last shown
			waitFor(t, "a frame in Chromium", func() bool {
				all := r.shown()
				if len(all) > 0 {
					last = all[len(all)-1]
				}
				return len(all) > 0
			})
			require.Equal(t, [2]int{c.width, c.height}, [2]int{last.VideoWidth, last.VideoHeight})
			l := pub.Stats().Layers[0]
			require.Equal(t, [2]int{c.width, c.height}, [2]int{l.Width, l.Height})
		})
	}
}

// TestChromiumInARoomGetsLayers checks that a browser receives the layers of one VP9 stream that it
// requests. It misses frames for up to 3 s, after which it requests a key frame: when
// livekit-server 1.13.5 starts to send, and when it removes a spatial layer, one frame comes
// without its first packet or without its end (pkg/sfu/videolayerselector/vp9.go).
func TestChromiumInARoomGetsLayers(t *testing.T) {
	t.Parallel()
	for _, screen := range []bool{false, true} {
		t.Run(fmt.Sprintf("screen %v", screen), func(t *testing.T) {
			t.Parallel()
			r, pub := show(t, &sink.Options{
				Encoding:   sink.EncodingOptions{Codec: pipeline.VP9},
				Layers:     sink.LayerOptions{Sizes: 2, Temporal: 2},
				Screencast: screen,
			})
			r.requireMore(10, 640)
			for _, want := range []struct {
				quality string
				width   int
			}{{"LOW", 320}, {"HIGH", 640}, {"LOW", 320}} {
				t.Logf("%+v; now %s", r.stats(), want.quality)
				require.NoError(t, r.page.Call(within(t), "(sid, quality) => room.want(sid, quality)", nil,
					pub.SID(), want.quality))
				r.requireMore(10, want.width)
			}
			t.Logf("%+v", r.stats())
		})
	}
}
