// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// TestALayerEncodesWhileAViewerCanReceive goes through what can happen to a track.
func TestALayerEncodesWhileAViewerCanReceive(t *testing.T) {
	for name, tt := range map[string]struct {
		close, open func(s *track.State)
		want        Reason
	}{
		"not negotiated": {
			func(s *track.State) { s.Negotiated = false }, func(s *track.State) { s.Negotiated = true }, ReasonNotNegotiated,
		},
		"muted": {
			func(s *track.State) { s.Muted = true }, func(s *track.State) { s.Muted = false }, ReasonMuted,
		},
		"no viewer": {
			func(s *track.State) { s.Watched = false }, func(s *track.State) { s.Watched = true }, ReasonUnwatched,
		},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, 320, 180, nil, func(s *stage) {
				e, f := s.layers[0], s.tracks[0]
				reason := func() Reason {
					now := facts{connected: true, encoder: true, framed: true, track: f.State()}
					return now.reason()
				}
				s.captures(3, 320, 180)
				require.Len(s.t, s.chain(0).taken(), 3)
				require.Zero(s.t, f.drops)
				require.True(s.t, e.stats().Watched)
				s.sample(0, true, 100)
				require.Equal(s.t, ReasonNone, reason())

				s.change(0, tt.close)
				s.captures(2, 320, 180)
				require.Empty(s.t, s.chain(0).taken(), "no viewer can receive it")
				require.Equal(s.t, 2, f.drops)
				require.False(s.t, e.stats().Watched)
				require.Equal(s.t, tt.want, reason())

				asked := f.requests
				s.change(0, tt.open)
				require.Greater(s.t, f.requests, asked, "the viewer needs a key frame")
				require.Equal(s.t, ReasonNoKeyFrame, reason())
				s.captures(1, 320, 180)
				taken := s.chain(0).taken()
				require.NotEmpty(s.t, taken)
				require.True(s.t, taken[0].key)
				s.sample(time.Second, true, 100)
				require.Equal(s.t, ReasonNone, reason())
				require.EqualValues(s.t, 6, s.p.Stats().Offered, "it counts what was captured, not what was encoded")
			})
		})
	}
}

func TestSamplesReachTheTrackInTheirOrder(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		for i := range 3 {
			s.sample(time.Duration(i)*interval, i == 0, 100+i)
		}
		written := s.tracks[0].written
		require.Len(s.t, written, 3)
		for i, sample := range written {
			require.Equal(s.t, int64(time.Duration(i)*interval), sample.PTS)
			require.Len(s.t, sample.Data, 100+i)
			require.Equal(s.t, i == 0, sample.Key)
		}
		require.EqualValues(s.t, 303, s.layers[0].n.Encoded.Load())
		require.Equal(s.t, -1, s.p.Stats().Layers[0].Quantizer, "vp8enc reports none")
	})
}

// TestAnEncoderThatFailsIsReplaced: its successor begins with the frame that was captured last.
func TestAnEncoderThatFailsIsReplaced(t *testing.T) {
	o := &Options{Encoding: EncodingOptions{Codec: pipeline.H264}}
	onStage(t, 320, 180, o, func(s *stage) {
		s.captures(2, 320, 180)
		old := s.chain(0)
		require.Equal(s.t, "x264enc", old.o.Encoder)
		hold := make(chan struct{})
		s.prover.mu.Lock()
		s.prover.hold = hold
		s.prover.mu.Unlock()
		old.fail(errBroken)
		synctest.Wait()
		require.Empty(s.t, s.p.Stats().Encoder)
		s.captures(3, 320, 180)
		require.EqualValues(s.t, 3, s.p.Stats().DroppedSwitching)

		close(hold)
		synctest.Wait()
		next := s.chain(0)
		require.Equal(s.t, "openh264enc", next.o.Encoder)
		require.Len(s.t, next.taken(), 1, "the last captured frame")
		require.True(s.t, s.tracks[0].State().NeedsKeyFrame)
		stats := s.p.Stats()
		require.EqualValues(s.t, 1, stats.EncoderFailures)
		require.EqualValues(s.t, 1, stats.EncoderSwitches)
		require.Equal(s.t, "openh264enc", stats.Encoder)
		require.Contains(s.t, stats.EncoderReason, "broken")
		require.Equal(s.t, []string{"x264enc", "x264enc", "openh264enc"}, encodersOf(s.events))
		require.Equal(s.t, []bool{false, true, false}, failuresOf(s.events))
		require.Equal(s.t, encodersOf(s.events), encodersOf(s.p.EncoderEvents()))
	})
}

