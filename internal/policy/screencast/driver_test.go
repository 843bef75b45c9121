// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// requireNewestShown waits until the last captured frame was encoded.
func (s *screen) requireNewestShown() {
	s.t.Helper()
	pass(longestPause)
	frames := s.seen()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(s.t, s.captured, frames[len(frames)-1].index)
}

func TestFewerFramesWhereTheFloorDoesNotFit(t *testing.T) {
	for _, estimate := range []int{100_000, 200_000, 300_000, 600_000, 900_000, 1_199_999} {
		synctest.Test(t, func(t *testing.T) {
			s := openScreen(t, options())
			defer s.driver.Stop()
			s.driver.SetEstimate(estimate, true)
			s.move(10*time.Second, frame)
			s.forget()
			s.move(10*time.Second, frame)
			bits, longest, last := 0, time.Duration(0), time.Duration(0)
			for i, p := range s.seen() {
				require.Equal(t, DefaultFloor, p.Target)
				sample, _ := sharp(p.Decision)
				require.GreaterOrEqual(t, sample.Bytes*8, DefaultFloor/30-8, "the floor's share of a frame")
				bits += 8 * sample.Bytes
				if i > 0 {
					longest = max(longest, p.at-last)
				}
				last = p.at
			}
			require.LessOrEqual(t, bits/10, estimate*102/100)
			require.GreaterOrEqual(t, bits/10, estimate*95/100, "all of it is used")
			require.LessOrEqual(t, longest, 510*ms, "the floor of the frame rate")
			require.Equal(t, Status{
				Estimate: estimate, Limited: true, Target: DefaultFloor, Floor: DefaultFloor,
				SentRate: s.driver.Status().SentRate, FPS: s.driver.Status().FPS,
			}, s.driver.Status())
			s.requireNewestShown()
		})
	}
}

// TestAnEstimateThatIsNoLimitDropsNothing: an estimate that is no limit of the link sets the target, but drops no
// frame, however large frames become.
func TestAnEstimateThatIsNoLimitDropsNothing(t *testing.T) {
	for _, estimate := range []int{300_000, 1_200_000, 2_500_000} {
		synctest.Test(t, func(t *testing.T) {
			s := openScreen(t, options())
			defer s.driver.Stop()
			s.driver.SetEstimate(estimate, false)
			s.encoder = func(d Decision) (Sample, bool) {
				sample, ok := sharp(d)
				sample.Bytes *= 5
				return sample, ok
			}
			s.move(5*time.Second, frame)
			seen := s.seen()
			require.Len(t, seen, 150)
			for _, p := range seen {
				require.False(t, p.Replaced)
				require.Equal(t, max(estimate, DefaultFloor), p.Target)
			}
			s.driver.SetEstimate(estimate, true)
			s.forget()
			s.move(5*time.Second, frame)
			require.Less(t, len(s.seen()), 100, "the same estimate as a limit")
		})
	}
}

func TestTheTargetFollowsTheEstimateAboveTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		for estimate, target := range map[int]int{
			0: 5_000_000, 9_000_000: 5_000_000, 5_000_000: 5_000_000, 2_000_000: 2_000_000, 1_200_000: 1_200_000, 1: 1_200_000,
		} {
			s.driver.SetEstimate(estimate, true)
			require.Equal(t, target, s.driver.Status().Target, "%d", estimate)
		}
		s.driver.SetMaxBitrate(800_000)
		require.Equal(t, 800_000, s.driver.Status().Target, "the highest bounds the floor")
		require.Equal(t, 800_000, s.driver.Status().Floor)
	})
}

func TestTheFrameRateRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(300_000, true)
		s.move(10*time.Second, frame)
		require.Less(t, s.driver.Status().FPS, 10.0)
		s.driver.SetEstimate(2_000_000, true)
		s.move(1500*ms, frame)
		require.InDelta(t, 30, s.driver.Status().FPS, 0.001, "where there is ample room, soon")
	})
}

