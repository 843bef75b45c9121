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

// JoinError is why a room could not be joined: the server isn't there, says
// nothing or refuses. Its text, other than that of the errors inside, has no
// access token in it.
type JoinError struct {
	Err  error // the SDK's or the network's
	text string
}

func (e *JoinError) Error() string { return e.text }

// Unwrap is the SDK's error, or the network's.
func (e *JoinError) Unwrap() error { return e.Err }

// newJoinError redacts the text of err.
func newJoinError(err error, token string) *JoinError {
	return &JoinError{Err: err, text: "session: joining: " + redact(err.Error(), token)}
}

// LostError is why a session has ended that nobody left.
type LostError struct {
	// Reason is the server's, or SIGNAL_CLOSE where it had nothing to say.
	Reason livekit.DisconnectReason
	// Away is how long it was tried to come back; 0 where the server said that we
	// must not.
	Away time.Duration
	// Err is why the last attempt to come back failed; nil where there was none.
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

// Unwrap is why the last attempt to come back failed.
func (e *LostError) Unwrap() error { return e.Err }

// final tells of a reason whether it means us, for good. A server that shuts down
// doesn't: another may come up in its place. Nor does the client's initiative:
// between two attempts to connect, the SDK takes leave of the server, and takes
// the server's answer to that, where it still reads it, for its dismissal.
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

// noAnswerError is a server that accepts and says nothing. It is a timeout to
// errors.As with a net.Error.
type noAnswerError struct{ after time.Duration }

func (e *noAnswerError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }
func (e *noAnswerError) Unwrap() error { return context.DeadlineExceeded }

// refusedError is a server that answers, and wouldn't let us in.
type refusedError struct {
	status int
	text   string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("the server refused (%d): %s", e.status, e.text)
}

// tokenPattern is an access token: a JSON object and two more parts (RFC 7519).
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

// unwellError is a server that answers only that it can't, or what stands in front
// of a server that doesn't.
type unwellError struct {
	status int
	text   string
}

func (e *unwellError) Error() string {
	return fmt.Sprintf("the server is unavailable (%d): %s", e.status, e.text)
}
