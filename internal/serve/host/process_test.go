// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestReadReport: of sound alone, the reason why no sound is sent is why nothing is sent: otherwise its process would
// be ended because the server is away.
func TestReadReport(t *testing.T) {
	for line, want := range map[string]serve.Report{
		`{"event":"stats","codec":"VP8","frames":3,"idle":"unwatched","audio_packets":4}`: {
			Frames: 3, Audio: 4, Idle: "unwatched",
		},
		`{"event":"stats","codec":"VP8","frames":3,"audio_idle":"muted"}`:         {Frames: 3},
		`{"event":"stats","audio_packets":4,"audio_idle":"disconnected"}`:         {Audio: 4, Idle: "disconnected"},
		`{"event":"stats","idle":"muted","audio_idle":"disconnected","frames":0}`: {Idle: "muted"},
	} {
		got, _, is := readReport(line)
		require.True(t, is)
		require.Equal(t, want, got, line)
	}
	_, why, is := readReport(`{"event":"end","why":"removed","codec":"VP8"}`)
	require.False(t, is)
	require.Equal(t, "removed", why)
	_, _, is = readReport("no JSON")
	require.False(t, is)
}
