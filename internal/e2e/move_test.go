// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// tokenOf is token for another server.
func tokenOf(t *testing.T, s *devserver.Server, room, identity string) string {
	t.Helper()
	token, err := auth.NewAccessToken(s.APIKey(), s.APISecret()).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).
		SetIdentity(identity).SetValidFor(time.Hour).ToJWT()
	require.NoError(t, err)
	return token
}

// TestAMoveToAServerWithoutTheCodec: the fallback codec is published there; without one, that is the reason for
// silence, and the first codec is published where it is accepted.
func TestAMoveToAServerWithoutTheCodec(t *testing.T) {
	other, err := devserver.Start(within(t), &devserver.Options{Codecs: []string{"video/h264"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		require.NoError(t, other.Stop(ctx))
	})
	for name, fallback := range map[string][]pipeline.Codec{"fallback": {pipeline.H264}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			room := newRoom(t)
			src := newSource(t, 320, 180, nil)
			shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
			pub := publish(t, join(t, room), src, &sink.Options{
				Encoding: sink.EncodingOptions{FallbackCodecs: fallback},
			})
			require.Equal(t, "video/VP8", pub.Stats().Codec)
			there := lksdk.NewRoom(nil)
			require.NoError(t, signal.Prepare(there))
			require.NoError(t, there.JoinWithToken(other.URL(), tokenOf(t, other, room, "publisher"),
				lksdk.WithAutoSubscribe(false)))
			t.Cleanup(there.Disconnect)
			v, err := viewer.Join(within(t), other.URL(), tokenOf(t, other, room, "viewer"), &viewer.Options{KeepAll: true})
			require.NoError(t, err)
			defer func() { require.NoError(t, v.Close()) }()
			pub.SetMuted(true)
			require.NoError(t, pub.Move(within(t), there))
			if fallback == nil {
				require.Equal(t, sink.ReasonCodecNotEnabled, pub.Stats().Reason)
				require.NoError(t, pub.Move(within(t), join(t, room)))
				pub.SetMuted(false)
				next(t, view(t, room, "viewer"))
				return
			}
			require.Equal(t, "video/H264", pub.Stats().Codec)
			require.Eventually(t, func() bool { return pub.Stats().Reason == sink.ReasonMuted }, wait, 10*time.Millisecond)
			pub.SetMuted(false)
			next(t, v)
			next(t, v)
			require.NoError(t, pub.Stop(within(t)))
			require.NoError(t, pub.Err())
		})
	}
}
