// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachCaptureIsEncodedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		// Captures are a third of a frame early and late.
		for i := range 60 {
			s.capture()
			at := s.now()
			frames := s.seen()
			require.Len(t, frames, i+1)
			require.Equal(t, at, frames[i].at)
			require.Equal(t, at, frames[i].PTS)
			require.Equal(t, Motion, frames[i].Quality)
			pass(frame + []time.Duration{frame / 3, -frame / 3, -frame / 3, frame / 3}[i%4])
		}
		require.Zero(t, s.replaced)
	})
}

// TestNothingDelaysLaterCaptures: neither a repeat just before motion nor a capture that comes late makes the
// captures that follow wait, however little time is between them.
func TestNothingDelaysLaterCaptures(t *testing.T) {
	for _, disturb := range []struct {
		name string
		do   func(s *screen, gap time.Duration)
	}{
		{"a repeat", func(s *screen, gap time.Duration) {
			s.capture()
			for len(s.seen()) < 2 {
				pass(ms)
			}
			pass(gap)
		}},
		{"a late capture", func(s *screen, gap time.Duration) {
			s.move(10*frame, frame)
			pass(frame - gap)
			s.capture()
			pass(gap)
		}},
	} {
		for gap := ms; gap < frame; gap += ms {
			t.Run(fmt.Sprintf("%s %v before", disturb.name, gap), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := openScreen(t, options())
					defer s.driver.Stop()
					disturb.do(s, gap)
					s.forget()
					for i := range 30 {
						s.capture()
						require.Len(t, s.seen(), i+1, "encoded at once")
						pass(frame)
					}
				})
			})
		}
	}
}

// TestACaptureRightAfterARepeatIsShownAfterIt: each frame has a time stamp of its own.
func TestACaptureRightAfterARepeatIsShownAfterIt(t *testing.T) {
	p, err := NewPolicy(options())
	require.NoError(t, err)
	p.SetOpen(true)
	require.True(t, p.Offer(0, Frame{}).Encode)
	p.Encoded(ms, Sample{Quantizer: 40})
	at, ok := p.Due(ms)
	require.True(t, ok)
	repeat := p.Offer(at, Frame{Again: true, PTS: at})
	require.Equal(t, at, repeat.PTS)
	require.False(t, p.Offer(at, Frame{Captured: at, PTS: at}).Encode)
	next, ok := p.Due(at)
	require.True(t, ok)
	require.Equal(t, at+closest, next)
	capture := p.Offer(next, Frame{Again: true, Captured: at, PTS: next})
	require.True(t, capture.Encode)
	require.Equal(t, next, capture.PTS)
}

func TestNoMoreThanTheNominalRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.move(time.Second, time.Second/120)
		require.InDelta(t, 30, len(s.seen()), 1)
		s.requireNewestShown()
	})
}
