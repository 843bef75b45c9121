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
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/sink/network"
	"github.com/gstpublish/gstpublish/sink/session"
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

// membership is a room that we keep in. Its context is done, with the reason as
// its cause, when the connection is lost for good or what it was made of is.
type membership struct {
	app     *app
	session *session.Session // nil before it has joined
	network *network.Network
	// accepted gets the room when tracks can be published, which may be never; joined
	// is closed when media gets through.
	accepted chan *lksdk.Room
	joined   chan struct{}
	attempts atomic.Int64    // of the SDK's, in which the server has accepted us
	away     atomic.Bool     // the connection is interrupted
	ctx      context.Context //nolint:containedctx // its life is that of the session
	lose     context.CancelCauseFunc
}

// newMembership returns one that has not joined yet. What is sent will be at most so
// many bit/s; 0 is what the network carries. leave must be called.
func (a *app) newMembership(ctx context.Context, maxBandwidth int) *membership {
	m := &membership{
		app: a, network: network.New(&network.Options{Max: maxBandwidth, Logger: a.log}),
		accepted: make(chan *lksdk.Room, 1), joined: make(chan struct{}),
	}
	m.ctx, m.lose = context.WithCancelCause(ctx)
	return m
}

// join joins a room to publish in it. What is published comes back with the
// connection when it breaks: see keep. ctx bounds joining only.
func (m *membership) join(ctx context.Context, c *connection) error {
	defer timeline.From(ctx).Begin("joining")()
	a := m.app
	log := logger.LogRLogger(logr.FromSlogHandler(a.sdkLog().Handler()))
	var token string
	s, err := session.Join(ctx, &session.Options{
		URL: c.url,
		Token: func(context.Context) (_ string, err error) {
			token, err = c.accessToken(true)
			a.secrets.add(token)
			return token, err
		},
		Connect: func() []lksdk.ConnectOption {
			return append(m.network.ConnectOptions(), lksdk.WithAutoSubscribe(false), lksdk.WithLogger(log))
		},
		OnAccepted: m.accept,
		Patience:   c.patience,
		OnEvent: func(e session.Event) {
			m.away.Store(e.Kind == session.Interrupted)
			if c.patience != noPatience {
				a.tellConnection(e)
			}
		},
		Logger: a.sdkLog(), // What matters of it is told once, in our words.
	})
	if err != nil {
		return joinFailure(ctx, c.url, token, err)
	}
	m.session = s
	close(m.joined)
	go func() {
		<-s.Done()
		m.lose(lostError(s.Err(), c.url, token))
	}()
	return nil
}

// accept notes that tracks can be published in the room.
func (m *membership) accept(room *lksdk.Room) {
	timeline.From(m.ctx).Begin("accepted")()
	m.attempts.Add(1)
	select {
	case m.accepted <- room:
	default:
	}
}

// tellJoined tells the user where we are.
func (m *membership) tellJoined(c *connection) {
	room := m.session.Room()
	m.app.status("in room %q of %s as %q", room.Name(), c.url, room.LocalParticipant.Identity())
}

// joinFailure says why joining failed, and nothing more where it was given up.
func joinFailure(ctx context.Context, url, token string, err error) error {
	refused := (*session.JoinError)(nil)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refused):
		return connectFailure(url, token, err)
	default:
		return err
	}
}

// tellConnection tells what becomes of the connection. Its loss is an error, and
// told as that.
func (a *app) tellConnection(e session.Event) {
	away := e.Away.Round(100 * time.Millisecond)
	switch e.Kind {
	case session.Interrupted:
		a.status("the connection was interrupted; reconnecting")
	case session.Resumed:
		a.status("reconnected after %v", away)
	case session.Rejoined:
		a.status("rejoined the room and published again after %v", away)
	case session.Lost:
	}
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

// leave leaves the room, if it was joined.
func (m *membership) leave() {
	m.lose(nil)
	if m.session != nil {
		m.session.Leave()
	}
	m.network.Close()
}

// lostError says in plain words why the connection was lost.
func lostError(err error, url, token string) error {
	lost := (*session.LostError)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	text := strings.ToLower(strings.ReplaceAll(lost.Reason.String(), "_", " "))
	switch lost.Reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		text = "another client took our identity"
	case livekit.DisconnectReason_PARTICIPANT_REMOVED:
		text = "the server removed this participant"
	case livekit.DisconnectReason_ROOM_DELETED, livekit.DisconnectReason_ROOM_CLOSED:
		text = "the room was closed"
	default:
	}
	hint := ""
	if away := lost.Away.Round(100 * time.Millisecond); away > 0 {
		text = fmt.Sprintf("reconnecting failed for %v", away)
		hint = "With --reconnect forever, gstpublish keeps trying."
	} else if lost.Away > 0 {
		text = "it was interrupted"
	}
	if lost.Err != nil {
		text += ": " + connectFailure(url, token, lost.Err).Error()
	}
	return &hinted{&connectError{"the connection to the room is lost: " + text, err}, hint}
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
		hint = "Is the server running? `gstpublish demo` starts its own."
	case errors.As(err, &dns):
		text = fmt.Sprintf("can't resolve %s: %s", url, dns)
	case errors.Is(err, errNoAnswer), errors.As(err, &slow) && slow.Timeout():
		text = fmt.Sprintf("%s does not answer", url)
		hint = "Check that it is a LiveKit server, and that no firewall is in the way."
	case strings.Contains(text, "unauthorized: "):
		text, hint = refusal(url, token, text)
	case strings.HasSuffix(text, "not found"):
		text = fmt.Sprintf("%s is not a LiveKit server, or has no such room: not found", url)
	case errors.Is(err, lksdk.ErrConnectionTimeout):
		text = fmt.Sprintf("%s answered, but media does not get through", url)
		hint = "The server's UDP ports must be reachable from here (see LiveKit's documentation on ports and firewalls)."
	default:
		text = fmt.Sprintf("can't connect to %s: %s", url, withoutPackage(text))
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
			"Create a new one, or set --api-key and --api-secret, from which gstpublish creates its own."
	}
	return fmt.Sprintf("%s refused the connection: %s", url, reason), "Check that the API key and secret, or the " +
		"token, belong to this server."
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
