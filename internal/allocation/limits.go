// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation

// LeastBitrate is libwebrtc's minimum bit rate of video, in bit/s (kDefaultMinVideoBitrateBps,
// rtc_base/experiments/min_video_bitrate_experiment.cc). A layer that must not be off gets at least
// this, or its maximum if that is less.
const LeastBitrate = 30_000

// limit is a bit rate for a size.
type limit struct {
	pixels  int
	bitrate int // bit/s
}

// simulcastMinima are the rates below which libwebrtc turns a simulcast layer off
// (kSimulcastFormatsVP8, video/config/simulcast.cc).
var simulcastMinima = []limit{
	{320 * 180, LeastBitrate},
	{480 * 270, 150_000},
	{640 * 360, 150_000},
	{960 * 540, 350_000},
	{1280 * 720, 600_000},
	{1920 * 1080, 800_000},
}

// sizeMinima are the rates above which libwebrtc considers a size worthwhile at 30 frames a second:
// min_start_bitrate_bps of VP8 in GetDefaultSinglecastBitrateLimits
// (rtc_base/experiments/encoder_info_settings.cc, 2025). Its table ends at 1080 lines; above that,
// the same two thirds of LiveKit's presets apply.
var sizeMinima = []limit{
	{320 * 180, 0},
	{480 * 270, 200_000},
	{640 * 360, 300_000},
	{960 * 540, 500_000},
	{1280 * 720, 900_000},
	{1920 * 1080, 2_000_000},
	{2560 * 1440, 3_333_000},
	{3840 * 2160, 5_333_000},
}

// at returns a table's rate for a number of pixels. Between two rows it interpolates by the pixels,
// as libwebrtc's tables do.
func at(table []limit, pixels int) int {
	if pixels <= table[0].pixels {
		return table[0].bitrate
	}
	for i := 1; i < len(table); i++ {
		low, high := table[i-1], table[i]
		if pixels <= high.pixels {
			return low.bitrate + portion(high.bitrate-low.bitrate, pixels-low.pixels, high.pixels-low.pixels)
		}
	}
	return table[len(table)-1].bitrate
}

// portion returns n*part/whole, where n*part may overflow an int.
func portion(n, part, whole int) int { return int(int64(n) * int64(part) / int64(whole)) }

// even returns n*num/den, rounded to an even number that is not 0, since 4:2:0 halves it.
func even(n, num, den int) int { return max(2, 2*((portion(n, num, den)+1)/2)) }
