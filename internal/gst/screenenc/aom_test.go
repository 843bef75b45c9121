// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
)

// av1 is the encoder of these tests.
func av1(t *testing.T) *element {
	t.Helper()
	gst.Init()
	require.NoError(t, screenenc.Register())
	return &elements[len(elements)-1]
}

// cells are how many a board has each way.
const cells = 8

// board is a picture of cells that are black or white, another pattern for each n.
func board(w, h, n int) *picture {
	p := newPicture(w, h)
	for y := range h {
		for x := range w {
			if white(n, x*cells/w, y*cells/h) {
				p.planes[0][y*w+x] = 235
			} else {
				p.planes[0][y*w+x] = 16
			}
		}
	}
	for i := range p.planes[1] {
		p.planes[1][i], p.planes[2][i] = 128, 128
	}
	return p
}

// white is a bit of a hash of its arguments (SplitMix64).
func white(n, x, y int) bool {
	z := uint64(n*cells*cells+y*cells+x) * 0x9e3779b97f4a7c15 //nolint:gosec // never negative
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z>>63 == 1
}

// wrong counts the cells of a decoded board whose middle isn't as it was drawn.
func wrong(d *decoded, n int) (count int) {
	for y := range cells {
		for x := range cells {
			at := (2*y+1)*d.h/(2*cells)*d.w + (2*x+1)*d.w/(2*cells)
			if d.luma[at] > 125 != white(n, x, y) {
				count++
			}
		}
	}
	return count
}

// TestAV1LeavesNothingBehind: libaom at its fastest leaves whole blocks as they
// were. The speeds that the encoder takes for these sizes don't, and at 720p a
// picture at rest has none.
func TestAV1LeavesNothingBehind(t *testing.T) {
	e := av1(t)
	for _, c := range []struct {
		w, h       int
		properties string
		mends      bool // only at rest
	}{
		{320, 180, "screen=true target-bitrate=600000", false},
		{640, 360, "screen=true target-bitrate=1200000", false},
		{1280, 720, "screen=true target-bitrate=2500000", true},
		{320, 180, "screen=false target-bitrate=600000", false},
	} {
		t.Run(fmt.Sprintf("%dx%d %s", c.w, c.h, c.properties), func(t *testing.T) {
			f := start(t, e, c.properties)
			var all []coded
			for n := range 60 {
				all = append(all, f.encode(board(c.w, c.h, n)))
			}
			f.set("quality", 1)
			all = append(all, f.encode(board(c.w, c.h, 59)))
			pictures := decode(t, e, all)
			left := 0
			for n := range 60 {
				left += wrong(&pictures[n], n)
			}
			t.Logf("%d cells of %d stayed behind", left, 60*cells*cells)
			if !c.mends {
				require.Zero(t, left)
			}
			require.Zero(t, wrong(&pictures[60], 59))
			require.Greater(t, board(c.w, c.h, 59).psnr(pictures[60].luma), 45.0)
		})
	}
}

// TestAV1TextStaysReadable: where a page begins to move, it isn't coarser than it
// must be; where the rate is too low for what comes, it is.
func TestAV1TextStaysReadable(t *testing.T) {
	f := start(t, av1(t), "screen=true target-bitrate=1500000")
	for n := range 3 {
		f.encode(page(640, 360, 0))
		f.set("quality", 1-n) // sharp, motion, idle
	}
	f.encode(page(640, 360, 0))
	f.set("quality", 0)
	for n := range 20 {
		require.LessOrEqual(t, f.encode(page(640, 360, 2*n)).info.Quantizer, 150, "picture %d", n)
	}
	coarsest := 0
	for n := range 60 {
		coarsest = max(coarsest, f.encode(noise(640, 360, uint64(n))).info.Quantizer)
	}
	require.Greater(t, coarsest, 190)
}

// TestAV1QuantizerOfZero: with a maximum of 0 or 1, libaom would end the process.
func TestAV1QuantizerOfZero(t *testing.T) {
	e := av1(t)
	for most := range 3 {
		f := start(t, e, fmt.Sprintf("min-quantizer=0 max-quantizer=%d", most))
		for n := range 30 {
			require.LessOrEqual(t, f.encode(page(160, 90, n)).info.Quantizer, 8)
		}
	}
}

// TestAV1TakesNV12: it makes the same of it as of I420.
func TestAV1TakesNV12(t *testing.T) {
	const w, h = 161, 91
	e := av1(t)
	planar, packed := start(t, e, "screen=true"), start(t, e, "screen=true")
	caps, err := gst.ParseCaps(fmt.Sprintf("video/x-raw,format=NV12,width=%d,height=%d,framerate=30/1,colorimetry=bt601", w, h))
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
		require.Equal(t, planar.pull().data, packed.pull().data, "picture %d", n)
	}
}
