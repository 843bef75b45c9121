// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// threeLayers are those of a camera: 180, 360 and 720 lines with at most 160, 450 and 1700 kbit/s.
func threeLayers() *Options { return &Options{Layers: LayerOptions{Sizes: 3}} }

// shares returns the layers' shares of the estimate, from the smallest layer to the largest.
func (s *stage) shares() (bps []int) {
	for _, l := range s.p.Stats().Layers {
		bps = append(bps, l.Share)
	}
	return bps
}

// offs returns which layers the network cannot carry, from the smallest to the largest.
func (s *stage) offs() (off []bool) {
	for _, l := range s.p.Stats().Layers {
		off = append(off, l.Off)
	}
	return off
}

func TestTheEstimateIsDividedAmongTheLayers(t *testing.T) {
	onStage(t, 1280, 720, threeLayers(), func(s *stage) {
		s.captures(1, 1280, 720)
		require.Equal(s.t, []int{0, 0, 0}, s.shares(), "there is no estimate yet")

		s.p.SetEstimate(5_000_000)
		require.Equal(s.t, []int{160_000, 450_000, 1_700_000}, s.shares(), "each has all that it can use")
		require.Equal(s.t, []bool{false, false, false}, s.offs())

		s.p.SetEstimate(700_000)
		require.Equal(s.t, []bool{false, false, true}, s.offs(), "the largest goes first")
		shares := s.shares()
		require.Zero(s.t, shares[2])
		require.LessOrEqual(s.t, shares[0]+shares[1], 700_000)

		s.p.SetEstimate(0)
		require.Equal(s.t, []bool{false, false, false}, s.offs(), "without an estimate there is no limit")
		require.Equal(s.t, []int{0, 0, 0}, s.shares())
	})
}

func TestALayerThatTheNetworkCannotCarryIsNotEncoded(t *testing.T) {
	onStage(t, 1280, 720, threeLayers(), func(s *stage) {
		s.captures(1, 1280, 720)
		s.p.SetEstimate(200_000)
		require.Equal(s.t, []bool{false, true, true}, s.offs())
		for i := range s.layers {
			s.chain(i).taken()
		}
		congested := s.p.Stats().DroppedCongested
		s.captures(3, 1280, 720)
		require.Empty(s.t, s.chain(0).taken())
		require.Empty(s.t, s.chain(1).taken())
		require.NotEmpty(s.t, s.chain(2).taken())
		require.EqualValues(s.t, 6, s.p.Stats().DroppedCongested-congested, "three frames of two layers")
		require.True(s.t, s.tracks[0].State().NeedsKeyFrame)

		asked := s.tracks[0].requests
		s.p.SetEstimate(5_000_000)
		// A layer comes back when its rate has held for a while.
		for range 60 {
			pass(time.Second)
			s.p.layers.review()
			if !s.p.Stats().Layers[2].Off {
				break
			}
		}
		require.Equal(s.t, []bool{false, false, false}, s.offs())
		require.Greater(s.t, s.tracks[0].requests, asked, "it continues with a key frame")
		s.captures(2, 1280, 720)
		require.NotEmpty(s.t, s.chain(0).taken())
	})
}

func TestALayerWithoutViewersLeavesItsShareToTheOthers(t *testing.T) {
	onStage(t, 1280, 720, threeLayers(), func(s *stage) {
		s.captures(1, 1280, 720)
		s.p.SetEstimate(700_000)
		require.Equal(s.t, []bool{false, false, true}, s.offs())
		for _, i := range []int{1, 2} {
			s.change(i, func(f *track.State) { f.Watched = false })
		}
		for range 60 {
			pass(time.Second)
			s.p.layers.review()
		}
		require.Equal(s.t, []int{0, 0, 700_000}, s.shares())
		require.Equal(s.t, []bool{false, false, false}, s.offs(), "a layer without viewers is not congested")
		require.EqualValues(s.t, 1, s.p.layers.awake.Load())
	})
}

// TestTheEncoderIsAskedForTheShare: a camera's target and size follow it, a screen's frame rate.
func TestTheEncoderIsAskedForTheShare(t *testing.T) {
	onStage(t, 1280, 720, nil, func(s *stage) {
		s.captures(2, 1280, 720)
		require.Equal(s.t, 1_700_000, s.chain(0).target)
		require.Equal(s.t, [2]int{1280, 720}, s.chain(0).size)
		s.p.SetEstimate(150_000)
		s.captures(300, 1280, 720)
		require.Equal(s.t, 150_000, s.chain(0).target)
		require.Less(s.t, s.chain(0).size[1], 720, "fewer pixels need fewer bits")
		require.InDelta(s.t, 30, s.chain(0).fps, 0.1)
	})
	onStage(t, 1280, 720, &Options{Screencast: true}, func(s *stage) {
		s.captures(2, 1280, 720)
		s.p.SetEstimate(600_000)
		s.captures(300, 1280, 720)
		require.Equal(s.t, DefaultFloor, s.chain(0).target, "the floor")
		require.Equal(s.t, [2]int{}, s.chain(0).size, "a screen keeps its size")
		stats := s.p.Stats().Screen
		require.Equal(s.t, 600_000, stats.Estimate)
		require.True(s.t, stats.Limited)
		require.Equal(s.t, DefaultFloor, stats.Floor)
		require.Equal(s.t, stats, s.p.Stats().Layers[0].Screen)
	})
}

// TestHeadersArePartOfTheShareOfTheNetwork: a sixteenth of it.
func TestHeadersArePartOfTheShareOfTheNetwork(t *testing.T) {
	onStage(t, 1280, 720, nil, func(s *stage) {
		s.captures(1, 1280, 720)
		s.p.layers.onNetwork(network.Share{Bitrate: 1_600_000, Limited: true})
		require.Equal(s.t, []int{1_500_000}, s.shares())
		s.p.layers.onNetwork(network.Share{})
		require.Equal(s.t, []int{0}, s.shares())
	})
}