func encodersOf(events []EncoderEvent) (names []string) {
	for _, ev := range events {
		names = append(names, ev.Encoder)
	}
	return names
}

func failuresOf(events []EncoderEvent) (failed []bool) {
	for _, ev := range events {
		failed = append(failed, ev.Failed)
	}
	return failed
}

func TestAPublicationEndsWithItsLastEncoder(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		s.captures(1, 320, 180)
		s.chain(0).fail(errBroken)
		synctest.Wait()
		err := s.capture(appsrc.BufferI420, 320, 180)
		var failed *appsrc.PipelineError
		require.ErrorAs(s.t, err, &failed)
		require.ErrorIs(s.t, err, errBroken)
		var none *pipeline.NoEncoderError
		require.ErrorAs(s.t, err, &none)
		require.Equal(s.t, pipeline.VP8, none.Codec)
		require.ErrorIs(s.t, s.p.group.Wait(), errBroken)
	})
}

func TestAnotherLayerOutlivesTheOneThatFails(t *testing.T) {
	onStage(t, 640, 360, &Options{Layers: LayerOptions{Sizes: 2}}, func(s *stage) {
		require.Len(s.t, s.layers, 2)
		s.captures(1, 640, 360)
		s.chain(0).fail(errBroken)
		synctest.Wait()
		s.chain(1).taken()
		s.captures(3, 640, 360)
		require.NotEmpty(s.t, s.chain(1).taken())
		require.Nil(s.t, s.layers[0].encoders.Current())
		require.NoError(s.t, s.layers[0].err(), "the publication is not over")
		require.False(s.t, s.layers[0].stats().Watched)
	})
}

// TestTheCausesOfDroppedFrames: each has a counter of its own.
func TestTheCausesOfDroppedFrames(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		s.captures(2, 320, 180)
		s.tracks[0].look(func() { s.tracks[0].waiting = time.Second })
		s.captures(3, 320, 180)
		require.EqualValues(s.t, 3, s.p.Stats().DroppedCongested, "the network is behind")
		s.tracks[0].look(func() { s.tracks[0].waiting = 0 })

		s.chain(0).set(func() { s.chain(0).dropped = 1 })
		s.captures(2, 320, 180)
		require.EqualValues(s.t, 1, s.p.Stats().DroppedQueueFull, "the encoder has replaced one frame, once")
		require.EqualValues(s.t, 1, s.src.Dropped(), "the source learns of it")
		require.Zero(s.t, s.p.Stats().DroppedSwitching)
		require.EqualValues(s.t, 7, s.p.Stats().Offered)
	})
}

// TestLowerLayersOfCamerasHaveFewerFrames: 20 a second of 30, as in LiveKit's SDKs.
func TestLowerLayersOfCamerasHaveFewerFrames(t *testing.T) {
	onStage(t, 1280, 720, &Options{Layers: LayerOptions{Sizes: 3}}, func(s *stage) {
		require.Len(s.t, s.layers, 3)
		s.captures(60, 1280, 720)
		for i, want := range []int{60, 40, 40} {
			require.InDelta(s.t, want, len(s.chain(i).taken()), 1, "layer %d", i)
		}
		require.InDelta(s.t, 40, int(s.p.Stats().DroppedFrameRate), 2)
		stats := s.p.Stats().Layers
		require.Equal(s.t, []string{"q", "h", "f"}, []string{stats[0].Layer, stats[1].Layer, stats[2].Layer})
		require.Equal(s.t, []int{180, 360, 720}, []int{stats[0].Height, stats[1].Height, stats[2].Height})
		require.Equal(s.t, [2]int{320, 180}, s.chain(2).size)
		require.Equal(s.t, [2]int{640, 360}, s.chain(1).size)
	})
}

func TestLayersFollowTheSizeOfTheFrames(t *testing.T) {
	onStage(t, 1280, 720, &Options{Layers: LayerOptions{Sizes: 3}}, func(s *stage) {
		s.captures(1, 1280, 720)
		s.captures(4, 480, 270)
		stats := s.p.Stats().Layers
		require.Equal(s.t, []Size{{0, 0}, {320, 180}, {480, 270}}, sizesIn(stats), "only two layers fit")
		require.Equal(s.t, 0, stats[0].Width)
		require.False(s.t, stats[0].Watched, "too small for a third")
		before := len(s.chain(2).taken())
		s.captures(3, 480, 270)
		require.Empty(s.t, s.chain(2).taken(), "before the change: %d", before)
		s.captures(3, 1280, 720)
		require.Equal(s.t, []Size{{320, 180}, {640, 360}, {1280, 720}}, sizesIn(s.p.Stats().Layers))
		require.NotEmpty(s.t, s.chain(2).taken())
	})
}

