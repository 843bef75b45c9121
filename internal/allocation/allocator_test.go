// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package allocation_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
)

var (
	// camera has LiveKit's default layers: 160, 450 and 1700 kbit/s, with minima of 30, 150 and 600.
	camera = allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000, Layers: 3}
	// screen has 625 and 2500 kbit/s.
	screen = allocation.Video{Width: 1920, Height: 1080, FPS: 15, Bitrate: 2_500_000, Layers: 2, Screencast: true}
)

// add adds a track with all layers active.
func add(a *allocation.Allocator, p allocation.Video) *allocation.Track {
	ladder := allocation.Ladder(p)
	t := a.Add(ladder, p.Screencast)
	for i := range ladder {
		t.SetActive(i, true)
	}
	return t
}

// kbps returns the shares of a track with n layers, in whole kbit/s.
func kbps(t *allocation.Track, n int) []int {
	shares := make([]int, n)
	for i := range shares {
		shares[i] = t.Bitrate(i) / 1000
	}
	return shares
}

func TestSplitOfCamera(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		inactive           []int
		estimate, reserved int // kbit/s
		want               []int
	}{
		{name: "no estimate", estimate: 0, reserved: 100, want: []int{160, 450, 1700}},
		{name: "more than enough", estimate: 9000, want: []int{160, 450, 1700}},
		{name: "just enough", estimate: 2310, want: []int{160, 450, 1700}},
		{name: "the highest gets what is left", estimate: 1500, want: []int{160, 450, 890}},
		{name: "all of its minimum is left", estimate: 1210, want: []int{160, 450, 600}},
		{name: "not all of its minimum", estimate: 1209, want: []int{160, 450, 0}},
		{name: "some is reserved", estimate: 1310, reserved: 101, want: []int{160, 450, 0}},
		{name: "the middle one gets what is left", estimate: 400, want: []int{160, 240, 0}},
		{name: "its minimum", estimate: 310, want: []int{160, 150, 0}},
		{name: "only the lowest", estimate: 309, want: []int{160, 0, 0}},
		{name: "less than its maximum", estimate: 70, want: []int{70, 0, 0}},
		{name: "less than its minimum", estimate: 20, want: []int{30, 0, 0}},
		{name: "all is reserved", estimate: 500, reserved: 600, want: []int{30, 0, 0}},
		{name: "no viewers of the lowest", inactive: []int{0}, estimate: 100, want: []int{0, 100, 0}},
		{name: "only the highest is watched", inactive: []int{0, 1}, estimate: 100, want: []int{0, 0, 100}},
		{name: "the one in the middle isn't", inactive: []int{1}, estimate: 760, want: []int{160, 0, 600}},
		{name: "no viewers", inactive: []int{0, 1, 2}, estimate: 1000, want: []int{0, 0, 0}},
		{name: "nor is there an estimate", inactive: []int{0, 1, 2}, estimate: 0, want: []int{0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a allocation.Allocator
			c := add(&a, camera)
			for _, i := range tt.inactive {
				c.SetActive(i, false)
			}
			a.Split(0, limit(tt.estimate*1000, tt.reserved*1000))
			require.Equal(t, tt.want, kbps(c, 3))
		})
	}
}

func TestSplitOfScreen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		inactive []int
		estimate int // kbit/s
		want     []int
	}{
		{"no estimate", nil, 0, []int{625, 2500}},
		{"enough", nil, 3125, []int{625, 2500}},
		{"by their maxima", nil, 2500, []int{500, 2000}},
		{"also below their floors", nil, 250, []int{50, 200}},
		{"never off", nil, 100, []int{30, 70}},
		{"not for the least either", nil, 1, []int{30, 30}},
		{"only the full size is watched", []int{0}, 1000, []int{0, 1000}},
		{"only the half", []int{1}, 1000, []int{625, 0}},
		{"no viewers", []int{0, 1}, 1000, []int{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a allocation.Allocator
			s := add(&a, screen)
			for _, i := range tt.inactive {
				s.SetActive(i, false)
			}
			a.Split(0, limit(tt.estimate*1000, 0))
			require.Equal(t, tt.want, kbps(s, 2))
		})
	}
}

