// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package camera

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/policy"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
)

// source is a source that keeps its last frame.
type source struct {
	t        *testing.T
	driver   *Driver
	begin    time.Time
	captured time.Time // zero before the first frame
	open     bool
	keys     []time.Duration // when key frames were encoded
	encoded  []time.Duration // when frames were encoded
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{t: t, begin: time.Now(), open: true}
	s.driver = NewDriver(Options{FPS: fps}, s.repeat)
	s.driver.Renew(policy.Encoder{Efficiency: 1})
	s.driver.Resize([]allocation.Layer{layer(fps)})
	return s
}

// repeat is called on the driver's goroutine, and acts as appsrc.Feed.
func (s *source) repeat(quiet time.Duration) {
	if !s.captured.IsZero() && time.Since(s.captured) >= quiet {
		s.offer(true)
	}
}

func (s *source) capture() {
	s.captured = time.Now()
	s.offer(false)
}

func (s *source) offer(again bool) {
	now := time.Since(s.begin)
	d := s.driver.Offer(policy.Frame{Again: again, Captured: s.captured.Sub(s.begin), PTS: now, Open: s.open})
	if d.Encode {
		s.encoded = append(s.encoded, now)
	}
	if d.Key {
		s.keys = append(s.keys, now)
	}
}

// pass lets time pass and waits for everything that happens in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// run runs a test with a source in a synctest bubble.
func run(t *testing.T, test func(s *source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t)
		defer s.driver.Stop()
		test(s)
	})
}

func TestAKeyFrameOfASourceThatMoves(t *testing.T) {
	run(t, func(s *source) {
		for range 10 {
			s.capture()
			pass(10 * ms)
			s.driver.RequestKey()
			pass(frame - 10*ms)
		}
		s.capture()
		pass(time.Second)
		require.Len(s.t, s.encoded, 11, "no frame is repeated")
		require.Len(s.t, s.keys, 10)
		for i, key := range s.keys {
			require.Equal(s.t, s.encoded[i+1], key, "the next frame")
		}
	})
}

func TestAKeyFrameOfAStillSource(t *testing.T) {
	run(t, func(s *source) {
		s.capture()
		pass(time.Second)
		s.driver.RequestKey()
		pass(time.Second)
		require.Equal(s.t, []time.Duration{time.Second}, s.keys, "its last frame, at once")
		require.Len(s.t, s.encoded, 2)
	})
}

func TestAKeyFrameOfASourceThatStops(t *testing.T) {
	run(t, func(s *source) {
		s.capture()
		pass(50 * ms)
		s.driver.RequestKey()
		pass(time.Second)
		require.Equal(s.t, []time.Duration{50*ms + 3*frame}, s.keys, "when no other frame came for three intervals")
	})
}

func TestAKeyFrameAfterFramesWithoutViewers(t *testing.T) {
	run(t, func(s *source) {
		s.open = false
		s.capture()
		pass(10 * ms)
		s.open = true
		s.driver.RequestKey()
		pass(time.Second)
		require.Equal(s.t, []time.Duration{10 * ms}, s.keys, "the last frame, although it is new")
	})
}

func TestNoFrameIsRepeatedForNoViewer(t *testing.T) {
	run(t, func(s *source) {
		s.open = false
		s.capture()
		s.driver.RequestKey()
		pass(time.Second)
		require.Empty(s.t, s.encoded)
		s.open = true
		s.capture()
		require.Equal(s.t, []time.Duration{time.Second}, s.keys, "the request holds")
	})
}

func TestARepeatIsRequestedTwiceFromASourceWithoutFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type call struct{ at, quiet time.Duration }
		asked := make(chan call, 10) // each on a goroutine of its own
		begin := time.Now()
		d := NewDriver(Options{FPS: fps}, func(quiet time.Duration) { asked <- call{time.Since(begin), quiet} })
		pass(ms)
		d.RequestKey()
		pass(time.Minute)
		require.Len(t, asked, 2)
		require.Equal(t, call{ms, 3 * frame}, <-asked)
		require.Equal(t, call{ms + 3*frame, 0}, <-asked)
		d.RequestKey()
		pass(ms)
		<-asked
		d.Stop() // before the second is due
		d.RequestKey()
		pass(time.Minute)
		require.Empty(t, asked, "a stopped driver asks for nothing")
	})
}

func TestOfferDoesNotAllocate(t *testing.T) {
	d := NewDriver(Options{FPS: fps, Shrinks: true, Scales: true}, func(time.Duration) {})
	defer d.Stop()
	d.Renew(policy.Encoder{Efficiency: 1})
	d.Resize([]allocation.Layer{layer(fps)})
	pts := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		pts += frame
		d.Offer(at(pts))
		d.Encoded(screencast.Sample{PTS: pts, Bytes: 1000})
		d.Written()
	}))
}
