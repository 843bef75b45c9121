// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func parse(t *testing.T, text string) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.Parse(text, nil)
	require.NoError(t, err)
	return p
}

func publishPipeline(
	t *testing.T, room *lksdk.Room, text string, o *sink.Options, with ...wires.Wires,
) *sink.Publication {
	t.Helper()
	pub, err := sink.PublishPipeline(wired(t, with), room, parse(t, text), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pub.Close()) })
	return pub
}

const bars = "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1"

func TestPipelinesArrive(t *testing.T) {
	t.Parallel()
	h264 := sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.H264}}
	openh264 := sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.H264, Encoder: "openh264enc"}}
	none := sink.Options{}
	for name, c := range map[string]struct {
		text    string
		options sink.Options
		mime    string
		encoder string
	}{
		"raw, encoded by the host": {bars, h264, "video/H264", "x264enc"},
		"raw, another encoder":     {bars, openh264, "video/H264", "openh264enc"},
		"its own VP8":              {bars + " ! vp8enc deadline=1 keyframe-max-dist=3000", none, "video/VP8", ""},
		"its own H.264":            {bars + " ! x264enc tune=zerolatency key-int-max=3000", none, "video/H264", ""},
		"its own VP9": {
			bars + " ! vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=3000", none, "video/VP9", "",
		},
		"its own AV1, often a key frame": {
			bars + " ! av1enc usage-profile=realtime cpu-used=9 lag-in-frames=0 keyframe-max-dist=15",
			none, "video/AV1", "",
		},
		"not live, at the pace of life": {
			"videotestsrc ! video/x-raw,width=640,height=360,framerate=30/1",
			none, "video/VP8", "vp8enc",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), c.text, &c.options)
			var keys uint64
			for i := range 10 {
				p := next(t, v)
				require.True(t, p.Key || i > 0)
				require.Equal(t, [2]int{640, 360}, [2]int{p.Width, p.Height})
				if p.Key && c.mime != "video/AV1" {
					keys++
				}
			}
			require.LessOrEqual(t, keys, 1+pub.Stats().KeyRequests, "key frames without a request")
			requireTrack(t, v, c.mime, "camera", livekit.TrackSource_CAMERA)
			require.Equal(t, c.encoder, pub.Stats().Encoder)
			require.Zero(t, v.Stats().KeyFramesWithoutParameterSets)
		})
	}
}

func TestAudioIsPublishedBesideTheVideo(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub := publishPipeline(t, join(t, room), bars+" ! identity  audiotestsrc is-live=true",
		&sink.Options{Screencast: true})
	next(t, v)
	require.Eventually(t, func() bool { return v.Stats().AudioPackets > 20 }, wait, 10*time.Millisecond)
	require.NotZero(t, pub.Stats().AudioSentBytes)
	requireTrack(t, v, "video/VP8", "screen", livekit.TrackSource_SCREEN_SHARE)
}

func TestAudioAlone(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	packets := listen(t, name)
	pub := publishPipeline(t, join(t, name), "audiotestsrc is-live=true ! opusenc", nil)
	require.Eventually(t, func() bool { return packets.Load() > 20 }, wait, 10*time.Millisecond)
	require.Equal(t, "microphone", pub.LocalTrack().Name())
}

// listen joins a subscriber that counts the packets of all tracks.
func listen(t *testing.T, room string) *atomic.Int64 {
	t.Helper()
	packets := &atomic.Int64{}
	subscriber, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, "listener"), &lksdk.RoomCallback{
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				for {
					if _, _, err := track.ReadRTP(); err != nil {
						return
					}
					packets.Add(1)
				}
			},
		},
	})
	require.NoError(t, err)
	t.Cleanup(subscriber.Disconnect)
	return packets
}

func TestPublicationEndsWithItsPipeline(t *testing.T) {
	t.Parallel()
	const short = "videotestsrc num-buffers=60 is-live=true ! video/x-raw,width=320,height=240,framerate=60/1"
	for name, text := range map[string]string{"raw": short, "encoded": short + " ! vp8enc deadline=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), text, nil)
			select {
			case <-pub.Done():
				require.NoError(t, pub.Err())
			case <-time.After(wait):
				require.FailNow(t, "the publication didn't end")
			}
			require.NoError(t, pub.Stop(within(t)))
			requireEnd(t, func(ctx context.Context) error {
				_, err := v.Next(ctx)
				return err
			})
		})
	}
}