func sizesIn(layers []LayerStats) (sizes []Size) {
	for _, l := range layers {
		sizes = append(sizes, Size{l.Width, l.Height})
	}
	return sizes
}

// TestAnnouncedSizesAreThoseOfTheEncoder: those of H.264 cut off an odd row.
func TestAnnouncedSizesAreThoseOfTheEncoder(t *testing.T) {
	for codec, want := range map[pipeline.Codec]Size{pipeline.H264: {320, 180}, pipeline.VP8: {321, 181}} {
		onStage(t, 321, 181, &Options{Encoding: EncodingOptions{Codec: codec}}, func(s *stage) {
			s.captures(1, 321, 181)
			require.Equal(s.t, []Size{want}, sizesIn(s.p.Stats().Layers), "%s", codec)
		})
	}
}

// TestAStillScreenIsRepeated each second once it is sharp, as a sign of life, and not at all if the
// caller wants that.
func TestAStillScreenIsRepeated(t *testing.T) {
	for _, never := range []bool{false, true} {
		o := &Options{Screencast: true}
		if never {
			o.Screen.IdleRepeat = NeverRepeat
		}
		onStage(t, 320, 180, o, func(s *stage) {
			pass(interval)
			s.captures(1, 320, 180) // A screen is black before that.
			before := s.p.Stats().Repeats
			s.chain(0).taken()
			var at []time.Duration
			for range 2000 { // Ten seconds.
				for _, frame := range s.chain(0).taken() {
					at = append(at, frame.at)
					s.sample(frame.at, false, 100)
				}
				pass(5 * time.Millisecond)
			}
			stats := s.p.Stats()
			require.EqualValues(s.t, 1, stats.Offered)
			if never {
				require.Less(s.t, len(at), 15, "to become sharp, and then no more")
				require.Less(s.t, at[len(at)-1], 5*time.Second)
				return
			}
			require.EqualValues(s.t, len(at), stats.Repeats-before)
			last := at[len(at)-1]
			require.Greater(s.t, last, 8*time.Second)
			require.InDelta(s.t, DefaultIdleRepeat, last-at[len(at)-2], float64(20*time.Millisecond))
		})
	}
}

func TestAKeyFrameForAViewerRepeatsAStillScreen(t *testing.T) {
	o := &Options{Screencast: true, Screen: ScreenOptions{IdleRepeat: NeverRepeat}}
	onStage(t, 320, 180, o, func(s *stage) {
		s.captures(1, 320, 180)
		for range 1000 {
			for _, frame := range s.chain(0).taken() {
				s.sample(frame.at, frame.key, 100)
			}
			pass(5 * time.Millisecond)
		}
		s.layers[0].policy.RequestKey() // As the track does for a PLI.
		pass(500 * time.Millisecond)    // An encoder without a sample for longer is replaced.
		taken := s.chain(0).taken()
		require.NotEmpty(s.t, taken)
		require.True(s.t, taken[0].key)
	})
}

// TestSeveralEncodersShareAConversion: one encoder converts its frames itself.
func TestSeveralEncodersShareAConversion(t *testing.T) {
	for sizes, format := range map[int]string{1: "format=(string)BGRA", 2: "format=(string)I420"} {
		onStage(t, 640, 360, &Options{Layers: LayerOptions{Sizes: sizes}}, func(s *stage) {
			require.NoError(s.t, s.capture(appsrc.BufferBGRA, 640, 360))
			for i := range s.layers {
				taken := s.chain(i).taken()
				require.Len(s.t, taken, 1)
				require.Contains(s.t, taken[0].caps, format, "%d layers", sizes)
				require.Equal(s.t, [2]int{640, 360}, [2]int{taken[0].width, taken[0].height})
			}
		})
	}
}

