// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullRecording returns frames in I444 that scroll, are drawn on, and stand still.
func fullRecording(width, height, frames int) [][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	all := [][]byte{make([]byte, FullSize(width, height))}
	for i := range all[0] {
		all[0][i] = byte(rng.Uint32())
	}
	for i := 1; i < frames; i++ {
		next := slices.Clone(all[i-1])
		switch i % 3 {
		case 0:
			for p := range 3 { // All planes scroll by the same number of rows.
				plane := next[p*width*height:][:width*height]
				copy(plane, plane[2*width:])
			}
		case 1:
			next[rng.IntN(len(next))]++
		default:
		}
		all = append(all, next)
	}
	return all
}

func reducedFull(t *testing.T, width, height int, frames [][]byte) *Clip {
	t.Helper()
	c, err := ReduceFull(width, height, 30, len(frames), func(i int, frame []byte) error {
		copy(frame, frames[i])
		return nil
	})
	require.NoError(t, err)
	return c
}

func TestAClipWithFullChroma(t *testing.T) {
	frames := fullRecording(testWidth, testHeight, 30)
	c := reducedFull(t, testWidth, testHeight, frames)
	requireFrames(t, frames, c)
	require.Len(t, c.Changes[3].Moves, 3, "chroma has moved as far as luma")

	var file bytes.Buffer
	_, err := c.WriteTo(&file)
	require.NoError(t, err)
	require.True(t, IsFile(file.Bytes()))
	again, err := Read(bytes.NewReader(file.Bytes()))
	require.NoError(t, err)
	require.True(t, again.FullChroma)
	requireFrames(t, frames, again)
}

// The format of I420 is read by publishers of other projects.
func TestTheFilesBeginning(t *testing.T) {
	c := &Clip{Width: 2, Height: 2, FPS: 3, First: []byte{1, 2, 3, 4, 5, 6}, Changes: []Changes{{}}}
	var file bytes.Buffer
	_, err := c.WriteTo(&file)
	require.NoError(t, err)
	require.Equal(t, "GPCLIP1\n\x02\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00"+
		"\x01\x02\x03\x04\x05\x06", file.String())
	require.False(t, IsFile([]byte("GPCLIP")))
}

func TestHalvedChromaIsAveraged(t *testing.T) {
	frames := [][]byte{{
		1, 2, 3, 4, 5, 6, 7, 8, 9,
		10, 20, 90, 30, 40, 70, 50, 100, 200,
		0, 0, 7, 0, 1, 8, 255, 255, 255,
	}}
	frames = append(frames, slices.Clone(frames[0]), slices.Clone(frames[0]))
	frames[2][9] += 4 // Its mean is one more.
	c := reducedFull(t, 3, 3, frames)
	half, err := c.Halve()
	require.NoError(t, err)
	require.False(t, half.FullChroma)
	want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 25, 80, 75, 200, 0, 8, 255, 255}
	third := slices.Clone(want)
	third[9]++
	requireFrames(t, [][]byte{want, want, third}, half)
	require.Equal(t, []int{2}, half.Changed())
	same, err := half.Halve()
	require.NoError(t, err)
	require.Same(t, half, same)
}

func TestFramesInAnyOrder(t *testing.T) {
	frames := fullRecording(8, 8, 3*markEvery+5)
	c := reducedFull(t, 8, 8, frames)
	rng := rand.New(rand.NewPCG(5, 6))
	s := c.Seek()
	for range 300 {
		i := rng.IntN(len(frames))
		require.True(t, bytes.Equal(frames[i], s.Frame(i)), "frame %d", i)
	}
	require.Len(t, s.marks, 4)
	require.Equal(t, frames[0], c.First, "the clip is not changed")
}
