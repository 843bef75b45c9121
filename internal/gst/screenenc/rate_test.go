// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestBitratesAreFollowed changes the target while it runs, and measures the second
// second of each.
func TestBitratesAreFollowed(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, screen := range []bool{false, true} {
			f := start(t, e, fmt.Sprintf("max-quantizer=63 screen=%v", screen))
			for _, bps := range []int{1_000_000, 2_500_000, 700_000, 1_500_000, 1_000_000} {
				f.set("target-bitrate", bps)
				bytes := 0
				for n := range 90 {
					c := f.encode(noise(160, 90, uint64(f.n)))
					require.Equal(t, f.n == 1, c.key)
					if n >= 30 {
						bytes += len(c.data)
					}
				}
				t.Logf("screen %v, %d bit/s: %d", screen, bps, bytes*8/2)
				require.InEpsilon(t, bps, bytes*8/2, 0.35)
			}
		}
	})
}

// TestExtremeBitrates: the least and the most are taken, and changed between.
func TestExtremeBitrates(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=30000")
		var all []coded
		for n := range 60 {
			f.set("target-bitrate", []int{30_000, 50_000_000}[n/10%2])
			all = append(all, f.encode(noise(320, 180, uint64(n))))
			require.Equal(t, n == 0, all[n].key)
		}
		for n, d := range decode(t, e, all) {
			require.Greater(t, noise(320, 180, uint64(n)).psnr(d.luma), 8.0, "picture %d", n)
		}
	})
}

// TestPausesEarnNothing: the picture after a pause of a minute is as large as those
// before it were, or twice that.
func TestPausesEarnNothing(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=1000000")
		largest := 0
		at := time.Duration(0)
		for n := range 90 {
			at += time.Second / 30
			f.push(noise(320, 180, uint64(n)), at)
			if c := f.pull(); n >= 30 {
				largest = max(largest, len(c.data))
			}
		}
		at += time.Minute
		f.push(noise(320, 180, 99), at)
		require.Less(t, len(f.pull().data), 3*largest)
	})
}

// TestSettingsAreTaken sets what nobody would, before each of many pictures, and
// other sizes now and then. Each picture comes out or is dropped, and nothing fails.
func TestSettingsAreTaken(t *testing.T) {
	pick := []struct {
		name     string
		min, max int
	}{
		{"target-bitrate", 1000, 50_000_000},
		{"screen", 0, 1},
		{"quality", -1, 5},
		{"cpu-used", -100, 16},
		{"threads", 0, 8},
		{"min-quantizer", -1, 63},
		{"max-quantizer", -1, 63},
		{"static-threshold", -1, 5000},
		{"aq-mode", -1, 3},
		{"buffer-initial-size", -1, 3000},
		{"buffer-optimal-size", -1, 3000},
		{"buffer-size", -1, 3000},
		{"max-intra-bitrate", -1, 2000},
		{"keyframe-max-dist", 0, 100},
		{"undershoot", -1, 100},
		{"overshoot", -1, 100},
		{"noise-sensitivity", 0, 6},
		{"sharpness", -1, 7},
		{"palette", -1, 1},
		{"intrabc", -1, 1},
		{"tile-columns", -1, 6},
		{"row-mt", -1, 1},
		{"error-resilient", 0, 1},
		{"active-layers", 0, 3},
	}
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		random := rand.New(rand.NewPCG(6, 6)) //nolint:gosec // the same each time
		f := start(t, e, "")
		some := append([]string{"L1T1", "L1T2", "L1T3"}, modes[2:]...)
		if e.codec != catalogue.VP9 {
			some = some[:3]
		}
		var all []coded
		w, h := 160, 90
		for n := range 600 {
			if random.IntN(25) == 0 {
				f.set("scalability-mode", some[random.IntN(len(some))])
			}
			for range random.IntN(4) {
				s := pick[random.IntN(len(pick))]
				if value := s.min + random.IntN(s.max-s.min+1); f.element.Has(s.name) {
					f.set(s.name, value)
				}
			}
			if random.IntN(40) == 0 {
				w, h = 16+random.IntN(400), 16+random.IntN(300)
			}
			if random.IntN(3) == 0 {
				all = append(all, f.encode(noise(w, h, uint64(n))))
			} else {
				all = append(all, f.encode(page(w, h, n)))
			}
		}
		decode(t, e, all)
	})
}
