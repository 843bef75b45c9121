// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// wire receives a Writer's packets.
type wire struct {
	*Writer
	tb      testing.TB
	packets []rtp.Packet // of the last sample
	time    uint32
}

func newWire(tb testing.TB, mime string) *wire {
	tb.Helper()
	w := &wire{tb: tb}
	pace := func(_ context.Context, _, bytes int) (int, error) { return bytes, nil }
	var err error
	codec := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90_000}
	w.Writer, err = NewWriter(codec, pace, func(p *rtp.Packet) error {
		sent := rtp.Packet{Header: p.Header.Clone()}
		sent.Payload = bytes.Clone(p.Payload)
		w.packets = append(w.packets, sent)
		return nil
	})
	require.NoError(tb, err)
	return w
}

// write writes a sample and checks what holds for the packets of every sample.
func (w *wire) write(data []byte, l *Layers) error {
	w.tb.Helper()
	w.packets, w.time = w.packets[:0], w.time+3000
	err := w.WriteLayers(context.Background(), data, w.time, l)
	if err != nil {
		require.Empty(w.tb, w.packets, "all or nothing")
		return err
	}
	for i, p := range w.packets {
		require.Equal(w.tb, i == len(w.packets)-1, p.Marker, "the last one only")
		require.Equal(w.tb, w.time, p.Timestamp)
		require.LessOrEqual(w.tb, p.MarshalSize(), mtu)
		if i > 0 {
			require.Equal(w.tb, w.packets[i-1].SequenceNumber+1, p.SequenceNumber)
		}
	}
	return nil
}

// pattern returns data that does not repeat itself.
func pattern(n int, seed byte) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i) ^ byte(i>>8)*31 ^ seed
	}
	return data
}

func TestWrongLayersAreRefused(t *testing.T) {
	frame := func(size, spatial int) Frame { return Frame{Size: size, Spatial: spatial} }
	for want, l := range map[string]Layers{
		"4 spatial and 1":              {SpatialLayers: 4, TemporalLayers: 1},
		"1 spatial and 5":              {TemporalLayers: 5},
		"temporal layer -1":            {Temporal: -1},
		"temporal layer 2 of":          {Temporal: 2, TemporalLayers: 2},
		"key frame in":                 {Temporal: 1, TemporalLayers: 2, Key: true},
		"starts at spatial layer 1":    {SpatialLayers: 2, Key: true, Frames: []Frame{frame(50, 1)}},
		"0 bytes":                      {Frames: []Frame{frame(0, 0)}},
		"-1 bytes":                     {Frames: []Frame{frame(-1, 0)}},
		"101 bytes":                    {Frames: []Frame{frame(101, 0)}},
		"only 40 are left":             {SpatialLayers: 2, Frames: []Frame{frame(60, 0), frame(41, 1)}},
		"layer 0 of 2 follows layer 1": {SpatialLayers: 2, Frames: []Frame{frame(5, 1), frame(5, 0)}},
		"layer 0 of 2 follows layer 0": {SpatialLayers: 2, Frames: []Frame{frame(5, 0), frame(5, 0)}},
		"layer -1 of 2":                {SpatialLayers: 2, Frames: []Frame{frame(5, -1)}},
		"layer 2 of 2":                 {SpatialLayers: 2, Frames: []Frame{frame(5, 2)}},
		"layer 0 needs the next lower": {Frames: []Frame{{Size: 1, InterLayer: true}}},
		"layer 2 needs the next lower": {
			SpatialLayers: 3, Frames: []Frame{frame(5, 0), {Size: 5, Spatial: 2, InterLayer: true}},
		},
		"65536x1":                            {Frames: []Frame{{Size: 5, Width: 65536, Height: 1}}},
		"1x-1":                               {Frames: []Frame{{Size: 5, Width: 1, Height: -1}}},
		"4 references":                       {Frames: []Frame{{Size: 5, References: []int{1, 2, 3, 4}}}},
		"1 references, key frame: true":      {Key: true, Frames: []Frame{{Size: 5, References: []int{1}}}},
		"0 frames back":                      {Frames: []Frame{{Size: 5, References: []int{0}}}},
		"128 frames back":                    {Frames: []Frame{{Size: 5, References: []int{1, 128}}}},
		"without references":                 {TemporalLayers: 2},
		"with layers but without references": {SpatialLayers: 2, Key: true},
	} {
		w := newWire(t, webrtc.MimeTypeVP9)
		require.ErrorContains(t, w.write(pattern(100, 0), &l), want)
		// The refused frame has no effect on the next one.
		require.NoError(t, w.write(pattern(100, 0), &Layers{Key: true}))
		require.Len(t, w.packets, 1)
	}
	w := newWire(t, webrtc.MimeTypeVP8)
	require.ErrorIs(t, w.write(pattern(100, 0), &Layers{SpatialLayers: 2}), errSpatial)
	require.ErrorContains(t, w.write(pattern(100, 0), &Layers{Temporal: 1}), "temporal layer 1")
}

