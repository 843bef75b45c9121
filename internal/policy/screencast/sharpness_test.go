// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// repeats returns the number of repeats until a frame with these quantizers is sharp. The last quantizer applies to all
// further repeats.
func repeats(codec string, bytes int, quantizers ...int) int {
	c := newConvergence(SharpnessOf(codec))
	c.begin()
	for n := 1; ; n++ {
		c.repeated(Sample{Quantizer: quantizers[min(n, len(quantizers))-1], Bytes: bytes}, n)
		if c.done {
			return n
		}
	}
}

func TestConvergence(t *testing.T) {
	for _, codec := range []string{"VP8", "VP9", "AV1", "H264", "H265"} {
		s := SharpnessOf(codec)
		if s.Bytes == 0 {
			require.Equal(t, 1, repeats(codec, 5000, s.Quantizer), codec)
			require.Equal(t, 3, repeats(codec, 5000, s.Quantizer+2, s.Quantizer+1, s.Quantizer), codec)
			require.Equal(t, 7, repeats(codec, 5000, s.Quantizer+2), "%s: it has stopped to fall, near the threshold", codec)
		} else {
			require.Equal(t, 2, repeats(codec, s.Bytes, s.Quantizer), codec)
			require.Equal(t, mostRepeats, repeats(codec, s.Bytes+1, s.Quantizer), "%s: it still adds much", codec)
		}
		require.Equal(t, mostRepeats, repeats(codec, 5000, s.Scale), "%s: it ends in any case", codec)
		require.Equal(t, finished, repeats(codec, 50, s.Scale), "%s: there is nothing more to say", codec)
		require.Equal(t, mostRepeats, repeats(codec, 5000, -1), "%s: the quantizer isn't known", codec)
	}
	// The quantizer still decreases, so it has not settled, although it is near.
	require.Equal(t, 10, repeats("VP9", 5000, 47, 46, 45, 44, 43, 42, 41, 40, 39, 32))
}

func TestEachStepIsTaken(t *testing.T) {
	s := SharpnessOf("VP8")
	s.Steps = 3
	c := newConvergence(s)
	for step := 1; step <= 3; step++ {
		require.False(t, c.done)
		c.repeated(Sample{Quantizer: 4, Bytes: 100}, step)
	}
	require.True(t, c.done)
}

func TestAChangeOfAFrame(t *testing.T) {
	c := newConvergence(SharpnessOf("VP8"))
	change := func(wasSharp bool, quantizer, bytes int) bool {
		c.changed(wasSharp, Sample{Quantizer: quantizer, Bytes: bytes})
		return c.done
	}
	require.True(t, change(true, 15, 90000), "all of it is sharp")
	require.False(t, change(true, 16, 90000))
	require.False(t, change(false, 3, 90000), "the rest of it may be anything")
	require.False(t, change(true, -1, 90000))
	c.repeated(Sample{Key: true, Quantizer: 60, Bytes: 9000}, 1)
	require.False(t, c.done)
	c.repeated(Sample{Key: true, Quantizer: 15, Bytes: 90000}, 2)
	require.True(t, c.done)
	c.repeated(Sample{Key: true, Quantizer: 60, Bytes: 9000}, 1)
	require.False(t, c.done, "the key frame took the sharp frame's place")
	c = newConvergence(SharpnessOf("H264"))
	require.True(t, change(true, 18, 8000))
	require.False(t, change(true, 18, 8001), "its blocks may have another quantizer")
}
