// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// av1 returns the encoder of these tests.
func av1(t *testing.T) *element {
	t.Helper()
	gst.Init()
	require.NoError(t, screenenc.Register())
	return &elements[len(elements)-1]
}

// TestAV1LeavesNothingBehind checks that no block keeps its old content. libaom at its fastest
// leaves whole blocks unchanged. The speeds that the encoder uses for small frames do not, and
// larger frames are repaired once the screen is still.
func TestAV1LeavesNothingBehind(t *testing.T) {
	need.Encoding(t)
	e := av1(t)
	for _, c := range []struct {
		w, h   int
		screen bool
		bps    int
		count  int
	}{
		{320, 180, true, 1_000_000, 150},
		{640, 360, true, 2_500_000, 150},
		{1280, 720, true, 2_500_000, 40},
		{320, 180, false, 600_000, 150},
	} {
		t.Run(fmt.Sprintf("%dx%d screen %v", c.w, c.h, c.screen), func(t *testing.T) {
			f := start(t, e, fmt.Sprintf("screen=%v target-bitrate=%d", c.screen, c.bps))
			index := func(n int) int { return n * 2654435761 & testframe.MaxIndex } // half of the blocks change
			var all []sample
			for n := range c.count {
				all = append(all, f.encode(indexed(c.w, c.h, index(n))))
			}
			f.set("quality", 1)
			last := indexed(c.w, c.h, index(c.count-1))
			all = append(all, f.encode(last))
			damaged := 0
			var img image.RGBA
			decode(t, e, all, func(n int, d decoded) {
				if n == c.count {
					require.Greater(t, last.psnr(d.luma), 45.0)
				} else if read, ok := testframe.Read(d.rgba(&img), 0); !ok || int(read) != index(n) {
					damaged++
				}
			})
			t.Logf("%d of %d were damaged", damaged, c.count)
			if c.w < 1280 {
				require.Zero(t, damaged)
			}
		})
	}
}

// TestAV1TextStaysReadable checks that a page that starts to move is no coarser than necessary, and
// that it is coarse if the target is too low.
func TestAV1TextStaysReadable(t *testing.T) {
	f := start(t, av1(t), "screen=true target-bitrate=1500000")
	for n := range 3 {
		f.encode(page(640, 360, 0))
		f.set("quality", 1-n) // sharp, motion, idle
	}
	f.encode(page(640, 360, 0))
	f.set("quality", 0)
	for n := range 20 {
		require.LessOrEqual(t, f.encode(page(640, 360, 2*n)).info.Quantizer, 150, "frame %d", n)
	}
	coarsest := 0
	for n := range 60 {
		coarsest = max(coarsest, f.encode(noise(640, 360, uint64(n))).info.Quantizer)
	}
	require.Greater(t, coarsest, 190)
}

// TestAV1QuantizerOfZero checks maxima of 0 and 1, at which libaom would end the process.
func TestAV1QuantizerOfZero(t *testing.T) {
	e := av1(t)
	for most := range 3 {
		f := start(t, e, fmt.Sprintf("min-quantizer=0 max-quantizer=%d", most))
		for n := range 30 {
			require.LessOrEqual(t, f.encode(page(160, 90, n)).info.Quantizer, 8)
		}
	}
}

// TestAV1TakesNV12 checks that NV12 is encoded like I420.
func TestAV1TakesNV12(t *testing.T) {
	const w, h = 161, 91
	e := av1(t)
	planar, packed := start(t, e, "screen=true"), start(t, e, "screen=true")
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=NV12,width=%d,height=%d,framerate=30/1,colorimetry=bt601", w, h))
	require.NoError(t, err)
	defer caps.Unref()
	for n := range 5 {
		p := page(w, h, n)
		var chroma []byte
		for i := range p.planes[1] {
			chroma = append(chroma, p.planes[1][i], p.planes[2][i])
		}
		at := time.Duration(n) * time.Second / 30
		b := gst.Wrap("NV12", w, h, [][]byte{p.planes[0], chroma}, []int{w, w + 1}, nil)
		_, err := packed.src.Push(b, caps, int64(at), int64(time.Second/30))
		require.NoError(t, err)
		b.Unref()
		planar.push(p, at)
		require.Equal(t, planar.pull().data, packed.pull().data, "frame %d", n)
	}
}
