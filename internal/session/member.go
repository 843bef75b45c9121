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

	"github.com/gstpublish/gstpublish/internal/signal"
)

// joinTimeout limits joining. The SDK's own limits, 5 s to connect and 3 s to ask why that failed,
// do not cover a server that accepts and does not answer.
const joinTimeout = 12 * time.Second

// news is what the SDK reports of a connection.
type news struct {
	kind   newsKind
	reason livekit.DisconnectReason // of ended
}

type newsKind int

const (
	broken   newsKind = iota + 1 // the SDK tries to repair it
	repaired                     // or about to be: see member.settled
	ended                        // the SDK does nothing more
)

// member is this participant in one lksdk.Room, which covers one connection and the SDK's repairs
// of it.
type member struct {
	room     *lksdk.Room
	cancel   context.CancelFunc // of the context that it joined with
	gone     chan struct{}      // closed when the server has removed the participant
	goneOnce sync.Once
	wake     chan struct{} // has an element when there are news
	released atomic.Bool   // its news are ignored from now on
	joining  atomic.Bool   // the SDK has not joined yet, and Options.OnAccepted applies
	// harmless reports, for a released member, that the SDK will not join with it, which would make
	// the server remove the participant with the same identity: us.
	harmless atomic.Bool

	mu   sync.Mutex // protects the following fields
	heap []news
}

func newMember(cb *lksdk.RoomCallback) *member {
	m := &member{wake: make(chan struct{}, 1), gone: make(chan struct{}), cancel: func() {}}
	callback := gated(cb, func() bool { return !m.released.Load() })
	callback.OnReconnecting = func() { m.post(news{kind: broken}) }
	callback.OnReconnected = func() { m.post(news{kind: repaired}) }
	callback.OnDisconnected = func() {
		m.harmless.Store(true)
		m.goneOnce.Do(func() { close(m.gone) })
		m.post(news{ended, m.room.DisconnectReason()})
	}
	m.room = lksdk.NewRoom(callback)
	_ = signal.Prepare(m.room) // If that fails, publishing several layers in one stream returns an error.
	return m
}

// undoTimeout limits the wait for a join that was abandoned, so that it leaves no participant in
// the room when the program ends immediately. The SDK only notices the end of a context while it
// connects.
const undoTimeout = time.Second

// join joins a room. If it takes too long, or ctx ends first, the result is released.
func join(ctx context.Context, o *Options, token string) (*member, error) {
	ctx, stop := context.WithTimeoutCause(ctx, joinTimeout, &noAnswerError{joinTimeout})
	defer stop()
	if err := context.Cause(ctx); err != nil {
		return nil, newJoinError(err, token)
	}
	m := newMember(o.Callback)
	if o.Prepare != nil {
		o.Prepare(m.room)
	}
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
			m.leave()
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

// rouse makes the waiting goroutine check for news.
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

// connected reports whether the connection is established. The SDK reports a repair before that,
// when it has reached the server, and nothing if it fails then. It only considers the connection
// for receiving; a publisher also needs the other one.
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

// leaveTimeout limits the wait for the server to remove a participant who leaves.
const leaveTimeout = time.Second

// leave leaves the room, and waits until the server has removed the participant: once the connection
// is closed, a busy server may not read the message any more. It must not be called in a callback of
// the room.
func (m *member) leave() {
	if m.released.Swap(true) {
		return
	}
	if m.room.ConnectionState() == lksdk.ConnectionStateConnected && signal.Leave(m.room) == nil {
		await(m.gone, leaveTimeout)
	}
	m.disconnect()
}

// release leaves the room without reporting it. It must not be called in a callback of the room.
// While the SDK reconnects it does not stop at once: one of its goroutines may sleep for up to 20
// s.
func (m *member) release() {
	if m.released.Swap(true) {
		return
	}
	m.disconnect()
}

// disconnect ends the connection of a released member.
func (m *member) disconnect() {
	if m.room.ConnectionState() != lksdk.ConnectionStateReconnecting {
		m.harmless.Store(true)
	}
	m.cancel()
	m.room.Disconnect()
}
