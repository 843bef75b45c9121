// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
)

// soonStale returns an access token that the server accepts for another two seconds: until a minute after it has
// expired (protocol/auth, tokenLeeway). The SDK's own function does not make expired tokens.
func soonStale(t *testing.T, room string) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{
		"iss": shared.APIKey(), "sub": "publisher", "nbf": time.Now().Add(-time.Hour).Unix(),
		"exp":   time.Now().Add(2*time.Second - time.Minute).Unix(),
		"video": map[string]any{"roomJoin": true, "room": room},
	})
	require.NoError(t, err)
	encoding := base64.RawURLEncoding
	text := encoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(shared.APISecret()))
	mac.Write([]byte(text))
	return text + "." + encoding.EncodeToString(mac.Sum(nil))
}

// awaitStale waits until the server refuses a token.
func awaitStale(t *testing.T, url, token string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	require.Eventually(t, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			strings.Replace(url, "ws:", "http:", 1)+"/rtc/validate", http.NoBody)
		require.NoError(t, err)
		req.Header = signalling.NewHTTPHeaderWithToken(token)
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode == http.StatusUnauthorized
	}, wait, 50*time.Millisecond)
}

// TestTokenExpires: the token of the first join has expired at the second.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	first := soonStale(t, room)
	h := join(t, sharedURL(t), room, func(o *session.Options) {
		renewed := o.Token
		used := false
		o.Token = func(ctx context.Context) (string, error) {
			if !used {
				used = true
				return first, nil
			}
			return renewed(ctx)
		}
	})
	feed(t, h)
	awaitStale(t, sharedURL(t), first)
	h.Room().Simulate(lksdk.SimulateServerLeave)
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	require.Equal(t, session.Rejoined, h.next(t).Kind)
	require.Equal(t, int64(1), h.tokens.Load())
	requireSeen(t, sharedURL(t), room)
}

// TestTokenIsFixed: with only an expired token, the SDK reconnects, since the server has sent it newer ones.
func TestTokenIsFixed(t *testing.T) {
	t.Parallel()
	server, room := startServer(t), newRoom(t)
	only := soonStale(t, room)
	var log *sdkLog
	h := join(t, server.URL(), room, func(o *session.Options) {
		o.Token = func(context.Context) (string, error) { return only, nil }
		log = newSDKLog(o)
	})
	feed(t, h)
	awaitStale(t, server.URL(), only)
	server.Kill()
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	log.await(t, `"reconnectCount":4,"delay"`)
	require.NoError(t, server.Restart(t.Context()))
	e := h.next(t)
	require.Equal(t, session.Resumed, e.Kind)
	require.Positive(t, e.Attempts, "the session has tried, and was refused")
	requireSeen(t, server.URL(), room)
}

// TestTokenIsRefused: the error says so, and does not quote the token.
func TestTokenIsRefused(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	only := soonStale(t, room)
	h := join(t, sharedURL(t), room, func(o *session.Options) {
		o.Token = func(context.Context) (string, error) { return only, nil }
		o.Patience = 2 * time.Second
	})
	awaitStale(t, sharedURL(t), only)
	h.Room().Simulate(lksdk.SimulateServerLeave)
	receive(t, h.Done())
	var refused *session.JoinError
	require.ErrorAs(t, h.Err(), &refused)
	require.ErrorContains(t, h.Err(), "the server refused (401)")
	require.NotContains(t, h.Err().Error(), only)
}