func TestFramesOfAnotherSizeAreAReasonToDivideAgain(t *testing.T) {
	onStage(t, 1280, 720, nil, func(s *stage) {
		for len(s.p.layers.resized) > 0 {
			<-s.p.layers.resized
		}
		s.captures(2, 640, 360)
		require.Len(s.t, s.p.layers.resized, 1)
		s.captures(1, 1280, 720)
		require.Len(s.t, s.p.layers.resized, 1, "it does not block")
	})
}

func TestTheMeterOfABitRate(t *testing.T) {
	var m meter
	at := func(d time.Duration) time.Time { return time.Unix(1000, 0).Add(d) }
	require.True(t, m.measure(at(0), 500), "the first call begins")
	require.Zero(t, m.rate)
	require.False(t, m.measure(at(999*time.Millisecond), 1_000_000), "not yet")
	require.True(t, m.measure(at(time.Second), 125_500))
	require.Equal(t, 1_000_000, m.rate)
	require.True(t, m.measure(at(3*time.Second), 125_500))
	require.Equal(t, 900_000, m.rate, "it decreases by a tenth at a time")
	require.True(t, m.measure(at(4*time.Second), 375_500))
	require.Equal(t, 2_000_000, m.rate, "and increases at once")
}

// spatialLayers are three sizes of VP9 in one stream.
func spatialLayers(screencast bool) *Options {
	return &Options{
		Layers: LayerOptions{Sizes: 3}, Encoding: EncodingOptions{Codec: pipeline.VP9}, Screencast: screencast,
	}
}

func TestOneEncoderMakesAllSizesOfVP9(t *testing.T) {
	onStage(t, 1280, 720, spatialLayers(false), func(s *stage) {
		require.Len(s.t, s.layers, 1)
		s.captures(2, 1280, 720)
		layer := s.p.Stats().Layers[0]
		require.Equal(s.t, []Size{{320, 180}, {640, 360}, {1280, 720}}, layer.Sizes)
		require.Equal(s.t, 3, layer.Encoded)
		require.Equal(s.t, 1_445_000, s.chain(0).target)
		require.Equal(s.t, [2]int{}, s.chain(0).size, "the encoder scales")
	})
}

// TestSizesWithoutViewersAreNotEncoded: the lowest always is.
func TestSizesWithoutViewersAreNotEncoded(t *testing.T) {
	for _, screencast := range []bool{false, true} {
		onStage(t, 1280, 720, spatialLayers(screencast), func(s *stage) {
			s.captures(2, 1280, 720)
			full := s.chain(0).target
			targets := map[int]int{}
			for _, watched := range []int{3, 2, 1, 0, 3} {
				s.tracks[0].look(func() { s.tracks[0].watched = watched })
				s.p.layers.review()
				s.captures(3, 1280, 720)
				require.Equal(s.t, max(watched, 1), s.chain(0).layers)
				require.Equal(s.t, max(watched, 1), s.p.Stats().Layers[0].Encoded)
				targets[watched] = s.chain(0).target
			}
			require.Less(s.t, targets[1], targets[2])
			require.Less(s.t, targets[2], targets[3])
			require.Equal(s.t, targets[1], targets[0])
			if !screencast {
				require.Equal(s.t, full, targets[3])
			}
		})
	}
}

// TestAnEncoderWithoutSpatialLayersTakesOver: one size is left.
func TestAnEncoderWithoutSpatialLayersTakesOver(t *testing.T) {
	onStage(t, 1280, 720, spatialLayers(false), func(s *stage) {
		s.captures(1, 1280, 720)
		s.chain(0).fail(errBroken)
		pass(interval)
		require.Equal(s.t, "vp9enc", s.chain(0).o.Encoder)
		require.Equal(s.t, 1, s.chain(0).o.SpatialLayers)
		s.captures(2, 1280, 720)
		layer := s.p.Stats().Layers[0]
		require.Empty(s.t, layer.Sizes)
		require.Equal(s.t, []Size{{1280, 720}}, sizesIn(s.p.Stats().Layers))
	})
}

// TestNoMoreSizesThanWereAnnounced: frames may grow, and the server cannot learn of another size.
func TestNoMoreSizesThanWereAnnounced(t *testing.T) {
	onStage(t, 640, 360, spatialLayers(false), func(s *stage) {
		s.captures(1, 640, 360)
		announced := len(s.p.Stats().Layers[0].Sizes)
		require.Equal(s.t, 2, announced)
		s.captures(1, 1920, 1080)
		require.Equal(s.t, []Size{{960, 540}, {1920, 1080}}, s.p.Stats().Layers[0].Sizes)
	})
}

func TestSizesOfVideoThatAPipelineHasEncoded(t *testing.T) {
	full := allocation.Layer{RID: allocation.High, Width: 640, Height: 360, Bitrate: 1_000_000}
	require.Equal(t, []allocation.Layer{full}, sizesOf(&media.SampleInfo{}, full))
	info := media.SampleInfo{N: 2, SpatialLayers: 2}
	info.Layers[0].Width, info.Layers[0].Height = 320, 180
	info.Layers[1].Width, info.Layers[1].Height = 640, 360
	require.Equal(t, []allocation.Layer{
		{RID: allocation.Low, Width: 320, Height: 180},
		{RID: allocation.Medium, Width: 640, Height: 360, Bitrate: 1_000_000},
	}, sizesOf(&info, full))
	info.N = 1
	require.Equal(t, []allocation.Layer{full}, sizesOf(&info, full), "a sample that lacks a layer says nothing")
}
