// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

// Forever is the patience of a session that never gives up.
const Forever time.Duration = -1

// DefaultPatience is how long a session tries to come back. LiveKit's SDK, by
// itself, gives up after 61 s.
const DefaultPatience = time.Minute

// Options say which room, and how to keep in it. URL and Token are needed.
type Options struct {
	// URL of the LiveKit server, as wss://example.livekit.cloud.
	URL string
	// Token makes the access token for a join. It is asked anew each time that the
	// session joins, also long after the first time, so that a token need only last
	// until it is used. It must return when its context is done.
	Token func(ctx context.Context) (string, error)
	// Connect gives the SDK's options for a join. It is called each time, and may
	// return the same ones. Without lksdk.WithLogger the SDK is silent: its log quotes
	// access tokens. Defaults to none.
	Connect func() []lksdk.ConnectOption
	// OnAccepted is called when the server has let the participant in, while Join still
	// waits until media gets through. Tracks can be published in the room from then on;
	// they are sent when Join has returned. It is called for the first room only, once
	// more for each time that the SDK begins anew before Join returns: what was published
	// until then is lost. It may never be called: an SDK that keeps its signalling
	// elsewhere does not allow it. It must not block. Defaults to none.
	OnAccepted func(room *lksdk.Room)
	// Callback is called for what happens in the room, whichever lksdk.Room it is at
	// the time, and no more for one that was left behind. OnReconnecting,
	// OnReconnected, OnDisconnected and OnDisconnectedWithReason of it are not called:
	// OnEvent takes their place.
	Callback *lksdk.RoomCallback
	// Patience is how long the session tries to come back, from the interruption on;
	// Forever is without end. The shortest, a nanosecond, takes the first interruption
	// for the end. Defaults to DefaultPatience.
	Patience time.Duration
	// RetryFirst retries the first join like a later one: for as long as Patience, and
	// until its context ends. It does not retry if the server refuses the access token.
	// Defaults to a single attempt.
	RetryFirst bool
	// OnEvent is told of interruptions and of their end, one at a time, in order. It
	// must not block, nor call Leave. Defaults to none.
	OnEvent func(Event)
	// Logger gets what the session does about interruptions. Defaults to silence.
	Logger *slog.Logger
}

func (o *Options) withDefaults() (Options, error) {
	if o == nil || o.Token == nil {
		return Options{}, errors.New("session: Token is nil")
	}
	c := *o
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" {
		return c, errors.New("session: URL is empty")
	}
	if c.Connect == nil {
		c.Connect = func() []lksdk.ConnectOption { return nil }
	}
	if c.OnEvent == nil {
		c.OnEvent = func(Event) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Patience = cmp.Or(c.Patience, DefaultPatience)
	return c, nil
}

// EventKind is what has happened to a session.
type EventKind int

// The kinds of events. After Interrupted comes one of the others; Lost alone where
// the server sends us away.
const (
	// Interrupted is a connection that broke. What is published may not arrive.
	Interrupted EventKind = iota + 1
	// Resumed is a connection that the SDK has mended, in the same lksdk.Room. Where
	// it had to join again, it has published again, and SIDs are other ones.
	Resumed
	// Rejoined is a new connection: Session.Room is another one, and what was
	// published is published there.
	Rejoined
	// Lost is the end of the session: see Session.Err.
	Lost
	// Retrying is a first join that failed and will be tried again.
	Retrying
)

func (k EventKind) String() string {
	names := map[EventKind]string{
		Interrupted: "interrupted", Resumed: "resumed", Rejoined: "rejoined", Lost: "lost", Retrying: "retrying",
	}
	return cmp.Or(names[k], "unknown")
}

// Event is something that has happened to a session.
type Event struct {
	Kind EventKind
	// Away is how long the connection was interrupted, or the room could not be joined.
	Away time.Duration
	// Attempts is how often the session itself tried to join, of Rejoined, Lost and Retrying.
	Attempts int
	// Err is the *LostError of Lost, and why the attempt of Retrying failed.
	Err error
}
