// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package video

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPresets(t *testing.T) {
	for _, c := range []struct{ width, height, fps, bitrate int }{
		{1920, 1080, 30, 5_000_000},
		{1920, 1080, 15, 2_500_000},
		{1280, 720, 30, 2_000_000},
		{1280, 720, 15, 1_500_000},
		{640, 360, 15, 400_000},
		{7680, 4320, 60, 7_000_000},
	} {
		require.Equal(t, c.bitrate, ScreenBitrate(c.width, c.height, c.fps), "%+v", c)
	}
	require.Equal(t, DefaultBitrate, CameraBitrate(DefaultWidth, DefaultHeight))
	require.Equal(t, 90_000, CameraBitrate(16, 16))
	require.Greater(t, CameraBitrate(1440, 900), CameraBitrate(1280, 720))
	require.Less(t, CameraBitrate(1440, 900), CameraBitrate(1920, 1080))
}
