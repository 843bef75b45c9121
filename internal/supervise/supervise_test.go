// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// maxGap is the longest gap that a viewer may see after a failure: hardwarePatience, a check, and some frames.
const maxGap = 800 * time.Millisecond

// run runs a test in a synctest bubble.
func run(t *testing.T, test func(h *fakeHost)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newHost(t)) })
}

// The hardware works during the proof and fails later, in each way: at its first frame, or in mid-stream.
func TestAnEncoderThatFailsIsReplaced(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		reason string
		gap    time.Duration // the longest that a viewer may see
	}{
		{"it cannot be built", script{frame: -1}, "broken", interval},
		{"it refuses to start", script{fault: refusesReady}, "broken", interval},
		{"it refuses the format", script{fault: refusesFormat}, "broken", interval},
		{"it fails at the first frame", script{fault: fails, frame: 1}, "broken", interval},
		{"it fails in mid-stream", script{fault: fails, frame: 100}, "broken", 2 * interval},
		{"it hangs at the first frame", script{fault: hangs, frame: 1}, "it has been stuck in a frame", interval},
		{"it hangs in mid-stream", script{fault: hangs, frame: 100}, "it has been stuck in a frame", maxGap},
		{"it swallows all frames", script{fault: swallows, frame: 1}, "it has produced nothing for", interval},
		{"it swallows frames in mid-stream", script{fault: swallows, frame: 100}, "it has produced nothing for", maxGap},
		{"it makes B-frames", script{fault: reorders}, "it reorders frames", 2 * interval},
		{"its driver does not return", script{fault: hangs, frame: 100, close: time.Minute}, "it has been stuck", maxGap},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *fakeHost) {
				h.scripts[hardware] = c.script
				h.begin()
				h.capture(200)
				require.Equal(h.t, software, h.s.Current().Choice.Row.Factory)
				require.LessOrEqual(h.t, h.longestGap(), c.gap)
				require.Greater(h.t, len(h.samples), 90)
				failed, chosen := h.events[len(h.events)-2], h.events[len(h.events)-1]
				require.True(h.t, failed.Failed && failed.Encoder == hardware, "%+v", h.events)
				require.Contains(h.t, failed.Reason, c.reason)
				require.Equal(h.t, Event{
					Encoder: software, Codec: pipeline.H264, Reason: "proven: 100 frames a second",
					Rejected: []pipeline.Rejection{{Encoder: hardware, Reason: "it has failed before"}},
				}, chosen)
				require.Equal(h.t, []string{hardware}, h.prover.forgotten, "its proof does not count any more")
				require.NoError(h.t, h.stop())
				<-time.After(c.script.close)
				synctest.Wait()
				h.requireClosed()
			})
		})
	}
}

func TestAnEncoderThatIsNotProvenIsNotUsed(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.prover.rejected[hardware] = "it brought its process down"
		h.begin()
		h.capture(30)
		require.Len(h.t, h.samples, 30)
		require.Equal(h.t, []string{software + " chosen"}, h.story())
		rejected := []pipeline.Rejection{{Encoder: hardware, Reason: "it brought its process down"}}
		require.Equal(h.t, rejected, h.events[0].Rejected)
		require.NoError(h.t, h.stop())
		h.requireClosed()
	})
}

func TestEachEncoderIsTriedOnce(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.prover.here = append(h.prover.here, candidate(pipeline.H264, second, catalogue.VA))
		h.scripts[hardware] = script{fault: fails, frame: 10}
		h.scripts[software] = script{fault: refusesReady}
		h.scripts[second] = script{fault: fails, frame: 10}
		h.begin()
		h.capture(60)
		err := <-h.kept
		require.ErrorIs(h.t, err, errBroken)
		require.ErrorContains(h.t, err, second+": broken; no other encoder can replace it: no encoder for H264 works")
		require.Equal(h.t, err, h.gaveUp)
		require.Equal(h.t, []string{
			hardware + " chosen", hardware + " failed", software + " failed", second + " chosen", second + " failed",
		}, h.story())
		require.Nil(h.t, h.s.Current())
		synctest.Wait()
		h.requireClosed()
	})
}

func TestNoEncoderWorks(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.codecs = []pipeline.Codec{pipeline.H265, pipeline.H264}
		h.prover.rejected[hardware] = "no device"
		h.scripts[software] = script{fault: refusesReady}
		_, err := h.s.Start(h.t.Context())
		none, ok := errors.AsType[*pipeline.NoEncoderError](err)
		require.True(h.t, ok)
		require.Equal(h.t, pipeline.H265, none.Codec)
		require.ErrorIs(h.t, err, errBroken)
		require.ErrorContains(h.t, err, "before, "+software+": broken")
		h.requireClosed()
	})
}

func TestTheNextCodecTakesOver(t *testing.T) {
	const first = "nvh265enc"
	for _, c := range []struct {
		name     string
		script   script
		replaced []string
	}{
		{"at the start", script{fault: refusesReady}, nil},
		{"in mid-stream", script{fault: fails, frame: 60}, []string{"H265 by H264"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *fakeHost) {
				h.codecs = []pipeline.Codec{pipeline.H265, pipeline.H264}
				h.prover.here = append(h.prover.here, candidate(pipeline.H265, first, catalogue.NVENC))
				h.scripts[first] = c.script
				h.begin()
				h.capture(120)
				require.Equal(h.t, hardware, h.s.Current().Choice.Row.Factory)
				require.Equal(h.t, c.replaced, h.replaced)
				require.NoError(h.t, h.stop())
			})
		})
	}
}

