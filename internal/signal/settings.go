// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

import (
	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/signalling"
)

// allFPS is more than any track has. The server ignores 0.
const allFPS = 1000

// AskFPS asks the server for at most fps frames a second of a subscribed track, by its SID, in the
// given quality; 0 means all. The server then drops temporal layers, if the track has any, as soon
// as it has measured them. Later calls of the SDK, such as SetVideoQuality, undo it. The SDK's
// settings of a track have no frame rate (updateSettings in publication.go); `SetVideoFPS` upstream
// would make this file unnecessary.
func AskFPS(room *lksdk.Room, sid string, quality livekit.VideoQuality, fps int) error {
	transport, ok := field[signalling.SignalTransport](engineOf(room), transportField)
	if !ok {
		return errUnknown
	}
	if fps < 1 {
		fps = allFPS
	}
	settings := &livekit.UpdateTrackSettings{TrackSids: []string{sid}, Quality: quality, Fps: uint32(fps)}
	return (*transport).SendMessage(&livekit.SignalRequest{ //nolint:wrapcheck // the SDK's own
		Message: &livekit.SignalRequest_TrackSetting{TrackSetting: settings},
	})
}
