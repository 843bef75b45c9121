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

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/sink/session"
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
		own.Server, err = devserver.Start(context.Background(), nil)
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
	for text, want := range map[string]time.Duration{
		"": session.DefaultPatience, "10s": 10 * time.Second, "forever": session.Forever, "off": 1,
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

func TestLostError(t *testing.T) {
	for want, lost := range map[string]*session.LostError{
		"the server removed this participant": {Reason: livekit.DisconnectReason_PARTICIPANT_REMOVED},
		"the room was closed":                 {Reason: livekit.DisconnectReason_ROOM_DELETED},
		"user rejected":                       {Reason: livekit.DisconnectReason_USER_REJECTED},
		"it was interrupted":                  {Away: time.Millisecond},
		"reconnecting failed for 1m0s: ws://host does not answer": {
			Away: time.Minute + time.Millisecond, Err: context.DeadlineExceeded,
		},
	} {
		err := lostError(lost, "ws://host", "")
		require.EqualError(t, err, "the connection to the room is lost: "+want)
		require.Equal(t, exitConnect, exitCode(err))
	}
	require.NoError(t, lostError(nil, "", ""))
}
