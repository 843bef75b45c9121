// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// sdkLog receives the SDK's log.
type sdkLog struct {
	mu      sync.Mutex
	records []string
	changed chan struct{}
}

func newSDKLog(o *session.Options) *sdkLog {
	l := &sdkLog{changed: make(chan struct{}, 1)}
	log := funcr.NewJSON(l.add, funcr.Options{Verbosity: 4})
	o.Connect = func() []lksdk.ConnectOption {
		return []lksdk.ConnectOption{lksdk.WithLogger(logger.LogRLogger(log))}
	}
	return l
}

func (l *sdkLog) add(record string) {
	l.mu.Lock()
	l.records = append(l.records, record)
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// await waits until the SDK has written a text.
func (l *sdkLog) await(t *testing.T, text string) {
	t.Helper()
	timeout := time.After(wait)
	for {
		l.mu.Lock()
		for _, r := range l.records {
			if strings.Contains(r, text) {
				l.mu.Unlock()
				return
			}
		}
		l.mu.Unlock()
		select {
		case <-l.changed:
		case <-timeout:
			require.FailNow(t, "the SDK didn't write "+text)
		}
	}
}

// TestServerIsKilled: a server returns after the SDK's attempts have become rare.
func TestServerIsKilled(t *testing.T) {
	t.Parallel()
	server, room := startServer(t), newRoom(t)
	var log *sdkLog
	h := join(t, server.URL(), room, func(o *session.Options) { log = newSDKLog(o) })
	f, before := feed(t, h), h.Room()
	requireSeen(t, server.URL(), room)

	server.Kill()
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	// The SDK's next attempt follows 4.8 s later.
	log.await(t, `"reconnectCount":4,"delay"`)
	require.NoError(t, server.Restart(t.Context()))
	back := time.Now()
	e := h.next(t)
	t.Logf("back in the room %v after the server, away for %v", time.Since(back), e.Away)
	require.Equal(t, session.Rejoined, e.Kind)
	require.Equal(t, 1, e.Attempts)
	require.Positive(t, e.Away)
	require.NotSame(t, before, h.Room())
	require.Equal(t, int64(2), f.moves.Load())
	require.Equal(t, int64(2), h.tokens.Load(), "a new token for the new join")
	requireSeen(t, server.URL(), room)
	t.Logf("seen %v after the server was back", time.Since(back))
	require.Equal(t, lksdk.ConnectionStateDisconnected, before.ConnectionState())
	require.NoError(t, h.Err())
}

// TestServerRestartsAtOnce: either the SDK or the session joins again first, and the publications return.
func TestServerRestartsAtOnce(t *testing.T) {
	t.Parallel()
	server, room := startServer(t), newRoom(t)
	h := join(t, server.URL(), room, nil)
	feed(t, h)
	for range 3 {
		require.NoError(t, server.Restart(t.Context()))
		require.Equal(t, session.Interrupted, h.next(t).Kind)
		e := h.next(t)
		t.Log(e)
		require.Contains(t, []session.EventKind{session.Resumed, session.Rejoined}, e.Kind)
		requireSeen(t, server.URL(), room)
	}
}

// TestSDKTakesLeave: after a long outage, the SDK may mistake its own leave request for the server's.
func TestSDKTakesLeave(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	h := join(t, sharedURL(t), room, nil)
	feed(t, h)
	h.Room().OnDisconnected(livekit.DisconnectReason_CLIENT_INITIATED)
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	require.Equal(t, session.Rejoined, h.next(t).Kind)
	require.True(t, signal.Prepared(h.Room()))
	requireSeen(t, sharedURL(t), room)
}

// TestServerShutsDown: the server announces that it shuts down, so the SDK does not reconnect.
func TestServerShutsDown(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	h := join(t, sharedURL(t), room, nil)
	feed(t, h)
	h.Room().Simulate(lksdk.SimulateServerLeave)
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	require.Equal(t, session.Rejoined, h.next(t).Kind)
	requireSeen(t, sharedURL(t), room)
}

// TestSDKRepairs: the session leaves short interruptions to the SDK.
func TestSDKRepairs(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]lksdk.SimulateScenario{
		"resume": lksdk.SimulateSignalReconnect, "full reconnect": lksdk.SimulateNodeFailure,
		"migration": lksdk.SimulateMigration,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			h := join(t, sharedURL(t), room, nil)
			f, before := feed(t, h), h.Room()
			requireSeen(t, sharedURL(t), room) // A resumption before that loses it for half a minute.
			before.Simulate(scenario)
			require.Equal(t, session.Interrupted, h.next(t).Kind)
			e := h.next(t)
			t.Log(e)
			require.Equal(t, session.Resumed, e.Kind)
			require.Same(t, before, h.Room())
			require.Equal(t, int64(1), f.moves.Load())
			requireSeen(t, sharedURL(t), room)
		})
	}
}

