// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/sink/signal"
)

// joinTimeout bounds joining. The SDK's own bounds, 5 s to connect and 3 s to ask
// why that failed, don't cover a server that accepts and says nothing.
const joinTimeout = 12 * time.Second

// news is what the SDK reports of a connection.
type news struct {
	kind   newsKind
	reason livekit.DisconnectReason // of ended
}

type newsKind int

const (
	broken newsKind = iota + 1 // the SDK tries to mend it
	mended                     // or about to be: see member.settled
	ended                      // the SDK does nothing more
)

// member is our part in one lksdk.Room, which is for one connection and what the
// SDK makes of it.
type member struct {
	room     *lksdk.Room
	cancel   context.CancelFunc // of the context that it joined with
	wake     chan struct{}      // has one when there are news
	released atomic.Bool        // nobody is to hear of it any more
	joining  atomic.Bool        // the SDK has not joined yet, and Options.OnAccepted is for it
	// harmless tells of one that is released that the SDK won't join with it, which
	// would make the server throw out whoever has our identity: us.
	harmless atomic.Bool

	mu   sync.Mutex // protects what follows
	heap []news
}

func newMember(cb *lksdk.RoomCallback) *member {
	m := &member{wake: make(chan struct{}, 1), cancel: func() {}}
	callback := gated(cb, func() bool { return !m.released.Load() })
	callback.OnReconnecting = func() { m.post(news{kind: broken}) }
	callback.OnReconnected = func() { m.post(news{kind: mended}) }
	callback.OnDisconnected = func() {
		m.harmless.Store(true)
		m.post(news{ended, m.room.DisconnectReason()})
	}
	m.room = lksdk.NewRoom(callback)
	_ = signal.Prepare(m.room) // Where it can't be, who publishes several layers in one stream is told.
	return m
}

// undoTimeout bounds how long a join that was given up is waited for, so that it
// leaves no participant in the room when the program ends at once. The SDK notices
// the end of a context only while it connects.
const undoTimeout = time.Second

// join joins a room. Where it takes too long, or ctx ends first, what comes of it
// is released.
func join(ctx context.Context, o *Options, token string) (*member, error) {
	ctx, stop := context.WithTimeoutCause(ctx, joinTimeout, &noAnswerError{joinTimeout})
	defer stop()
	if err := context.Cause(ctx); err != nil {
		return nil, newJoinError(err, token)
	}
	m := newMember(o.Callback)
	if f := o.OnAccepted; f != nil {
		m.joining.Store(true)
		signal.OnAccepted(m.room, func() {
			if m.joining.Load() {
				f(m.room)
			}
		})
	}
	opts := append([]lksdk.ConnectOption{lksdk.WithLogger(logger.GetDiscardLogger())}, o.Connect()...)
	// The SDK keeps the context, so it gets one that lasts as long as the room does.
	var lasting context.Context
	lasting, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	joined := make(chan error, 1)
	go func() { joined <- m.room.JoinWithContextAndToken(lasting, o.URL, token, opts...) }()
	select {
	case err := <-joined:
		if err != nil {
			m.release()
			return nil, newJoinError(err, token)
		}
		m.joining.Store(false)
		return m, nil
	case <-ctx.Done():
		m.cancel()
		undone := make(chan struct{})
		go func() {
			defer close(undone)
			if err := <-joined; err != nil {
				o.Logger.Debug("an abandoned join failed", "err", newJoinError(err, token))
			}
			m.release()
		}()
		cause := context.Cause(ctx)
		if _, slow := errors.AsType[*noAnswerError](cause); !slow {
			await(undone, undoTimeout)
		}
		return nil, newJoinError(cause, token)
	}
}

// await waits until c is closed, or for as long as timeout.
func await(c <-chan struct{}, timeout time.Duration) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	}
}

// post never blocks: the SDK calls with locks held.
func (m *member) post(n news) {
	m.mu.Lock()
	m.heap = append(m.heap, n)
	m.mu.Unlock()
	m.rouse()
}

// rouse has who waits for news look whether there are any.
func (m *member) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *member) hasNews() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.heap) > 0
}

// take returns the news since the last time.
func (m *member) take() []news {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.heap
	m.heap = nil
	return n
}

// connected tells whether the connection stands. The SDK reports that it is mended
// before that, when it has reached the server, and nothing where it fails then. It
// is content with what we receive by; who sends needs the other connection, too.
func (m *member) connected(sends bool) bool {
	if m.room.ConnectionState() != lksdk.ConnectionStateConnected {
		return false
	}
	if !sends {
		return true
	}
	pc := m.room.LocalParticipant.GetPublisherPeerConnection()
	return pc != nil && pc.ConnectionState() == webrtc.PeerConnectionStateConnected
}

// release leaves the room without anybody being told. It must not be called in a
// callback of the room. While it reconnects the SDK doesn't let go at once: a
// goroutine of its may sleep for up to 20 s.
func (m *member) release() {
	if m.released.Swap(true) {
		return
	}
	if m.room.ConnectionState() != lksdk.ConnectionStateReconnecting {
		m.harmless.Store(true)
	}
	m.cancel()
	m.room.Disconnect()
}
