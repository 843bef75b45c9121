// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
)

// describe returns a line for each layer: RID, size, frame rate, bitrate, minimum.
func describe(ladder []allocation.Layer) []string {
	var lines []string
	for _, l := range ladder {
		lines = append(lines, fmt.Sprintf("%s %dx%d@%d %d/%d", l.RID, l.Width, l.Height, l.FPS, l.Bitrate, l.MinBitrate))
	}
	return lines
}

// TestLayersOfTheFullSize checks that the lower ones have the target and the floor of the highest, and send less.
func TestLayersOfTheFullSize(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		layers, bitrate int
		want            []string
	}{
		"one": {1, 2_500_000, []string{"f 1280x720@30 2500000/1200000 most 2500000"}},
		"two": {2, 2_500_000, []string{
			"q 1280x720@30 2500000/1200000 most 200000", "h 1280x720@30 2500000/1200000 most 2500000",
		}},
		"three": {3, 2_500_000, []string{
			"q 1280x720@30 2500000/1200000 most 200000", "h 1280x720@30 2500000/1200000 most 600000",
			"f 1280x720@30 2500000/1200000 most 2500000",
		}},
		"one would be as large as the highest": {3, 700_000, []string{
			"q 1280x720@30 700000/700000 most 200000", "h 1280x720@30 700000/700000 most 700000",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			ladder := allocation.Ladder(allocation.Video{
				Width: 1280, Height: 720, Bitrate: tt.bitrate, Layers: tt.layers, Floor: 1_200_000,
				Screencast: true, FullSize: true,
			})
			for i, line := range describe(ladder) {
				lines = append(lines, fmt.Sprintf("%s most %d", line, ladder[i].Highest()))
			}
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestLadderOfCameras(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		p    allocation.Video
		want []string
	}{
		{
			"720p, as LiveKit's default",
			allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 450000/150000", "f 1280x720@30 1700000/600000"},
		},
		{
			"LiveKit's preset where no bitrate is given",
			allocation.Video{Width: 1920, Height: 1080, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 450000/150000", "f 1920x1080@30 3000000/800000"},
		},
		{
			"three from 960 on",
			allocation.Video{Width: 960, Height: 540, FPS: 25, Bitrate: 800_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 450000/150000", "f 960x540@25 800000/350000"},
		},
		{
			"two below 960",
			allocation.Video{Width: 958, Height: 540, FPS: 30, Bitrate: 800_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 958x540@30 800000/349250"},
		},
		{
			"two from 480 on",
			allocation.Video{Width: 480, Height: 270, FPS: 30, Bitrate: 300_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 480x270@30 300000/150000"},
		},
		{
			"one below 480",
			allocation.Video{Width: 478, Height: 270, FPS: 30, Bitrate: 300_000, Layers: 3},
			[]string{"f 478x270@30 300000/149100"},
		},
		{
			"4:3",
			allocation.Video{Width: 1024, Height: 768, FPS: 30, Bitrate: 1_300_000, Layers: 3},
			[]string{"q 240x180@20 125000/30000", "h 480x360@20 330000/150000", "f 1024x768@30 1300000/516190"},
		},
		{
			"square",
			allocation.Video{Width: 720, Height: 720, FPS: 30, Bitrate: 900_000, Layers: 3},
			[]string{"q 180x180@20 125000/30000", "h 720x720@30 900000/350000"},
		},
		{
			"portrait",
			allocation.Video{Width: 720, Height: 1280, FPS: 30, Bitrate: 1_700_000, Layers: 3},
			[]string{"q 180x320@20 160000/30000", "h 360x640@20 450000/150000", "f 720x1280@30 1700000/600000"},
		},
		{
			"not quite 16:9",
			allocation.Video{Width: 1366, Height: 768, FPS: 30, Bitrate: 1_800_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 450000/150000", "f 1366x768@30 1800000/622133"},
		},
		{
			"odd: the full size stays",
			allocation.Video{Width: 1365, Height: 767, FPS: 30, Bitrate: 1_800_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 450000/150000", "f 1365x767@30 1800000/621763"},
		},
		{
			"two wanted",
			allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000, Layers: 2},
			[]string{"q 320x180@20 160000/30000", "h 1280x720@30 1700000/600000"},
		},
		{
			"one wanted",
			allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000},
			[]string{"f 1280x720@30 1700000/600000"},
		},
		{
			"a low bit rate is no layer's minimum, and the highest of all",
			allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 300_000, Layers: 3},
			[]string{"q 320x180@20 160000/30000", "h 640x360@20 300000/150000", "f 1280x720@30 300000/300000"},
		},
		{
			"slow",
			allocation.Video{Width: 1280, Height: 720, FPS: 10, Bitrate: 900_000, Layers: 3},
			[]string{"q 320x180@10 160000/30000", "h 640x360@10 450000/150000", "f 1280x720@10 900000/600000"},
		},
		{
			"wide: 360 lines would be nearly the full size",
			allocation.Video{Width: 960, Height: 400, FPS: 30, Bitrate: 700_000, Layers: 3},
			[]string{"q 432x180@20 160000/63600", "h 960x400@30 700000/256666"},
		},
		{
			"very wide: no lower layer is smaller",
			allocation.Video{Width: 2000, Height: 180, FPS: 30, Bitrate: 700_000, Layers: 3},
			[]string{"f 2000x180@30 700000/240000"},
		},
		{"tiny", allocation.Video{Width: 1, Height: 1, Layers: 3}, []string{"f 1x1@30 90000/30000"}},
		{"none", allocation.Video{Width: 0, Height: 720, Layers: 3}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(tt.want, describe(allocation.Ladder(tt.p))))
		})
	}
}

func TestLadderOfScreens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		p    allocation.Video
		want []string
	}{
		{
			"two, as LiveKit's clients",
			allocation.Video{Width: 1280, Height: 720, FPS: 15, Bitrate: 1_500_000, Layers: 2, Floor: 1_200_000},
			[]string{"q 640x360@15 375000/300000", "h 1280x720@15 1500000/1200000"},
		},
		{
			"three",
			allocation.Video{Width: 1920, Height: 1080, FPS: 30, Bitrate: 5_000_000, Layers: 3, Floor: 1_200_000},
			[]string{"q 480x270@30 312500/75000", "h 960x540@30 1250000/300000", "f 1920x1080@30 5000000/1200000"},
		},
		{
			"a lower layer has its least bitrate",
			allocation.Video{Width: 1280, Height: 720, FPS: 5, Bitrate: 500_000, Layers: 3},
			[]string{"q 320x180@5 150000/0", "h 640x360@5 150000/0", "f 1280x720@5 500000/0"},
		},
		{
			"but not more than the one above it",
			allocation.Video{Width: 1280, Height: 720, FPS: 5, Bitrate: 100_000, Layers: 2},
			[]string{"q 640x360@5 100000/0", "h 1280x720@5 100000/0"},
		},
		{
			"three are too many",
			allocation.Video{Width: 800, Height: 600, FPS: 15, Bitrate: 1_000_000, Layers: 3},
			[]string{"q 400x300@15 250000/0", "h 800x600@15 1000000/0"},
		},
		{
			"a small window",
			allocation.Video{Width: 320, Height: 200, FPS: 15, Bitrate: 400_000, Layers: 3},
			[]string{"f 320x200@15 400000/0"},
		},
		{
			"odd, portrait",
			allocation.Video{Width: 767, Height: 1365, FPS: 15, Bitrate: 1_000_000, Layers: 3},
			[]string{"q 192x342@15 150000/0", "h 384x682@15 250000/0", "f 767x1365@15 1000000/0"},
		},
		{
			"a line",
			allocation.Video{Width: 1920, Height: 1, FPS: 15, Bitrate: 1_000_000, Layers: 3},
			[]string{"f 1920x1@15 1000000/0"},
		},
		{
			"LiveKit's preset where no bitrate is given",
			allocation.Video{Width: 1920, Height: 1080, FPS: 15, Layers: 2, Screencast: true},
			[]string{"q 960x540@15 625000/0", "h 1920x1080@15 2500000/0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.p.Screencast = true
			require.Empty(t, cmp.Diff(tt.want, describe(allocation.Ladder(tt.p))))
		})
	}
}

// TestLadderOfAnything checks the invariants of every ladder.
func TestLadderOfAnything(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 2, 3, 16, 99, 179, 180, 181, 359, 360, 480, 719, 720, 959, 960, 1081, 1920, 4097, 7680}
	for _, width := range sizes {
		for _, height := range sizes {
			for n := range 5 {
				for _, screen := range []bool{false, true} {
					p := allocation.Video{
						Width: width, Height: height, FPS: 24, Bitrate: 40_000 * (n + 1), Layers: n, Screencast: screen,
						Floor: 1_200_000,
					}
					checkLadder(t, p, allocation.Ladder(p))
				}
			}
		}
	}
}

