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

// TestPacketsOfALargeSampleAreSpread checks that a key frame of a sharp screen leaves in bursts that fit into a
// socket's buffer.
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

// TestPace checks that packets wait until they are granted, and are dropped after an error of the pace.
func TestPace(t *testing.T) {
	for _, grant := range []int{1, 4000, 1 << 20} {
		enough := errors.New("enough")
		asked, wanted, sent := 0, 0, 0
		w, err := NewWriter(vp8Codec, func(_ context.Context, packets, bytes int) (int, error) {
			if sent > 10_000 {
				return 0, enough
			}
			asked++
			require.LessOrEqual(t, bytes, packets*mtu)
			wanted = sent + min(bytes, grant)
			return grant, nil
		}, func(p *rtp.Packet) error {
			require.Less(t, sent, wanted, "only the last packet may exceed a grant")
			sent += p.MarshalSize()
			return errors.New("lost")
		})
		require.NoError(t, err)
		err = w.Write(context.Background(), make([]byte, 120_000), 7)
		if grant < 1<<20 {
			require.ErrorIs(t, err, enough)
		} else {
			require.Equal(t, 1, asked, "granted packets leave at once")
		}
		sent = 0
		require.ErrorContains(t, w.Write(context.Background(), make([]byte, 3000), 7), "lost", "the first failure counts")
	}
}

// TestPaceKnowsTheSize checks in every payload format that a request is for everything that waits.
func TestPaceKnowsTheSize(t *testing.T) {
	for mime, begin := range map[string][]byte{
		webrtc.MimeTypeVP8: {0x11}, webrtc.MimeTypeVP9: {0x86, 0x00, 0x40, 0x92, 0x00}, webrtc.MimeTypeAV1: {6 << 3},
		webrtc.MimeTypeH264: {0, 0, 0, 1, 0x41}, webrtc.MimeTypeH265: {0, 0, 0, 1, 0x02, 1},
	} {
		asked, packets, sent, count := 0, 0, 0, 0
		w, err := NewWriter(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90_000},
			func(_ context.Context, n, bytes int) (int, error) {
				if asked == 0 {
					packets, asked = n, bytes
				}
				return bytes, nil
			}, func(p *rtp.Packet) error {
				sent += p.MarshalSize()
				count++
				return nil
			})
		require.NoError(t, err)
		require.NoError(t, w.Write(context.Background(), append(begin, make([]byte, 50_000)...), 7))
		require.InDelta(t, asked, sent, 1000, mime)
		require.InDelta(t, packets, count, 1, mime)
	}
}

// TestPad checks that padding takes the next sequence number, also between the packets of a frame.
func TestPad(t *testing.T) {
	var sent []rtp.Packet
	var w *Writer
	pace := func(context.Context, int, int) (int, error) {
		require.Equal(t, len(sent) > 0, w.Pad(200), "not before the first packet")
		return 1, nil
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
