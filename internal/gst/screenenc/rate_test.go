// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestBitratesAreFollowed changes the target while the encoder runs, and measures the second second
// of each.
func TestBitratesAreFollowed(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, screen := range []bool{false, true} {
			f := start(t, e, fmt.Sprintf("max-quantizer=63 screen=%v", screen))
			for _, bps := range []int{1_000_000, 2_500_000, 700_000, 1_500_000, 1_000_000} {
				f.set("target-bitrate", bps)
				bytes := 0
				for n := range 60 {
					c := f.encode(noise(160, 90, uint64(f.n)))
					require.Equal(t, f.n == 1, c.key)
					if n >= 30 {
						bytes += len(c.data)
					}
				}
				t.Logf("screen %v, %d bit/s: %d", screen, bps, bytes*8)
				require.InEpsilon(t, bps, bytes*8, 0.35)
			}
		}
	})
}

// TestExtremeBitrates sets the minimum and the maximum, and changes between them.
func TestExtremeBitrates(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=30000")
		var all []sample
		for n := range 60 {
			f.set("target-bitrate", []int{30_000, 50_000_000}[n/10%2])
			all = append(all, f.encode(noise(160, 90, uint64(n))))
			require.Equal(t, n == 0, all[n].key)
		}
		decode(t, e, all, func(n int, d decoded) {
			require.Greater(t, noise(160, 90, uint64(n)).psnr(d.luma), 8.0, "frame %d", n)
		})
	})
}

// TestPausesEarnNothing checks that the frame after a pause of a minute is at most twice as large
// as those before it.
func TestPausesEarnNothing(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=1000000")
		largest := 0
		at := time.Duration(0)
		for n := range 90 {
			at += time.Second / 30
			f.push(noise(160, 90, uint64(n)), at)
			if c := f.pull(); n >= 30 {
				largest = max(largest, len(c.data))
			}
		}
		at += time.Minute
		f.push(noise(160, 90, 99), at)
		require.Less(t, len(f.pull().data), 3*largest)
	})
}
