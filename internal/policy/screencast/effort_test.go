// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// openThorough returns a screen on a link with a limit, whose encoder has a thorough mode that takes a given time. Its
// frames in motion have 6 kB, otherwise three times as many, whatever the target.
func openThorough(t *testing.T, limit int, takes time.Duration) *screen {
	t.Helper()
	o := options()
	o.Sharpness.Thorough = true
	s := newScreen(t, o)
	s.thorough = takes
	s.encoder = func(d Decision) (Sample, bool) {
		sample, ok := sharp(d)
		switch {
		case d.Quality == Thorough:
			sample.Bytes = 6_000
		case moves(d.Quality):
			sample.Bytes = 18_000
		}
		return sample, ok
	}
	s.setOpen(true)
	pass(2 * time.Second)
	s.driver.SetEstimate(limit, true)
	s.forget()
	return s
}

// qualities counts the frames seen at each quality.
func (s *screen) qualities() map[Quality]int {
	n := map[Quality]int{}
	for _, f := range s.seen() {
		n[f.Quality]++
	}
	return n
}

func TestMotionIsEncodedThoroughlyWhereThereIsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openThorough(t, 600_000, 17*ms)
		defer s.driver.Stop()
		s.move(5*time.Second, frame)
		n := s.qualities()
		require.Zero(t, n[Motion]+n[Coarse])
		require.InDelta(t, 5*600_000/8/6_000, n[Thorough], 4, "as many as fit, since none is larger")
	})
}

func TestCoarseWhereThereIsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openThorough(t, 5_000_000, 100*ms)
		defer s.driver.Stop()
		s.move(3*time.Second, frame)
		require.Equal(t, map[Quality]int{Thorough: 1, Coarse: 87}, s.qualities(),
			"two wait for the first, whose time is then known")
	})
}

// TestTheRateKeepsFramesThorough: a frame rate at which there is no time for Thorough has larger frames, so it must
// have room for them.
func TestTheRateKeepsFramesThorough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openThorough(t, 600_000, 70*ms)
		defer s.driver.Stop()
		s.move(5*time.Second, frame) // The frame rate falls meanwhile.
		s.forget()
		s.move(5*time.Second, frame)
		n := s.qualities()
		require.Zero(t, n[Coarse])
		require.Less(t, thoroughShare/0.07, s.driver.Status().FPS*upStep, "no higher rate has time for it")
		require.Greater(t, n[Thorough], 40)
	})
}

func TestAnEncoderWithoutAThoroughMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openThorough(t, 600_000, 17*ms)
		defer s.driver.Stop()
		s.driver.Renew(Sharpness{Quantizer: 15, Scale: 127})
		s.move(time.Second, frame)
		require.Zero(t, s.qualities()[Thorough])
		require.Positive(t, s.qualities()[Coarse])
	})
}

// TestTheTimeOfAnEncoderIsNotTheNetworks: a sample that is pulled as soon as the previous one was sent may have been
// ready for long.
func TestTheTimeOfAnEncoderIsNotTheNetworks(t *testing.T) {
	o := options()
	o.Sharpness.Thorough = true
	p, err := NewPolicy(o)
	require.NoError(t, err)
	p.SetOpen(true)
	p.SetEstimate(0, 600_000, true)
	now := time.Duration(0)
	for range 10 {
		now += 200 * ms
		require.Equal(t, Thorough, p.Offer(now, Frame{Captured: now}).Quality)
		p.Written(now + 150*ms)
		p.Encoded(now+150*ms, Sample{PTS: now, Quantizer: 40, Bytes: 6_000})
	}
	require.Zero(t, p.rate.effort.took)
	p.Offer(now+200*ms, Frame{Captured: now + 200*ms})
	p.Written(now + 205*ms)
	p.Encoded(now+220*ms, Sample{PTS: now + 200*ms, Quantizer: 40, Bytes: 6_000})
	require.Equal(t, 20*ms, p.rate.effort.took)
}
