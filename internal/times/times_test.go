// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package times

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{
		-time.Second, time.Millisecond, time.Millisecond + 1, 33 * time.Millisecond, 5 * time.Second, time.Minute,
	} {
		h.Observe(d)
	}
	buckets, count, sum := h.Snapshot()
	require.Equal(t, uint64(6), count)
	require.Equal(t, time.Minute+5*time.Second+35*time.Millisecond+1, sum)
	want := map[time.Duration]uint64{
		time.Millisecond: 2, 2 * time.Millisecond: 3, 16 * time.Millisecond: 3, 33 * time.Millisecond: 4,
		2 * time.Second: 4, 5 * time.Second: 5,
	}
	for _, b := range buckets {
		if n, ok := want[b.Max]; ok {
			require.Equal(t, n, b.Count, b.Max)
			delete(want, b.Max)
		}
	}
	require.Empty(t, want)
}

func TestFrames(t *testing.T) {
	begin := time.Unix(1000, 0)
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	var f Frames
	f.Captured(10, at(0))
	f.Pushed(10, 10, at(1))
	f.Pushed(10, 20, at(50)) // a repeat
	captured, pushed := f.Encoded(20)
	require.Zero(t, captured)
	require.Equal(t, at(50), pushed)
	captured, pushed = f.Encoded(10)
	require.Equal(t, at(0), captured)
	require.Equal(t, at(1), pushed)
	_, pushed = f.Encoded(10)
	require.Zero(t, pushed, "it has been returned")

	f.Captured(30, at(60)) // It waits until the policy asks for it again.
	f.Pushed(30, 35, at(70))
	captured, pushed = f.Encoded(35)
	require.Equal(t, at(60), captured)
	require.Equal(t, at(70), pushed)

	for i := range 2 * held { // An encoder that gives nothing
		f.Pushed(0, time.Duration(100+i), at(80+i))
	}
	_, pushed = f.Encoded(100)
	require.Zero(t, pushed)
	_, pushed = f.Encoded(100 + 2*held - 1)
	require.Equal(t, at(80+2*held-1), pushed)
}

func TestNoAllocation(t *testing.T) {
	var (
		h Histogram
		f Frames
	)
	pts := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		now := time.Now()
		pts++
		f.Captured(pts, now)
		f.Pushed(pts, pts, now)
		captured, _ := f.Encoded(pts)
		h.Observe(now.Sub(captured))
	}))
}