func TestAStoppedLayerTakesNoMoreFrames(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		s.captures(1, 320, 180)
		c := s.chain(0)
		c.taken()
		require.NoError(s.t, errors.Join(s.p.layers.stop(s.t.Context())...))
		s.captures(2, 320, 180)
		require.Empty(s.t, c.taken())
		require.NoError(s.t, s.p.Close())
		require.True(s.t, s.tracks[0].ended)
	})
}

// TestTheOptionsReachTheEncoder: as they are, or LiveKit's presets.
func TestTheOptionsReachTheEncoder(t *testing.T) {
	for name, tt := range map[string]struct {
		o               Options
		codec           pipeline.Codec
		encoder         string
		target, fps     int
		screencast      bool
		temporal, sizes int
	}{
		"none":     {Options{}, pipeline.VP8, "vp8enc", 1_700_000, 30, false, 1, 1},
		"bit rate": {Options{Encoding: EncodingOptions{Bitrate: 500_000}}, pipeline.VP8, "vp8enc", 500_000, 30, false, 1, 1},
		"screen":   {Options{Screencast: true}, pipeline.VP8, "vp8enc", 2_000_000, 30, true, 1, 1},
		"VP9": {
			Options{Encoding: EncodingOptions{Codec: pipeline.VP9}, Layers: LayerOptions{Sizes: 3, Temporal: 2}},
			pipeline.VP9, "gpvp9enc", 1_445_000, 30, false, 2, 3,
		},
		"a fallback": {
			Options{Encoding: EncodingOptions{Codec: pipeline.H265, FallbackCodecs: []pipeline.Codec{pipeline.H264}}},
			pipeline.H264, "x264enc", 1_700_000, 30, false, 1, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, 1280, 720, &tt.o, func(s *stage) {
				o := s.chain(0).o
				require.Equal(s.t, tt.codec, o.Codec)
				require.Equal(s.t, tt.encoder, o.Encoder)
				require.Equal(s.t, tt.target, o.Bitrate)
				require.Equal(s.t, tt.fps, o.FPS)
				require.Equal(s.t, tt.screencast, o.Screencast)
				require.Equal(s.t, tt.temporal, o.TemporalLayers)
				require.Equal(s.t, tt.sizes, o.SpatialLayers)
				require.Equal(s.t, tt.codec.MimeType(), s.p.Stats().Layers[0].Codec)
			})
		})
	}
}

// TestChromaIsHalvedForViewersThatCannotDecodeIt: the chain continues with 4:2:0 and a key frame, and later encoders
// begin with it.
func TestChromaIsHalvedForViewersThatCannotDecodeIt(t *testing.T) {
	o := full444(func(o *Options) { o.Screencast = true })
	onStage(t, 320, 180, &o, func(s *stage) {
		e, c := s.layers[0], s.chain(0)
		require.True(s.t, c.o.FullChroma)
		require.Equal(s.t, Chroma444, e.stats().Chroma)
		s.captures(1, 320, 180)
		ask := func(times int) {
			for range times {
				e.n.PLIs.Add(1)
				e.reviewChroma(time.Now())
				e.n.KeyFrames.Add(1)
				pass(muteCheck)
			}
		}
		ask(3)
		require.False(s.t, c.halved)
		pass(2 * time.Second) // Those were of viewers that joined.
		e.reviewChroma(time.Now())
		ask(4)
		require.True(s.t, c.halved)
		require.Equal(s.t, Chroma420, e.stats().Chroma)
		require.Contains(s.t, s.events[len(s.events)-1].Reason, "a viewer cannot decode 4:4:4")
		c.fail(errBroken)
		synctest.Wait()
		require.NotSame(s.t, c, s.chain(0))
		require.False(s.t, s.chain(0).o.FullChroma)
	})
}

// TestALayerThatWasClosedForOneFrame: the server stops a layer and wants it again between two looks at its track, so
// no event says so.
func TestALayerThatWasClosedForOneFrame(t *testing.T) {
	onStage(t, 320, 180, &Options{Screencast: true}, func(s *stage) {
		s.captures(1, 320, 180)
		require.NotEmpty(s.t, s.chain(0).taken())
		f := s.tracks[0]
		f.look(func() { f.state.Watched = false })
		s.captures(1, 320, 180)
		f.look(func() { f.state.Watched = true })
		pass(time.Minute)
		require.Empty(s.t, s.chain(0).taken(), "it waits")
		s.layers[0].reopen()
		pass(interval)
		taken := s.chain(0).taken()
		require.NotEmpty(s.t, taken)
		require.True(s.t, taken[0].key)
	})
}