// requireEnd calls next until it returns io.EOF.
func requireEnd(t *testing.T, next func(ctx context.Context) error) {
	t.Helper()
	ctx := within(t)
	for {
		if err := next(ctx); err != nil {
			require.ErrorIs(t, err, io.EOF)
			return
		}
	}
}

func TestPipelineThatFailsWhileItRuns(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub := publishPipeline(t, join(t, room), bars+" ! identity name=saboteur error-after=90", nil)
	next(t, v)
	select {
	case <-pub.Done():
	case <-time.After(wait):
		require.FailNow(t, "the publication didn't end")
	}
	var element *pipeline.ElementError
	require.ErrorAs(t, pub.Err(), &element)
	require.Equal(t, "saboteur", element.Element())
}

func TestPipelinesThatCantBePublished(t *testing.T) {
	room := join(t, newRoom(t))
	for name, c := range map[string]struct{ text, want string }{
		"nothing leaves it": {"videotestsrc ! fakesink", "leaves nothing to publish"},
		"two videos":        {"videotestsrc  videotestsrc", "at most one video and one audio stream"},
		"bytes that are no frames": {
			"fakesrc sizetype=fixed sizemax=4096 num-buffers=9 ! " +
				"video/x-raw,format=I420,width=320,height=240,framerate=25/1", "put rawvideoparse",
		},
		"ends at once":  {"videotestsrc num-buffers=0", "ended before its first frame"},
		"fails at once": {"filesrc location=/nonexistent/clip ! decodebin ! videoconvert", "/nonexistent/clip"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sink.PublishPipeline(within(t), room, parse(t, c.text), nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestContextBoundsTheWaitForTheFirstFrame(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	// A port that receives nothing.
	pipe := parse(t, "udpsrc address=127.0.0.1 port=0 "+
		"caps=application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000 ! rtpvp8depay")
	go func() {
		// Before that, it is not the first frame that is waited for: the first test of a process loads plugins.
		<-pipe.Started()
		cancel(context.DeadlineExceeded)
	}()
	_, err := sink.PublishPipeline(ctx, join(t, newRoom(t)), pipe, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "waiting for the first frame")
}

func TestStopDrainsAndUnpublishes(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	room := join(t, name)
	src := newSource(t, 640, 360, nil)
	pub := publish(t, room, src, nil)
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	index := uint32(0)
	for range 10 {
		index = requireIndex(t, next(t, v).RGBA())
	}
	c.hold()
	last := c.index.Load()
	require.NoError(t, pub.Stop(within(t)))
	for {
		p, err := v.Next(within(t))
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		index = requireIndex(t, p.RGBA())
	}
	require.Equal(t, last, index, "the frame that was captured last is shown")
	require.Empty(t, room.LocalParticipant.TrackPublications())
	require.NoError(t, pub.Stop(within(t)))
	require.NoError(t, src.CaptureFrame(testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil), "the source lives on")
}

func TestAnEncoderThatFailsIsReported(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: pipeline.AV1, Encoder: "av1enc"},
	})
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	next(t, v)
	c.hold()
	// Smaller than av1enc accepts.
	tiny, err := appsrc.NewVideoFrame(appsrc.BufferI420, 2, 2, make([]byte, 6))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		err = src.CaptureFrame(tiny, nil)
		return err != nil
	}, wait, 10*time.Millisecond)
	var failed *appsrc.PipelineError
	require.ErrorAs(t, err, &failed)
	var element *pipeline.ElementError
	require.ErrorAs(t, err, &element)
	require.True(t, element.NotNegotiated())
	<-pub.Done()
	require.ErrorIs(t, pub.Err(), failed.Err)
}

func TestMissingEncoders(t *testing.T) {
	room := join(t, newRoom(t))
	src := newSource(t, 640, 360, nil)
	for want, o := range map[string]*sink.Options{
		`encoder "nosuchenc" is not in the catalogue`: {Encoding: sink.EncodingOptions{Encoder: "nosuchenc"}},
		"x264enc encodes H264, not VP8":               {Encoding: sink.EncodingOptions{Encoder: "x264enc"}},
		"must not be negative":                        {Encoding: sink.EncodingOptions{Bitrate: -1}},
		"bit/s, got 10":                               {Encoding: sink.EncodingOptions{Bitrate: 10}},
	} {
		_, err := sink.Publish(within(t), room, src, o)
		require.ErrorContains(t, err, want)
	}
}