func TestSplitBetweenTracks(t *testing.T) {
	t.Parallel()
	one := camera
	one.Layers = 1
	tests := []struct {
		name           string
		first, second  allocation.Video
		estimate       int // kbit/s
		wanted, others []int
	}{
		{"enough", camera, screen, 5435, []int{160, 450, 1700}, []int{625, 2500}},
		{"no estimate", camera, screen, 0, []int{160, 450, 1700}, []int{625, 2500}},
		// The camera's part is 2310/5435 of the estimate.
		{"by their maxima", camera, screen, 4000, []int{160, 450, 1090}, []int{459, 1839}},
		// 2310/5435 of 2718 is 1155, too little for the highest layer: the screen gets the rest.
		{"what a camera leaves is the screen's", camera, screen, 2718, []int{160, 450, 0}, []int{421, 1686}},
		{"or the next camera's", camera, camera, 2400, []int{160, 450, 0}, []int{160, 450, 1180}},
		{"single ones", one, one, 2000, []int{1000, 0, 0}, []int{1000, 0, 0}},
		{"nearly nothing", camera, screen, 90, []int{30, 0, 0}, []int{30, 30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a allocation.Allocator
			first, second := add(&a, tt.first), add(&a, tt.second)
			a.Split(0, limit(tt.estimate*1000, 0))
			n, m := len(allocation.Ladder(tt.first)), len(allocation.Ladder(tt.second))
			require.Equal(t, tt.wanted[:n], kbps(first, n))
			require.Equal(t, tt.others[:m], kbps(second, m))
		})
	}
}

// TestLayerReturns checks that a layer does not flap with an estimate around its minimum.
func TestLayerReturns(t *testing.T) {
	t.Parallel()
	type step struct {
		at       time.Duration
		estimate int // kbit/s
		highest  int // the share of the highest layer, in kbit/s
	}
	const ms = time.Millisecond
	tests := []struct {
		name  string
		steps []step
	}{
		{"with 1.2 of its minimum left", []step{
			{0, 1210, 600},
			{100 * ms, 1209, 0},
			{5000 * ms, 1210, 0},
			{9000 * ms, 1329, 0},
			{9001 * ms, 1330, 720},
			{9002 * ms, 1210, 600},
			{9003 * ms, 1209, 0},
		}},
		{"after two seconds", []step{
			{0, 3000, 1700}, {1000 * ms, 1000, 0}, {2000 * ms, 3000, 0}, {2999 * ms, 3000, 0}, {3000 * ms, 3000, 1700},
		}},
		{"two seconds from when it went", []step{{0, 1000, 0}, {1500 * ms, 900, 0}, {2000 * ms, 3000, 1700}}},
		{"at once when the estimate is gone", []step{{0, 1000, 0}, {10 * ms, 0, 1700}, {20 * ms, 1210, 600}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a allocation.Allocator
			c := add(&a, camera)
			for _, s := range tt.steps {
				a.Split(s.at, limit(s.estimate*1000, 0))
				require.Equal(t, s.highest, c.Bitrate(2)/1000, "at %v", s.at)
			}
		})
	}
}

// TestLayerIsWatchedAgain checks that a new viewer of a layer does not wait because the layer was off before.
func TestLayerIsWatchedAgain(t *testing.T) {
	t.Parallel()
	var a allocation.Allocator
	c := add(&a, camera)
	a.Split(0, limit(1_000_000, 0))
	require.Equal(t, []int{160, 450, 0}, kbps(c, 3))
	c.SetActive(2, false)
	a.Split(1, limit(1_000_000, 0))
	c.SetActive(2, true)
	a.Split(2, limit(1_210_000, 0))
	require.Equal(t, []int{160, 450, 600}, kbps(c, 3))

	// A layer that becomes the lowest does not wait either.
	a.Split(3, limit(1_000_000, 0))
	c.SetActive(0, false)
	c.SetActive(1, false)
	a.Split(4, limit(500_000, 0))
	require.Equal(t, []int{0, 0, 500}, kbps(c, 3))
}

