// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package stamps

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ms     = int64(time.Millisecond)
	second = 1000 * ms
	hour   = 3600 * second
	none   = int64(-1)
)

// sample is one sample of a stream, and what is to become of it.
type sample struct {
	stamp, now int64
	at         int64
	verdict    Verdict
}

func TestLine(t *testing.T) {
	for name, c := range map[string]struct {
		live, video bool
		samples     []sample
	}{
		"regular": {true, true, []sample{
			{5 * second, 0, 5 * second, Regular},
			{5*second + 33*ms, 40 * ms, 5*second + 33*ms, Regular},
		}},
		"reordered frames keep their times": {true, true, []sample{
			{0, 0, 0, Regular},
			{120 * ms, 40 * ms, 120 * ms, Regular},
			{40 * ms, 80 * ms, 40 * ms, Regular},
			{80 * ms, 120 * ms, 80 * ms, Regular},
			{240 * ms, 160 * ms, 240 * ms, Regular},
		}},
		"a source that pauses for an hour": {true, true, []sample{
			{0, 0, 0, Regular},
			{hour, hour, hour, Regular},
			{hour + 40*ms, hour + 40*ms, hour + 40*ms, Regular},
		}},
		"one sample ten hours ahead": {true, true, []sample{
			{1000 * ms, 1000 * ms, 1000 * ms, Regular},
			{10*hour + 1040*ms, 1041 * ms, 1041 * ms, Wrong},
			{1080 * ms, 1080 * ms, 1080 * ms, Regular},
		}},
		"two wrong samples, one after another": {true, true, []sample{
			{1000 * ms, 1000 * ms, 1000 * ms, Regular},
			{10 * hour, 1040 * ms, 1040 * ms, Wrong},
			{20 * hour, 1080 * ms, 1080 * ms, Wrong},
			{1120 * ms, 1120 * ms, 1120 * ms, Regular},
		}},
		"a step back of two seconds": {true, true, []sample{
			{10 * second, 10 * second, 10 * second, Regular},
			{8*second + 40*ms, 10*second + 40*ms, 10*second + 40*ms, Wrong},
			{8*second + 80*ms, 10*second + 80*ms, 10*second + 80*ms, Step},
			{8*second + 120*ms, 10*second + 125*ms, 10*second + 120*ms, Regular},
		}},
		"a restart at 1 ns": {true, false, []sample{
			{10 * hour, 0, 10 * hour, Regular},
			{1, 20 * ms, 10*hour + 20*ms, Wrong},
			{1 + 20*ms, 40 * ms, 10*hour + 40*ms, Step},
			{1 + 40*ms, 60 * ms, 10*hour + 60*ms, Regular},
		}},
		"a step ahead of an hour": {true, true, []sample{
			{0, 0, 0, Regular},
			{hour, 40 * ms, 40 * ms, Wrong},
			{hour + 40*ms, 80 * ms, 80 * ms, Step},
			{hour + 80*ms, 120 * ms, 120 * ms, Regular},
		}},
		"sound that goes back a little": {true, false, []sample{
			{100 * ms, 100 * ms, 100 * ms, Regular},
			{90 * ms, 120 * ms, 120 * ms, Wrong},
			{140 * ms, 140 * ms, 140 * ms, Regular},
		}},
		"live without stamps: the time of arrival": {true, true, []sample{
			{none, 7 * second, 0, Missing},
			{none, 7*second + 41*ms, 41 * ms, Missing},
			{none, 7*second + 80*ms, 80 * ms, Missing},
		}},
		"a file without stamps: the frame rate": {false, true, []sample{
			{none, 0, 0, Missing},
			{none, 1 * ms, 40 * ms, Missing},
			{none, 2 * ms, 80 * ms, Missing},
		}},
		"live, where some have stamps": {true, true, []sample{
			{none, 0, 0, Missing},
			{5 * second, 40 * ms, 40 * ms, Regular},
			{none, 81 * ms, 81 * ms, Missing},
			{5*second + 80*ms, 120 * ms, 120 * ms, Regular},
		}},
		"a file with a pause of half a minute": {false, true, []sample{
			{0, 0, 0, Regular},
			{30 * second, 1 * ms, 30 * second, Regular},
		}},
		"a file with one stamp ten hours ahead": {false, true, []sample{
			{0, 0, 0, Regular},
			{10 * hour, 1 * ms, 40 * ms, Wrong},
			{80 * ms, 2 * ms, 80 * ms, Regular},
		}},
		"a file that begins again in the middle": {false, true, []sample{
			{100 * second, 0, 100 * second, Regular},
			{0, 1 * ms, 100*second + 40*ms, Wrong},
			{33 * ms, 2 * ms, 100*second + 80*ms, Step},
			{66 * ms, 3 * ms, 100*second + 113*ms, Regular},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLine(c.live, c.video)
			for i, s := range c.samples {
				at, v := l.Place(s.stamp, s.now, 40*ms)
				require.Equal(t, s.verdict, v, "sample %d", i)
				require.Equal(t, s.at, at, "sample %d", i)
			}
		})
	}
}

