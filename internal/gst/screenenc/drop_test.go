// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// settled waits until the encoder has processed all frames.
func (f *encoder) settled() {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		taken, busy := f.src.Progress()
		return taken == uint64(f.n) && !busy
	}, wait, time.Millisecond)
}

// TestDroppedFrames checks that frames that do not fit are dropped, that the others keep their
// times, and that a requested key frame is not dropped.
func TestDroppedFrames(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true drop-frame=60 target-bitrate=400000 buffer-initial-size=60 max-quantizer=20")
		var came []int
		owed := false
		for n := range 90 {
			if n == 45 {
				owed = f.sink.ForceKeyFrame()
				require.True(t, owed)
			}
			f.push(noise(160, 90, uint64(n)), time.Duration(n)*time.Second/30)
			f.settled()
			c, ok := f.pullIf()
			if !ok {
				continue
			}
			came = append(came, n)
			require.EqualValues(t, time.Duration(n)*time.Second/30, c.pts)
			require.Equal(t, n == 0 || owed, c.key, "frame %d", n)
			owed = owed && !c.key
		}
		require.False(t, owed)
		require.Less(t, len(came), 60, "too few were dropped")
		require.Greater(t, len(came), 5)
	})
}

// TestDroppingBeginsLater checks that an encoder that has started without dropping frames can drop
// them later. libaom 3.12 and 3.13 end the process if they are asked for that.
func TestDroppingBeginsLater(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true target-bitrate=400000 buffer-initial-size=60 max-quantizer=20")
		var came []sample
		for n := range 60 {
			if n == 5 {
				f.set("drop-frame", 60)
			}
			f.push(noise(160, 90, uint64(n)), time.Duration(n)*time.Second/30)
			f.settled()
			if c, ok := f.pullIf(); ok {
				came = append(came, c)
			}
		}
		require.Less(t, len(came), 50, "too few were dropped")
		decode(t, e, came, nil)
	})
}

// TestSettingsFromElsewhere changes settings while frames are encoded.
func TestSettingsFromElsewhere(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "screen=true")
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
					_ = f.element.Set("target-bitrate", []string{"300000", "3000000"}[n%2])
					_ = f.element.Set("min-quantizer", []string{"50", "4"}[n%2])
					_ = f.element.Set("max-quantizer", []string{"56", "8"}[n%2])
				}
			}
		})
		for n := range 60 {
			require.Equal(t, n == 0, f.encode(page(320, 180, n)).key)
		}
		close(done)
		wg.Wait()
	})
}
