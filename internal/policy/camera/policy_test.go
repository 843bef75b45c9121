// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
)

const (
	ms    = time.Millisecond
	fps   = 30
	frame = time.Second / fps
)

// layer returns a layer of 640x360.
func layer(fps int) allocation.Layer {
	return allocation.Layer{RID: allocation.High, Width: 640, Height: 360, FPS: fps, Bitrate: 450_000, MinBitrate: 150_000}
}

// newCamera returns the policy of a camera with these sizes.
func newCamera(o Options, sizes ...allocation.Layer) *Policy {
	o.FPS = fps
	p := NewPolicy(o)
	p.Renew(policy.Encoder{Efficiency: 1})
	p.Resize(sizes)
	return p
}

// at returns a frame that a viewer can receive.
func at(pts time.Duration) policy.Frame { return policy.Frame{PTS: pts, Captured: pts, Open: true} }

func TestEachFrameIsEncodedWithItsOwnTime(t *testing.T) {
	p := newCamera(Options{}, layer(fps))
	for i := range 90 {
		pts := time.Duration(i) * frame
		require.Equal(t, policy.Decision{Encode: true, PTS: pts, Target: 450_000, FPS: fps}, p.Offer(at(pts)))
	}
}

func TestThinning(t *testing.T) {
	encoded := func(p *Policy, times ...time.Duration) (kept []time.Duration) {
		for _, pts := range times {
			d := p.Offer(at(pts))
			if d.Encode {
				kept = append(kept, pts)
				continue
			}
			require.Equal(t, policy.Decision{Dropped: policy.FrameRate}, d)
		}
		return kept
	}
	for _, c := range []struct {
		name   string
		fps    int
		frames []time.Duration
		kept   []time.Duration
	}{
		{"two of three", 20, []time.Duration{0, 33 * ms, 67 * ms, 100 * ms, 133 * ms}, []time.Duration{0, 67 * ms, 100 * ms}},
		{
			"an eighth of an interval early is not too early", 10,
			[]time.Duration{0, 87 * ms, 100 * ms, 188 * ms},
			[]time.Duration{0, 100 * ms, 188 * ms},
		},
		{
			"frames that were missed are not made up for", 10,
			[]time.Duration{0, 900 * ms, 933 * ms, 967 * ms, 1000 * ms},
			[]time.Duration{0, 900 * ms, 1000 * ms},
		},
		{"no more than the source has", 60, []time.Duration{0, 5 * ms, 10 * ms}, []time.Duration{0, 5 * ms, 10 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.kept, encoded(newCamera(Options{}, layer(c.fps)), c.frames...))
		})
	}
}

func TestARepeatIsNotDropped(t *testing.T) {
	p := newCamera(Options{}, layer(10))
	require.True(t, p.Offer(at(0)).Encode)
	again := at(10 * ms)
	again.Again, again.Waiting = true, time.Second
	require.True(t, p.Offer(again).Encode)
}

func TestAFrameDoesNotWaitForTheNetwork(t *testing.T) {
	p := newCamera(Options{}, layer(fps))
	f := at(0)
	f.Waiting = 100 * ms
	require.True(t, p.Offer(f).Encode)
	f = at(frame)
	f.Waiting = 101 * ms
	require.Equal(t, policy.Decision{Dropped: policy.Congested}, p.Offer(f))
}

func TestAFrameAfterAGapGetsTheBitsOfOneFrame(t *testing.T) {
	for _, c := range []struct {
		name string
		fps  int
		gap  time.Duration
		want float64
	}{
		{"an interval", fps, frame, fps},
		{"half an interval late", fps, frame * 3 / 2, fps},
		{"two intervals", fps, 2 * frame, fps / 2.0},
		{"ten intervals", fps, 10 * frame, fps / 10.0},
		{"a layer's own interval", 10, 100 * ms, fps},
		{"a layer's gap", 10, 400 * ms, fps / 4.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newCamera(Options{}, layer(c.fps))
			require.True(t, p.Offer(at(time.Second)).Encode)
			d := p.Offer(at(time.Second + c.gap))
			require.True(t, d.Encode)
			require.InDelta(t, c.want, d.FPS, 1e-6)
			d = p.Offer(at(time.Second + c.gap + time.Second/time.Duration(c.fps)))
			require.InDelta(t, fps, d.FPS, 1e-6, "the next frame gets its own share again")
		})
	}
}

func TestTheTargetFollowsTheShare(t *testing.T) {
	p := newCamera(Options{}, layer(fps))
	pts := time.Duration(0)
	for _, c := range []struct{ share, want int }{
		{0, 450_000}, {200_000, 200_000}, {10_000_000, 450_000}, {100, allocation.LeastBitrate}, {-1, 450_000},
	} {
		p.SetEstimate(c.share)
		pts += frame
		require.Equal(t, c.want, p.Offer(at(pts)).Target, "%d", c.share)
	}
}

func TestALayerBelowTheFullSizeIsScaled(t *testing.T) {
	p := newCamera(Options{Scales: true}, layer(fps))
	size := func(pts time.Duration) [2]int {
		d := p.Offer(at(pts))
		return [2]int{d.Width, d.Height}
	}
	require.Equal(t, [2]int{640, 360}, size(0))
	small := layer(fps)
	small.Width, small.Height = 480, 360
	p.Resize([]allocation.Layer{small})
	require.Equal(t, [2]int{480, 360}, size(frame))
}

// A camera of 1280x720 needs 900 kbit/s for its full size, 500 kbit/s for 960x540 and 300 kbit/s for 640x360, and a
// quarter more to return to each.
func TestACameraWithoutLayersShrinks(t *testing.T) {
	full := allocation.Layer{Width: 1280, Height: 720, FPS: fps, Bitrate: 1_700_000}
	p := newCamera(Options{Shrinks: true, Scales: true}, full)
	pts := time.Duration(0)
	// changes returns when the width changes during a number of frames with a share.
	changes := func(share, frames int) (times []time.Duration, width int) {
		p.SetEstimate(share)
		begin := pts
		for i := range frames {
			d := p.Offer(at(pts))
			if i > 0 && d.Width != width {
				times = append(times, pts-begin)
			}
			width, pts = d.Width, pts+frame
		}
		return times, width
	}
	times, width := changes(1_700_000, 30)
	require.Equal(t, 1280, width)
	require.Empty(t, times)
	times, width = changes(400_000, 90)
	require.Equal(t, 640, width)
	require.Equal(t, []time.Duration{31 * frame}, times, "the first frame after a second of too little")
	times, width = changes(600_000, 300)
	require.Equal(t, 640, width, "it is not a quarter more than 960x540 needs")
	require.Empty(t, times)
	times, width = changes(1_700_000, 300)
	require.Equal(t, 1280, width)
	require.Len(t, times, 1)
	require.InDelta(t, 5*time.Second, times[0], float64(frame), "once it was enough for five seconds")

	_, width = changes(400_000, 90)
	require.Equal(t, 640, width)
	p.Resize([]allocation.Layer{{Width: 960, Height: 540, FPS: fps, Bitrate: 800_000}})
	_, width = changes(800_000, 1)
	require.Equal(t, 960, width, "the decision is made again for another size")
}

func TestFramesThatAreTooSmallForALayer(t *testing.T) {
	p := newCamera(Options{Scales: true})
	require.Equal(t, policy.Decision{}, p.Offer(at(0)))
	p.Resize([]allocation.Layer{layer(fps)})
	require.True(t, p.Offer(at(frame)).Encode)
	p.Resize(nil)
	require.Equal(t, policy.Decision{}, p.Offer(at(2*frame)))
}