// TestNothingIsEncodedWhileTheNetworkIsBehind: after the wait the newest frame is encoded.
func TestNothingIsEncodedWhileTheNetworkIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.move(time.Second, frame)
		s.forget()
		s.driver.SetBlocked(true)
		s.move(time.Second, frame)
		require.Empty(t, s.seen())
		s.driver.SetBlocked(false)
		pass(ms)
		require.Len(t, s.seen(), 1)
		s.requireNewestShown()
		s.forget()
		s.driver.SetBlocked(true)
		s.capture()
		require.Empty(t, s.seen())
		s.driver.Flush()
		pass(ms)
		require.Len(t, s.seen(), 1, "the end doesn't wait")
		require.InDelta(t, 30, s.driver.Status().FPS, 0.001, "it is no reason for fewer frames")
	})
}

// TestSmallFramesKeepTheirRateOnANarrowLink: tiny frames need no lower frame rate.
func TestSmallFramesKeepTheirRateOnANarrowLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.use(func(d Decision) (Sample, bool) { return Sample{PTS: d.PTS, Quantizer: 10, Bytes: 300}, true })
		s.driver.SetEstimate(100_000, true)
		s.move(5*time.Second, frame)
		require.Len(t, s.seen(), 150)
	})
}

func TestALargeFrameDelaysTheNext(t *testing.T) {
	for _, c := range []struct {
		bytes int
		pause time.Duration
	}{
		{20_000, (160 - 72) * time.Second / 600},
		{1_000_000, longestPause},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := openScreen(t, options())
			defer s.driver.Stop()
			s.driver.SetEstimate(600_000, true)
			s.use(func(d Decision) (Sample, bool) { return Sample{PTS: d.PTS, Quantizer: 40, Bytes: c.bytes}, true })
			s.mu.Lock()
			s.delay = 0
			s.mu.Unlock()
			s.capture()
			first := s.now()
			pass(20 * ms)
			s.capture()
			pass(2 * time.Second)
			s.capture()
			times := s.times(first)
			require.InDelta(t, c.pause.Seconds(), times[1].Seconds(), 0.001)
			require.Equal(t, 2, s.seen()[1].index, "the newest")
		})
	}
}

func TestAStillScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		rest := frame * 5 / 2
		quantizers := map[Quality]int{1: 30, 2: 16, 3: 15, Idle: 60}
		s.use(func(d Decision) (Sample, bool) {
			q, ok := quantizers[d.Quality]
			if !ok {
				q = 40
			}
			return Sample{PTS: d.PTS, Quantizer: q, Bytes: 1000}, true
		})
		s.capture()
		changed := s.now()
		pass(4 * time.Second)
		// One step per frame until the quantizer is low; then once a second.
		sharpened := rest + 2*frame
		require.InDeltaSlice(t, seconds(0, rest, rest+frame, sharpened,
			sharpened+time.Second, sharpened+2*time.Second, sharpened+3*time.Second), seconds(s.times(changed)...), 1e-6)
		require.True(t, s.driver.Status().Sharp)
		for i, p := range s.seen() {
			require.False(t, p.Key)
			require.Equal(t, []Quality{Motion, 1, 2, 3, Idle, Idle, Idle}[i], p.Quality)
		}
	})
}

func seconds(times ...time.Duration) []float64 {
	all := make([]float64, 0, len(times))
	for _, t := range times {
		all = append(all, t.Seconds())
	}
	return all
}

func TestASmallChangeOfASharpScreenNeedsNoRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.use(func(d Decision) (Sample, bool) { return Sample{PTS: d.PTS, Quantizer: 12, Bytes: 700}, true })
		for range 10 { // A user types, five times a second.
			s.forget()
			s.capture()
			pass(200 * ms)
			require.Len(t, s.seen(), 1)
		}
		changed := s.now() - 200*ms
		pass(1800 * ms)
		require.Equal(t, []time.Duration{0, polishAfter, polishAfter + time.Second}, s.times(changed),
			"once all is still, the changes get their last touch")
		require.Equal(t, Sharpest, s.seen()[1].Quality)
		require.Equal(t, Idle, s.seen()[2].Quality)
	})
}

func TestNeverRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.IdleRepeat = 0
		s := openScreen(t, o)
		defer s.driver.Stop()
		pass(time.Minute)
		require.Empty(t, s.seen())
		s.driver.RequestKey()
		synctest.Wait()
		require.Equal(t, []time.Duration{time.Minute}, s.times(2*time.Second), "asked, it answers at once")
	})
}