// The current codec comes first, although another one is preferred, since it keeps the track.
func TestTheSameCodecIsPreferred(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.codecs = []pipeline.Codec{pipeline.VP8, pipeline.H264}
		h.scripts[hardware] = script{fault: fails, frame: 10}
		h.begin()
		h.prover.mu.Lock()
		h.prover.here = append(h.prover.here, candidate(pipeline.VP8, "vp8enc", catalogue.Software))
		h.prover.mu.Unlock()
		h.capture(30)
		require.Equal(h.t, software, h.s.Current().Choice.Row.Factory)
		require.Equal(h.t, []string{"H264 by H264"}, h.replaced)
		require.NoError(h.t, h.stop())
	})
}

func TestAReplacementThatTheServerRefuses(t *testing.T) {
	run(t, func(h *fakeHost) {
		refusal := errors.New("refused")
		h.refusal = refusal
		h.scripts[hardware] = script{fault: fails, frame: 10}
		h.begin()
		h.capture(30)
		require.ErrorIs(h.t, <-h.kept, refusal)
		require.ErrorIs(h.t, h.gaveUp, refusal)
		synctest.Wait()
		h.requireClosed()
	})
}

func TestAnEncoderWithoutSpatialLayersIsBetterThanNone(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.layers = 3
		h.prover.here[0].Row.Layers.Spatial = 3
		h.scripts[hardware] = script{fault: fails, frame: 10}
		h.begin()
		h.capture(30)
		require.Equal(h.t, software, h.s.Current().Choice.Row.Factory)
		require.NoError(h.t, h.stop())
	})
	run(t, func(h *fakeHost) {
		h.layers = 3
		_, err := h.s.Start(h.t.Context())
		require.ErrorContains(h.t, err, "it has no layers", "in the beginning they are what the caller wants")
	})
}

func TestTheNextHardwareEncoderIsProvenInAdvance(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.begin()
		synctest.Wait()
		require.Len(h.t, h.prover.wants, 2)
		require.Equal(h.t, []string{hardware}, h.prover.wants[1].Except)
		require.NoError(h.t, h.stop())
	})
	run(t, func(h *fakeHost) {
		h.prover.rejected[hardware] = "no device"
		h.begin()
		synctest.Wait()
		require.Len(h.t, h.prover.wants, 1, "software does not need one")
		require.NoError(h.t, h.stop())
	})
}

// The publication ends while a successor is being chosen.
func TestEndDuringAReplacement(t *testing.T) {
	for _, canceled := range []bool{true, false} {
		run(t, func(h *fakeHost) {
			ending := make(chan struct{})
			h.scripts[hardware] = script{fault: fails, frame: 10}
			h.begin()
			synctest.Wait()
			h.prover.mu.Lock()
			h.prover.choose = func(context.Context) error {
				<-ending
				if canceled {
					return context.Canceled
				}
				return nil
			}
			h.prover.mu.Unlock()
			h.capture(30)
			require.Nil(h.t, h.s.Current())
			require.Nil(h.t, h.s.End())
			close(ending)
			require.NoError(h.t, <-h.kept)
			require.NoError(h.t, h.gaveUp)
			require.Equal(h.t, 1, h.installs)
			synctest.Wait()
			h.requireClosed()
		})
	}
}

func TestAnEncoderIsNotInstalledAfterTheEnd(t *testing.T) {
	run(t, func(h *fakeHost) {
		e, err := h.s.Start(h.t.Context())
		require.NoError(h.t, err)
		require.Nil(h.t, h.s.End())
		require.False(h.t, h.s.Install(e))
		require.Zero(h.t, h.installs)
		require.NoError(h.t, e.Chain.Close())
	})
}

// A failure after End does not start another encoder.
func TestAFailureAfterTheEndIsReturned(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.scripts[hardware] = script{fault: fails, frame: 10}
		h.begin()
		e := h.s.End()
		h.capture(10)
		require.ErrorIs(h.t, <-h.kept, errBroken)
		require.NoError(h.t, h.gaveUp)
		require.Equal(h.t, []string{hardware + " chosen"}, h.story())
		require.NoError(h.t, e.Chain.Close())
	})
}

// If samples wait for the network, the encoder may have to wait too.
func TestAnEncoderMayWaitForTheNetwork(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.scripts[hardware] = script{fault: swallows, frame: 10}
		h.begin()
		h.s.Current().Chain.waiting = true
		h.capture(300)
		require.Equal(h.t, hardware, h.s.Current().Choice.Row.Factory)
		require.NoError(h.t, h.stop())
	})
}

// An encoder without frames is not checked, and a later failure is detected as quickly as any.
func TestAnEncoderThatRestsIsWatchedAgain(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.scripts[hardware] = script{fault: hangs, frame: 31}
		h.begin()
		h.capture(30)
		<-time.After(time.Hour)
		require.Equal(h.t, hardware, h.s.Current().Choice.Row.Factory)
		require.True(h.t, h.s.Current().resting.Load())
		h.samples = nil
		begin := time.Now()
		h.capture(60)
		require.Equal(h.t, software, h.s.Current().Choice.Row.Factory)
		require.Less(h.t, h.samples[0].Sub(begin), 750*time.Millisecond)
		require.NoError(h.t, h.stop())
	})
}

// The current encoder is not retired during Use.
func TestRetirementWaitsForUse(t *testing.T) {
	run(t, func(h *fakeHost) {
		h.begin()
		synctest.Wait()
		e := h.s.Current()
		h.s.Use(e, func() {
			e.Chain.end(errBroken)
			for range 1000 {
				runtime.Gosched() // Keep would detect the failure now.
				require.Same(h.t, e, h.s.Current())
			}
		})
		synctest.Wait()
		require.NotSame(h.t, e, h.s.Current())
		h.s.Use(e, func() { require.Fail(h.t, "it is retired") })
		require.NoError(h.t, h.stop())
	})
}
