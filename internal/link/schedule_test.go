// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// payload returns a packet of 1200 bytes with its headers: 16 ms at 600 kbit/s.
const payload = 1200 - overhead

const (
	ms     = time.Millisecond
	narrow = 600_000
)

// numbered returns a payload that contains its number.
func numbered(i int) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, payload), uint32(i))[:payload]
}

// arrival is a packet that was passed on.
type arrival struct {
	number int
	at     time.Duration
}

// drain passes on all packets that are due until a time, each at its own time.
func drain(s *schedule, until time.Duration) (got []arrival) {
	for {
		at, ok := s.next()
		if !ok || at > until {
			return got
		}
		for data, ok := s.pop(at); ok; data, ok = s.pop(at) {
			got = append(got, arrival{int(binary.BigEndian.Uint32(data)), at})
		}
	}
}

// offer pushes packets, one per interval, from a time on.
func offer(s *schedule, from, interval time.Duration, n int) (got []arrival) {
	for i := range n {
		now := from + time.Duration(i)*interval
		got = append(got, drain(s, now)...)
		s.push(now, numbered(i))
	}
	return append(got, drain(s, time.Hour)...)
}

func TestNothingIsInTheWayOfAFreeLink(t *testing.T) {
	s := newSchedule(Shape{}, 0, 0)
	got := offer(s, 0, ms, 100)
	for i, a := range got {
		require.Equal(t, arrival{i, time.Duration(i) * ms}, a)
	}
	require.Len(t, got, 100)
	require.Zero(t, s.record.stats.MaxQueueDelay)
}

func TestRateAndDelay(t *testing.T) {
	s := newSchedule(Shape{Rate: narrow, Delay: 25 * ms, Queue: time.Minute}, 0, 0)
	got := offer(s, 5*ms, 0, 1000)
	require.Len(t, got, 1000)
	for i, a := range got {
		require.Equal(t, arrival{i, 5*ms + time.Duration(i+1)*16*ms + 25*ms}, a)
	}
	require.Equal(t, 999*16*ms, s.record.stats.MaxQueueDelay)
}

func TestALinkThatIsNotFullDelaysByTheTransmission(t *testing.T) {
	s := newSchedule(Shape{Rate: narrow}, 0, 0)
	for i, a := range offer(s, 0, 20*ms, 50) {
		require.Equal(t, arrival{i, time.Duration(i)*20*ms + 16*ms}, a)
	}
	require.Zero(t, s.record.stats.MaxQueueDelay)
}

func TestOddSizesDoNotDrift(t *testing.T) {
	const rate, size, n = 777_777, 1001, 10_000
	s := newSchedule(Shape{Rate: rate, Queue: time.Hour}, 0, 0)
	for i := range n {
		s.push(0, numbered(i)[:size-overhead])
	}
	got := drain(s, time.Hour)
	require.Len(t, got, n)
	require.InDelta(t, 8*size*n/float64(rate), got[n-1].at.Seconds(), 1e-4)
}

func TestLossIsAShareAndReproducible(t *testing.T) {
	const n = 20_000
	numbers := func(seed, stream uint64) (got []int) {
		s := newSchedule(Shape{Loss: 0.05}, seed, stream)
		for _, a := range offer(s, 0, ms, n) {
			got = append(got, a.number)
		}
		require.EqualValues(t, n-len(got), s.record.stats.Lost)
		require.InDelta(t, 0.05*n, n-len(got), 0.005*n)
		return got
	}
	first := numbers(1, 2)
	require.Equal(t, first, numbers(1, 2))
	require.NotEqual(t, first, numbers(2, 2), "another seed")
	require.NotEqual(t, first, numbers(1, 3), "another direction")
}

func TestALinkThatIsCut(t *testing.T) {
	s := newSchedule(Shape{Loss: 1}, 0, 0)
	require.Empty(t, offer(s, 0, ms, 1000))
	require.EqualValues(t, 1000, s.record.stats.Lost)
}

func TestWhatIsLostTookItsTime(t *testing.T) {
	s := newSchedule(Shape{Rate: narrow, Loss: 0.5, Queue: time.Minute}, 0, 0)
	got := offer(s, 0, 0, 1000)
	require.Less(t, len(got), 600)
	for _, a := range got {
		require.Equal(t, time.Duration(a.number+1)*16*ms, a.at)
	}
}

func TestTheQueueDropsAtItsTail(t *testing.T) {
	s := newSchedule(Shape{Rate: narrow, Queue: 160 * ms}, 0, 0)
	got := offer(s, 0, 8*ms, 1000) // Twice what fits.
	stats := s.record.stats
	require.InDelta(t, 500, stats.Dropped, 10)
	require.Len(t, got, 1000-int(stats.Dropped))
	require.LessOrEqual(t, stats.MaxQueueDelay, 160*ms)
	require.Greater(t, stats.MaxQueueDelay, 130*ms)
	for i, a := range got {
		require.Equal(t, time.Duration(i+1)*16*ms, a.at, "the link is never idle")
		require.LessOrEqual(t, a.at-time.Duration(a.number)*8*ms, 160*ms)
	}
}

