// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// joinFirst joins for the first time.
func (o *Options) joinFirst(ctx context.Context) (*member, error) {
	m, token, err := o.joinOnce(ctx)
	if err == nil || !o.RetryFirst {
		return m, err
	}
	begin, server := time.Now(), newServer(o.URL)
	if o.Patience != Forever {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, begin.Add(o.Patience))
		defer stop()
	}
	for attempt := 1; ctx.Err() == nil && !server.refuses(ctx, token); attempt++ {
		o.Logger.Warn("joining failed", "attempt", attempt, "err", err)
		o.OnEvent(Event{Kind: Retrying, Away: time.Since(begin), Attempts: attempt, Err: err})
		if !wait(ctx, retryInterval(attempt)) {
			break
		}
		var again error
		if m, token, again = o.joinOnce(ctx); again == nil {
			return m, nil
		}
		if ctx.Err() == nil {
			err = again // Otherwise it says only that the time was over.
		}
	}
	return nil, err
}

// joinOnce makes one attempt, with a new token.
func (o *Options) joinOnce(ctx context.Context) (*member, string, error) {
	token, err := o.Token(ctx)
	if err != nil {
		return nil, "", err
	}
	m, err := join(ctx, o, token)
	return m, token, err
}

// refuses reports whether the server answers that it does not accept the token, which no
// further attempt would change.
func (v *server) refuses(ctx context.Context, token string) bool {
	refused := (*refusedError)(nil)
	return token != "" && errors.As(v.admits(ctx, token), &refused) &&
		(refused.status == http.StatusUnauthorized || refused.status == http.StatusForbidden)
}

// wait returns after d, or false if ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
