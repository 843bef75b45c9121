// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
)

func TestExpiry(t *testing.T) {
	token, err := APIKey{Key: "key", Secret: "a-secret", Room: "a"}.AccessToken(t.Context())
	require.NoError(t, err)
	require.True(t, expiry(token).After(time.Now()))
	for _, text := range []string{"", "rubbish", "a.b.c", "a.eyJzdWIiOiJtZSJ9.c"} {
		require.Zero(t, expiry(text), text)
	}
}

func TestNewJoinError(t *testing.T) {
	const url, token = "ws://user:pass@host", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
	for want, tt := range map[string]struct {
		err     error
		failure JoinFailure
	}{
		"nothing listens at ws://user:[redacted]@host: connection refused": {
			fmt.Errorf("dial: %w", syscall.ECONNREFUSED), ServerUnreachable,
		},
		"cannot resolve ws://user:[redacted]@host: lookup host: no such host": {
			&net.DNSError{Err: "no such host", Name: "host"}, HostUnknown,
		},
		"ws://user:[redacted]@host does not answer": {context.DeadlineExceeded, NoAnswer},
		"ws://user:[redacted]@host refused the access token: it expired at " + time.Unix(1, 0).Format(time.RFC3339): {
			errors.New("unauthorized: invalid token: " + token + ", error: it is expired"), TokenExpired,
		},
		"ws://user:[redacted]@host is not a LiveKit server, or has no such room: not found": {
			errors.New("unexpected: not found"), NotFound,
		},
		"ws://user:[redacted]@host answered, but media does not get through": {lksdk.ErrConnectionTimeout, MediaBlocked},
		"ws://user:[redacted]@host accepts the access token and does not let the participant in: the room may be full": {
			lksdk.ErrCannotConnectSignal, NotAdmitted,
		},
		"cannot connect to ws://user:[redacted]@host: odd [redacted]": {errors.New("odd " + token), OtherFailure},
	} {
		e := NewJoinError(url, token, tt.err)
		require.EqualError(t, e, "gstpublish: joining a room: "+want)
		require.Equal(t, tt.failure, e.Failure, want)
		require.ErrorIs(t, e, tt.err)
	}
	e := NewJoinError(url, "", errors.New("unauthorized: no permissions"))
	require.EqualError(t, e,
		"gstpublish: joining a room: ws://user:[redacted]@host refused the connection: no permissions")
}

func TestLostError(t *testing.T) {
	for want, lost := range map[string]*session.LostError{
		"another client took this participant's identity": {Reason: livekit.DisconnectReason_DUPLICATE_IDENTITY},
		"the server removed this participant":             {Reason: livekit.DisconnectReason_PARTICIPANT_REMOVED},
		"the room was closed":                             {Reason: livekit.DisconnectReason_ROOM_DELETED},
		"user rejected":                                   {Reason: livekit.DisconnectReason_USER_REJECTED},
		"it was interrupted":                              {Away: time.Millisecond},
		"reconnecting failed for 1m0s: ws://host does not answer": {
			Away: time.Minute + time.Millisecond, Err: context.DeadlineExceeded,
		},
		"reconnecting failed for 5s: no token": {
			Away: 5 * time.Second, Err: &credentialsError{errors.New("no token")},
		},
	} {
		require.EqualError(t, newLostError("ws://host", "", lost),
			"gstpublish: the connection to the room is lost: "+want)
	}
	require.NoError(t, newLostError("", "", nil))
}
