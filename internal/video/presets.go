// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package video

// preset is one row of LiveKit's table of bit rates.
type preset struct {
	pixels  int // of a 16:9 frame
	bitrate int // bit/s
}

// slowFPS is the highest frame rate of the presets for slow screens.
const slowFPS = 15

// ScreenBitrate returns LiveKit's bit rate for a screen of a size in px at a frame rate, in bit/s
// (ScreenSharePresets of its JavaScript SDK, src/room/track/options.ts, 2.21.0). Between two
// presets it interpolates by the number of pixels.
func ScreenBitrate(width, height, fps int) int {
	if fps <= slowFPS {
		return interpolate([]preset{
			{640 * 360, 400_000},
			{1280 * 720, 1_500_000},
			{1920 * 1080, 2_500_000},
		}, width*height)
	}
	return interpolate([]preset{
		{1280 * 720, 2_000_000},
		{1920 * 1080, 5_000_000},
		{3840 * 2160, 7_000_000},
	}, width*height)
}

// CameraBitrate returns LiveKit's bit rate for a camera, in bit/s (VideoPresets of the same file).
func CameraBitrate(width, height int) int {
	return interpolate([]preset{
		{160 * 90, 90_000},
		{320 * 180, 160_000},
		{640 * 360, 450_000},
		{960 * 540, 800_000},
		{1280 * 720, 1_700_000},
		{1920 * 1080, 3_000_000},
		{2560 * 1440, 5_000_000},
		{3840 * 2160, 8_000_000},
	}, width*height)
}

func interpolate(table []preset, pixels int) int {
	if pixels <= table[0].pixels {
		return table[0].bitrate
	}
	for i := 1; i < len(table); i++ {
		low, high := table[i-1], table[i]
		if pixels <= high.pixels {
			return low.bitrate + (high.bitrate-low.bitrate)*(pixels-low.pixels)/(high.pixels-low.pixels)
		}
	}
	return table[len(table)-1].bitrate
}