func checkLadder(t *testing.T, p allocation.Video, ladder []allocation.Layer) {
	t.Helper()
	require.NotEmpty(t, ladder)
	require.LessOrEqual(t, len(ladder), max(1, min(p.Layers, 3)))
	top := ladder[len(ladder)-1]
	require.Equal(t, [4]int{p.Width, p.Height, p.FPS, p.Bitrate}, [4]int{top.Width, top.Height, top.FPS, top.Bitrate})
	rids := map[int]string{1: "f", 2: "qh", 3: "qhf"}[len(ladder)]
	for i, l := range ladder {
		require.Equal(t, rids[i:i+1], l.RID)
		require.LessOrEqual(t, l.MinBitrate, l.Bitrate)
		require.Positive(t, l.Bitrate)
		if i == len(ladder)-1 {
			break
		}
		next := ladder[i+1]
		require.Zero(t, l.Width%2+l.Height%2)
		require.Less(t, l.Width, next.Width, "%+v: the SDK sorts layers by width", p)
		require.Less(t, l.Height, next.Height)
		require.LessOrEqual(t, l.Bitrate, next.Bitrate)
		require.LessOrEqual(t, l.FPS, next.FPS)
		// Sizes are rounded to even numbers by at most a pixel, but never to 0.
		width := float64(p.Width) * float64(l.Height) / float64(p.Height)
		tolerance := 1 + float64(p.Width)/float64(p.Height)
		require.LessOrEqual(t, math.Abs(width-float64(l.Width)), tolerance, "%+v: %+v", p, l)
	}
}
