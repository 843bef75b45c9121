// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// sign returns a token with any claims. The SDK refuses to make one that has expired.
func sign(secret, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func TestJoinErrors(t *testing.T) {
	need.Server(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	unused := "ws://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	expired := sign(server.APISecret(), fmt.Sprintf(
		`{"iss":%q,"sub":"viewer","exp":%d,"video":{"roomJoin":true,"room":"r"}}`,
		server.APIKey(), time.Now().Add(-time.Hour).Unix()))
	forged, err := auth.NewAccessToken(server.APIKey(), "another secret that is long enough").SetIdentity("viewer").
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "r"}).ToJWT()
	require.NoError(t, err)
	for name, test := range map[string]struct{ url, token, message string }{
		"no server":     {unused, token(t, "r", "viewer"), "refused"},
		"no URL":        {"", token(t, "r", "viewer"), "url"},
		"malformed URL": {"ws://127.0.0.1:port", token(t, "r", "viewer"), "port"},
		"expired":       {server.URL(), expired, "unauthorized"},
		"forged":        {server.URL(), forged, "unauthorized"},
		"no token":      {server.URL(), "", "unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			var out locked.Buffer // some of the SDK's goroutines outlive a room
			logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.Level(-10)}))
			ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
			defer cancel()
			_, err := Join(ctx, test.url, test.token, &Options{Logger: logger})
			require.ErrorContains(t, err, "viewer: joining: ")
			require.Contains(t, strings.ToLower(err.Error()), test.message)
			if test.token != "" {
				require.NotContains(t, err.Error(), test.token)
				require.NotContains(t, out.String(), test.token)
			}
		})
	}
}

func TestJoinCancelled(t *testing.T) {
	need.Server(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the test's own reason")
	cancel(cause)
	_, err := Join(ctx, server.URL(), token(t, t.Name(), "viewer"), nil)
	require.ErrorIs(t, err, cause)
}

// The context limits joining only.
func TestJoinContextEnds(t *testing.T) {
	need.Server(t)
	ctx, cancel := context.WithCancel(t.Context())
	v, err := Join(ctx, server.URL(), token(t, t.Name(), "viewer"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	cancel()
	newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
	next(t, v)
}

func TestClose(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", nil)
	newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
	next(t, v)
	var closing sync.WaitGroup
	for range 4 {
		closing.Go(func() {
			for {
				if _, err := v.Next(context.Background()); err != nil {
					require.ErrorIs(t, err, ErrClosed)
					return
				}
			}
		})
		closing.Go(func() { require.NoError(t, v.Close()) })
		closing.Go(func() {
			v.Stats()
			v.Track()
			v.RequestKeyFrame()
		})
	}
	closing.Wait()
	_, err := v.Next(t.Context())
	require.ErrorIs(t, err, ErrClosed)
}

func TestNextContext(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := v.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestRemoved(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", nil)
	api := strings.Replace(server.URL(), "ws", "http", 1)
	client := lksdk.NewRoomServiceClient(api, server.APIKey(), server.APISecret())
	_, err := client.RemoveParticipant(t.Context(), &livekit.RoomParticipantIdentity{Room: t.Name(), Identity: "viewer"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	_, err = v.Next(ctx)
	require.ErrorContains(t, err, "viewer: disconnected from the room: removed by server")
}

// Without a logger nothing is printed. A logger receives everything except the token.
func TestLogger(t *testing.T) {
	need.Server(t)
	var printed, logged locked.Buffer
	log.SetOutput(&printed)                        //nolint:forbidigo // what must not be used
	t.Cleanup(func() { log.SetOutput(os.Stderr) }) //nolint:forbidigo // what must not be used
	all := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.Level(-10)}))
	for _, logger := range []*slog.Logger{nil, all} {
		jwt := token(t, t.Name(), "viewer")
		v, err := Join(t.Context(), server.URL(), jwt, &Options{Logger: logger})
		require.NoError(t, err)
		require.NoError(t, v.Close())
		require.NotContains(t, logged.String(), jwt)
	}
	require.Empty(t, printed.String())
	require.Contains(t, logged.String(), "attempting join plan")
	require.Contains(t, logged.String(), redacted)
}
