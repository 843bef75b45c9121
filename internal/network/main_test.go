// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"flag"
	"testing"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	lksdk.SetLogger(logger.GetDiscardLogger())
	// Tests with a server mostly wait, the longest for some ten seconds.
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // The flag is there, and takes numbers.
	const engine = "github.com/livekit/server-sdk-go/v2.(*RTCEngine)."
	goleak.VerifyTestMain(m,
		// If the room is left between two attempts to connect, it sleeps until the next one, and then ends.
		goleak.IgnoreAnyFunction(engine+"handleDisconnect.func1"),
		goleak.IgnoreAnyFunction(engine+"Close.func1"),
	)
}
