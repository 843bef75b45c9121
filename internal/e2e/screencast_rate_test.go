// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/video"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// floorBytes is a frame's share of the default floor, in bytes.
const floorBytes = sink.DefaultFloor / video.DefaultFPS / 8

// flow describes the frames that a viewer saw during a time.
type flow struct {
	rate float64 // bit/s
	fps  float64 // frames a second
	size float64 // mean size of a frame, in bytes
}

// watch takes frames for a time, measured by their own timestamps. All must have the captured size.
func (s *screen) watch(d time.Duration) flow {
	s.t.Helper()
	first := next(s.t, s.view)
	last, bytes, n := first, 0, 0
	for since(last, first) < d {
		bytes += last.Bytes // Everything that was sent before the next one.
		n++
		last = next(s.t, s.view)
		require.Equal(s.t, [2]int{screenWidth, screenHeight}, [2]int{last.Width, last.Height})
	}
	seconds := since(last, first).Seconds()
	return flow{rate: float64(8*bytes) / seconds, fps: float64(n) / seconds, size: float64(bytes) / float64(n)}
}

// Tests that mostly wait are parallel.

// settle is how long the frame rate may take to decrease, and measure how long it is measured, in the frames' time.
const settle, measure = 3500 * time.Millisecond, 2500 * time.Millisecond

func TestTheNarrowestLinkGetsFewerFrames(t *testing.T) {
	t.Parallel()
	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		s := newScreen(t, nil)
		c := s.scroll()
		until(t, s.view, "motion", indexFrom(scrolled+20))
		s.judgeNarrow(verdict, 100_000)
		c.hold()
		until(t, s.view, "the frame that was captured last", indexIs(c.index.Load()))
		s.judgeWideAgain(verdict)
	})
}

func TestANarrowLinkGetsFewerFrames(t *testing.T) {
	t.Parallel()
	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		s := newScreen(t, &sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.H264}})
		s.scroll()
		until(t, s.view, "motion", indexFrom(scrolled+20))
		s.judgeNarrow(verdict, 300_000)
		s.judgeNarrow(verdict, 600_000)
	})
}

// judgeNarrow judges a moving screen on a narrow link.
func (s *screen) judgeNarrow(verdict *attempt.Verdict, estimate int) {
	s.t.Helper()
	s.pub.SetEstimate(estimate)
	s.watch(settle)
	dropped := s.pub.Stats().DroppedFrameRate
	f, n := s.watch(measure), s.pub.Stats()
	s.t.Logf("%d bit/s: %+v, %+v", estimate, f, n.Screen)
	// The frames use the estimate, if there are enough of them.
	verdict.Want(f.rate <= float64(estimate)*1.25, "%.0f bit/s, want at most 1.25 times the estimate", f.rate)
	verdict.Want(f.rate >= float64(estimate)*0.4, "%.0f bit/s, want at least 0.4 times the estimate", f.rate)
	// There are fewer frames, but none below the floor.
	require.Greater(s.t, n.DroppedFrameRate, dropped)
	verdict.Want(f.size >= floorBytes*0.7, "frames of %.0f bytes, want at least 0.7 times the floor's", f.size)
	fps := n.Screen.FPS
	verdict.Want(fps >= 2 && fps <= 20, "%.1f frames a second, want 2 to 20, a step below the nominal rate", fps)
	verdict.Want(f.fps >= 1.5 && f.fps < 20, "%.1f frames a second arrive, want 1.5 to 20", f.fps)
	require.NotZero(s.t, n.Screen.SentRate)
	n.Screen.SentRate, n.Screen.FPS = 0, 0
	require.Equal(s.t, sink.ScreenStats{
		Estimate: estimate, Limited: true, Target: sink.DefaultFloor, Floor: sink.DefaultFloor,
	}, n.Screen)
}

// judgeWideAgain widens the link while the screen moves again.
func (s *screen) judgeWideAgain(verdict *attempt.Verdict) {
	s.t.Helper()
	c := s.scroll()
	narrow := s.pub.Stats().Screen.FPS
	s.pub.SetEstimate(5_000_000)
	s.eventually("the frame rate comes back", func(n sink.Stats) bool {
		return n.Screen.FPS == video.DefaultFPS && n.Screen.Target == 2_000_000
	})
	at := c.index.Load()
	until(s.t, s.view, "what was captured since", indexFrom(at))
	f := s.watch(time.Second)
	s.t.Logf("%.1f frames a second after %.1f", f.fps, narrow)
	verdict.Want(f.fps >= narrow*1.4, "%.1f frames a second, want 1.4 times %.1f", f.fps, narrow)
}

func TestALowerFloorMeansMoreAndSmallerFrames(t *testing.T) {
	t.Parallel()
	attempt.Best(t, lowerFloor)
}

