// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// A camera's clip at two limits, without rest, with one more viewer in motion.
func TestMeasuresCamerasAtSeveralLimits(t *testing.T) {
	printed, dir, err := measureOnce(t, "--camera", "--rest", "0", "--bitrates", "100000,600000", "--join-at", "600ms",
		"--codecs", "VP8:vp8enc,VP8:gpvp8enc", "--shipped-only")
	require.NoError(t, err, printed)
	require.NotContains(t, printed, "## At rest")
	require.Contains(t, printed, "## Encoding alone")
	var results []result
	raw, err := os.ReadFile(filepath.Join(dir, "figures.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &results))
	require.Len(t, results, 4)
	for i := range results {
		r := &results[i]
		require.NotNil(t, r.Joined, "%s", r.Encoder)
		require.Nil(t, r.Silent)
		require.Positive(t, r.SeenMotionPSNR)
		require.Zero(t, r.Stats.Screen, "a camera has no policy")
	}
}

func TestComparedBesideAnother(t *testing.T) {
	one := func(publisher, encoder string, limit int, kB, dB, cpu figure) *result {
		return &result{
			Codec: "VP9", Publisher: publisher, Encoder: encoder, Bitrate: limit, KB: kB, CPU: cpu,
			SeenMotionPSNR: dB, SeenPSNR: dB + 5,
		}
	}
	b := &benchmark{settings: settings{againstName: "other"}}
	results := []*result{
		one("own", "gpvp9enc", 1, 50, 30, 1), one("own", "vp9enc", 1, 200, 30, 4), one("other", "", 1, 100, 30, 2),
		one("own", "gpvp9enc", 2, 100, 40, 1), one("own", "vp9enc", 2, 400, 40, 4), one("other", "", 2, 200, 40, 2),
	}
	require.Equal(t, `## Bytes for the same quality (BD-rate)

| codec | publisher | encoder  | of     | beside | in motion % | over dB      | all frames % | over dB      | CPU % |
|-------|-----------|----------|--------|--------|-------------|--------------|--------------|--------------|-------|
| VP9   | own       | gpvp9enc | screen | other  | -50.0       | 30.0 to 40.0 | -50.0        | 35.0 to 45.0 | -50   |
| VP9   | own       | vp9enc   | screen | other  | +100.0      | 30.0 to 40.0 | +100.0       | 35.0 to 45.0 | +100  |

`, b.compared(results))

	// Without another the first of the codec is what the rest is compared with.
	b.againstName = ""
	require.Contains(t, b.compared(append(results[:2:2], results[3:5]...)),
		"| own       | vp9enc  | screen | gpvp9enc | +300.0 ")
	require.Empty(t, b.compared(results[:3]), "one limit makes no curve")
	require.Contains(t, b.compared([]*result{
		results[0], results[3], one("other", "", 1, 10, 41, 1), one("other", "", 2, 20, 42, 1),
	}), "| –  ", "no PSNR that both reach")
}

// The median of repeats is a point.
func TestPointsAreMedians(t *testing.T) {
	var results []*result
	for i, kB := range []figure{300, 100, 110} {
		results = append(results, &result{Bitrate: 1, Repeat: i, KB: kB, SeenPSNR: 40 - figure(i)})
	}
	all := rate(results)
	require.Len(t, all, 1)
	require.Equal(t, []quality.Point{{KB: 110, DB: 39}}, all[0].points(
		func(r *result) figure { return r.KB }, func(r *result) figure { return r.SeenPSNR }))
}

// What a frame left out counts as is what stands in its place.
func TestSeen(t *testing.T) {
	const size = 16 * 16 * 3 / 2
	data := make([]byte, 0, 6*size)
	for i := range 6 { // frames 0 and 1 are the same
		for range size {
			data = append(data, byte(10*max(i, 1)))
		}
	}
	path := filepath.Join(t.TempDir(), "clip.i420")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	c, err := openClip(path, 16, 16, 30)
	require.NoError(t, err)
	b := &benchmark{clip: c, shape: shapeOf(c.half)}
	shows := func(i int) *viewer.Frame {
		return &viewer.Frame{Width: 16, Height: 16, YUV: data[i*size:][:size], Received: time.Now()}
	}
	// Frame 1, frame 2, nothing for 3 and 4, frame 5.
	r := &result{}
	b.judgeSeen(r, &match{frames: []int{1, 2, 5}}, []*viewer.Frame{shows(1), shows(2), shows(5)})
	ten := quality.PSNR(data[2*size:][:256], data[3*size:][:256])
	twenty := quality.PSNR(data[2*size:][:256], data[4*size:][:256])
	require.InDelta(t, (100+100+ten+twenty+100)/5, float64(r.SeenPSNR), 1e-9)
	require.InDelta(t, (100+ten+twenty+100)/4, float64(r.SeenMotionPSNR), 1e-9)
}

// Behind a slow link, all decoded frames may come some intervals late. Their content says so.
func TestLateness(t *testing.T) {
	scrolled := testclip.Scroll(&testclip.ScrollOptions{
		Width: 64, Height: 64, Before: time.Second, Motion: time.Second, After: time.Second,
	})
	c := newClip("", scrolled, nil)
	b := &benchmark{clip: c, shape: shapeOf(scrolled)}
	for _, intervals := range []int{0, 1, 7} {
		var captures []captured
		var arrivals []arrived
		var decoded []*viewer.Frame
		for i := range scrolled.Frames() {
			at := time.Hour + scrolled.At(i)
			captures = append(captures, captured{i, at})
			if i%4 == 0 {
				continue // It was dropped.
			}
			arrivals = append(arrivals, arrived{rtp: at, at: at + scrolled.At(intervals) + 9*time.Millisecond})
			decoded = append(decoded, &viewer.Frame{Width: 64, Height: 64, YUV: scrolled.Frame(i)})
		}
		offset, err := rtpOffset(captures, arrivals, 0)
		require.NoError(t, err)
		late := b.lateness(captures, arrivals, decoded, offset)
		require.Equal(t, time.Duration(intervals)*c.interval(), late)
		m := matchArrivals(captures, arrivals, b.shape, offset-late)
		for _, s := range m.shown {
			require.InDelta(t, float64(9+33.3*float64(intervals)), float64(s.latency.Milliseconds()), 3)
		}
	}
}

func TestKeySizes(t *testing.T) {
	average, largest := keySizes([]*viewer.Frame{
		{Key: true, Bytes: 30_000}, {Bytes: 90_000}, {Key: true, Bytes: 50_000},
	})
	require.InDelta(t, 40, float64(average), 0)
	require.InDelta(t, 50, float64(largest), 0)
	average, _ = keySizes(nil)
	require.NotEqual(t, average, average, "none is NaN") //nolint:testifylint // that is what NaN is
}
