// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"fmt"
	"time"
)

// EventKind is what happened to a connection.
type EventKind int

// The kinds of events. After Interrupted comes one of Resumed, Rejoined and Lost; Lost
// comes alone if the server removes the participant.
const (
	// Interrupted is a connection that broke. What is published may not arrive.
	Interrupted EventKind = iota + 1
	// Resumed is a connection that LiveKit's SDK has restored, in the same lksdk.Room.
	// SIDs of tracks may have changed.
	Resumed
	// Rejoined is a new connection: Room.LiveKit returns another room, and everything
	// that was published is published there.
	Rejoined
	// Lost is the end of the connection: see Room.Err.
	Lost
	// JoinFailed is an attempt of the first join that failed and will be repeated: see
	// Options.RetryJoin.
	JoinFailed
)

// String returns the kind in words.
func (k EventKind) String() string {
	switch k {
	case Interrupted:
		return "interrupted"
	case Resumed:
		return "resumed"
	case Rejoined:
		return "rejoined"
	case Lost:
		return "lost"
	case JoinFailed:
		return "join failed"
	default:
		return fmt.Sprintf("EventKind(%d)", int(k))
	}
}

// Event is something that happened to a connection.
type Event struct {
	Kind EventKind
	// Away is how long the connection has been interrupted, or the first join has taken.
	Away time.Duration
	// Attempts is how often gstpublish itself has tried to join, for Rejoined, Lost and
	// JoinFailed. The SDK's own attempts are not counted.
	Attempts int
	// Err is the *LostError of Lost, and the *JoinError or the error of the credentials
	// of JoinFailed.
	Err error
}
