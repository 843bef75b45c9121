// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeyFramesAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		times := make(chan time.Duration, 10) // a timer calls force on its own goroutine
		l := newKeyLimiter(func(bool) { times <- time.Since(start) })
		l.request() // at once
		for range 5 {
			<-time.After(50 * time.Millisecond)
			l.request() // all together at the end of the interval
		}
		<-time.After(time.Second)
		l.request() // at once again
		for _, want := range []time.Duration{0, 300 * time.Millisecond, 1250 * time.Millisecond} {
			require.Equal(t, want, <-times)
		}
		l.request()
		l.stop()
		<-time.After(time.Second)
		l.request()
		synctest.Wait()
		require.Empty(t, times, "a stopped limiter asks for nothing")
	})
}

// forcedAt calls play in a bubble with exact time, with a key limiter and a function that calls do at a time in
// milliseconds. It requires key frames at these times.
func forcedAt(t *testing.T, play func(l *keyLimiter, at func(ms int, do func())), want ...int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var times []int
		l := newKeyLimiter(func(bool) { times = append(times, int(time.Since(start).Milliseconds())) })
		play(l, func(ms int, do func()) {
			<-time.After(time.Until(start.Add(time.Duration(ms) * time.Millisecond)))
			synctest.Wait()
			do()
		})
		require.Equal(t, want, times)
	})
}

// TestTheFirstViewerDoesNotWait: a track's first key frame comes before the server informs viewers of the track.
func TestTheFirstViewerDoesNotWait(t *testing.T) {
	forcedAt(t, func(l *keyLimiter, at func(ms int, do func())) {
		at(0, l.request) // the track is bound
		at(100, l.requestForViewer)
		at(150, l.requestForViewer) // the second one waits for the interval
		at(1000, l.request)
		at(1100, l.bound) // again, as after a reconnect
		at(1100, l.request)
		at(1150, l.requestForViewer) // replaces the waiting request
		at(3000, l.stop)
		at(3000, l.bound)
		at(3000, l.requestForViewer)
	}, 0, 100, 400, 1000, 1150)
}

// TestAKeyFrameOnItsWayIsTheAnswer: while a key frame is sent, and until an answer to it can arrive, viewers' requests
// are ignored. The track's own requests concern later frames, and wait.
func TestAKeyFrameOnItsWayIsTheAnswer(t *testing.T) {
	forcedAt(t, func(l *keyLimiter, at func(ms int, do func())) {
		sent := func() { l.sent(50 * time.Millisecond) }
		at(0, l.request) // the track is bound
		at(10, l.begin)
		at(20, l.requestForViewer) // The first viewer came after the key frame had begun.
		at(700, sent)
		at(710, l.begin) // the viewer's
		for ms := 800; ms < 1500; ms += 100 {
			at(ms, l.requestForViewer)
		}
		at(1500, sent)
		at(1540, l.requestForViewer) // sent before the key frame had arrived
		at(1560, l.requestForViewer) // damaged on the way
		at(1600, l.requestForViewer) // waits
		at(1610, l.begin)            // answers the waiting request
		at(1620, sent)
		at(3000, l.request)
		at(3100, l.request)          // waits
		at(3120, l.requestForViewer) // waits with it
		at(3130, l.begin)            // does not answer the track's own request
		at(3140, sent)
		at(4000, l.stop)
	}, 0, 20, 1560, 3000, 3300)
}