func lowerFloor(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	const floor = 300_000
	s := newScreen(t, &sink.Options{Screen: sink.ScreenOptions{Floor: floor}})
	s.scroll()
	until(t, s.view, "motion", indexFrom(scrolled+20))
	s.pub.SetEstimate(floor)
	s.watch(settle)
	f, n := s.watch(measure), s.pub.Stats().Screen
	t.Logf("%d bit/s: %+v, %+v", floor, f, n)
	verdict.Want(f.size < floorBytes*0.7, "frames of %.0f bytes, want less than 0.7 times the default floor's", f.size)
	verdict.Want(f.rate <= floor*1.25, "%.0f bit/s, want at most 1.25 times the floor", f.rate)
	require.Equal(t, [3]int{floor, floor, floor}, [3]int{n.Estimate, n.Target, n.Floor})
	s.pub.SetEstimate(floor / 3)
	n = s.pub.Stats().Screen
	require.Equal(t, [3]int{floor / 3, floor, floor}, [3]int{n.Estimate, n.Target, n.Floor})
}

// TestAFrameThatWaitsKeepsTheTimeOfItsCapture tests a frame so large that the next ones wait.
func TestAFrameThatWaitsKeepsTheTimeOfItsCapture(t *testing.T) {
	s := newScreen(t, nil)
	until(t, s.view, "black", isBlack)
	s.pub.SetEstimate(100_000)
	s.capture(1)
	first := until(t, s.view, "the first", indexIs(1))
	begin := time.Now()
	s.capture(2)
	s.capture(3)
	end := time.Now()
	third := until(t, s.view, "the newest", indexFrom(2))
	require.True(t, indexIs(3)(third), "the second frame was too late")
	require.EqualValues(t, 1, s.pub.Stats().DroppedFrameRate)
	t.Logf("captured in %v, received %v after the first, shown at %v", end.Sub(begin),
		third.Received.Sub(first.Received), since(third, first))
	require.Greater(t, third.Received.Sub(begin), since(third, first), "it had to wait, which its time doesn't tell")
}

// TestACameraKeepsItsFrameRate on a link where a screen would not.
func TestACameraKeepsItsFrameRate(t *testing.T) {
	attempt.Best(t, cameraKeepsItsRate)
}

func cameraKeepsItsRate(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	s := newScreen(t, nil)
	require.NoError(t, s.pub.Close())
	s.src = newSource(t, screenWidth, screenHeight, nil)
	s.pub = publish(t, s.room, s.src, &sink.Options{Encoding: sink.EncodingOptions{Bitrate: 2_000_000}})
	c := s.scroll()
	until(t, s.view, "a frame of the camera", indexFrom(0))
	s.watch(time.Second)
	wide := s.watch(time.Second)
	s.pub.SetEstimate(400_000)
	s.watch(time.Second)
	narrow := s.watch(time.Second)
	t.Logf("%+v, then %+v", wide, narrow)
	verdict.Want(narrow.size < wide.size*0.7, "frames of %.0f bytes, want smaller ones, not fewer", narrow.size)
	c.hold()
	// Equal frames are encoded too.
	before := s.pub.Stats()
	for range 10 {
		require.NoError(t, s.src.CaptureFrame(s.frame, nil))
	}
	s.eventually("all are encoded", func(n sink.Stats) bool {
		return n.Sent-before.Sent+n.DroppedQueueFull-before.DroppedQueueFull >= 10
	})
	n := s.pub.Stats()
	require.Zero(t, n.Unchanged+n.DroppedFrameRate)
	require.Equal(t, before.Repeats, n.Repeats) // The first frame may have been repeated.
	require.Equal(t, sink.ScreenStats{}, n.Screen)
}

func TestScreensThatCannotBePublished(t *testing.T) {
	room := join(t, newRoom(t))
	src := newSource(t, screenWidth, screenHeight, &appsrc.Options{IsScreencast: true})
	for name, c := range map[string]struct {
		option  string
		options sink.Options
	}{
		"a floor above the bitrate": {"Screen.Floor", sink.Options{
			Screen:   sink.ScreenOptions{Floor: 1_000_001},
			Encoding: sink.EncodingOptions{Bitrate: 1_000_000},
		}},
		"a negative floor": {"Screen.Floor", sink.Options{Screen: sink.ScreenOptions{Floor: -1}}},
		"repeats more often than FPS": {
			"Screen.IdleRepeat", sink.Options{Screen: sink.ScreenOptions{IdleRepeat: time.Second / 31}},
		},
		"repeats in the past": {
			"Screen.IdleRepeat", sink.Options{Screen: sink.ScreenOptions{IdleRepeat: -time.Second}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sink.Publish(within(t), room, src, &c.options)
			var bad *sink.OptionError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.option, bad.Option)
			_, err = sink.PublishPipeline(within(t), room, parse(t, still), withScreencast(c.options))
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.option, bad.Option)
		})
	}
	require.Empty(t, room.LocalParticipant.TrackPublications())
	_, err := appsrc.NewVideoSource(screenWidth, screenHeight, &appsrc.Options{IsScreencast: true, FPS: -1})
	require.ErrorContains(t, err, "FPS must be between 1 and 240, got -1")
	_, err = sink.PublishPipeline(within(t), room, parse(t, still), &sink.Options{
		Screencast: true,
		Encoding:   sink.EncodingOptions{FPS: -1},
	})
	require.ErrorContains(t, err, "Encoding.FPS must not be negative, got -1")
}

func withScreencast(o sink.Options) *sink.Options {
	o.Screencast = true
	return &o
}
