// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestSizes encodes and decodes frames of many sizes, including odd ones.
func TestSizes(t *testing.T) {
	need.Encoding(t)
	sizes := [][2]int{
		{16, 16},
		{17, 16},
		{16, 17},
		{19, 35},
		{64, 64},
		{65, 63},
		{160, 90},
		{321, 181},
		{322, 242},
		{16, 720},
		{1280, 16},
		{1279, 719},
		{1920, 1080},
	}
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, size := range sizes {
			for _, screen := range []bool{false, true} {
				f := start(t, e, fmt.Sprintf("target-bitrate=8000000 screen=%v", screen))
				var all []sample
				for n := range 3 {
					all = append(all, f.encode(page(size[0], size[1], n)))
				}
				decode(t, e, all, func(n int, d decoded) {
					require.Equal(t, [2]int{d.w, d.h}, size)
					require.Greater(t, page(size[0], size[1], n).psnr(d.luma), 20.0, "%v, frame %d", size, n)
				})
			}
		}
	})
}

// TestSizeChanges changes the size each second, at 5 frames a second.
func TestSizeChanges(t *testing.T) {
	need.Encoding(t)
	sizes := [][2]int{{640, 360}, {320, 180}, {1280, 720}, {321, 181}, {16, 16}, {1919, 1079}, {360, 640}, {640, 360}}
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "target-bitrate=2000000 screen=true")
		var all []sample
		var drawn []*frame
		for _, size := range sizes {
			for n := range 5 {
				p := page(size[0], size[1], n)
				f.push(p, time.Duration(len(all))*time.Second/5)
				all, drawn = append(all, f.pull()), append(drawn, p)
				require.Equal(t, n == 0, all[len(all)-1].key, "%v, frame %d", size, n)
			}
		}
		decode(t, e, all, func(n int, d decoded) {
			require.Equal(t, [2]int{drawn[n].w, drawn[n].h}, [2]int{d.w, d.h})
			require.Greater(t, drawn[n].psnr(d.luma), 20.0, "frame %d", n)
		})
	})
}

// TestKeyFramesComeAtOnce requests a key frame before each frame in turn.
func TestKeyFramesComeAtOnce(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true")
		for asked := range 12 {
			for n := range 12 {
				if n == asked {
					require.True(t, f.sink.ForceKeyFrame())
				}
				c := f.encode(page(320, 180, n))
				require.Equal(t, n == asked || f.n == 1, c.key, "asked before %d, frame %d", asked, n)
			}
		}
	})
}

// TestKeyFrameDistance checks that key frames come only by request, unless a distance is set.
func TestKeyFrameDistance(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true")
		for n := range 300 {
			scene := noise(64, 64, uint64(n/50)) // also changes of scene
			require.Equal(t, n == 0, f.encode(scene).key, "frame %d", n)
		}
		f.set("keyframe-max-dist", 7)
		var keys []int
		for n := range 30 {
			if f.encode(page(64, 64, n)).key {
				keys = append(keys, n)
			}
		}
		require.Equal(t, []int{0, 7, 14, 21, 28}, keys)
	})
}

// TestTimesAreKept checks that each frame produces one sample with its time, however irregular.
func TestTimesAreKept(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=300000")
		at := time.Duration(12345)
		for n := range 60 {
			f.push(page(320, 180, 3*n), at)
			require.EqualValues(t, at, f.pull().pts)
			at += time.Duration(1+n*n*n%97) * 7777777
		}
		at += time.Hour
		f.push(page(320, 180, 0), at)
		require.EqualValues(t, at, f.pull().pts)
	})
}

// TestMetadata checks what the samples signal themselves.
func TestMetadata(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, screen := range []bool{false, true} {
			f := start(t, e, fmt.Sprintf("target-bitrate=400000 screen=%v", screen))
			parser := bitstream.NewParser(e.codec)
			seen := map[int]bool{}
			for n := range 90 {
				if n%20 == 19 {
					require.True(t, f.sink.ForceKeyFrame())
				}
				f.set("quality", []int{0, 0, 0, 1, 2, 3, -1}[n/10%7])
				c := f.encode(page(320, 180, n/3))
				frame, err := parser.Parse(c.data)
				require.NoError(t, err)
				require.Equal(t, frame.Quantizer, c.info.Quantizer, "frame %d", n)
				require.Equal(t, frame.Key, c.info.Key, "frame %d", n)
				require.True(t, frame.Shown)
				seen[c.info.Quantizer] = true
			}
			require.Greater(t, len(seen), 3, "the quantizer hardly changes")
		}
	})
}

// TestRestIsSharp checks that a still frame becomes as sharp as its steps make it, in as many
// repeats, without a key frame, and then costs nothing.
func TestRestIsSharp(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "target-bitrate=1000000 screen=true")
		var all []sample
		for n := range 20 {
			all = append(all, f.encode(page(640, 360, 3*n)))
		}
		last := page(640, 360, 57)
		for step := range 6 {
			f.set("quality", step+1) // A step beyond the last is the last.
			all = append(all, f.encode(last))
			require.False(t, all[len(all)-1].key)
		}
		f.set("quality", -1)
		idle := f.encode(last)
		require.Less(t, len(idle.data), 2000, "a sharp frame again")
		all = append(all, idle)
		decode(t, e, all, func(n int, d decoded) {
			if n >= len(all)-2 {
				require.GreaterOrEqual(t, last.psnr(d.luma), 45.0)
			}
		})
	})
}