// TestWriteWithoutLayers tests formats that cannot describe layers, and empty samples.
func TestWriteWithoutLayers(t *testing.T) {
	for _, mime := range []string{webrtc.MimeTypeAV1, webrtc.MimeTypeH264, webrtc.MimeTypeVP8, webrtc.MimeTypeVP9} {
		w := newWire(t, mime)
		data := append([]byte{0, 0, 0, 1, 0x65}, pattern(3000, 0)...)
		if mime == webrtc.MimeTypeAV1 {
			data = append([]byte{6 << 3}, pattern(3000, 0)...) // one OBU_FRAME without a size
		}
		require.NoError(t, w.write(data, nil), mime)
		require.Len(t, w.packets, 3, mime)
		require.NoError(t, w.write(data, &Layers{}), mime)
		require.Len(t, w.packets, 3, mime)
		require.NoError(t, w.write(nil, &Layers{Temporal: 9}), mime)
		require.Empty(t, w.packets, mime)
	}
}

// TestNextAfterTheEndOfThePace checks that a sample that was sent only in part leaves nothing for the next one.
func TestNextAfterTheEndOfThePace(t *testing.T) {
	enough := errors.New("enough")
	for _, mime := range []string{webrtc.MimeTypeVP8, webrtc.MimeTypeVP9, webrtc.MimeTypeH264} {
		w := newWire(t, mime)
		left := 2
		w.pace = func(context.Context, int, int) (int, error) {
			if left--; left < 0 {
				return 0, enough
			}
			return 1, nil
		}
		data := append([]byte{0, 0, 0, 1, 0x65}, pattern(5000, 0)...)
		require.ErrorIs(t, w.WriteLayers(context.Background(), data, 1, nil), enough)
		require.Len(t, w.packets, 2)
		left = 100
		require.NoError(t, w.write(data[:1000], nil))
		require.Len(t, w.packets, 1)
	}
}

// TestNoAllocations checks that packets and their memory are reused.
func TestNoAllocations(t *testing.T) {
	data := pattern(20_000, 0)
	for mime, l := range map[string]*Layers{
		webrtc.MimeTypeVP8: {Temporal: 1, TemporalLayers: 2, SwitchUp: true},
		webrtc.MimeTypeVP9: {Temporal: 1, TemporalLayers: 2, SpatialLayers: 2, Frames: []Frame{
			{Size: 5000, References: []int{1, 2}}, {Size: 14_000, Spatial: 1, InterLayer: true},
		}},
	} {
		w, err := NewWriter(webrtc.RTPCodecCapability{MimeType: mime},
			func(_ context.Context, _, bytes int) (int, error) { return bytes, nil },
			func(*rtp.Packet) error { return nil })
		require.NoError(t, err)
		ctx := context.Background()
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = w.WriteLayers(ctx, data, 1, l) }), mime)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = w.Write(ctx, data, 1) }), mime)
		require.Zero(t, testing.AllocsPerRun(100, func() { w.Pad(200) }))
		w.Describe(5)
		require.NoError(t, w.WriteLayers(ctx, data, 1, &Layers{Key: true, TemporalLayers: 2}))
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = w.WriteLayers(ctx, data, 1, l) }), mime)
		require.True(t, w.packet.Extension)
	}
}
