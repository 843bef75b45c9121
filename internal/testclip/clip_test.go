// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAScrolledPage(t *testing.T) {
	c := Scroll(nil)
	require.Equal(t, [3]int{1280, 720, 30}, [3]int{c.Width, c.Height, c.FPS})
	require.Equal(t, 300, c.Frames())
	require.Len(t, c.First, FrameSize(1280, 720))
	changed := c.Changed()
	require.Len(t, changed, 120)
	require.Equal(t, [2]int{90, 209}, [2]int{changed[0], changed[len(changed)-1]})
	require.Equal(t, 3*time.Second, c.At(90))
	require.Equal(t, time.Second/30, c.Interval())

	p := c.Play()
	before := slices.Clone(p.Luma())
	for p.Next() {
		same := slices.Equal(before, p.Luma())
		require.Equal(t, c.Changes[p.Index()].Empty(), same, "frame %d", p.Index())
		if !same {
			requireScrolled(t, before, p.Luma(), c.Width, c.Height)
		}
		copy(before, p.Luma())
	}
	require.Equal(t, 299, p.Index())
	require.False(t, p.Next())
	require.Equal(t, p.Pixels(), c.Frame(299))
	require.Equal(t, c.First, c.Frame(0))
	p.Rewind()
	require.Zero(t, p.Index())
	require.Equal(t, c.First, p.Pixels())
}

// requireScrolled finds the lines between the bars a step higher.
func requireScrolled(t *testing.T, before, after []byte, width, height int) {
	t.Helper()
	for y := range height {
		row := after[y*width:][:width]
		switch {
		case y < barHeight || y >= height-barHeight:
			require.Equal(t, before[y*width:][:width], row, "row %d of a bar", y)
		case y < height-barHeight-DefaultStep:
			require.Equal(t, before[(y+DefaultStep)*width:][:width], row, "row %d", y)
		}
	}
}

func TestTheSameOptionsMakeTheSameClip(t *testing.T) {
	small := ScrollOptions{Width: 321, Height: 241, FPS: 10, Before: time.Second, Motion: time.Second, After: time.Second}
	c := Scroll(&small)
	require.Equal(t, [2]int{320, 240}, [2]int{c.Width, c.Height})
	require.Equal(t, 30, c.Frames())
	require.Equal(t, c, Scroll(&small))
	small.Seed = 7
	require.NotEqual(t, c.First, Scroll(&small).First)
	small.Height = 2
	require.Len(t, Scroll(&small).First, FrameSize(320, 2), "no room for bars")
}

func TestFindsFrames(t *testing.T) {
	c := Scroll(nil)
	f := c.Finder()
	for _, want := range []int{0, 90, 91, 150, 209} {
		luma := c.Frame(want)[:c.Width*c.Height]
		index, psnr := f.Find(luma)
		require.Equal(t, want, index)
		require.InDelta(t, 100, psnr, 0)
		for i := range luma { // as an encoder that has too few bits
			luma[i] = luma[i]/32*32 + 16
		}
		index, psnr = f.Find(luma)
		require.Equal(t, want, index)
		require.Less(t, psnr, 40.0)
	}
	index, _ := f.Find(c.Frame(60)[:c.Width*c.Height])
	require.Zero(t, index, "what has not changed is the first frame")
	index, _ = f.Find(nil)
	require.Equal(t, -1, index)
}

func BenchmarkPlay(b *testing.B) {
	c := Scroll(nil)
	p := c.Play()
	b.SetBytes(int64(len(p.Pixels())))
	for i := 0; b.Loop(); i++ {
		c.Changes[90+i%120].apply(p.frame)
	}
}

func BenchmarkFind(b *testing.B) {
	c := Scroll(nil)
	f := c.Finder()
	luma := c.Frame(150)[:c.Width*c.Height]
	for b.Loop() {
		f.Find(luma)
	}
}
