// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package testclip

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testWidth, testHeight = 64, 96

// recording is frames of noise that scroll up and down by any number of rows, are
// drawn on, and stand still.
func recording(frames int) [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	all := [][]byte{make([]byte, FrameSize(testWidth, testHeight))}
	for i := range all[0] {
		all[0][i] = byte(rng.Uint32())
	}
	for i := 1; i < frames; i++ {
		next := slices.Clone(all[i-1])
		rows := (1 + rng.IntN(20)) * testWidth
		luma := next[:testWidth*testHeight]
		switch rng.IntN(4) {
		case 0:
			copy(luma, luma[rows:])
		case 1:
			copy(luma[rows:], luma[:len(luma)-rows])
		case 2:
			for range 1 + rng.IntN(200) {
				next[rng.IntN(len(next))]++
			}
		default:
		}
		all = append(all, next)
	}
	return all
}

func reduced(t *testing.T, frames [][]byte) *Clip {
	t.Helper()
	c, err := Reduce(testWidth, testHeight, 30, len(frames), func(i int, frame []byte) error {
		copy(frame, frames[i])
		return nil
	})
	require.NoError(t, err)
	return c
}

func requireFrames(t *testing.T, want [][]byte, c *Clip) {
	t.Helper()
	require.Equal(t, len(want), c.Frames())
	p := c.Play()
	for i, frame := range want {
		require.Equal(t, i, p.Index())
		require.True(t, bytes.Equal(frame, p.Pixels()), "frame %d", i)
		p.Next()
	}
}

func TestDifferencesRebuildEachFrame(t *testing.T) {
	frames := recording(200)
	c := reduced(t, frames)
	requireFrames(t, frames, c)
	moved := 0
	for i := range c.Changes {
		moved += len(c.Changes[i].Moves)
		require.Equal(t, i == 0 || bytes.Equal(frames[i-1], frames[i]), c.Changes[i].Empty(), "frame %d", i)
	}
	require.Positive(t, moved, "scrolling is found")
}

func TestScrollingIsAMove(t *testing.T) {
	scrolled := Scroll(&ScrollOptions{Width: testWidth, Height: 240, Before: time.Second, Motion: time.Second})
	player := scrolled.Play()
	c, err := Reduce(testWidth, 240, 30, scrolled.Frames(), func(_ int, frame []byte) error {
		copy(frame, player.Pixels())
		player.Next()
		return nil
	})
	require.NoError(t, err)
	for _, i := range scrolled.Changed() {
		size := 0
		for _, s := range c.Changes[i].Spans {
			size += len(s.Data)
		}
		require.LessOrEqual(t, size, 4*testWidth*DefaultStep, "frame %d", i)
	}
	last := c.Frames() - 1
	require.Equal(t, scrolled.Frame(last), c.Frame(last))
}

func TestAClipIsReadAsItWasWritten(t *testing.T) {
	frames := recording(20)
	c := reduced(t, frames)
	var file bytes.Buffer
	n, err := c.WriteTo(&file)
	require.NoError(t, err)
	require.EqualValues(t, file.Len(), n)
	whole := file.Bytes()
	again, err := Read(bytes.NewReader(whole))
	require.NoError(t, err)
	require.Equal(t, [3]int{c.Width, c.Height, c.FPS}, [3]int{again.Width, again.Height, again.FPS})
	requireFrames(t, frames, again)
	for size := 0; size < len(whole); size += 97 {
		_, err = Read(bytes.NewReader(whole[:size]))
		require.Error(t, err, "%d bytes", size)
	}
}

func TestChangesOutsideOfTheFrameAreRefused(t *testing.T) {
	for name, changes := range map[string]Changes{
		"a span":         {Spans: []Span{{At: FrameSize(2, 2) - 1, Data: []byte{1, 2}}}},
		"a move to":      {Moves: []Move{{To: FrameSize(2, 2), Size: 1}}},
		"a move from":    {Moves: []Move{{From: FrameSize(2, 2), Size: 1}}},
		"a negative one": {Moves: []Move{{From: -1, Size: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Clip{Width: 2, Height: 2, FPS: 1, First: make([]byte, FrameSize(2, 2)), Changes: []Changes{{}, changes}}
			var file bytes.Buffer
			_, err := c.WriteTo(&file)
			require.NoError(t, err)
			_, err = Read(&file)
			require.ErrorIs(t, err, errNoClip)
		})
	}
}

func TestWhatIsNoClip(t *testing.T) {
	_, err := Read(bytes.NewReader(append([]byte(magic), make([]byte, 16)...)))
	require.ErrorIs(t, err, errNoClip)
	_, err = Read(bytes.NewReader(append([]byte(magic), bytes.Repeat([]byte{255}, 16)...)))
	require.ErrorIs(t, err, errNoClip)
	_, err = Reduce(0, 2, 30, 2, nil)
	require.ErrorContains(t, err, "must be above 0, got 0, 2, 30 and 2")
	broken := errors.New("broken")
	for at := range 2 {
		_, err = Reduce(2, 2, 30, 2, func(i int, _ []byte) error {
			if i == at {
				return broken
			}
			return nil
		})
		require.ErrorIs(t, err, broken)
	}
	_, err = reduced(t, recording(2)).WriteTo(failing{broken})
	require.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
