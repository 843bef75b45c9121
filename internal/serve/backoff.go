// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import "time"

// Backoff decides how long to wait before a process is started again: 1 s after the first failure, twice as long after
// each further one, at most a minute. After a process that was well for a minute, it is 1 s again. The zero value is
// ready to use.
type Backoff struct {
	next time.Duration
}

const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute
	// wellAfter is how long a process must have been up for its failure to count as the first.
	wellAfter = time.Minute
)

// Failed returns how long to wait, after a process that was up for that long. jitter, from 0 to 1, makes the wait up to
// a fifth shorter, so that many publications do not return at the same time.
func (b *Backoff) Failed(up time.Duration, jitter float64) time.Duration {
	if b.next == 0 || up >= wellAfter {
		b.next = firstBackoff
	}
	wait := b.next
	b.next = min(2*b.next, maxBackoff)
	return wait - time.Duration(jitter*float64(wait)/5)
}

// Yielded returns how long to wait after another client has taken the identity: a minute, since a process that returns
// takes it from that client.
func (b *Backoff) Yielded(jitter float64) time.Duration {
	b.next = maxBackoff
	return b.Failed(0, jitter)
}
