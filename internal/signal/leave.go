// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// Leave tells the server that this participant leaves the room, and keeps the connection. The server then removes the
// participant, answers, and the SDK reports the room as disconnected. lksdk.Room.Disconnect does not wait for that: a
// busy server that finds the message and the end of the connection at once may lose the message (rtcservice.go and
// routing/signal.go of livekit-server 1.13.5), and keeps the participant until its ICE timeouts. A Disconnect that
// waits would make this function unnecessary.
func Leave(room *lksdk.Room) error {
	engine := engineOf(room)
	if engine == nil {
		return errUnknown
	}
	return engine.SendLeaveWithReason(livekit.DisconnectReason_CLIENT_INITIATED) //nolint:wrapcheck // the SDK's own
}
