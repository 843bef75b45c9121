// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
)

const (
	// sdkGrace is how long the SDK may take, after a server that was away answers again, before the
	// session joins itself: if the SDK's own attempt is not in progress by then, it is seconds
	// away. Far from the server, where joining takes longer too, the SDK gets graceShare times the
	// answer's delay in addition.
	sdkGrace   = 250 * time.Millisecond
	graceShare = 2
	// sdkPatience is the same for a server that has always answered: whatever is wrong then (for
	// example with the media's path), the SDK can repair as well as the session. It is longer than
	// one attempt of the SDK.
	sdkPatience = 15 * time.Second
	// settleTime is how long the SDK may take to connect after it has reached the server: its own
	// limit.
	settleTime = 5 * time.Second
	settlePoll = 20 * time.Millisecond
	// firstRetry and lastRetry limit the time between two attempts of the session.
	firstRetry = 250 * time.Millisecond
	lastRetry  = 10 * time.Second
	// provenTime is how long a new connection must last before its loss begins another outage.
	// Otherwise the time continues, so that a room which accepts and removes the participant does
	// not do so forever.
	provenTime = 10 * time.Second
)

// outage is the time from the break of a connection until there is one again.
type outage struct {
	s        *Session
	ctx      context.Context //nolint:containedctx // it lives as long as the outage
	began    time.Time
	over     time.Time
	patient  time.Time // the start of patience: the beginning of the first of several outages in a row
	attempts int       // by the session
	before   int       // in the previous outages of that row

	sdk    *member // which the SDK may still repair; nil if it does not
	reason livekit.DisconnectReason
	err    error // the last error
	gone   bool  // the server did not answer at some point
	// joinAt fires when the session is to join itself; it is not armed before the server answers.
	joinAt *time.Timer
	armed  bool
	retry  time.Time // not before this
}

func (s *Session) newOutage() *outage {
	now := time.Now()
	o := &outage{
		s: s, began: now, patient: now, sdk: s.current(), reason: livekit.DisconnectReason_SIGNAL_CLOSE,
		joinAt: time.NewTimer(0),
	}
	o.disarm()
	if s.last != nil && s.last.attempts > 0 && now.Sub(s.last.over) < provenTime {
		o.patient, o.before = s.last.patient, s.last.before+s.last.attempts
		o.retry = now.Add(retryInterval(o.before))
	}
	return o
}

// run returns when the connection is there again, or lost.
func (o *outage) run(first []news) (EventKind, *LostError) {
	defer func() { o.over = time.Now() }()
	defer o.disarm()
	ctx, cancel := context.WithCancel(o.s.ctx)
	defer cancel()
	if patience := o.s.opts.Patience; patience != Forever {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, o.patient.Add(patience))
		defer stop()
	}
	o.ctx = ctx
	found := make(chan finding)
	var watching sync.WaitGroup
	watching.Go(func() { o.s.server.watch(ctx, o.began, found) })
	kind, lost := o.hear(first)
	if kind == 0 {
		kind, lost = o.wait(found)
	}
	cancel()
	watching.Wait()
	return kind, lost
}

// wait follows events until the outage is over.
func (o *outage) wait(found <-chan finding) (kind EventKind, lost *LostError) {
	for kind == 0 {
		var wake <-chan struct{} // never, if the SDK has given up
		if o.sdk != nil {
			wake = o.sdk.wake
		}
		select {
		case <-wake:
			kind, lost = o.hear(o.sdk.take())
		case f := <-found:
			kind = o.found(f)
		case <-o.joinAt.C:
			o.armed = false
			kind = o.join()
		case <-o.ctx.Done():
			return Lost, &LostError{Reason: o.reason, Away: time.Since(o.patient), Err: o.err}
		}
	}
	return kind, lost
}

// hear handles the SDK's news. The kind is 0 while the outage lasts.
func (o *outage) hear(all []news) (EventKind, *LostError) {
	if len(all) == 0 {
		return 0, nil
	}
	switch n := all[len(all)-1]; n.kind {
	case repaired:
		if o.settled() {
			return Resumed, nil
		}
	case ended:
		o.reason = n.reason
		if lost := o.s.dismissed(all); lost != nil {
			return Lost, lost
		}
		if n.reason == livekit.DisconnectReason_DUPLICATE_IDENTITY {
			o.s.rivals = nil // From now on it is another client.
		}
		o.s.letGo(o.sdk)
		o.sdk = nil
		o.disarm() // No need to wait for it any more.
	case broken:
	}
	return 0, nil
}

// stands reports whether the SDK's connection is established again.
func (o *outage) stands() bool {
	o.s.mu.Lock()
	sends := len(o.s.movers) > 0
	o.s.mu.Unlock()
	return o.sdk.connected(sends)
}

// settled waits until the connection that the SDK has reported as repaired is established, and
// reports whether it is.
func (o *outage) settled() bool {
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	timeout := time.NewTimer(settleTime)
	defer timeout.Stop()
	for !o.stands() {
		select {
		case <-poll.C:
		case <-timeout.C:
			return false
		case <-o.ctx.Done():
			return false
		}
		if o.sdk.hasNews() {
			return false
		}
	}
	return true
}

func (o *outage) disarm() {
	o.joinAt.Stop()
	o.armed = false
}

// found handles the server's answer, and sets the time to join.
func (o *outage) found(f finding) EventKind {
	switch {
	case o.ctx.Err() != nil: // it was cancelled
		return 0
	case f.err != nil:
		o.gone, o.err = true, f.err
		o.disarm()
		return 0
	case o.sdk != nil && o.stands():
		return Resumed
	case o.armed:
		return 0
	}
	at := time.Now()
	switch {
	case o.sdk != nil && o.gone:
		at = at.Add(sdkGrace + graceShare*f.took)
	case o.sdk != nil:
		at = at.Add(sdkPatience)
	}
	if at.Before(o.retry) {
		at = o.retry
	}
	o.joinAt.Reset(time.Until(at))
	o.armed = true
	return 0
}

// join joins with a new room. The kind is 0 if that fails.
func (o *outage) join() EventKind {
	if o.sdk != nil && (o.stands() || o.sdk.hasNews()) {
		return 0 // The SDK was faster.
	}
	o.attempts++
	err := o.tryJoin()
	switch {
	case err == nil:
		return Rejoined
	case o.ctx.Err() == nil:
		o.err = err
		o.retry = time.Now().Add(retryInterval(o.before + o.attempts))
		o.s.log.Warn("joining again failed", "attempt", o.attempts, "err", err)
	}
	return 0
}

// tryJoin tries once. It does not release the SDK's connection until the server is known to accept
// the participant: the SDK has a newer token than ours, if ours cannot be renewed.
func (o *outage) tryJoin() error {
	s := o.s
	ctx, cancel := context.WithTimeoutCause(o.ctx, joinTimeout, &noAnswerError{joinTimeout})
	defer cancel()
	token, err := s.opts.Token(ctx)
	if err != nil {
		return err
	}
	if err = s.server.admits(ctx, token); err != nil {
		return newJoinError(err, token)
	}
	if o.sdk != nil {
		s.letGo(o.sdk)
		o.sdk = nil
	}
	m, err := join(ctx, &s.opts, token)
	if err != nil {
		return err
	}
	if err = s.moveTo(o.ctx, m); err != nil {
		s.letGo(m)
		return err
	}
	return nil
}

// retryInterval returns the time to wait after so many failed attempts.
func retryInterval(attempts int) time.Duration {
	return jitter(min(firstRetry<<min(attempts, 10), lastRetry))
}
