// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
)

// TestTracksArePublishedWhileJoining: the server accepts a track before media gets through. Viewers receive it once
// media does.
func TestTracksArePublishedWhileJoining(t *testing.T) {
	f := &feeder{}
	rooms, published := make(chan *lksdk.Room, 10), make(chan error, 10)
	room := newRoom(t)
	h := join(t, sharedURL(t), room, func(o *session.Options) {
		o.OnAccepted = func(r *lksdk.Room) {
			rooms <- r
			go func() { published <- f.Move(t.Context(), r) }()
		}
	})
	require.NoError(t, receive(t, published))
	require.Same(t, h.Room(), receive(t, rooms))
	require.NoError(t, h.Add(t.Context(), f, h.Room()))
	require.EqualValues(t, 1, f.moves.Load(), "it is already in the session's room")
	f.run(t)
	requireSeen(t, sharedURL(t), room)
	require.Empty(t, rooms, "once for each join")
}

// TestOnAcceptedIsForTheFirstJoin: later joins move the publications.
func TestOnAcceptedIsForTheFirstJoin(t *testing.T) {
	server := startServer(t)
	accepted := make(chan *lksdk.Room, 10)
	h := join(t, server.URL(), newRoom(t), func(o *session.Options) {
		o.OnAccepted = func(r *lksdk.Room) { accepted <- r }
	})
	receive(t, accepted)
	require.NoError(t, server.Restart(t.Context()))
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	// Either the SDK or the session joins again, whichever is faster.
	require.Contains(t, []session.EventKind{session.Resumed, session.Rejoined}, h.next(t).Kind)
	require.Empty(t, accepted)
}
