// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/rogpeppe/go-internal/testscript"
)

// soon is less than the server takes to notice a participant that has gone without
// leaving, which is its ICE timeouts.
const soon = 5 * time.Second

// requireAlone waits until the server knows of no participant in a room.
func requireAlone(ts *testscript.TestScript, args []string) {
	client := lksdk.NewRoomServiceClient(
		ts.Getenv("LIVEKIT_URL"), ts.Getenv("LIVEKIT_API_KEY"), ts.Getenv("LIVEKIT_API_SECRET"))
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		list, err := client.ListParticipants(ctx, &livekit.ListParticipantsRequest{Room: args[0]})
		if err == nil && len(list.GetParticipants()) == 0 {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			ts.Fatalf("participants stay in room %s: %v, %v", args[0], list, err)
		}
	}
}
