// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/redact"
	"github.com/gstpublish/gstpublish/internal/session"
)

var (
	// ErrClosed is returned by the methods of a Room after Close.
	ErrClosed = errors.New("gstpublish: the room is closed")
	// ErrNoRoom is returned by the methods of a nil *Room, and for a nil *lksdk.Room.
	ErrNoRoom = errors.New("gstpublish: the room is nil")
	// ErrNotPrepared is returned by Attach for a room that was joined without
	// ConnectOptions.
	ErrNotPrepared = errors.New("gstpublish: attaching a room: it was joined without gstpublish.ConnectOptions(): " +
		"pass them to the SDK's connect call")
	// ErrAttached is returned by Attach for a room that is attached already.
	ErrAttached = errors.New("gstpublish: attaching a room: it is attached already")
)

// JoinFailure says why a room could not be joined.
type JoinFailure int

// The failures.
const (
	// OtherFailure is none of the following: see JoinError.Err.
	OtherFailure JoinFailure = iota
	// ServerUnreachable means that nothing listens at the URL.
	ServerUnreachable
	// HostUnknown means that the URL's host name does not resolve.
	HostUnknown
	// NoAnswer means that the server accepts connections and does not answer.
	NoAnswer
	// Unauthorized means that the server refused the access token.
	Unauthorized
	// TokenExpired means that the server refused the access token, which has expired.
	TokenExpired
	// NotFound means that the server at the URL is not LiveKit's, or has no such room.
	NotFound
	// MediaBlocked means that the server answered, but no media gets through.
	MediaBlocked
	// NotAdmitted means that the server accepts the access token, and still does not let the
	// participant in. It gives no reason; a room that is full is the usual one.
	NotAdmitted
)

// JoinError reports that a room could not be joined. Its text contains no access token.
type JoinError struct {
	URL     string
	Failure JoinFailure
	// Reason is the server's or the system's, in its own words.
	Reason string
	// Err is the SDK's error or the network's. Its text may contain the access token.
	Err error
}

// Error says what failed, without secrets.
func (e *JoinError) Error() string { return "gstpublish: joining a room: " + e.text() }

// Unwrap returns Err.
func (e *JoinError) Unwrap() error { return e.Err }

func (e *JoinError) text() string {
	switch e.Failure {
	case ServerUnreachable:
		return fmt.Sprintf("nothing listens at %s: %s", e.URL, e.Reason)
	case HostUnknown:
		return fmt.Sprintf("cannot resolve %s: %s", e.URL, e.Reason)
	case NoAnswer:
		return e.URL + " does not answer"
	case Unauthorized:
		return fmt.Sprintf("%s refused the connection: %s", e.URL, e.Reason)
	case TokenExpired:
		return fmt.Sprintf("%s refused the access token: it expired at %s", e.URL, e.Reason)
	case NotFound:
		return e.URL + " is not a LiveKit server, or has no such room: not found"
	case MediaBlocked:
		return e.URL + " answered, but media does not get through"
	case NotAdmitted:
		return e.URL + " accepts the access token and does not let the participant in: the room may be full"
	case OtherFailure:
	}
	return fmt.Sprintf("cannot connect to %s: %s", e.URL, e.Reason)
}

// NewJoinError classifies an error of the SDK's connect call, for a program that joins
// rooms with the SDK. token is the access token of that call; it explains a refusal.
func NewJoinError(url, token string, err error) *JoinError {
	text := strings.TrimPrefix(err.Error(), "session: joining: ")
	e := &JoinError{URL: redact.Text(url), Err: err, Reason: redact.Text(text)}
	if inner := (*session.JoinError)(nil); errors.As(err, &inner) {
		e.Err = inner.Err
	}
	var (
		dns  *net.DNSError
		slow net.Error
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Failure, e.Reason = ServerUnreachable, syscall.ECONNREFUSED.Error()
	case errors.As(err, &dns):
		e.Failure, e.Reason = HostUnknown, dns.Error()
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		e.Failure = NoAnswer
	case strings.Contains(text, "unauthorized: "):
		e.refused(token, text)
	case strings.HasSuffix(text, "not found"):
		e.Failure = NotFound
	case errors.Is(err, lksdk.ErrConnectionTimeout):
		e.Failure = MediaBlocked
	case errors.Is(err, lksdk.ErrCannotConnectSignal): // The SDK asked whether the token is valid.
		e.Failure = NotAdmitted
	}
	return e
}

// refused notes the server's reason, which comes after "unauthorized: ".
func (e *JoinError) refused(token, text string) {
	_, reason, _ := strings.Cut(text, "unauthorized: ")
	if _, cause, found := strings.Cut(reason, ", error: "); found {
		reason = cause // What is before it repeats the token.
	}
	e.Failure, e.Reason = Unauthorized, redact.Text(reason)
	if expired := expiry(token); !expired.IsZero() && expired.Before(time.Now()) {
		e.Failure, e.Reason = TokenExpired, expired.Format(time.RFC3339)
	}
}

// expiry returns when an access token expires; the zero time if it does not say. Only the
// server checks a token; this is for people to read.
func expiry(token string) time.Time {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires == 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0)
}

// LostError reports that the connection to a room was lost for good.
type LostError struct {
	// Reason is the server's, or SIGNAL_CLOSE if it gave none.
	Reason livekit.DisconnectReason
	// Away is how long gstpublish tried to reconnect; 0 if the server removed the
	// participant, which rules that out.
	Away time.Duration
	// Err is why the last attempt failed, often a *JoinError; nil if there was none.
	Err error
}

// Error says why, without secrets.
func (e *LostError) Error() string {
	return "gstpublish: the connection to the room is lost: " + e.text()
}

// Unwrap returns Err.
func (e *LostError) Unwrap() error { return e.Err }

func (e *LostError) text() string {
	text := strings.ToLower(strings.ReplaceAll(e.Reason.String(), "_", " "))
	switch e.Reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		text = "another client took this participant's identity"
	case livekit.DisconnectReason_PARTICIPANT_REMOVED:
		text = "the server removed this participant"
	case livekit.DisconnectReason_ROOM_DELETED, livekit.DisconnectReason_ROOM_CLOSED:
		text = "the room was closed"
	default:
	}
	if away := e.Away.Round(100 * time.Millisecond); away > 0 {
		text = fmt.Sprintf("reconnecting failed for %v", away)
	} else if e.Away > 0 {
		text = "it was interrupted"
	}
	if join := (*JoinError)(nil); errors.As(e.Err, &join) {
		text += ": " + join.text()
	} else if e.Err != nil {
		text += ": " + redact.Text(e.Err.Error())
	}
	return text
}

// newLostError is a session's end in this package's words; nil for none.
func newLostError(url, token string, err error) error {
	lost := (*session.LostError)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	e := &LostError{Reason: lost.Reason, Away: lost.Away}
	if lost.Err != nil {
		e.Err = joinError(url, token, lost.Err)
	}
	return e
}

// credentialsError marks an error of the caller's Credentials, which is returned as it is.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// joinError classifies what a session reports of an attempt to join.
func joinError(url, token string, err error) error {
	if own := (*credentialsError)(nil); errors.As(err, &own) {
		return own.err
	}
	return NewJoinError(url, token, err)
}