// Whatever the stamps, presentation times stay near the time of arrival, and a stream that is right again is followed
// again after at most two samples.
func TestALineRecovers(t *testing.T) {
	random := uint64(1)
	next := func(n int64) int64 { // A linear congruential generator, Knuth's numbers.
		random = random*6364136223846793005 + 1442695040888963407
		return int64(random>>33) % n
	}
	l := NewLine(true, false)
	base, wrong := int64(0), 0
	for i := range int64(20_000) {
		now := i * 20 * ms
		stamp := now + base
		switch next(100) {
		case 0:
			stamp = next(100*3600*1000) * ms // one wrong stamp
		case 1:
			base = next(100*3600*1000)*ms - now // The clock is set.
			stamp = now + base
		}
		at, v := l.Place(max(stamp, 0), now, 20*ms)
		require.InDelta(t, now, at, float64(4*second), "sample %d", i)
		if v == Wrong {
			wrong++
		}
	}
	require.InDelta(t, 400, wrong, 100, "each of the 400 disturbances costs one or two samples")
}

func TestTheEndsOfTheRange(t *testing.T) {
	c := Clock{Live: true, Ahead: 1000}
	require.Equal(t, Regular, c.Judge(math.MinInt64, 0))
	require.Equal(t, Wrong, c.Judge(math.MaxInt64, 10))
	require.Equal(t, Regular, c.Judge(math.MinInt64+10, 20))
	c.Forget()
	require.Equal(t, Regular, c.Judge(math.MaxInt64, 30))
	require.Equal(t, Wrong, c.Judge(math.MinInt64, 40))
	require.Equal(t, Step, c.Judge(math.MinInt64+5, 50))
}

func TestPacer(t *testing.T) {
	var p Pacer
	require.Equal(t, 100*ms, p.Due(5*second, 100*ms, 0), "the first is due at once")
	require.Equal(t, 140*ms, p.Due(5*second+40*ms, 101*ms, 0))
	require.Equal(t, 180*ms, p.Due(5*second+80*ms, 300*ms, 0), "a little late: it catches up")
	require.Equal(t, 5*second+80*ms, p.Time(180*ms))
	require.Equal(t, 10*second, p.Due(5*second+120*ms, 10*second, 0), "the process was stopped")
	require.Equal(t, 10*second+40*ms, p.Due(5*second+160*ms, 10*second+ms, 0), "nothing is made up for")
	require.Equal(t, 14*second+940*ms, p.Time(10*second+40*ms), "the time that was lost has passed for viewers too")
	require.Equal(t, 10*second+100*ms, p.Due(5*second+200*ms, 10*second+100*ms, 10*ms), "less slack")
	p.Resume(5*second+240*ms, 20*second)
	require.Equal(t, 20*second+40*ms, p.Due(5*second+280*ms, 20*second, 0))
	require.Equal(t, 5*second+280*ms, p.Time(20*second+40*ms))
}

func TestBacklog(t *testing.T) {
	var b Backlog
	at := int64(0)
	now := 50 * ms
	sent := func(by int64, stopped bool) bool {
		at, now = at+40*ms, now+by
		return !b.Add(at, now, stopped)
	}
	for range 100 {
		require.True(t, sent(40*ms, false))
	}
	require.True(t, sent(2*second, false), "a slow network is no backlog")
	at = now - 50*ms // It has caught up.
	require.True(t, sent(40*ms, false))

	require.False(t, sent(10*second, true), "the first of the backlog")
	dropped := 1
	for !sent(ms, false) {
		dropped++
		require.Less(t, dropped, 1000)
	}
	require.InDelta(t, 10*25, dropped, 10, "what was produced in the time that the process was stopped")
	for range 100 {
		require.True(t, sent(40*ms, false))
	}

	// A source that was stopped too continues: there is nothing to catch up with.
	require.False(t, sent(10*second, true))
	dropped = 1
	for !sent(40*ms, false) {
		dropped++
	}
	require.Equal(t, 25, dropped, "a second of it is lost, no more")
	require.True(t, sent(40*ms, false))
}
