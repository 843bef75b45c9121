// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// narrowPolicy returns a policy for a link of 600 kbit/s. limited reports whether that is the link's limit. The first
// frame has been in transmission since 5 ms, and the second was offered at 40 ms.
func narrowPolicy(t *testing.T, limited bool) *Policy {
	t.Helper()
	p, err := NewPolicy(options())
	require.NoError(t, err)
	p.SetOpen(true)
	p.SetEstimate(0, 600_000, limited)
	first := p.Offer(0, Frame{Captured: 0})
	require.True(t, first.Encode)
	p.Encoded(5*ms, Sample{PTS: 0, Key: true, Quantizer: 40, Bytes: 7_000})
	second := p.Offer(40*ms, Frame{Captured: 40 * ms})
	require.True(t, second.Encode, "it is encoded while the first is sent")
	want := Motion
	if limited {
		want = Coarse
	}
	require.Equal(t, want, second.Quality)
	return p
}

// On a link with a limit, only one frame waits for the one that is being sent.
func TestOneFrameWaitsForTheLink(t *testing.T) {
	p := narrowPolicy(t, true)
	require.False(t, p.Offer(80*ms, Frame{Captured: 80 * ms}).Encode)
	_, ok := p.Due(80 * ms)
	require.False(t, ok, "as long as it is being sent")
	third := p.Offer(100*ms, Frame{Captured: 100 * ms})
	require.True(t, third.Replaced, "the newest waits")
	p.Written(110 * ms)
	p.Encoded(110*ms, Sample{PTS: 40 * ms, Quantizer: 40, Bytes: 3_000})
	at, ok := p.Due(110 * ms)
	require.True(t, ok)
	require.LessOrEqual(t, at, 150*ms)
	again := p.Offer(at, Frame{Again: true, Captured: 100 * ms, PTS: at})
	require.True(t, again.Encode)
	require.Equal(t, 100*ms, again.PTS)
}

// The wait for the sample of a dropped frame ends.
func TestTheWaitForADroppedFrameEnds(t *testing.T) {
	p := narrowPolicy(t, true)
	require.False(t, p.Offer(80*ms, Frame{Captured: 80 * ms}).Encode)
	p.Written(110 * ms)
	at, ok := p.Due(110 * ms)
	require.True(t, ok)
	require.Equal(t, 110*ms+samplePatience, at)
}

// At the end of the stream a waiting frame is encoded nevertheless.
func TestFlushDoesNotWaitForTheLink(t *testing.T) {
	p := narrowPolicy(t, true)
	require.False(t, p.Offer(80*ms, Frame{Captured: 80 * ms}).Encode)
	p.Flush()
	at, ok := p.Due(80 * ms)
	require.True(t, ok)
	require.Equal(t, 80*ms, at)
}

// On a link without a limit, frames do not wait for each other.
func TestFramesDoNotWaitForALinkWithoutALimit(t *testing.T) {
	p := narrowPolicy(t, false)
	require.True(t, p.Offer(80*ms, Frame{Captured: 80 * ms}).Encode)
	require.True(t, p.Offer(120*ms, Frame{Captured: 120 * ms}).Encode)
}

// On a link that does not carry the floor, repeats do not delay the frames of a slow scroll.
func TestRepeatsWaitOnANarrowLink(t *testing.T) {
	p := narrowPolicy(t, true)
	p.Encoded(60*ms, Sample{PTS: 40 * ms, Quantizer: 40, Bytes: 500})
	p.Written(61 * ms)
	at, ok := p.Due(61 * ms)
	require.True(t, ok)
	require.Equal(t, 40*ms+narrowRest, at)
}

// The frame rate recovers as soon as frames like the last ones fit.
func TestTheFrameRateFollowsTheSizes(t *testing.T) {
	r := newRate(options())
	r.setEstimate(0, 600_000, true)
	now := time.Duration(0)
	for range 20 { // Large frames do not fit.
		now += 300 * ms
		r.sampled(now, 20_000, true)
		r.hold(now)
	}
	require.Less(t, r.fps, 4.0)
	for range 6 { // Small frames do.
		now += 250 * ms
		r.sampled(now, 1_000, true)
		r.encoded(now)
	}
	require.InDelta(t, 30, r.fps, 0.1)
}

// TestTheLinkIsUsedWhateverTheSizes: some frames are several times as large as others, and set a low frame rate for
// small ones.
func TestTheLinkIsUsedWhateverTheSizes(t *testing.T) {
	const link, large, small = 600_000, 20_000, 3_000
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(link, true)
		bits, n := 0, 0
		s.use(func(d Decision) (Sample, bool) {
			c, ok := sharp(d)
			if d.Encode {
				c.Bytes = small
				if n++; n/6%2 == 0 {
					c.Bytes = large
				}
				bits += 8 * c.Bytes
			}
			return c, ok
		})
		s.move(20*time.Second, frame)
		require.GreaterOrEqual(t, bits, 20*link*95/100)
		require.LessOrEqual(t, bits, 20*link*102/100)
	})
}