// TestDue checks that a layer returns at the time of Due, without another estimate.
func TestDue(t *testing.T) {
	t.Parallel()
	var a allocation.Allocator
	c := add(&a, camera)
	due := func() time.Duration {
		at, ok := a.Due()
		if !ok {
			return -1
		}
		return at
	}
	a.Split(0, limit(200_000, 0))
	require.Equal(t, []int{160, 0, 0}, kbps(c, 3))
	require.Equal(t, time.Duration(-1), due(), "there is too little for it to come back")
	a.Split(time.Second, limit(3_000_000, 0))
	require.Equal(t, []int{160, 0, 0}, kbps(c, 3))
	require.Equal(t, 2*time.Second, due())
	a.Split(due(), limit(3_000_000, 0))
	require.Equal(t, []int{160, 450, 1700}, kbps(c, 3))
	require.Equal(t, time.Duration(-1), due())

	// With several layers, it is the earliest time.
	other := add(&a, camera)
	a.Split(3*time.Second, limit(2_000_000, 0))
	require.Equal(t, []int{160, 450, 0}, kbps(c, 3))
	require.Equal(t, []int{160, 450, 780}, kbps(other, 3))
	a.Split(4*time.Second, limit(1_000_000, 0))
	require.Equal(t, []int{160, 340, 0}, kbps(c, 3))
	require.Equal(t, []int{160, 340, 0}, kbps(other, 3))
	a.Split(4500*time.Millisecond, limit(8_000_000, 0))
	require.Equal(t, 5*time.Second, due())
	a.Split(due(), limit(8_000_000, 0))
	require.Equal(t, []int{160, 450, 1700}, kbps(c, 3))
	require.Equal(t, []int{160, 450, 0}, kbps(other, 3))
	require.Equal(t, 6*time.Second, due())
	a.Split(due(), limit(8_000_000, 0))
	require.Equal(t, []int{160, 450, 1700}, kbps(other, 3))
	require.Equal(t, time.Duration(-1), due())
}

func TestSetLimits(t *testing.T) {
	t.Parallel()
	var a allocation.Allocator
	c := add(&a, camera)
	c.SetLimits(2, 200_000, 300_000)
	a.Split(0, limit(900_000, 0))
	require.Equal(t, []int{160, 450, 290}, kbps(c, 3))
	require.Equal(t, 910_000, a.Demand())

	// The layer can return even if 1.2 times its minimum is more than its maximum.
	c.SetLimits(2, 300_000, 300_000)
	a.Split(1, limit(900_000, 0))
	require.Zero(t, c.Bitrate(2))
	a.Split(3*time.Second, limit(910_000, 0))
	require.Equal(t, 300_000, c.Bitrate(2))

	// Negative limits are clamped.
	c.SetLimits(2, -1, -1)
	a.Split(4*time.Second, limit(2_000_000, -5))
	require.Equal(t, 1, c.Bitrate(2))
}

func TestDemand(t *testing.T) {
	t.Parallel()
	var a allocation.Allocator
	require.Zero(t, a.Demand())
	a.Split(0, limit(1_000_000, 0))
	c, s := add(&a, camera), add(&a, screen)
	require.Equal(t, 2_310_000+3_125_000, a.Demand())
	a.Split(0, limit(100_000, 0))
	require.Equal(t, 2_310_000+3_125_000, a.Demand(), "what is off would be sent too")
	s.SetActive(1, false)
	require.Equal(t, 2_310_000+625_000, a.Demand())
	a.Remove(c)
	a.Remove(c)
	require.Equal(t, 625_000, a.Demand())
	a.Split(0, limit(500_000, 0))
	require.Equal(t, []int{500, 0}, kbps(s, 2))
}

// TestSplitAtRandom checks the invariants of every split: the sum, the bounds, and that no layer above one that is off
// is on.
func TestSplitAtRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // to repeat
	for range 300 {
		var a allocation.Allocator
		var tracks []*randomTrack
		for range 1 + r.IntN(5) {
			tracks = append(tracks, newRandomTrack(&a, r))
		}
		now := time.Duration(0)
		for range 60 {
			now += time.Duration(r.IntN(1500)) * time.Millisecond
			for _, rt := range tracks {
				i := r.IntN(len(rt.ladder))
				rt.active[i] = r.IntN(4) > 0
				rt.SetActive(i, rt.active[i])
			}
			estimate, reserved := 1+r.IntN(8_000_000), r.IntN(200_000)
			a.Split(now, limit(estimate, reserved))
			sum, least := 0, 0
			for _, rt := range tracks {
				s, l := rt.check(t)
				sum, least = sum+s, least+l
			}
			require.LessOrEqual(t, sum, max(estimate-reserved, least))
			require.LessOrEqual(t, sum, a.Demand())
		}
	}
}

