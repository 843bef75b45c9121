// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"context"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestMain(m *testing.M) {
	lksdk.SetLogger(logger.GetDiscardLogger())
	goleak.VerifyTestMain(m)
}

// join joins a room on a real server.
func join(t *testing.T, server *devserver.Server, identity string, prepare bool) *lksdk.Room {
	t.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "room"}).ToJWT()
	require.NoError(t, err)
	room := lksdk.NewRoom(lksdk.NewRoomCallback())
	if prepare {
		require.NoError(t, Prepare(room))
		require.NoError(t, Prepare(room), "twice is fine")
		require.False(t, Prepared(room), "not before it is joined")
	}
	require.NoError(t, room.JoinWithToken(server.URL(), token))
	t.Cleanup(room.Disconnect)
	require.Equal(t, prepare, Prepared(room))
	return room
}

func TestOnAccepted(t *testing.T) {
	need.Server(t)
	server, err := devserver.Start(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity("publisher").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "room"}).ToJWT()
	require.NoError(t, err)
	room := lksdk.NewRoom(lksdk.NewRoomCallback())
	accepted := make(chan string, 10)
	note := func() { accepted <- room.LocalParticipant.Identity() }
	require.False(t, OnAccepted(room, note), "it isn't prepared")
	require.NoError(t, Prepare(room))
	require.True(t, OnAccepted(room, note))
	require.Empty(t, accepted)
	require.NoError(t, room.JoinWithToken(server.URL(), token))
	t.Cleanup(room.Disconnect)
	require.Equal(t, "publisher", <-accepted, "the room knows the participant by then")
	require.Empty(t, accepted)
}

// announced publishes a track in so many layers, and returns what the server made of it.
func announced(t *testing.T, room *lksdk.Room, mime string, layers int, layered bool) *livekit.SimulcastCodecInfo {
	t.Helper()
	var tracks []*lksdk.LocalTrack
	if layered {
		require.Equal(t, Prepared(room), Layered(room, mime))
	}
	for i := range layers {
		track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90_000},
			lksdk.WithSimulcast(mime, &livekit.VideoLayer{
				Quality: livekit.VideoQuality(i), Width: uint32(320 << i), Height: uint32(180 << i),
			}))
		require.NoError(t, err)
		tracks = append(tracks, track)
	}
	pub, err := room.LocalParticipant.PublishSimulcastTrack(tracks, &lksdk.TrackPublicationOptions{Name: mime})
	require.NoError(t, err)
	info := pub.TrackInfo()
	require.Len(t, info.Codecs, 1)
	require.Len(t, info.Codecs[0].Layers, layers)
	return info.Codecs[0]
}

func TestTheServerIsTold(t *testing.T) {
	need.Server(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	server, err := devserver.Start(ctx, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(context.Background())) }()
	const (
		one     = livekit.VideoLayer_ONE_SPATIAL_LAYER_PER_STREAM
		several = livekit.VideoLayer_MULTIPLE_SPATIAL_LAYERS_PER_STREAM
	)

	room := join(t, server, "prepared", true)
	require.Equal(t, one, announced(t, room, webrtc.MimeTypeVP8, 3, false).VideoLayerMode)
	require.Zero(t, Descriptor(room), "not where no track has layers")
	require.Equal(t, several, announced(t, room, webrtc.MimeTypeVP9, 3, true).VideoLayerMode)
	require.Eventually(t, func() bool { return Descriptor(room) == descriptorID }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, several, announced(t, room, webrtc.MimeTypeAV1, 1, true).VideoLayerMode)
	require.Equal(t, one, announced(t, join(t, server, "one layer", true), webrtc.MimeTypeVP9, 1, false).VideoLayerMode)
	other := join(t, server, "not prepared", false)
	require.Equal(t, one, announced(t, other, webrtc.MimeTypeVP9, 3, true).VideoLayerMode)
	require.Zero(t, Descriptor(other))

	// The SDK connects again, and announces what it had published.
	connected := func() bool { return room.ConnectionState() == lksdk.ConnectionStateConnected }
	before := room.LocalParticipant.TrackPublications()
	room.Simulate(lksdk.SimulateNodeFailure)
	again := func() bool {
		for _, p := range room.LocalParticipant.TrackPublications() {
			for _, b := range before {
				if p.SID() == b.SID() {
					return false
				}
			}
		}
		return connected() && len(room.LocalParticipant.TrackPublications()) == len(before)
	}
	require.Eventually(t, again, 20*time.Second, 20*time.Millisecond)
	for _, p := range room.LocalParticipant.TrackPublications() {
		if codec := p.TrackInfo().Codecs[0]; codec.MimeType == webrtc.MimeTypeVP9 {
			require.Equal(t, several, codec.VideoLayerMode)
		}
	}
}

// An SDK that is made otherwise is left alone.
func TestAnotherSDK(t *testing.T) {
	var none struct{}
	_, ok := field[signalling.SignalTransport](&none, transportField)
	require.False(t, ok)
	other := struct{ signalTransport string }{}
	_, ok = field[signalling.SignalTransport](&other, transportField)
	require.False(t, ok)
	_, ok = field[signalling.SignalTransport]((*lksdk.RTCEngine)(nil), transportField)
	require.False(t, ok)
	require.ErrorIs(t, Prepare(nil), errUnknown)
	require.False(t, Prepared(nil))
}
