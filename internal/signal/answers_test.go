// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"testing"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestAnswers(t *testing.T) {
	a := newAnswers(&livekit.JoinResponse{
		EnabledPublishCodecs: []*livekit.Codec{{Mime: "video/h264"}, {Mime: "audio/opus"}},
	})
	require.Equal(t, []string{"video/h264", "audio/opus"}, a.codecs)
	mute := func(sid string, muted bool) {
		a.hear(&livekit.SignalResponse{Message: &livekit.SignalResponse_Mute{
			Mute: &livekit.MuteTrackRequest{Sid: sid, Muted: muted},
		}})
	}
	mute("TR_1", true)
	require.True(t, a.muted["TR_1"])
	require.False(t, a.muted["TR_2"])
	mute("TR_1", false)
	require.False(t, a.muted["TR_1"])

	waiting := make(chan livekit.RequestResponse_Reason, 1)
	a.refusals["mine"] = waiting
	answer := func(cid string, reason livekit.RequestResponse_Reason) {
		a.hear(&livekit.SignalResponse{Message: &livekit.SignalResponse_RequestResponse{
			RequestResponse: &livekit.RequestResponse{
				Reason:  reason,
				Request: &livekit.RequestResponse_AddTrack{AddTrack: &livekit.AddTrackRequest{Cid: cid}},
			},
		}})
	}
	answer("other", livekit.RequestResponse_NOT_ALLOWED)
	answer("mine", livekit.RequestResponse_QUEUED)
	require.Empty(t, waiting)
	answer("mine", livekit.RequestResponse_NOT_ALLOWED)
	answer("mine", livekit.RequestResponse_NOT_ALLOWED)
	require.Equal(t, livekit.RequestResponse_NOT_ALLOWED, <-waiting)
	require.Empty(t, waiting)
}

func TestTCPCandidates(t *testing.T) {
	require.True(t, isTCP("candidate:1 1 tcp 2 10.0.0.1 7881 typ host tcptype passive"))
	require.False(t, isTCP("candidate:1 1 udp 2 10.0.0.1 7882 typ host"))
	require.False(t, isTCP(""))
}

// An SDK that is made otherwise looks for UDP alone.
func TestAnotherPion(t *testing.T) {
	require.False(t, permitTCP(nil))
	require.False(t, permitTCPOf(nil))
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	defer func() { require.NoError(t, pc.Close()) }()
	require.True(t, permitTCPOf(pc))
}

func TestTheServersAnswersAreHeard(t *testing.T) {
	need.Server(t)
	server, err := devserver.Start(t.Context(), &devserver.Options{Codecs: []string{"video/h264"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(t.Context())) }()
	room := join(t, server, "prepared", true)
	require.True(t, CodecEnabled(room, webrtc.MimeTypeH264))
	require.False(t, CodecEnabled(room, webrtc.MimeTypeVP8))
	require.False(t, CodecEnabled(room, webrtc.MimeTypeOpus))
	other := join(t, server, "not prepared", false)
	require.True(t, CodecEnabled(other, webrtc.MimeTypeVP8), "that is not known")

	client := lksdk.NewRoomServiceClient(server.URL(), server.APIKey(), server.APISecret())
	permit := func(allowed bool) {
		_, err := client.UpdateParticipant(t.Context(), &livekit.UpdateParticipantRequest{
			Room: "room", Identity: "prepared", Permission: &livekit.ParticipantPermission{CanPublish: allowed},
		})
		require.NoError(t, err)
	}
	permit(false)
	const id = "the track"
	refused, stop := AwaitRefusal(room, id)
	defer stop()
	a, ok := announcerOf(room)
	require.True(t, ok)
	require.NoError(t, a.SendMessage(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{
		AddTrack: &livekit.AddTrackRequest{Cid: id, Source: livekit.TrackSource_CAMERA, Type: livekit.TrackType_VIDEO},
	}}))
	require.Equal(t, livekit.RequestResponse_NOT_ALLOWED, <-refused)
}

func TestOnlyTCPReachesTheServer(t *testing.T) {
	need.Server(t)
	server, err := devserver.Start(t.Context(), &devserver.Options{TCPOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(t.Context())) }()
	room := join(t, server, "prepared", true)
	pair, err := room.LocalParticipant.GetSubscriberPeerConnection().SCTP().Transport().ICETransport().
		GetSelectedCandidatePair()
	require.NoError(t, err)
	require.Equal(t, webrtc.ICEProtocolTCP, pair.Local.Protocol)
}
