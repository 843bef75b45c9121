// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// Mover moves with a session, such as a publication.
type Mover interface {
	// Move publishes again in a room that has just been joined. The previous room is disconnected,
	// its tracks are closed, and the SDK may unbind them at any time later, so new ones are needed.
	// After an error the session joins once more.
	Move(ctx context.Context, room *lksdk.Room) error
}

// Session keeps a participant connected to a room. All methods are safe for concurrent use. Leave
// must be called.
type Session struct {
	opts   Options
	log    *slog.Logger
	server *server
	ctx    context.Context //nolint:containedctx // it lives as long as the session
	cancel context.CancelFunc
	done   chan struct{} // closed when the session has ended
	err    error         // why it was lost; written before done is closed

	moving sync.Mutex // held while movers move, and while one is added

	mu     sync.Mutex // protects the following fields
	member *member
	movers []Mover

	// The following fields belong to the goroutine that keeps the session.
	rivals []rival
	last   *outage // nil before the first
}

// rival is a connection that the SDK may yet bring back, after we have released it, to a room where
// we already are again.
type rival struct {
	member *member
	until  time.Time
}

// rivalTime is longer than the SDK waits between two attempts to join.
const rivalTime = 30 * time.Second

// Join joins a room. It returns when media can be sent; ctx, and 12 s, bound that
// wait only. If ctx ends first, Join takes up to a second more to leave the room that
// it may have joined by then. There is no second attempt unless Options.RetryFirst asks
// for it. Errors: *JoinError, or that of Options.Token.
func Join(ctx context.Context, opts *Options) (*Session, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := o.joinFirst(ctx)
	if err != nil {
		return nil, err
	}
	o.OnAccepted = nil
	s := &Session{opts: o, log: o.Logger, server: newServer(o.URL), member: m, done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.keep()
	return s, nil
}

// Room returns the current room: another one after Rejoined. Once the session has ended it is the
// last one, disconnected. Use Session.Leave to leave it.
func (s *Session) Room() *lksdk.Room { return s.current().room }

func (s *Session) current() *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.member
}

// Add makes m move with the session. published is the room that m is published in; if the session
// has moved to another one meanwhile, m moves there at once, limited by ctx. An error is that of
// this move: then m is not added.
func (s *Session) Add(ctx context.Context, m Mover, published *lksdk.Room) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if now := s.Room(); now != published {
		if err := m.Move(ctx, now); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.movers = append(s.movers, m)
	return nil
}

// Remove stops m from moving with the session. It does not wait for a move in progress.
func (s *Session) Remove(m Mover) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.movers = slices.DeleteFunc(s.movers, func(other Mover) bool { return other == m })
}

// Done returns a channel that is closed when the session has ended: it was left, or lost for good.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err returns why the session has ended: a *LostError, or nil after Leave and before the end.
func (s *Session) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Leave leaves the room. It returns when the server has removed the participant, or after a second.
// It is idempotent. Stop the publications before.
func (s *Session) Leave() {
	s.cancel()
	<-s.done
}

// keep is the session's goroutine.
func (s *Session) keep() {
	defer close(s.done)
	for {
		found, ok := s.steady()
		if !ok {
			break
		}
		if lost := s.repair(found); lost != nil {
			s.err = lost
			break
		}
	}
	s.current().leave()
}

// steady waits until the connection breaks. ok is false if the session is left.
func (s *Session) steady() (found []news, ok bool) {
	m := s.current()
	for s.ctx.Err() == nil {
		found = m.take()
		// The SDK may report a repair that we have already seen.
		if slices.ContainsFunc(found, func(n news) bool { return n.kind != repaired }) {
			return found, true
		}
		select {
		case <-m.wake:
		case <-s.ctx.Done():
		}
	}
	return nil, false
}

// repair does what can be done about a connection that broke. Its error is the end of the session.
func (s *Session) repair(found []news) *LostError {
	if lost := s.dismissed(found); lost != nil {
		s.tell(Event{Kind: Lost, Err: lost})
		return lost
	}
	s.tell(Event{Kind: Interrupted})
	o := s.newOutage()
	kind, lost := o.run(found)
	s.last = o
	e := Event{Kind: kind, Away: o.over.Sub(o.began), Attempts: o.attempts}
	if lost != nil {
		e.Err = lost
	}
	select {
	case <-s.ctx.Done():
		return nil // The session was left; no event is needed.
	default:
		s.tell(e)
		return lost
	}
}

func (s *Session) tell(e Event) {
	s.log.Info("the connection is "+e.Kind.String(), "away", e.Away, "attempts", e.Attempts, "err", e.Err)
	s.opts.OnEvent(e)
}

// dismissed returns an error if the server has removed the participant.
func (s *Session) dismissed(all []news) *LostError {
	last := all[len(all)-1]
	if last.kind != ended || !final(last.reason) {
		return nil
	}
	if last.reason == livekit.DisconnectReason_DUPLICATE_IDENTITY && s.rivalled() {
		return nil
	}
	return &LostError{Reason: last.reason}
}

// letGo leaves a room whose connection the SDK may be about to repair.
func (s *Session) letGo(m *member) {
	m.release()
	now := time.Now()
	s.rivals = slices.DeleteFunc(s.rivals, func(r rival) bool { return r.member.harmless.Load() || now.After(r.until) })
	if !m.harmless.Load() {
		s.rivals = append(s.rivals, rival{m, now.Add(rivalTime)})
	}
}

// rivalled reports whether the removal may be our own doing: the SDK joined again with a connection
// that we have released.
func (s *Session) rivalled() bool {
	now := time.Now()
	return slices.ContainsFunc(s.rivals, func(r rival) bool {
		return !r.member.harmless.Load() && now.Before(r.until)
	})
}

// moveTimeout limits the move of one publication. The SDK waits for 10 s for the server to accept a
// track.
const moveTimeout = 15 * time.Second

// moveTo makes m the session's room, after the publications have moved there.
func (s *Session) moveTo(ctx context.Context, m *member) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	s.mu.Lock()
	movers := slices.Clone(s.movers)
	s.mu.Unlock()
	for _, mover := range movers {
		if err := s.move(ctx, mover, m); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.member = m
	return nil
}

// move moves one publication, as long as the connection is established.
func (s *Session) move(ctx context.Context, mover Mover, m *member) error {
	ctx, cancel := context.WithTimeout(ctx, moveTimeout)
	defer cancel()
	moved := make(chan error, 1)
	go func() { moved <- mover.Move(ctx, m.room) }()
	for {
		select {
		case err := <-moved:
			if err != nil {
				return fmt.Errorf("session: publishing again: %w", err)
			}
			return nil
		case <-m.wake:
			if m.hasNews() {
				m.rouse() // They are for the next reader.
				cancel()
				return errors.Join(errBrokeAgain, <-moved)
			}
		}
	}
}

var errBrokeAgain = errors.New("session: the new connection broke before all publications had moved")