// TestConnectedToSend: the SDK counts as connected if it can only receive. That does not bring a publisher back.
func TestConnectedToSend(t *testing.T) {
	t.Parallel()
	h := join(t, sharedURL(t), newRoom(t), nil)
	require.True(t, h.Connected(false))
	require.False(t, h.Connected(true), "nothing has been sent")
	feed(t, h)
	require.Eventually(t, func() bool { return h.Connected(true) }, wait, 10*time.Millisecond)
	require.NoError(t, h.Room().LocalParticipant.GetPublisherPeerConnection().Close())
	require.False(t, h.Connected(true))
}

// TestServerStaysAway: the session ends with its patience.
func TestServerStaysAway(t *testing.T) {
	t.Parallel()
	server, room := startServer(t), newRoom(t)
	h := join(t, server.URL(), room, func(o *session.Options) { o.Patience = 2 * time.Second })
	feed(t, h)
	server.Kill()
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	e := h.next(t)
	require.Equal(t, session.Lost, e.Kind)
	receive(t, h.Done())
	var lost *session.LostError
	require.ErrorAs(t, h.Err(), &lost)
	require.Equal(t, lost, e.Err)
	require.Equal(t, livekit.DisconnectReason_SIGNAL_CLOSE, lost.Reason)
	require.GreaterOrEqual(t, lost.Away, 2*time.Second)
	require.ErrorIs(t, lost, syscall.ECONNREFUSED)
	require.ErrorContains(t, lost, "the connection was lost: signal close, for 2")
	require.Equal(t, lksdk.ConnectionStateDisconnected, h.Room().ConnectionState())
}

// TestNoPatience: the first interruption ends the session.
func TestNoPatience(t *testing.T) {
	t.Parallel()
	h := join(t, sharedURL(t), newRoom(t), func(o *session.Options) { o.Patience = 1 })
	h.Room().Simulate(lksdk.SimulateNodeFailure)
	receive(t, h.Done())
	require.Error(t, h.Err())
}

// TestSentAway: the server's dismissal ends the session.
func TestSentAway(t *testing.T) {
	need.Server(t)
	t.Parallel()
	client := lksdk.NewRoomServiceClient(sharedURL(t), shared.APIKey(), shared.APISecret())
	for name, tt := range map[string]struct {
		reason livekit.DisconnectReason
		do     func(t *testing.T, room string)
	}{
		"removed": {livekit.DisconnectReason_PARTICIPANT_REMOVED, func(t *testing.T, room string) {
			t.Helper()
			who := &livekit.RoomParticipantIdentity{Room: room, Identity: "publisher"}
			_, err := client.RemoveParticipant(t.Context(), who)
			require.NoError(t, err)
		}},
		"room deleted": {livekit.DisconnectReason_ROOM_DELETED, func(t *testing.T, room string) {
			t.Helper()
			_, err := client.DeleteRoom(t.Context(), &livekit.DeleteRoomRequest{Room: room})
			require.NoError(t, err)
		}},
		"identity taken": {livekit.DisconnectReason_DUPLICATE_IDENTITY, func(t *testing.T, room string) {
			t.Helper()
			join(t, sharedURL(t), room, nil)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			h := join(t, sharedURL(t), room, func(o *session.Options) { o.Patience = session.Forever })
			tt.do(t, room)
			require.Equal(t, session.Lost, h.next(t).Kind)
			receive(t, h.Done())
			var lost *session.LostError
			require.ErrorAs(t, h.Err(), &lost)
			require.Equal(t, tt.reason, lost.Reason)
			require.Zero(t, lost.Away)
		})
	}
}

// TestMoveFails: a failed move is tried again, in another room.
func TestMoveFails(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	h := join(t, sharedURL(t), room, nil)
	f := feed(t, h)
	f.fail.Store(1)
	h.Room().Simulate(lksdk.SimulateServerLeave)
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	e := h.next(t)
	require.Equal(t, session.Rejoined, e.Kind)
	require.Equal(t, 2, e.Attempts)
	require.Equal(t, int64(3), f.moves.Load())
	requireSeen(t, sharedURL(t), room)
}

