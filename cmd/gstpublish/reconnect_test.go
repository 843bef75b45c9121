// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/devserver"
)

type ownServerKey struct{}

// serverOfScript is a LiveKit server that a script may do with as it likes; nil
// before it has started one.
type serverOfScript struct{ *devserver.Server }

// ownServer starts a server for this script alone, kills it as a crash would, or
// starts it again where it was.
func ownServer(ts *testscript.TestScript, args []string) {
	own, ok := ts.Value(ownServerKey{}).(*serverOfScript)
	if !ok || (own.Server == nil) != (args[0] == "start") {
		ts.Fatalf("a server is started, once, and then killed")
	}
	var err error
	switch args[0] {
	case "start":
		own.Server, err = devserver.Start(context.Background(), serverOptions(ts, args[1:]))
		ts.Check(err)
		ts.Defer(func() { ts.Check(own.Stop(context.Background())) })
		ts.Setenv("LIVEKIT_URL", own.URL())
	case "kill":
		own.Kill()
	case "restart":
		ts.Check(own.Restart(context.Background()))
	default:
		ts.Fatalf("no way to %s a server", args[0])
	}
}

func TestParseReconnect(t *testing.T) {
	for text, want := range map[string]gstpublish.Reconnect{
		"": gstpublish.DefaultReconnect, "10s": gstpublish.Reconnect(10 * time.Second),
		"forever": gstpublish.ReconnectForever, "off": gstpublish.ReconnectNever,
	} {
		got, err := parseReconnect(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"0s", "-1s", "soon", "10"} {
		_, err := parseReconnect(text)
		require.Equal(t, exitUsage, exitCode(err), text)
	}
}

// TestConnectionErrorsAreExplained in the command's words.
func TestConnectionErrorsAreExplained(t *testing.T) {
	refused := &gstpublish.JoinError{URL: "ws://a", Failure: gstpublish.Unauthorized, Reason: "no"}
	for name, tt := range map[string]struct {
		err        error
		text, hint string
	}{
		"refused": {
			refused, "ws://a refused the connection: no.",
			"Check that the API key and secret, or the token, belong to this server.",
		},
		"removed": {
			&gstpublish.LostError{Reason: livekit.DisconnectReason_PARTICIPANT_REMOVED},
			"the connection to the room is lost: the server removed this participant.", "",
		},
		"impatient": {
			&gstpublish.LostError{Away: time.Millisecond},
			"the connection to the room is lost: it was interrupted.", "",
		},
		"away": {
			&gstpublish.LostError{Away: time.Minute, Err: refused},
			"the connection to the room is lost: reconnecting failed for 1m0s: ws://a refused the connection: no.",
			"With --reconnect forever, gstpublish keeps trying.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, hint := explain(tt.err)
			require.Equal(t, tt.text, text)
			require.Equal(t, tt.hint, hint)
			require.Equal(t, exitConnect, exitCode(tt.err))
		})
	}
}
