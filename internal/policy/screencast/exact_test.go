// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// stillBytes is the size of a step of lossless.
const stillBytes = 20_000

// lossless is an encoder that can encode without loss. Its steps towards sharpness have stillBytes each.
func lossless(d Decision) (Sample, bool) {
	c, ok := sharp(d)
	switch {
	case d.Quality == Exact:
		c.Quantizer = 0
	case d.Quality > Motion:
		c.Bytes = stillBytes
	}
	return c, ok
}

// exactScreen runs a test with a screen whose encoder has Sharpness.Exact, and which has just changed.
func exactScreen(t *testing.T, prepare func(s *screen), test func(s *screen, changed time.Duration)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Sharpness.Exact, o.Sharpness.Steps = true, 3
		s := newScreen(t, o)
		defer s.driver.Stop()
		s.use(lossless)
		prepare(s)
		s.setOpen(true)
		s.move(time.Second, frame)
		s.forget()
		changed := s.now()
		s.capture()
		test(s, changed)
	})
}

// exacts returns when frames were encoded without loss, after a given time.
func (s *screen) exacts(after time.Duration) (at []time.Duration) {
	for _, f := range s.seen() {
		if f.Quality == Exact {
			at = append(at, f.at-after)
		}
	}
	return at
}

// TestAStillScreenBecomesExact a second after its last change, and is repeated without loss.
func TestAStillScreenBecomesExact(t *testing.T) {
	exactScreen(t, func(*screen) {}, func(s *screen, changed time.Duration) {
		pass(time.Second - ms)
		require.True(s.t, s.driver.Status().Sharp)
		require.False(s.t, s.driver.Status().Exact)
		require.Empty(s.t, s.exacts(changed))
		pass(3 * ms)
		require.Equal(s.t, []time.Duration{time.Second}, s.exacts(changed))
		require.True(s.t, s.driver.Status().Exact)
		pass(3 * time.Second)
		seen := s.seen()
		require.Len(s.t, s.exacts(changed), 4, "and each second")
		require.Equal(s.t, Exact, seen[len(seen)-1].Quality)

		again := s.now()
		s.capture()
		pass(2 * ms)
		require.False(s.t, s.driver.Status().Exact, "it has changed")
		pass(time.Second)
		require.True(s.t, s.driver.Status().Exact)
		require.Equal(s.t, time.Second, s.exacts(again)[4])
	})
}

// TestAKeyFrameIsMadeExact: a viewer who joins gets a sharp key frame, and the rest after it.
func TestAKeyFrameIsMadeExact(t *testing.T) {
	exactScreen(t, func(*screen) {}, func(s *screen, _ time.Duration) {
		pass(2 * time.Second)
		require.True(s.t, s.driver.Status().Exact)
		s.forget()
		s.driver.RequestKey()
		pass(100 * ms)
		seen := s.seen()
		require.True(s.t, seen[0].Key)
		require.Equal(s.t, Sharpest, seen[0].Quality)
		require.Equal(s.t, Exact, seen[len(seen)-1].Quality)
		require.True(s.t, s.driver.Status().Exact)
	})
}

// TestExactnessNeedsRoom: the expected size is three times that of the steps, which may take a second.
func TestExactnessNeedsRoom(t *testing.T) {
	const needs = 3 * 3 * stillBytes * 8
	for name, tt := range map[string]struct {
		estimate int
		limited  bool
		want     bool
	}{
		"room":    {needs, false, true},
		"no room": {needs - 1, false, false},
		"limited": {2 * needs, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			exactScreen(t, func(s *screen) { s.driver.SetEstimate(tt.estimate, tt.limited) },
				func(s *screen, _ time.Duration) {
					pass(5 * time.Second)
					require.True(s.t, s.driver.Status().Sharp)
					require.Equal(s.t, tt.want, s.driver.Status().Exact)
				})
		})
	}
}

// TestWhatIsOwedCounts: if there was no room for an exact frame, a small change does not make it smaller.
func TestWhatIsOwedCounts(t *testing.T) {
	const needs = 3 * 3 * stillBytes * 8
	exactScreen(t, func(s *screen) { s.driver.SetEstimate(needs-1, false) }, func(s *screen, _ time.Duration) {
		pass(2 * time.Second)
		s.use(func(d Decision) (Sample, bool) {
			c, ok := lossless(d)
			c.Bytes = min(c.Bytes, 100)
			return c, ok
		})
		s.capture()
		pass(2 * time.Second)
		require.False(s.t, s.driver.Status().Exact)
		s.driver.SetEstimate(needs, false)
		pass(2 * time.Second)
		require.True(s.t, s.driver.Status().Exact)
	})
}

// TestAnEncoderThatCannotBeExact is asked once for each change.
func TestAnEncoderThatCannotBeExact(t *testing.T) {
	exactScreen(t, func(s *screen) { s.use(sharp) }, func(s *screen, changed time.Duration) {
		pass(5 * time.Second)
		require.Equal(s.t, []time.Duration{time.Second}, s.exacts(changed))
		require.False(s.t, s.driver.Status().Exact)
		s.capture()
		pass(5 * time.Second)
		require.Len(s.t, s.exacts(changed), 2)
	})
}