// TestThrownOutAgainAndAgain: a server that repeatedly accepts and removes us does not do so
// forever.
func TestThrownOutAgainAndAgain(t *testing.T) {
	t.Parallel()
	h := join(t, sharedURL(t), newRoom(t), func(o *session.Options) { o.Patience = 3 * time.Second })
	f := feed(t, h)
	for {
		h.Room().Simulate(lksdk.SimulateServerLeave)
		require.Equal(t, session.Interrupted, h.next(t).Kind)
		e := h.next(t)
		if e.Kind == session.Lost {
			break
		}
		require.Equal(t, session.Rejoined, e.Kind)
	}
	receive(t, h.Done())
	var lost *session.LostError
	require.ErrorAs(t, h.Err(), &lost)
	require.GreaterOrEqual(t, lost.Away, 3*time.Second)
	require.Greater(t, f.moves.Load(), int64(2))
}

// TestAddLate: a publication in a room that has already been left moves immediately. A removed publication does not
// move.
func TestAddLate(t *testing.T) {
	t.Parallel()
	h := join(t, sharedURL(t), newRoom(t), nil)
	before := h.Room()
	removed := feed(t, h)
	h.Remove(removed)
	h.Room().Simulate(lksdk.SimulateServerLeave)
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	require.Equal(t, session.Rejoined, h.next(t).Kind)
	require.Equal(t, int64(1), removed.moves.Load())

	late := &feeder{}
	late.fail.Store(1)
	require.ErrorIs(t, h.Add(t.Context(), late, before), errMove)
	require.NoError(t, h.Add(t.Context(), late, before))
	require.Equal(t, int64(2), late.moves.Load())
	require.NoError(t, h.Add(t.Context(), &feeder{}, h.Room()))
}

// TestLeave leaves during an interruption too, and concurrently.
func TestLeave(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	h := join(t, server.URL(), newRoom(t), func(o *session.Options) { o.Patience = session.Forever })
	server.Kill()
	require.Equal(t, session.Interrupted, h.next(t).Kind)
	var leaving sync.WaitGroup
	for range 4 {
		leaving.Go(h.Leave)
	}
	leaving.Wait()
	receive(t, h.Done())
	require.NoError(t, h.Err())
	require.Empty(t, h.events, "leaving causes no event")
	require.Equal(t, lksdk.ConnectionStateDisconnected, h.Room().ConnectionState())
}

// TestJoinFails: the error is typed, and quotes no token.
func TestJoinFails(t *testing.T) {
	need.Server(t)
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })
	for name, tt := range map[string]struct{ url, token, want string }{
		"unreachable": {"ws://127.0.0.1:1", "a secret token", "connection refused"},
		"no token":    {sharedURL(t), "a secret token", "unauthorized: "},
		"no answer":   {"ws://" + silent.Addr().String(), "a secret token", "session: joining: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := session.Join(t.Context(), &session.Options{
				URL: tt.url, Token: func(context.Context) (string, error) { return tt.token, nil },
			})
			var refused *session.JoinError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), tt.token)
		})
	}
}

// TestJoinIsCancelled: a cancelled join leaves nothing behind.
func TestJoinIsCancelled(t *testing.T) {
	need.Server(t)
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, acceptErr := silent.Accept(); acceptErr == nil {
			cancel()
			_ = conn.Close()
		}
	}()
	_, err = session.Join(ctx, &session.Options{
		URL:   "ws://" + silent.Addr().String(),
		Token: func(context.Context) (string, error) { return token("room", "publisher") },
	})
	require.ErrorIs(t, err, context.Canceled)
}

func TestOptionsThatAreMissing(t *testing.T) {
	need.Server(t)
	t.Parallel()
	_, err := session.Join(t.Context(), nil)
	require.ErrorContains(t, err, "Token is nil")
	_, err = session.Join(t.Context(), &session.Options{
		Token: func(context.Context) (string, error) { return "", errMove },
	})
	require.ErrorContains(t, err, "URL is empty")
	_, err = session.Join(t.Context(), &session.Options{
		URL: sharedURL(t), Token: func(context.Context) (string, error) { return "", errMove },
	})
	require.ErrorIs(t, err, errMove)
}