func TestASinglePacketAlwaysFits(t *testing.T) {
	s := newSchedule(Shape{Rate: 9600, Queue: ms}, 0, 0)
	require.Equal(t, []arrival{{0, time.Second}}, offer(s, 0, 10*ms, 3))
	require.EqualValues(t, 2, s.record.stats.Dropped)
}

func TestWhatIsHeldIsBounded(t *testing.T) {
	s := newSchedule(Shape{Delay: time.Hour}, 0, 0)
	for range 1000 {
		s.push(0, make([]byte, 60_000))
		require.LessOrEqual(t, s.queued+s.aloft, maxHeld)
	}
	require.NotZero(t, s.record.stats.Dropped)
}

func TestANewRateHoldsForWhatIsQueued(t *testing.T) {
	s := newSchedule(Shape{Rate: narrow, Queue: time.Minute}, 0, 0)
	for i := range 6 {
		s.push(0, numbered(i))
	}
	require.Equal(t, 80*ms+16*ms, s.wait(0))
	require.Equal(t, []arrival{{0, 16 * ms}}, drain(s, 24*ms))
	s.set(24*ms, Shape{Rate: narrow / 2, Queue: time.Minute}) // The second is half sent.
	require.Equal(t, 16*ms+4*32*ms, s.wait(24*ms))
	require.Equal(t, []arrival{{1, 40 * ms}, {2, 72 * ms}}, drain(s, 80*ms))
	s.set(80*ms, Shape{Rate: 2 * narrow, Queue: time.Minute}) // The fourth has 24 of 32 ms to go.
	require.Equal(t, []arrival{{3, 86 * ms}}, drain(s, 87*ms))
	s.set(90*ms, Shape{Delay: ms})
	require.Equal(t, []arrival{{4, 91 * ms}, {5, 91 * ms}}, drain(s, time.Hour))
	require.Zero(t, s.queued+s.aloft)
}

func TestAShorterDelayOvertakesNothing(t *testing.T) {
	s := newSchedule(Shape{Delay: 100 * ms}, 0, 0)
	s.push(0, numbered(0))
	s.set(10*ms, Shape{Delay: 20 * ms})
	s.push(10*ms, numbered(1))
	s.push(90*ms, numbered(2))
	require.Equal(t, []arrival{{0, 100 * ms}, {1, 100 * ms}, {2, 110 * ms}}, drain(s, time.Hour))
}

func TestNonsenseIsTheDefault(t *testing.T) {
	s := newSchedule(Shape{Rate: -1, Delay: -1, Queue: -1}, 0, 0)
	require.Equal(t, Shape{Queue: defaultQueue}, s.shape)
}

// TestAnything pushes, pops and reshapes at random, and counts.
func TestAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for run := range 200 {
		s := newSchedule(Shape{}, uint64(run), 0)
		s.record.begin(0)
		now, pushed, last := time.Duration(0), 0, -1
		handed := func(got []arrival) {
			for _, a := range got {
				require.Greater(t, a.number, last, "the order is kept")
				last = a.number
			}
		}
		for range 300 {
			now += time.Duration(random.IntN(int(10 * ms)))
			handed(drain(s, now))
			switch random.IntN(10) {
			case 0:
				s.set(now, Shape{
					Rate: random.IntN(3) * random.IntN(1_000_000), Delay: time.Duration(random.IntN(int(100 * ms))),
					Loss: random.Float64() - 0.5, Queue: time.Duration(random.IntN(int(time.Second))),
				})
			case 1:
				require.GreaterOrEqual(t, s.wait(now), time.Duration(0))
			default:
				s.push(now, numbered(pushed)[:4+random.IntN(payload-4)])
				pushed++
			}
			requireCounted(t, s)
		}
		s.set(now, Shape{})
		handed(drain(s, time.Hour))
		requireCounted(t, s)
		require.True(t, s.waiting.empty() && s.flying.empty())
		require.Zero(t, s.queued+s.aloft)
	}
}

// requireCounted checks that each packet is counted once.
func requireCounted(t *testing.T, s *schedule) {
	t.Helper()
	n := s.record.stats
	held := len(s.waiting.items) - s.waiting.begin + len(s.flying.items) - s.flying.begin
	require.Equal(t, n.PacketsIn, n.PacketsOut+n.Dropped+n.Lost+uint64(held))
	require.GreaterOrEqual(t, min(s.queued, s.aloft), 0)
	require.GreaterOrEqual(t, n.BytesIn, n.BytesOut+uint64(s.queued+s.aloft))
}