func TestAKeyFrameOfAStillScreenIsImmediateAndSharp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		pass(500 * ms)
		s.forget()
		at := s.now()
		s.driver.RequestKey()
		s.driver.RequestKey()
		pass(2500 * ms)
		frames := s.seen()
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second}, s.times(at))
		require.True(t, frames[0].Key)
		require.Equal(t, Sharpest, frames[0].Quality)
		require.False(t, frames[1].Key, "one is enough")
		require.Equal(t, Idle, frames[1].Quality)
	})
}

func TestAKeyFrameThatIsNotSharpIsSharpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.use(func(d Decision) (Sample, bool) {
			c, ok := sharp(d)
			if d.Key {
				c.Quantizer = 80
			}
			return c, ok
		})
		at := s.now()
		s.driver.RequestKey()
		pass(500 * ms)
		require.InDeltaSlice(t, seconds(0, frame), seconds(s.times(at)...), 1e-6)
	})
}

func TestAKeyFrameInMotionIsTheNextFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.move(time.Second, frame)
		s.forget()
		s.driver.RequestKey()
		s.move(time.Second, frame)
		frames := s.seen()
		require.Len(t, frames, 30)
		require.True(t, frames[0].Key)
		require.Equal(t, Motion, frames[0].Quality, "its size is bounded")
		require.False(t, frames[1].Key)
	})
}

func TestNothingIsSharpenedBelowTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(300_000, true)
		s.capture()
		pass(3 * time.Second)
		s.driver.RequestKey()
		pass(3 * time.Second)
		frames := s.seen()
		require.Greater(t, len(frames), 5)
		for _, p := range frames {
			require.LessOrEqual(t, p.Quality, Motion, "it would stall the link")
		}
	})
}

func TestNothingIsEncodedWithoutViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t, options())
		defer s.driver.Stop()
		s.move(time.Second, frame)
		require.Empty(t, s.seen())
		pass(2*time.Second - s.now())
		s.setOpen(true)
		synctest.Wait()
		require.Equal(t, []time.Duration{2 * time.Second}, s.times(0))
		require.True(t, s.seen()[0].Key)
		require.Equal(t, s.captured, s.seen()[0].index)
		require.Equal(t, s.at, s.seen()[0].PTS, "it was captured then")
		s.setOpen(false)
		s.forget()
		pass(5 * time.Second)
		require.Empty(t, s.seen())
		s.setOpen(true)
		synctest.Wait()
		require.Len(t, s.seen(), 1)
		require.True(t, s.seen()[0].Key)
	})
}

func TestAFrameThatTheEncoderDroppedIsEncodedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.use(func(d Decision) (Sample, bool) { c, _ := sharp(d); return c, d.Quality > 0 })
		s.capture()
		changed := s.now()
		pass(500 * ms)
		require.Equal(t, []time.Duration{0, samplePatience}, s.times(changed))
	})
}

func TestANewEncoderStartsWithAKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		at := s.now()
		s.driver.Renew(SharpnessOf("H264"))
		synctest.Wait()
		require.Equal(t, []time.Duration{0}, s.times(at))
		require.True(t, s.seen()[0].Key)
	})
}

func TestFlushEncodesTheWaitingFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(100_000, true)
		s.move(3*time.Second, frame)
		s.capture()
		frames := s.seen()
		require.NotEqual(t, s.captured, frames[len(frames)-1].index, "it waits")
		at := s.now()
		s.driver.Flush()
		synctest.Wait()
		frames = s.seen()
		require.Equal(t, s.captured, frames[len(frames)-1].index)
		require.Equal(t, at, frames[len(frames)-1].at)
	})
}

func TestAStoppedDriverRequestsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		s.driver.Stop()
		pass(5 * time.Second)
		require.Empty(t, s.seen())
	})
}

// An encoder that spreads its target over time turns a long pause into a large frame, which causes another long pause,
// unless it learns of the pause.
func TestAFrameThatHadToWaitGetsNoExtraBits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(100_000, true)
		s.use(func(d Decision) (Sample, bool) {
			return Sample{PTS: d.PTS, Quantizer: 40, Bytes: 20_000}, true
		})
		s.move(10*longestPause, frame)
		frames := s.seen()
		require.Greater(t, len(frames), 5)
		for i, p := range frames[1:] {
			pause := p.at - frames[i].at
			require.LessOrEqual(t, float64(p.Target)/30*p.FPS*pause.Seconds(), DefaultFloor/30*1.001)
		}
	})
}
