// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	stdatomic "sync/atomic"
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// A failure here is an SDK that is made in another way: then dynacast is off, and
// internal/e2e shows what comes of the new one.
func TestTheSDKIsMadeAsDynacastKnowsIt(t *testing.T) {
	local, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoClockRate})
	require.NoError(t, err)
	field := unwanted(local)
	require.NotNil(t, field)
	require.False(t, field.Load())
}

func TestWhatDynacastCantReadCountsAsWatched(t *testing.T) {
	right := struct{ disabled atomic.Bool }{}
	right.disabled.Store(true)
	require.True(t, unwantedOf(&right).Load())
	require.Nil(t, unwantedOf(&struct{ enabled atomic.Bool }{}))
	require.Nil(t, unwantedOf(&struct{ disabled stdatomic.Bool }{}))
	require.Nil(t, unwantedOf(&struct{ disabled *atomic.Bool }{}))
	require.Nil(t, unwantedOf(&struct{ disabled bool }{}))

	w := wire{unwanted: nil}
	w.spoken.Store(true)
	require.False(t, w.unwatched())
	w.unwanted = &right.disabled
	require.True(t, w.unwatched())
	w.spoken.Store(false)
	require.False(t, w.unwatched(), "the server must get something first")
}
