// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// readVP8 reassembles a picture. Its packets have the same descriptor, except for S.
func readVP8(t *testing.T, w *wire) (first codecs.VP8Packet, data []byte) {
	t.Helper()
	for i, p := range w.packets {
		var h codecs.VP8Packet
		payload, err := h.Unmarshal(p.Payload)
		require.NoError(t, err)
		require.Equal(t, i == 0, h.S == 1)
		require.Equal(t, [3]uint8{1, 1, 0}, [3]uint8{h.X, h.I, h.PID})
		data = append(data, payload...)
		h.S, h.Payload = 0, nil
		if i == 0 {
			first = h
		}
		require.Equal(t, first, h)
	}
	return first, data
}

func TestVP8(t *testing.T) {
	w := newWire(t, webrtc.MimeTypeVP8)
	w.format.(*vp8).picture = pictureIDs - 20
	layers := []int{0, 2, 1, 2}
	base, last := uint8(0), uint16(pictureIDs-20)
	for i := range 300 {
		data := pattern(1+i*13, byte(i))
		l := &Layers{Key: i%100 == 0, Temporal: layers[i%4], TemporalLayers: 3, SwitchUp: i%4 < 3}
		if i%3 == 0 {
			l.Frames = []Frame{{Size: len(data), Width: 320, Height: 180, References: []int{4, 1}}}
			if l.Key {
				l.Frames[0].References = nil
			}
		}
		require.NoError(t, w.write(append(data, make([]byte, i%3)...)[:len(data)], l))
		h, got := readVP8(t, w)
		require.Equal(t, data, got)
		require.Equal(t, (last+1)%pictureIDs, h.PictureID)
		last = h.PictureID
		require.EqualValues(t, l.Temporal, h.TID)
		require.Equal(t, l.SwitchUp, h.Y == 1)
		require.Equal(t, [3]uint8{1, 1, 0}, [3]uint8{h.L, h.T, h.K})
		if i > 0 && l.Temporal == 0 {
			base++
		}
		if i == 0 {
			base = h.TL0PICIDX
		}
		require.Equal(t, base, h.TL0PICIDX)
	}
	// Without layers, the descriptor has only the ID.
	require.NoError(t, w.write(pattern(2368, 0), nil))
	h, got := readVP8(t, w)
	require.Equal(t, pattern(2368, 0), got)
	require.Len(t, w.packets, 2, "packets are full")
	require.Equal(t, (last+1)%pictureIDs, h.PictureID)
	require.Equal(t, [3]uint8{}, [3]uint8{h.L, h.T, h.K})
	// Data after the frame is not sent.
	require.NoError(t, w.write(pattern(100, 0), &Layers{TemporalLayers: 2, Frames: []Frame{{Size: 70}}}))
	_, got = readVP8(t, w)
	require.Equal(t, pattern(70, 0), got)
}
