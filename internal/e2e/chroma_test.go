// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// undecoding joins a viewer that decodes nothing: it requests a key frame five times a second, as browsers do then.
func undecoding(t *testing.T, room string) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{}, 1)
	r, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, "undecoding"), &lksdk.RoomCallback{
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
				tick := time.NewTicker(200 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-stop:
						done <- struct{}{}
						return
					case <-tick.C:
						p.WritePLI(track.SSRC())
					}
				}
			},
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		close(stop)
		<-done
		r.Disconnect()
	})
}

// TestAViewerThatCannotDecode444 has all viewers get 4:2:0 once one of them cannot decode 4:4:4, in the same track.
func TestAViewerThatCannotDecode444(t *testing.T) {
	t.Parallel()
	if !screenenc.Included {
		t.Skip("noscreenenc: the test needs our own encoders")
	}
	for _, still := range []bool{false, true} {
		name := map[bool]string{false: "moving", true: "still"}[still]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			src := newSource(t, 320, 180, &appsrc.Options{IsScreencast: true})
			pub := publish(t, join(t, room), src, &sink.Options{
				Encoding: sink.EncodingOptions{Codec: pipeline.VP9},
				Screen:   sink.ScreenOptions{Chroma: sink.Chroma444},
			})
			if still {
				require.NoError(t, src.CaptureFrame(testframe.Draw(appsrc.BufferI420, 320, 180, 7), nil))
			} else {
				shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
			}
			require.True(t, next(t, v).FullChroma)
			chroma := func() sink.Chroma { return pub.Stats().Layers[0].Chroma }
			require.Equal(t, sink.Chroma444, chroma())
			sid, begin := pub.SID(), time.Now()
			undecoding(t, room)
			require.Eventually(t, func() bool { return chroma() == sink.Chroma420 }, wait, 10*time.Millisecond,
				"%v", stats{pub})
			t.Logf("after %v", time.Since(begin))
			require.Eventually(t, func() bool { // The choice of the next encoder follows the change.
				events := pub.EncoderEvents()
				return strings.Contains(events[len(events)-1].Reason, "a viewer cannot decode 4:4:4")
			}, wait, 10*time.Millisecond, "%v", pub.EncoderEvents())
			keys := pub.Stats().KeyFrames
			require.Eventually(t, func() bool { return pub.Stats().KeyFrames > keys }, wait, 10*time.Millisecond)
			full := true
			for full { // Frames from before may be left.
				full = next(t, v).FullChroma
			}
			require.Equal(t, sid, pub.SID())
			require.Zero(t, pub.Stats().EncoderFailures)
		})
	}
}

// TestABackupCodecHas420: a viewer without VP9 gets the backup codec, which has no 4:4:4.
func TestABackupCodecHas420(t *testing.T) {
	t.Parallel()
	if !screenenc.Included {
		t.Skip("noscreenenc: the test needs our own encoders")
	}
	room := newRoom(t)
	v, err := viewer.Join(within(t), server.URL(), token(t, room, "old"),
		&viewer.Options{KeepAll: true, Codecs: []pipeline.Codec{pipeline.VP8}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	src := newSource(t, 320, 180, &appsrc.Options{IsScreencast: true})
	pub := publish(t, join(t, room), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: pipeline.VP9}, Screen: sink.ScreenOptions{Chroma: sink.Chroma444},
	})
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
	require.False(t, next(t, v).FullChroma)
	for _, l := range pub.Stats().Layers {
		require.Equal(t, map[bool]sink.Chroma{false: sink.Chroma444, true: sink.Chroma420}[l.Backup], l.Chroma)
	}
}
