// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestFirstJoinIsRetried joins a server that is started only after two attempts.
func TestFirstJoinIsRetried(t *testing.T) {
	need.Server(t)
	t.Parallel()
	server, room := startServer(t), newRoom(t)
	server.Kill()
	retried := make(chan session.Event, 100)
	go func() {
		for range 2 {
			<-retried
		}
		if err := server.Restart(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	h := join(t, server.URL(), room, func(o *session.Options) {
		o.RetryFirst, o.Patience = true, session.Forever
		o.OnEvent = func(e session.Event) { retried <- e }
	})
	require.Equal(t, room, h.Room().Name())
	require.Greater(t, h.tokens.Load(), int64(2), "each attempt has its own token")
}

// TestFirstJoinRetriesEnd tests what ends the retries: the patience, the context, or a refusal.
func TestFirstJoinRetriesEnd(t *testing.T) {
	need.Server(t)
	t.Parallel()
	room := newRoom(t)
	options := func() *session.Options {
		return &session.Options{
			URL: "ws://127.0.0.1:1", RetryFirst: true, Patience: time.Second,
			Token: func(context.Context) (string, error) { return token(room, "publisher") },
		}
	}
	_, err := session.Join(t.Context(), options())
	require.ErrorContains(t, err, "connection refused")

	ctx, cancel := context.WithCancel(t.Context())
	o := options()
	o.Patience = session.Forever
	var last session.Event
	o.OnEvent = func(e session.Event) {
		if last = e; e.Attempts == 3 {
			cancel()
		}
	}
	_, err = session.Join(ctx, o)
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, session.Retrying, last.Kind)
	require.Equal(t, 3, last.Attempts)
	require.ErrorContains(t, last.Err, "connection refused")

	o = options()
	o.URL, o.Patience = shared.URL(), session.Forever
	o.Token = func(context.Context) (string, error) { return "rubbish", nil }
	o.OnEvent = func(session.Event) { t.Error("a refusal is final") }
	_, err = session.Join(t.Context(), o)
	refused := (*session.JoinError)(nil)
	require.ErrorAs(t, err, &refused)
}
