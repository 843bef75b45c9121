// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

func sampleOf(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } //nolint:gosec // Positive.

// TestPast: a source that begins again before the end of what it has brought repeats itself up to that end.
func TestPast(t *testing.T) {
	for _, total := range []int{10, pastSamples, 2*pastSamples + 7} {
		var p Past
		for i := range total {
			p.Add(sampleOf(i))
		}
		for range 2 { // It may be opened again before there is anything new.
			p.Rewind()
			for i := total - 6; i < total; i++ {
				require.True(t, p.Repeats(sampleOf(i)), "%d of %d", i, total)
			}
		}
		require.False(t, p.Repeats(sampleOf(total)), "new")
		p.Rewind()
		require.False(t, p.Repeats(sampleOf(total)), "another stream")
		p.Rewind()
		require.True(t, p.Repeats(sampleOf(total-5)))
		require.False(t, p.Repeats(sampleOf(total-3)), "another order")
		if total > pastSamples {
			p.Rewind()
			require.False(t, p.Repeats(sampleOf(total-pastSamples-1)), "forgotten")
		}
	}
}

// TestAStillPicture: equal samples are taken for the last ones, so that no more than necessary are dropped.
func TestAStillPicture(t *testing.T) {
	var p Past
	for i := range 100 {
		p.Add(sampleOf(i % 10))
	}
	for i := range 10 {
		require.True(t, p.Repeats(sampleOf(i)))
	}
	require.False(t, p.Repeats(sampleOf(0)))
}
