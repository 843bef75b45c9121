// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// joinTimeout bounds joining of viewers. The SDK's own bounds, 5 s to connect and 3 s to
// ask why that failed, don't cover a server that accepts and says nothing.
const joinTimeout = 12 * time.Second

var errNoAnswer = fmt.Errorf("no answer within %v: %w", joinTimeout, context.DeadlineExceeded)

// newRoom returns the room to publish in, which is not joined yet.
func (a *app) newRoom(c *connection, v *video) (*gstpublish.Room, error) {
	var credentials gstpublish.Credentials = gstpublish.Token(c.token)
	if c.token == "" {
		credentials = gstpublish.APIKey{Key: c.apiKey, Secret: c.apiSecret, Room: c.room, Identity: c.identity}
	}
	o := &gstpublish.Options{
		Reconnect:    c.patience,
		RetryJoin:    c.patience == gstpublish.ReconnectForever,
		MaxBandwidth: v.maxBandwidth,
		OnEvent:      a.connectionTeller(c),
		Logger:       a.log,
	}
	if !v.noCache {
		o.ProofDir = gstpublish.UserProofDir()
	}
	return gstpublish.NewRoom(c.url, credentials, o)
}

// tellJoined tells the user where we are.
func (a *app) tellJoined(room *gstpublish.Room, c *connection) {
	joined := room.LiveKit()
	a.status("in room %q of %s as %q", joined.Name(), c.url, joined.LocalParticipant.Identity())
}

// connectionTeller returns what tells the user what becomes of the connection. Its loss
// is an error, and told as that.
func (a *app) connectionTeller(c *connection) func(gstpublish.Event) {
	failure := "" // the last one, which is printed once
	return func(e gstpublish.Event) {
		away := e.Away.Round(100 * time.Millisecond)
		switch {
		case c.patience == gstpublish.ReconnectNever:
		case e.Kind == gstpublish.Interrupted:
			a.status("the connection was interrupted; reconnecting")
		case e.Kind == gstpublish.Resumed:
			a.status("reconnected after %v", away)
		case e.Kind == gstpublish.Rejoined:
			a.status("rejoined the room and published again after %v", away)
		case e.Kind == gstpublish.JoinFailed && e.Err.Error() != failure:
			failure = e.Err.Error()
			a.status("%s; retrying", withoutPackage(failure))
		}
	}
}

// linkBound says what the rate of the link is.
func linkBound(n gstpublish.NetworkStats) string {
	if n.LinkIsLimit {
		return "at most"
	}
	return "at least"
}

// waitJoined limits a call of the SDK. If the call continues after that, it ends with the process.
func waitJoined(ctx context.Context, join func() error) error {
	joined := make(chan error, 1)
	go func() { joined <- join() }()
	timeout := time.NewTimer(joinTimeout)
	defer timeout.Stop()
	select {
	case err := <-joined:
		return err
	case <-timeout.C:
		return errNoAnswer
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// connectionHint says what to do about a room that could not be joined, or was lost; ""
// for other errors.
func connectionHint(err error) string {
	if lost := (*gstpublish.LostError)(nil); errors.As(err, &lost) {
		if lost.Away.Round(100*time.Millisecond) > 0 {
			return "With --reconnect forever, gstpublish keeps trying."
		}
		return ""
	}
	if hint := refusalHint(err); hint != "" {
		return hint
	}
	failed := (*gstpublish.JoinError)(nil)
	if !errors.As(err, &failed) {
		return ""
	}
	switch failed.Failure {
	case gstpublish.ServerUnreachable:
		return "Is the server running? `gstpublish demo` starts its own."
	case gstpublish.NoAnswer:
		return "Check that it is a LiveKit server, and that no firewall is in the way."
	case gstpublish.Unauthorized:
		return "Check that the API key and secret, or the token, belong to this server."
	case gstpublish.TokenExpired:
		return "Create a new one, or set --api-key and --api-secret, from which gstpublish creates its own."
	case gstpublish.MediaBlocked:
		return "The server's UDP ports, its TCP port for ICE or its TURN server must be reachable from here " +
			"(see LiveKit's documentation on ports and firewalls)."
	case gstpublish.NotAdmitted:
		return "Is the room full (max_participants)? Does a proxy in front of the server let WebSockets through?"
	case gstpublish.HostUnknown, gstpublish.NotFound, gstpublish.OtherFailure:
	}
	return ""
}

// refusalHint says what to do about a track that the server does not accept; "" for other errors.
func refusalHint(err error) string {
	if banned := (*sink.PermissionError)(nil); errors.As(err, &banned) {
		return "Create a token with canPublish, and with the source in canPublishSources if it has that."
	}
	refused := (*sink.CodecError)(nil)
	if !errors.As(err, &refused) {
		return ""
	}
	for _, name := range refused.Enabled {
		if codec, err := pipeline.ParseCodec(name); err == nil && refused.Codec != "opus" {
			return fmt.Sprintf("Use --codec %s or --fallback-codec %[1]s for raw video, or enable %s on the server.",
				strings.ToLower(codec.String()), refused.Codec)
		}
	}
	return "Enable it on the server (room.enabled_codecs)."
}

// tellReason tells the user of decisions of the server, and of their end.
func (a *app) tellReason() func(sink.Reason) {
	var before sink.Reason // the last decision; sink.ReasonNone if there is none
	return func(r sink.Reason) {
		switch {
		case r == sink.ReasonNotPermitted:
			a.status("the server does not permit this participant to publish any more; waiting until it does")
		case r == sink.ReasonMutedByServer:
			a.status("the server has muted the track: nothing is sent until it is unmuted")
		case r == sink.ReasonCodecNotEnabled:
			a.status("the server does not accept the codec any more: nothing is sent")
		case r == sink.ReasonDisconnected || r == sink.ReasonNotNegotiated:
			return // That is not their end.
		case before == sink.ReasonMutedByServer:
			a.status("the track is not muted any more")
		case before != sink.ReasonNone:
			a.status("the server permits publishing again: published")
		}
		if before = r; r < sink.ReasonNotPermitted || r > sink.ReasonMutedByServer {
			before = sink.ReasonNone
		}
	}
}