type randomTrack struct {
	*allocation.Track
	screen bool
	ladder []allocation.Layer
	active []bool
}

func newRandomTrack(a *allocation.Allocator, r *rand.Rand) *randomTrack {
	p := allocation.Video{
		Width: 100 + r.IntN(2000), Height: 100 + r.IntN(1200), Bitrate: 1 + r.IntN(4_000_000), Layers: 1 + r.IntN(3),
		Screencast: r.IntN(2) == 0,
	}
	ladder := allocation.Ladder(p)
	return &randomTrack{a.Add(ladder, p.Screencast), p.Screencast, ladder, make([]bool, len(ladder))}
}

// check returns the sum of a track's shares, and its guaranteed minimum.
func (rt *randomTrack) check(t *testing.T) (sum, least int) {
	t.Helper()
	lowest, ended := true, false
	for i, l := range rt.ladder {
		bps := rt.Bitrate(i)
		sum += bps
		if !rt.active[i] {
			require.Zero(t, bps)
			continue
		}
		require.LessOrEqual(t, bps, l.Bitrate)
		switch {
		case lowest || rt.screen:
			require.GreaterOrEqual(t, bps, min(allocation.LeastBitrate, l.Bitrate))
			least += min(allocation.LeastBitrate, l.Bitrate)
		case ended:
			require.Zero(t, bps)
		case bps > 0:
			require.GreaterOrEqual(t, bps, l.MinBitrate)
		}
		lowest, ended = false, bps == 0
	}
	return sum, least
}

// TestMoreIsMore checks that a higher estimate decreases no layer's share.
func TestMoreIsMore(t *testing.T) {
	t.Parallel()
	for _, p := range []allocation.Video{camera, screen} {
		n := len(allocation.Ladder(p))
		last := make([]int, n)
		for estimate := 1; estimate < 4_000_000; estimate += 997 {
			var a allocation.Allocator
			track := add(&a, p)
			a.Split(0, limit(estimate, 0))
			for i := range n {
				require.GreaterOrEqual(t, track.Bitrate(i), last[i], "layer %d at %d bit/s", i, estimate)
				last[i] = track.Bitrate(i)
			}
		}
	}
}

func TestSplitDoesNotAllocate(t *testing.T) {
	var a allocation.Allocator
	add(&a, camera)
	add(&a, screen)
	estimate := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		estimate = (estimate + 50_000) % 6_000_000
		a.Split(time.Duration(estimate), limit(estimate, 100_000))
	}))
}

func BenchmarkSplit(b *testing.B) {
	var a allocation.Allocator
	add(&a, camera)
	add(&a, screen)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a.Split(time.Duration(i)*time.Millisecond, limit(500_000+i%5_000_000, 100_000))
	}
}

func BenchmarkLadder(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		allocation.Ladder(camera)
	}
}

// limit returns an estimate that is a limit of the link.
func limit(bitrate, reserved int) allocation.Estimate {
	return allocation.Estimate{Bitrate: bitrate, Reserved: reserved, Limited: true}
}

// An estimate that is no limit of the link turns no layer off, and lets a layer that was off return immediately.
func TestAnEstimateThatIsNoLimit(t *testing.T) {
	for _, estimate := range []int{30_000, 300_000, 1_200_000, 3_000_000} {
		var a allocation.Allocator
		layers := allocation.Ladder(allocation.Video{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_700_000, Layers: 3})
		track := a.Add(layers, false)
		for i := range layers {
			track.SetActive(i, true)
		}
		a.Split(0, limit(estimate, 0))
		a.Split(time.Millisecond, allocation.Estimate{Bitrate: estimate})
		sum := 0
		for i, l := range layers {
			require.GreaterOrEqual(t, track.Bitrate(i), min(l.MinBitrate, l.Bitrate), "%d: layer %d", estimate, i)
			require.LessOrEqual(t, track.Bitrate(i), l.Bitrate)
			sum += track.Bitrate(i)
		}
		if estimate > 2_000_000 {
			require.Equal(t, a.Demand(), sum)
		}
	}
}
