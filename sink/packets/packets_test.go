// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

func TestRTPTimeFollowsThePTS(t *testing.T) {
	for _, rate := range []uint64{90_000, 48_000} {
		c := Clock{rate: rate, base: 7}
		require.EqualValues(t, 7, c.At(0))
		require.EqualValues(t, 7+rate, c.At(int64(time.Second)))
		require.EqualValues(t, 7+rate/1000, c.At(int64(time.Millisecond)))
		// No drift and no overflow after 30 days, where ns times the rate don't fit 64 bits.
		month := 30 * 24 * time.Hour
		require.Equal(t, uint32(7+uint64(month/time.Second)*rate), c.At(int64(month)))
		require.NotPanics(t, func() { c.At(math.MaxInt64) })
		require.EqualValues(t, 7, c.At(-1))
	}
}

var vp8Codec = webrtc.RTPCodecCapability{MimeType: "VIDEO/vp8", ClockRate: 90_000}

// A key frame of a sharp screen goes out in bursts that a socket's buffer holds.
func TestPacketsOfALargeSampleAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, sent := time.Now(), map[time.Duration]int{}
		var last rtp.Packet
		w, err := NewWriter(vp8Codec, nil, func(p *rtp.Packet) error {
			require.EqualValues(t, 7, p.Timestamp)
			require.True(t, len(sent) == 0 || last.SequenceNumber+1 == p.SequenceNumber, "in order")
			sent[time.Since(start)]++
			last = *p
			return nil
		})
		require.NoError(t, err)
		require.NoError(t, w.Write(context.Background(), make([]byte, 120_000), 7))
		require.Equal(t, map[time.Duration]int{0: burst, burstPause: burst, 2 * burstPause: 120_000/1184 + 1 - 2*burst}, sent)
		require.True(t, last.Marker)
	})
	_, err := NewWriter(webrtc.RTPCodecCapability{MimeType: "video/theora"}, nil, nil)
	require.ErrorContains(t, err, "video/theora")
}

// Each packet waits for its turn, and what isn't to be sent any more is left out.
func TestPace(t *testing.T) {
	enough := errors.New("enough")
	bytes, sent := 0, 0
	w, err := NewWriter(vp8Codec, func(_ context.Context, n int) error {
		if bytes > 10_000 {
			return enough
		}
		bytes += n
		return nil
	}, func(p *rtp.Packet) error {
		sent += p.MarshalSize()
		return errors.New("lost")
	})
	require.NoError(t, err)
	require.ErrorIs(t, w.Write(context.Background(), make([]byte, 120_000), 7), enough)
	require.Equal(t, bytes, sent)
	bytes = 0
	require.ErrorContains(t, w.Write(context.Background(), make([]byte, 3000), 7), "lost", "the first failure is told")
}

// Padding takes the next number, also between the packets of a frame.
func TestPad(t *testing.T) {
	var sent []rtp.Packet
	var w *Writer
	pace := func(context.Context, int) error {
		require.Equal(t, len(sent) > 0, w.Pad(200), "not before the first packet")
		return nil
	}
	var err error
	w, err = NewWriter(vp8Codec, pace, func(p *rtp.Packet) error {
		sent = append(sent, *p)
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), make([]byte, 3000), 7))
	require.Len(t, sent, 5)
	for i, p := range sent {
		require.Equal(t, sent[0].SequenceNumber+uint16(i), p.SequenceNumber)
		require.EqualValues(t, 7, p.Timestamp)
		require.Equal(t, i%2 == 1, p.Padding)
		require.Equal(t, p.Padding, len(p.Payload) == 0)
	}
	require.EqualValues(t, 200, sent[1].Header.PaddingSize)
	require.False(t, w.Pad(0))
	require.False(t, w.Pad(256))
}
