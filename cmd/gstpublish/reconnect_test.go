// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

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
