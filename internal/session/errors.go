// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
)

// JoinError is the reason why a room could not be joined: the server is unreachable, does not
// answer or refuses. Its own text, unlike that of the errors inside, never contains an access
// token.
type JoinError struct {
	Err  error // the SDK's or the network's
	text string
}

func (e *JoinError) Error() string { return e.text }

// Unwrap returns the SDK's or the network's error.
func (e *JoinError) Unwrap() error { return e.Err }

// newJoinError redacts the text of err.
func newJoinError(err error, token string) *JoinError {
	return &JoinError{Err: err, text: "session: joining: " + redact(err.Error(), token)}
}

// LostError is the reason why a session ended without Leave.
type LostError struct {
	// Reason is the server's, or SIGNAL_CLOSE if it gave none.
	Reason livekit.DisconnectReason
	// Away is how long the session tried to reconnect; 0 if the server has removed the participant.
	Away time.Duration
	// Err is the error of the last attempt to reconnect; nil if there was none.
	Err error
}

func (e *LostError) Error() string {
	text := "session: the connection was lost: " + strings.ToLower(strings.ReplaceAll(e.Reason.String(), "_", " "))
	if e.Away > 0 {
		text += fmt.Sprintf(", for %v", e.Away.Round(time.Second/10))
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the error of the last attempt to reconnect.
func (e *LostError) Unwrap() error { return e.Err }

// final reports whether a reason means that the server does not want this participant back. A server that shuts down
// gives another reason, since a new one may replace it. The client's initiative is not final either: between two
// attempts to connect, the SDK leaves the server, and may mistake the server's answer for a dismissal.
func final(reason livekit.DisconnectReason) bool {
	switch reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY,
		livekit.DisconnectReason_PARTICIPANT_REMOVED, livekit.DisconnectReason_ROOM_DELETED,
		livekit.DisconnectReason_ROOM_CLOSED, livekit.DisconnectReason_USER_UNAVAILABLE,
		livekit.DisconnectReason_USER_REJECTED, livekit.DisconnectReason_AGENT_ERROR:
		return true
	default:
		return false
	}
}

// noAnswerError is a server that accepts the connection and does not answer. For errors.As it is a
// net.Error with a timeout.
type noAnswerError struct{ after time.Duration }

func (e *noAnswerError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }
func (e *noAnswerError) Unwrap() error { return context.DeadlineExceeded }

// refusedError is a server that answers and refuses the participant.
type refusedError struct {
	status int
	text   string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("the server refused (%d): %s", e.status, e.text)
}

// tokenPattern matches an access token: a JSON object and two more parts (RFC 7519).
var tokenPattern = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]*`)

// redact returns the text without access tokens, which the server's answers and
// the SDK's errors quote.
func redact(text, token string) string {
	const redacted = "[redacted]"
	if token != "" {
		text = strings.ReplaceAll(text, token, redacted)
	}
	return tokenPattern.ReplaceAllString(text, redacted)
}

// unavailableError reports a 5xx response from the server or a proxy in front of it.
type unavailableError struct {
	status int
	text   string
}

func (e *unavailableError) Error() string {
	return fmt.Sprintf("the server is unavailable (%d): %s", e.status, e.text)
}
