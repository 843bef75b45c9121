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

// DefaultPatience is how long a session tries to reconnect. LiveKit's SDK by itself gives up after
// 61 s.
const DefaultPatience = time.Minute

// Options describes which room to join and how to stay in it. URL and Token are required.
type Options struct {
	// URL is the URL of the LiveKit server, such as wss://example.livekit.cloud.
	URL string
	// Token returns the access token for a join. It is called for each join, possibly long after
	// the first, so a token only needs to be valid until it is used. It must return when its
	// context is done.
	Token func(ctx context.Context) (string, error)
	// Connect returns the SDK's options for a join. It is called for each join, and may return the
	// same options. Without lksdk.WithLogger the SDK does not log: its log contains access tokens.
	// The default is none.
	Connect func() []lksdk.ConnectOption
	// Prepare is called with each room before it is joined, such as to register methods of LiveKit's RPC. The default is
	// none.
	Prepare func(room *lksdk.Room)
	// OnAccepted is called when the server has accepted the participant, while Join still waits
	// until media gets through. From then on tracks can be published in the room; they are sent
	// when Join has returned. It is called for the first room only, and again each time the SDK
	// starts over before Join returns: tracks published until then are lost. With an unknown
	// version of the SDK it is never called. It must not block. The default is none.
	OnAccepted func(room *lksdk.Room)
	// Callback receives the events of the current lksdk.Room, and none of a previous one. Its
	// OnReconnecting, OnReconnected, OnDisconnected and OnDisconnectedWithReason are not called:
	// use OnEvent instead.
	Callback *lksdk.RoomCallback
	// Patience is how long the session tries to reconnect after an interruption; Forever means
	// without limit. A nanosecond, the minimum, ends the session at the first interruption. The
	// default is DefaultPatience.
	Patience time.Duration
	// RetryFirst retries the first join like a later one: for as long as Patience, and until its
	// context ends. It does not retry if the server refuses the access token. The default is a
	// single attempt.
	RetryFirst bool
	// OnEvent receives interruptions and their ends, one at a time, in order. It must not block,
	// nor call Leave. The default is none.
	OnEvent func(Event)
	// Logger receives messages about interruptions. The default discards them.
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

// EventKind is the kind of an Event.
type EventKind int

// The kinds of events. Interrupted is followed by one of the others; Lost comes alone if the server
// removes the participant.
const (
	// Interrupted means that the connection broke. Published media may not arrive.
	Interrupted EventKind = iota + 1
	// Resumed means that the SDK has repaired the connection, in the same lksdk.Room. If it had to
	// join again, it has published again, with other SIDs.
	Resumed
	// Rejoined means that there is a new connection: Session.Room returns another room, and the
	// publications have moved there.
	Rejoined
	// Lost means that the session has ended: see Session.Err.
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

// Event is a change of a session's connection.
type Event struct {
	Kind EventKind
	// Away is how long the connection was interrupted, or the room could not be joined.
	Away time.Duration
	// Attempts is how often the session itself tried to join, of Rejoined, Lost and Retrying.
	Attempts int
	// Err is the *LostError of Lost, and why the attempt of Retrying failed.
	Err error
}
