// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/redact"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/timeline"
)

// join joins the room, and follows the connection from then on.
func (r *Room) join(ctx context.Context) error {
	patience, err := r.opts.Reconnect.patience()
	if err != nil {
		return err
	}
	start := timeline.From(ctx)
	s, err := session.Join(ctx, &session.Options{
		URL:        r.url,
		Token:      r.accessToken,
		Connect:    r.connectOptions,
		Prepare:    r.prepare,
		OnAccepted: func(room *lksdk.Room) { start.Begin("accepted")(); r.accept(room) },
		Callback:   r.opts.Callback,
		Patience:   patience,
		RetryFirst: r.opts.RetryJoin,
		OnEvent:    r.hear,
		Logger:     slog.New(redact.Debug(r.opts.Logger.Handler())), // OnEvent tells the same.
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("gstpublish: joining a room: %w", context.Cause(ctx))
	case err != nil:
		return joinError(r.url, r.lastToken(), err)
	}
	r.mu.Lock()
	r.session = s
	r.mu.Unlock()
	close(r.joined)
	go r.follow(s)
	return nil
}

// accessToken asks the credentials for a token.
func (r *Room) accessToken(ctx context.Context) (string, error) {
	token, err := r.credentials.AccessToken(ctx)
	if err != nil {
		return "", &credentialsError{err}
	}
	r.token.Store(token)
	return token, nil
}

func (r *Room) lastToken() string {
	token, _ := r.token.Load().(string) // Nothing else is stored.
	return token
}

// connectOptions are the SDK's options for each attempt to join.
func (r *Room) connectOptions() []lksdk.ConnectOption {
	log := logger.LogRLogger(logr.FromSlogHandler(redact.SDK(r.opts.Logger.Handler())))
	return append(r.network.ConnectOptions(),
		lksdk.WithAutoSubscribe(r.opts.Subscribe), lksdk.WithLogger(log))
}

// prepare prepares a room that is about to be joined.
func (r *Room) prepare(room *lksdk.Room) {
	if err := r.answers.register(room); err != nil { // not in a room that is new
		r.opts.Logger.Warn("requests for statistics stay unanswered", "err", err)
	}
}

// accept notes that tracks can be published in a room that is still being joined.
func (r *Room) accept(room *lksdk.Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.early = room
	if r.attempts++; r.attempts == 1 {
		close(r.accepted)
	}
}

// follow waits until the session ends.
func (r *Room) follow(s *session.Session) {
	<-s.Done()
	if err := newLostError(r.url, r.lastToken(), s.Err()); err != nil {
		r.lose(err)
	}
}

// lose ends the room, and what it publishes, since that cannot arrive any more.
func (r *Room) lose(err error) {
	r.end(err)
	if err := r.closePublications(); err != nil {
		r.opts.Logger.Warn("closing what was published failed", "err", err)
	}
}

// hear passes an event of the session on, in this package's words.
func (r *Room) hear(e session.Event) {
	out := Event{Away: e.Away, Attempts: e.Attempts}
	switch e.Kind {
	case session.Interrupted:
		out.Kind = Interrupted
	case session.Resumed:
		out.Kind = Resumed
	case session.Rejoined:
		out.Kind = Rejoined
	case session.Lost:
		out.Kind, out.Err = Lost, newLostError(r.url, r.lastToken(), e.Err)
	case session.Retrying:
		out.Kind, out.Err = JoinFailed, joinError(r.url, r.lastToken(), e.Err)
	}
	r.tell(out)
}

// tell counts an event, and passes it to the caller.
func (r *Room) tell(e Event) {
	r.away.Store(e.Kind == Interrupted)
	switch e.Kind {
	case Interrupted:
		r.interruptions.Add(1)
	case Rejoined:
		r.rejoins.Add(1)
	case Resumed, Lost, JoinFailed:
	}
	r.opts.OnEvent(e)
}

// place is a room in which tracks can be published.
type place struct {
	room    *lksdk.Room
	attempt int // of Room.attempts, when it was found
}

// await waits until tracks can be published: as soon as the server accepts them if early,
// otherwise when media gets through.
func (r *Room) await(ctx context.Context, early bool) (place, error) {
	accepted := r.accepted
	if !early || r.opts.RetryJoin {
		accepted = nil // What is published in an attempt that fails later would be lost.
	}
	select {
	case <-accepted:
	case <-r.joined:
	case <-ctx.Done():
	}
	if err := context.Cause(ctx); err != nil {
		if errors.Is(err, r.ended()) {
			return place{}, err
		}
		return place{}, fmt.Errorf("gstpublish: publishing: %w", err)
	}
	room := r.LiveKit()
	r.mu.Lock()
	defer r.mu.Unlock()
	return place{room, r.attempts}, nil
}
