// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package signal

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
	local, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000})
	require.NoError(t, err)
	place := Unwanted(local)
	require.NotNil(t, place)
	require.False(t, place.Load())
}

func TestAnotherLocalTrack(t *testing.T) {
	right := struct{ disabled atomic.Bool }{}
	right.disabled.Store(true)
	place, ok := field[atomic.Bool](&right, unwantedField)
	require.True(t, ok)
	require.True(t, place.Load())
	_, ok = field[atomic.Bool](&struct{ enabled atomic.Bool }{}, unwantedField)
	require.False(t, ok)
	_, ok = field[atomic.Bool](&struct{ disabled stdatomic.Bool }{}, unwantedField)
	require.False(t, ok)
	_, ok = field[atomic.Bool](&struct{ disabled *atomic.Bool }{}, unwantedField)
	require.False(t, ok)
	_, ok = field[atomic.Bool](&struct{ disabled bool }{}, unwantedField)
	require.False(t, ok)
}
