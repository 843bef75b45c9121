// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// joinTimeout bounds joining. The SDK's own bounds, 5 s to connect and 3 s to ask
// why that failed, don't cover a server that accepts and says nothing.
const joinTimeout = 12 * time.Second

var errNoAnswer = fmt.Errorf("no answer within %v", joinTimeout)

// connectError is a server that isn't there or refused, in plain words and in the
// SDK's.
type connectError struct {
	text string
	err  error
}

func (e *connectError) Error() string { return e.text }
func (e *connectError) Unwrap() error { return e.err }

// membership is a room that we are in. Its context is done, with the reason as
// its cause, when the connection is lost for good or what it was made of is.
type membership struct {
	room *lksdk.Room
	ctx  context.Context //nolint:containedctx // its life is that of the connection
	lose context.CancelCauseFunc
}

// join joins a room to publish in it.
func (a *app) join(ctx context.Context, c *connection) (*membership, error) {
	token, err := c.accessToken(true)
	if err != nil {
		return nil, err
	}
	a.secrets.add(token)
	m := &membership{}
	m.ctx, m.lose = context.WithCancelCause(ctx)
	m.room = lksdk.NewRoom(&lksdk.RoomCallback{
		OnDisconnected: func() { m.lose(lostError(m.room.DisconnectReason())) },
		OnReconnecting: func() { a.status("the connection is interrupted, reconnecting") },
		OnReconnected:  func() { a.status("connected again") },
	})
	log := logger.LogRLogger(logr.FromSlogHandler(a.sdkLog().Handler()))
	err = waitJoined(m.ctx, func() error {
		// Without a context: the SDK would keep it.
		return m.room.JoinWithToken(c.url, token, lksdk.WithAutoSubscribe(false), lksdk.WithLogger(log))
	})
	switch {
	case ctx.Err() != nil:
		m.leave()
		return nil, context.Cause(ctx)
	case err != nil:
		m.lose(err)
		return nil, connectFailure(c.url, token, err)
	}
	a.status("in room %q of %s as %q", m.room.Name(), c.url, m.room.LocalParticipant.Identity())
	return m, nil
}

// waitJoined bounds a call of the SDK. Where it goes on after that, it ends with
// the process.
func waitJoined(ctx context.Context, join func() error) error {
	joined := make(chan error, 1)
	go func() { joined <- join() }()
	timeout := time.NewTimer(joinTimeout)
	defer timeout.Stop()
	select {
	case err := <-joined:
		return err
	case <-timeout.C:
		return errNoAnswer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave leaves the room.
func (m *membership) leave() {
	m.lose(nil)
	m.room.Disconnect()
}

// lostError says why the server has ended the connection.
func lostError(reason livekit.DisconnectReason) error {
	text := strings.ToLower(strings.ReplaceAll(reason.String(), "_", " "))
	switch reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		text = "somebody else came with the same identity"
	case livekit.DisconnectReason_PARTICIPANT_REMOVED:
		text = "the server removed us"
	case livekit.DisconnectReason_ROOM_DELETED, livekit.DisconnectReason_ROOM_CLOSED:
		text = "the room was closed"
	case livekit.DisconnectReason_SERVER_SHUTDOWN:
		text = "the server is shutting down"
	case livekit.DisconnectReason_SIGNAL_CLOSE:
		text = "the server is gone, and several attempts to come back have failed"
	default:
	}
	return fmt.Errorf("the connection to the room is lost: %s", text)
}

// connectFailure says in plain words why joining failed.
func connectFailure(url, token string, err error) error {
	var (
		dns  *net.DNSError
		slow net.Error
		text = err.Error()
		hint string
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		text = fmt.Sprintf("nothing listens at %s: %s", url, syscall.ECONNREFUSED)
		hint = "Is the server running? `gstpublish demo` brings its own."
	case errors.As(err, &dns):
		text = fmt.Sprintf("%s can't be found: %s", url, dns)
	case errors.Is(err, errNoAnswer), errors.As(err, &slow) && slow.Timeout():
		text = fmt.Sprintf("%s gives no answer", url)
		hint = "Is that a LiveKit server, and is there no firewall in between?"
	case strings.Contains(text, "unauthorized: "):
		text, hint = refusal(url, token, text)
	case strings.HasSuffix(text, "not found"):
		text = fmt.Sprintf("%s is no LiveKit server, or has no such room: not found", url)
	case errors.Is(err, lksdk.ErrConnectionTimeout):
		text = fmt.Sprintf("%s answered, but media can't get through", url)
		hint = "The server's UDP ports must be reachable from here (see LiveKit's documentation on ports and firewalls)."
	default:
		text = fmt.Sprintf("can't connect to %s: %s", url, strings.TrimPrefix(text, "viewer: joining: "))
	}
	return &hinted{&connectError{text, err}, hint}
}

// refusal puts the server's words, which come after "unauthorized: ", in ours.
func refusal(url, token, text string) (plain, hint string) {
	_, reason, _ := strings.Cut(text, "unauthorized: ")
	if _, cause, found := strings.Cut(reason, ", error: "); found {
		reason = cause // What is before it repeats the token.
	}
	if expired := expiry(token); !expired.IsZero() && expired.Before(time.Now()) {
		return fmt.Sprintf("%s refused the access token: it expired at %s", url, expired.Format(time.RFC3339)),
			"Make a new one, or give --api-key and --api-secret, from which gstpublish makes its own."
	}
	return fmt.Sprintf("%s refused us: %s", url, reason), "Are the API key and its secret, or the token, this server's?"
}

// expiry is when an access token expires; the zero time if it doesn't say. Only
// the server checks a token; this is for the user to read.
func expiry(token string) time.Time {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires == 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0)
}
