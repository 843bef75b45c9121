// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/sink/session"
)

// TestGivenUpJoinLeavesTheRoom: the context ends when the server has already let the
// participant in.
func TestGivenUpJoinLeavesTheRoom(t *testing.T) {
	room := newRoom(t)
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := &session.Options{
		URL:   shared.URL(),
		Token: func(context.Context) (string, error) { return token(room, "publisher", time.Hour) },
	}
	log := newSDKLog(o)
	go func() {
		log.await(t, "first message received")
		cancel(given)
	}()
	s, err := session.Join(ctx, o)
	if err == nil { // It was as fast as the log.
		s.Leave()
	} else {
		require.ErrorIs(t, err, given)
	}
	requireEmpty(t, room)
}

// requireEmpty waits until the server knows of no participant in a room: for less
// than it takes to notice one that has gone without leaving.
func requireEmpty(t *testing.T, room string) {
	t.Helper()
	client := lksdk.NewRoomServiceClient(shared.URL(), shared.APIKey(), shared.APISecret())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		list, err := client.ListParticipants(t.Context(), &livekit.ListParticipantsRequest{Room: room})
		assert.NoError(c, err)
		assert.Empty(c, list.GetParticipants())
	}, 5*time.Second, 20*time.Millisecond)
}

// TestEndedContextJoinsNothing: no server is asked.
func TestEndedContextJoinsNothing(t *testing.T) {
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(given)
	o := &session.Options{
		URL:   "ws://127.0.0.1:1",
		Token: func(context.Context) (string, error) { return "x", nil },
	}
	_, err := session.Join(ctx, o)
	require.ErrorIs(t, err, given)
}
