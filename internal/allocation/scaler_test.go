// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
)

// at returns the size of a new scaler's first frame.
func at(l allocation.Layer, efficiency float64, target int) string {
	width, height := allocation.NewScaler(l, efficiency).Size(0, target)
	return fmt.Sprintf("%dx%d", width, height)
}

// TestScalerSizes tests all sizes, with the minimum target of each.
func TestScalerSizes(t *testing.T) {
	t.Parallel()
	type least struct {
		target int
		size   string
	}
	tests := []struct {
		name       string
		layer      allocation.Layer
		efficiency float64
		want       []least
	}{
		{
			"720p",
			allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000},
			1,
			[]least{{900_000, "1280x720"}, {500_000, "960x540"}, {300_000, "640x360"}, {200_000, "480x270"}, {1, "320x180"}},
		},
		{
			"1080p begins with two thirds",
			allocation.Layer{Width: 1920, Height: 1080, FPS: 30, Bitrate: 3_000_000},
			0,
			[]least{
				{2_000_000, "1920x1080"},
				{900_000, "1280x720"},
				{500_000, "960x540"},
				{300_000, "640x360"},
				{200_000, "480x270"},
				{1, "320x180"},
			},
		},
		{
			"two thirds twice",
			allocation.Layer{Width: 1440, Height: 1080, FPS: 30, Bitrate: 3_000_000},
			1,
			[]least{
				{1_505_000, "1440x1080"},
				{671_428, "960x720"},
				{353_333, "640x480"},
				{242_857, "480x360"},
				{53_333, "320x240"},
				{1, "240x180"},
			},
		},
		{
			"portrait",
			allocation.Layer{Width: 720, Height: 1280, FPS: 30, Bitrate: 1_700_000},
			1,
			[]least{{900_000, "720x1280"}, {500_000, "540x960"}, {300_000, "360x640"}, {200_000, "270x480"}, {1, "180x320"}},
		},
		{
			"rounded to even sizes",
			allocation.Layer{Width: 1366, Height: 768, FPS: 30, Bitrate: 1_800_000},
			1,
			[]least{
				{1_021_733, "1366x768"},
				{570_857, "1024x576"},
				{322_400, "684x384"},
				{217_714, "512x288"},
				{1, "342x192"},
			},
		},
		{
			"a codec that needs less",
			allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_190_000},
			0.7,
			[]least{{630_000, "1280x720"}, {350_000, "960x540"}, {210_000, "640x360"}, {140_000, "480x270"}},
		},
		{
			"half the frame rate",
			allocation.Layer{Width: 1280, Height: 720, FPS: 15, Bitrate: 1_700_000},
			1,
			[]least{{675_000, "1280x720"}, {375_000, "960x540"}, {225_000, "640x360"}, {150_000, "480x270"}},
		},
		{
			"a low target is wanted",
			allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 600_000},
			1,
			[]least{{450_000, "1280x720"}, {250_000, "960x540"}, {150_000, "640x360"}, {100_000, "480x270"}},
		},
		{
			"4k",
			allocation.Layer{Width: 3840, Height: 2160, FPS: 30, Bitrate: 8_000_000},
			1,
			[]least{{5_333_000, "3840x2160"}, {3_333_000, "2560x1440"}, {2_000_000, "1920x1080"}},
		},
		{
			"too small for another",
			allocation.Layer{Width: 300, Height: 200, FPS: 30, Bitrate: 200_000},
			1,
			[]least{{1, "300x200"}},
		},
		{"odd", allocation.Layer{Width: 321, Height: 181, FPS: 30, Bitrate: 200_000}, 1, []least{{1, "321x181"}}},
		{"no size", allocation.Layer{}, 1, []least{{1, "0x0"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i, l := range tt.want {
				require.Equal(t, l.size, at(tt.layer, tt.efficiency, l.target), "%d bit/s", l.target)
				if i+1 < len(tt.want) {
					require.Equal(t, tt.want[i+1].size, at(tt.layer, tt.efficiency, l.target-1), "%d bit/s", l.target-1)
				}
			}
		})
	}
}

