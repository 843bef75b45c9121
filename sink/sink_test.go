// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/screencast"
)

func TestKeyUnitsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		times := make(chan time.Duration, 10) // a timer forces from its own goroutine
		l := newKeyLimiter(300*time.Millisecond, func() { times <- time.Since(start) })
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

func TestRTPTimeFollowsThePTS(t *testing.T) {
	for _, rate := range []uint64{videoClockRate, opusClockRate} {
		c := rtpClock{rate: rate, base: 7}
		require.EqualValues(t, 7, c.at(0))
		require.EqualValues(t, 7+rate, c.at(int64(time.Second)))
		require.EqualValues(t, 7+rate/1000, c.at(int64(time.Millisecond)))
		// No drift and no overflow after 30 days, where ns times the rate don't fit 64 bits.
		month := 30 * 24 * time.Hour
		require.Equal(t, uint32(7+uint64(month/time.Second)*rate), c.at(int64(month)))
		require.NotPanics(t, func() { c.at(math.MaxInt64) })
		require.EqualValues(t, 7, c.at(-1))
	}
}

// A key frame of a sharp screen goes out in bursts that a socket's buffer holds.
func TestPacketsOfALargeSampleAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, sent := time.Now(), map[time.Duration]int{}
		var last *rtp.Packet
		p, err := newPackets(webrtc.RTPCodecCapability{MimeType: "VIDEO/vp8", ClockRate: videoClockRate},
			func(p *rtp.Packet) error {
				require.EqualValues(t, 7, p.Timestamp)
				require.True(t, last == nil || last.SequenceNumber+1 == p.SequenceNumber, "in order")
				sent[time.Since(start)]++
				last = p
				return nil
			})
		require.NoError(t, err)
		require.NoError(t, p.write(make([]byte, 120_000), 7))
		require.Equal(t, map[time.Duration]int{0: burst, burstPause: burst, 2 * burstPause: 120_000/1185 + 1 - 2*burst}, sent)
		require.True(t, last.Marker)
	})
	_, err := newPackets(webrtc.RTPCodecCapability{MimeType: "video/theora"}, nil)
	require.ErrorContains(t, err, "video/theora")
}

func TestPresets(t *testing.T) {
	for _, c := range []struct {
		w, h, fps  int
		screencast bool
		want       int
	}{
		{1280, 720, 30, false, 1_700_000},
		{1920, 1080, 30, false, 3_000_000},
		{64, 64, 30, false, 90_000},
		{7680, 4320, 30, false, 8_000_000},
		{1600, 900, 30, false, 2_285_000}, // between 720p and 1080p
		{1920, 1080, 15, true, 2_500_000},
		{1920, 1080, 30, true, 5_000_000},
		{640, 360, 15, true, 1_200_000}, // the floor
	} {
		o, err := (*Options)(nil).withDefaults(c.screencast)
		require.NoError(t, err)
		require.Equal(t, c.want, o.bitrate(c.w, c.h, c.fps, pipeline.VP8), "%+v", c)
		o.Bitrate = 123
		require.Equal(t, 123, o.bitrate(c.w, c.h, c.fps, pipeline.VP8), "the caller's choice wins")
	}
	o, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, 1_700_000, o.bitrate(0, 0, 30, pipeline.H264), "as long as the size isn't known")
	require.Equal(t, 1_445_000, o.bitrate(1280, 720, 30, pipeline.VP9), "VP9 needs less")
	require.Equal(t, 1_190_000, o.bitrate(1280, 720, 30, pipeline.AV1), "AV1 needs less")
}

func TestScreenOptions(t *testing.T) {
	for _, c := range []struct {
		options Options
		fps     int
		bad     string // the option that is refused
	}{
		{Options{}, 30, ""},
		{Options{Bitrate: 300_000}, 30, ""}, // the floor comes down with it
		{Options{Floor: 500_000}, 30, ""},
		{Options{IdleRepeat: new(time.Duration)}, 30, ""},
		{Options{Bitrate: 1_000_000, Floor: 1_500_000}, 30, "Floor"},
		{Options{Floor: -1}, 30, "Floor"},
		{Options{IdleRepeat: new(time.Millisecond)}, 30, "IdleRepeat"},
		{Options{IdleRepeat: new(-time.Second)}, 30, "IdleRepeat"},
		{Options{}, 0, "FPS"},
	} {
		o, err := c.options.withDefaults(true)
		if err == nil {
			err = o.screen(1280, 720, c.fps).Check()
		}
		if c.bad == "" {
			require.NoError(t, err, "%+v", c.options)
			continue
		}
		bad, ok := errors.AsType[*screencast.OptionError](err)
		require.True(t, ok, "%+v", c.options)
		require.Equal(t, c.bad, bad.Option)
	}
}

func TestOptionsDefaults(t *testing.T) {
	camera, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	require.Equal(t, "camera", camera.Name)
	require.Equal(t, "CAMERA", camera.Source.String())
	screen, err := (&Options{Name: "desk"}).withDefaults(true)
	require.NoError(t, err)
	require.Equal(t, "desk", screen.Name)
	require.Equal(t, "SCREEN_SHARE", screen.Source.String())
	require.Equal(t, "SCREEN_SHARE_AUDIO", screen.audioSource().String())
	_, err = (&Options{Bitrate: -1}).withDefaults(false)
	require.ErrorContains(t, err, "can't be negative", "named")
}
