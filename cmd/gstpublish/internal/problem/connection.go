// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

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
		return "The server's UDP ports, its TCP port for ICE, or its TURN server with a certificate that this machine " +
			"trusts, must be reachable from here (see LiveKit's documentation on ports and firewalls)."
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
