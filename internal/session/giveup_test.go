// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
)

// TestGivenUpJoinLeavesTheRoom: the context ends after the server has accepted the participant.
func TestGivenUpJoinLeavesTheRoom(t *testing.T) {
	room := newRoom(t)
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := &session.Options{
		URL:   sharedURL(t),
		Token: func(context.Context) (string, error) { return token(room, "publisher") },
	}
	log := funcr.NewJSON(func(record string) {
		if strings.Contains(record, "first message received") {
			cancel(given)
		}
	}, funcr.Options{Verbosity: 4})
	o.Connect = func() []lksdk.ConnectOption {
		return []lksdk.ConnectOption{lksdk.WithLogger(logger.LogRLogger(log))}
	}
	s, err := session.Join(ctx, o)
	if err == nil { // It was as fast as the log.
		s.Leave()
	} else {
		require.ErrorIs(t, err, given)
	}
	requireEmpty(t, room)
}

// requireEmpty waits until a room has no participant. It waits for less time than the server takes to notice a
// participant who disappeared without leaving.
func requireEmpty(t *testing.T, room string) {
	t.Helper()
	client := lksdk.NewRoomServiceClient(sharedURL(t), shared.APIKey(), shared.APISecret())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		list, err := client.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: room})
		require.NoError(t, err)
		if len(list.GetParticipants()) == 0 {
			return
		}
	}
}

// TestEndedContextJoinsNothing: no server is contacted.
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
