// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// clocked is a direction in a synctest bubble, where time is exact.
func clocked(t *testing.T, s Shape) (d *Direction, got chan arrival) {
	t.Helper()
	start := time.Now()
	got = make(chan arrival, 1000)
	d = newDirection(start, newSchedule(s, 0, 0), func(data []byte) error {
		got <- arrival{int(binary.BigEndian.Uint32(data)), time.Since(start)}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return d, got
}

func TestADirectionHandsOnWhenItIsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, got := clocked(t, Shape{Rate: narrow, Delay: 25 * ms})
		for i := range 10 {
			d.push(numbered(i))
		}
		for i := range 10 {
			require.Equal(t, arrival{i, time.Duration(i+1)*16*ms + 25*ms}, <-got)
		}
		stats := d.Stats()
		require.EqualValues(t, 10, stats.PacketsOut)
		require.EqualValues(t, 12_000, stats.BytesOut)
	})
}

func TestADirectionThatIsChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, got := clocked(t, Shape{Rate: 9600})
		d.push(numbered(0)) // A second.
		require.Equal(t, 8*1200*time.Second/9600, d.Stats().QueueDelay)
		synctest.Wait()
		d.SetShape(Shape{Rate: 96_000})
		require.Equal(t, arrival{0, 100 * ms}, <-got)
		require.Equal(t, 96_000, d.Shape().Rate)
		d.SetShape(Shape{})
		d.push(numbered(1))
		require.Equal(t, arrival{1, 100 * ms}, <-got)
	})
}

func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		d, got := clocked(t, Shape{Rate: narrow, Queue: 160 * ms})
		d.push(numbered(0))
		<-got
		require.Empty(t, d.History().Events, "nothing is remembered before a mark")
		d.Mark()
		for i := range 12 {
			d.push(numbered(i)) // Two too many.
		}
		for range 10 {
			<-got
		}
		h := d.History()
		require.Equal(t, begin.Add(16*ms), h.Since)
		require.Len(t, h.Events, 12)
		require.Equal(t, Event{Bytes: 1200, Dropped: true}, h.Events[0])
		require.Equal(t, Event{At: 160 * ms, Wait: 144 * ms, Bytes: 1200}, h.Events[11])
		require.Equal(t, Window{
			Packets: 10, Bytes: 12_000, Rate: narrow, MaxQueueDelay: 144 * ms, P50: 64 * ms, P95: 128 * ms, Dropped: 2,
		}, h.Window(0, 160*ms+1).rounded())
		require.Equal(t, Window{Packets: 2, Bytes: 2400, Rate: narrow, MaxQueueDelay: 32 * ms, P50: 16 * ms, P95: 16 * ms},
			h.Window(32*ms, 64*ms))
		require.Equal(t, Window{}, h.Window(time.Second, time.Second))
		require.Equal(t, 144*ms, d.Stats().MaxQueueDelay)
		d.Mark()
		require.Zero(t, d.Stats().MaxQueueDelay)
		require.Empty(t, d.History().Events)
	})
}

// rounded returns the rate rounded to kbit/s.
func (w Window) rounded() Window {
	w.Rate = float64(int(w.Rate/1000+0.5) * 1000)
	return w
}

func TestHistoryIsBounded(t *testing.T) {
	s := newSchedule(Shape{}, 0, 0)
	s.record.begin(0)
	for range maxHistory + 10 {
		s.push(0, nil)
		s.pop(0)
	}
	require.Len(t, s.record.history, maxHistory)
	require.EqualValues(t, maxHistory+10, s.record.stats.PacketsOut)
}
