// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/sink"
)

const small = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1,format=I420 ! "

// requireSum requires that each sample was sent, or dropped with a named cause.
func requireSum(t *testing.T, s *sink.Stats) {
	t.Helper()
	require.Equal(t, s.Offered, s.Sent+s.DroppedUnbound+s.DroppedMuted+s.DroppedUnwatched+s.DroppedUndecodable+
		s.DroppedDamaged+s.DroppedBacklog+s.WriteErrors, "%+v", s)
}

// TestBFramesAreRefused: browsers would drop most of the frames.
func TestBFramesAreRefused(t *testing.T) {
	t.Parallel()
	for name, encoder := range map[string]string{
		"H.264": "x264enc bframes=2 b-adapt=false rc-lookahead=2 speed-preset=ultrafast",
		"H.265": "x265enc speed-preset=ultrafast option-string=bframes=2:b-adapt=0:rc-lookahead=3",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pub, err := sink.PublishPipeline(within(t), join(t, newRoom(t)), parse(t, small+encoder), nil)
			if err == nil {
				select {
				case <-pub.Done():
				case <-time.After(wait):
					require.FailNow(t, "the publication didn't end")
				}
				err = pub.Err()
				require.NoError(t, pub.Close())
			}
			var refused *incoming.ReorderedError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, "B-frames")
			require.ErrorContains(t, err, "end the pipeline with")
		})
	}
}

// TestLostPacketsOfASource: the track requests a key frame, drops samples until it comes, and counts everything.
func TestLostPacketsOfASource(t *testing.T) {
	t.Parallel()
	for name, coding := range map[string]string{
		"H.264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=3000 ! rtph264pay mtu=400 ! " +
			"identity drop-probability=0.02 ! rtph264depay ! h264parse",
		"VP8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=3000 ! rtpvp8pay mtu=400 ! " +
			"identity drop-probability=0.02 ! rtpvp8depay",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), small+coding, nil)
			next(t, v)
			require.Eventually(t, func() bool {
				s := pub.Stats()
				return s.Gaps > 3 && s.DroppedDamaged > 0 && s.KeyFrames > 3
			}, wait, 10*time.Millisecond, "%+v", pub.Stats())
			require.NoError(t, pub.Stop(within(t)))
			s := pub.Stats()
			requireSum(t, &s)
			require.Zero(t, v.Stats().Discarded)
		})
	}
}

// wire records the payload types of the video that a client sends.
type wire struct {
	interceptor.NoOp

	types chan uint8
}

func (w *wire) NewInterceptor(string) (interceptor.Interceptor, error) { return w, nil }

func (w *wire) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if strings.HasPrefix(info.MimeType, "video/") {
			select {
			case w.types <- h.PayloadType:
			default:
			}
		}
		return next.Write(h, payload, a)
	})
}

// TestTheProfileIsAnnounced: the track is announced with the profile of its samples, or one that includes it, and its
// packets have the payload type of that profile in the server's answer.
func TestTheProfileIsAnnounced(t *testing.T) {
	t.Parallel()
	for profile, id := range map[string]string{"high": "6400", "main": "6400", "constrained-baseline": "42e0"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			sent := &wire{types: make(chan uint8, 1)}
			room, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, name, "publisher"), nil,
				lksdk.WithAutoSubscribe(false), lksdk.WithInterceptors([]interceptor.Factory{sent}))
			require.NoError(t, err)
			t.Cleanup(room.Disconnect)
			pub := publishPipeline(t, room, small+
				"x264enc tune=zerolatency key-int-max=3000 ! video/x-h264,profile="+profile, nil)
			next(t, v)
			require.NotEmpty(t, pub.Stats().Format)
			peer := room.LocalParticipant.GetPublisherPeerConnection()
			for _, s := range peer.GetSenders() {
				if local, ok := s.Track().(*lksdk.LocalTrack); ok {
					require.Contains(t, local.Codec().SDPFmtpLine, "profile-level-id="+id)
				}
			}
			require.Regexp(t, fmt.Sprintf("a=fmtp:%d [^\r\n]*packetization-mode=1;profile-level-id=%s", <-sent.types, id),
				peer.CurrentRemoteDescription().SDP)
		})
	}
}

// TestAViewerThatCannotDecodeIsNamed: a viewer whose decoder refuses the stream requests key frames without end.
func TestAViewerThatCannotDecodeIsNamed(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication,
		from *lksdk.RemoteParticipant,
	) {
		for { // Until the track ends.
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			from.WritePLI(track.SSRC())
		}
	}
	viewer, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, name, "viewer"), callback)
	require.NoError(t, err)
	t.Cleanup(viewer.Disconnect)
	pub := publishPipeline(t, join(t, name), small+"x264enc tune=zerolatency speed-preset=ultrafast key-int-max=3000", nil)
	require.Eventually(t, func() bool {
		return strings.Contains(pub.Stats().ViewerWarning, "decode H.264")
	}, 2*wait, 100*time.Millisecond, "%v", stats{pub})
}