func TestScalerOverTime(t *testing.T) {
	t.Parallel()
	type step struct {
		at     time.Duration // ms
		target int           // kbit/s
		lines  int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a second too low", []step{{0, 1700, 720}, {10, 899, 720}, {1009, 899, 720}, {1010, 899, 540}}},
		{"a short dip", []step{
			{0, 1700, 720}, {10, 100, 720}, {1000, 900, 720}, {1011, 100, 720}, {2010, 100, 720}, {2011, 100, 180},
		}},
		{"the best of the second decides", []step{{0, 1700, 720}, {10, 100, 720}, {500, 350, 720}, {1010, 100, 360}}},
		{"again a second for the next", []step{
			{0, 1700, 720}, {10, 600, 720}, {1010, 600, 540}, {1011, 400, 540}, {2010, 400, 540}, {2011, 400, 360},
		}},
		{"the smallest is the last", []step{{0, 1, 180}, {10, 1, 180}, {9000, 1, 180}}},
		{"up after five seconds with room", []step{{0, 600, 540}, {10, 1125, 540}, {5009, 1125, 540}, {5010, 1125, 720}}},
		{"not without room", []step{{0, 600, 540}, {10, 1124, 540}, {9000, 1124, 540}, {60000, 1124, 540}}},
		{"nor after a dip", []step{
			{0, 600, 540}, {10, 1700, 540}, {3000, 800, 540}, {5010, 1700, 540}, {10009, 1700, 540}, {10010, 1700, 720},
		}},
		{"the worst of the seconds decides", []step{{0, 1, 180}, {10, 1700, 180}, {2000, 700, 180}, {5010, 1700, 540}}},
		{"several sizes at once", []step{{0, 1, 180}, {10, 1700, 180}, {5009, 1700, 180}, {5010, 1700, 720}}},
		{"no target changes nothing", []step{{0, 0, 720}, {10, 600, 540}, {20, 0, 540}, {9000, 0, 540}}},
		{"between the bounds it stays", []step{
			{0, 900, 720}, {6000, 900, 720}, {7000, 899, 720}, {8000, 899, 540}, {20000, 1000, 540}, {30000, 1000, 540},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := allocation.NewScaler(allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000}, 1)
			for _, st := range tt.steps {
				_, lines := s.Size(st.at*time.Millisecond, st.target*1000)
				require.Equal(t, st.lines, lines, "at %d ms", st.at)
			}
		})
	}
}

// TestScalerOfAnything checks the invariants of every layer: sizes are even and have at least 180 lines, or are the
// full size; a higher target means no smaller size; and the highest target always suffices for the full size.
func TestScalerOfAnything(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // to repeat
	for range 500 {
		l := allocation.Layer{
			Width: 1 + r.IntN(4000), Height: 1 + r.IntN(2200), FPS: r.IntN(120), Bitrate: 1 + r.IntN(6_000_000),
		}
		last := 0
		for target := 1; target <= l.Bitrate; target += max(1, l.Bitrate/50) {
			width, height := allocation.NewScaler(l, 0.85).Size(0, target)
			require.GreaterOrEqual(t, width*height, last)
			last = width * height
			if width != l.Width || height != l.Height {
				require.Zero(t, width%2+height%2)
				require.GreaterOrEqual(t, min(width, height), 180)
				require.Less(t, width*height, l.Width*l.Height)
			}
		}
		s := allocation.NewScaler(l, 0.85)
		s.Size(0, 1)
		s.Size(time.Second, l.Bitrate)
		width, height := s.Size(6*time.Second, l.Bitrate)
		require.Equal(t, [2]int{l.Width, l.Height}, [2]int{width, height}, "%+v", l)
	}
}

// TestScalerDoesNotFlap checks that a target around the minimum of a size does not change the size each time.
func TestScalerDoesNotFlap(t *testing.T) {
	t.Parallel()
	s := allocation.NewScaler(allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000}, 1)
	changes, last := 0, 720
	for now := time.Duration(0); now < 2*time.Minute; now += 33 * time.Millisecond {
		target := 700_000
		if now/(3*time.Second)%2 == 0 {
			target = 1_200_000
		}
		if _, lines := s.Size(now, target); lines != last {
			changes, last = changes+1, lines
		}
	}
	require.Equal(t, 1, changes)
	require.Equal(t, 540, last)
}

func TestScalerDoesNotAllocate(t *testing.T) {
	s := allocation.NewScaler(allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000}, 1)
	now := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		now += 33 * time.Millisecond
		s.Size(now, int(now/time.Microsecond)%2_000_000)
	}))
}

func BenchmarkScaler(b *testing.B) {
	s := allocation.NewScaler(allocation.Layer{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000}, 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Size(time.Duration(i)*33*time.Millisecond, i*997%2_000_000)
	}
}
