// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// readVP9 returns the descriptors of a picture's frames, each from its first packet, with the frame's data as the
// payload.
func readVP9(tb testing.TB, w *wire) (frames []codecs.VP9Packet) {
	tb.Helper()
	for i, p := range w.packets {
		var h codecs.VP9Packet
		payload, err := h.Unmarshal(p.Payload)
		require.NoError(tb, err)
		require.NotEmpty(tb, payload)
		require.Equal(tb, i == 0 || w.packets[i-1].Payload[0]&vp9End != 0, h.B, "B after E")
		require.False(tb, p.Marker && !h.E)
		if h.B {
			h.Payload = nil
			frames = append(frames, h)
		}
		f := &frames[len(frames)-1]
		require.Equal(tb, [6]bool{f.I, f.P, f.L, f.F, f.U, f.D}, [6]bool{h.I, h.P, h.L, h.F, h.U, h.D})
		require.Equal(tb, [3]any{f.PDiff, f.TID, f.SID}, [3]any{h.PDiff, h.TID, h.SID})
		require.Equal(tb, frames[0].PictureID, h.PictureID, "the picture's")
		require.False(tb, h.V && i > 0, "once at most")
		f.Payload = append(f.Payload, payload...)
	}
	return frames
}

// stream generates pictures of a scalability mode.
type stream struct {
	spatial, temporal int
	keyOnly           bool // inter-layer prediction at key pictures only
	n                 int  // pictures since the last key picture
	pictures          int
}

// temporalOrder has the order of temporal layers, by their number.
var temporalOrder = [][]int{{0}, {0, 1}, {0, 2, 1, 2}}

// next returns a picture with a number of active layers, and its data followed by an index.
func (s *stream) next(key bool, active, size int) (data []byte, l *Layers) {
	if key {
		s.n = 0
	}
	order := temporalOrder[s.temporal-1]
	l = &Layers{
		Key: key, Temporal: order[s.n%len(order)], TemporalLayers: s.temporal, SpatialLayers: s.spatial,
		SwitchUp: s.n%4 < 3,
	}
	for i := range active {
		f := Frame{
			Size: 1 + size*(i+1), Spatial: i, Width: 160 << i, Height: 90 << i,
			InterLayer: i > 0 && (key || !s.keyOnly),
		}
		if !key {
			f.References = []int{s.n%127 + 1, 127, 1}[:1+s.n%3]
		}
		data = append(data, pattern(f.Size, byte(s.pictures+i*7))...)
		l.Frames = append(l.Frames, f)
	}
	s.n++
	s.pictures++
	return append(data, 0xc9, 1, 2, 3, 0xc9), l
}

func (s *stream) name() string {
	return fmt.Sprintf("L%dT%d,key=%t", s.spatial, s.temporal, s.keyOnly)
}

// check compares the descriptors that were read with the written layers.
func (s *stream) check(t *testing.T, data []byte, l *Layers, got []codecs.VP9Packet) {
	t.Helper()
	require.Len(t, got, len(l.Frames))
	for i, f := range l.Frames {
		h := got[i]
		require.Equal(t, data[:f.Size], h.Payload)
		data = data[f.Size:]
		require.True(t, h.I && h.L && h.F)
		require.Equal(t, [2]int{l.Temporal, f.Spatial}, [2]int{int(h.TID), int(h.SID)})
		require.Equal(t, [3]bool{l.SwitchUp, f.InterLayer, len(f.References) > 0}, [3]bool{h.U, h.D, h.P})
		require.Len(t, h.PDiff, len(f.References))
		for j, d := range f.References {
			require.EqualValues(t, d, h.PDiff[j])
		}
		switch top := f.Spatial == s.spatial-1; {
		case top, i+1 < len(l.Frames) && s.keyOnly && !l.Key:
			require.True(t, h.Z, "no upper layer needs it")
		default:
			require.False(t, h.Z, "an upper layer needs it, or will")
		}
	}
}

// TestVP9Layers tests each mode, with layers that stop and return.
func TestVP9Layers(t *testing.T) {
	for spatial := 1; spatial <= 3; spatial++ {
		for temporal := 1; temporal <= 3; temporal++ {
			for _, keyOnly := range []bool{false, true} {
				s := &stream{spatial: spatial, temporal: temporal, keyOnly: keyOnly}
				if spatial*temporal == 1 {
					continue
				}
				t.Run(s.name(), func(t *testing.T) {
					w := newWire(t, webrtc.MimeTypeVP9)
					w.format.(*vp9).picture = pictureIDs - 20
					for i := range 200 {
						active := spatial - i/50%spatial
						data, l := s.next(i%60 == 0, active, i*17)
						require.NoError(t, w.write(data, l))
						got := readVP9(t, w)
						s.check(t, data, l, got)
						require.EqualValues(t, (pictureIDs-19+i)%pictureIDs, got[0].PictureID)
						require.Equal(t, l.Key, got[0].V)
						if l.Key {
							require.EqualValues(t, spatial, got[0].NS+1, "also layers that are off")
							require.False(t, got[0].G)
							require.Equal(t, []uint16{160, 320, 640}[:spatial], got[0].Width)
							require.Equal(t, []uint16{90, 180, 360}[:spatial], got[0].Height)
						}
					}
				})
			}
		}
	}
}

// TestVP9Structure checks that the structure is sent again if it changes between key frames, without unknown parts.
func TestVP9Structure(t *testing.T) {
	w := newWire(t, webrtc.MimeTypeVP9)
	s := &stream{spatial: 3, temporal: 1}
	tell := func(key bool, active int, change func(*Layers)) codecs.VP9Packet {
		data, l := s.next(key, active, 100)
		change(l)
		require.NoError(t, w.write(data, l))
		return readVP9(t, w)[0]
	}
	same := func(*Layers) {}
	unsized := func(l *Layers) {
		for i := range l.Frames {
			l.Frames[i].Width = 0
		}
	}
	h := tell(true, 1, unsized)
	require.True(t, h.V && !h.Y && h.NS == 2)
	h = tell(true, 1, same)
	require.True(t, h.V && h.Y)
	require.Equal(t, []uint16{160}, h.Width)
	require.False(t, tell(false, 1, same).V)
	require.Equal(t, []uint16{160, 320, 640}, tell(false, 3, same).Width, "new layers")
	require.False(t, tell(false, 3, unsized).V, "known")
	require.False(t, tell(false, 1, same).V, "stopped, but still part of the stream")
	h = tell(true, 1, func(l *Layers) { l.Frames[0].Width, l.Frames[0].Height = 200, 100 })
	require.Equal(t, []uint16{200}, h.Width, "the sizes above are unknown again")
	require.Equal(t, []uint16{100}, h.Height)
	s.spatial = 2
	require.Equal(t, []uint16{160, 320}, tell(true, 2, same).Width)
	// A lowest layer that was dropped.
	h = tell(false, 2, func(l *Layers) { l.Frames = []Frame{{Size: 10, Spatial: 1, References: []int{1}}} })
	require.EqualValues(t, 1, h.SID)
	require.False(t, h.V)
}

// TestVP9KeyWithoutFrames tests a key frame in one piece. Key frames have no references.
func TestVP9KeyWithoutFrames(t *testing.T) {
	w := newWire(t, webrtc.MimeTypeVP9)
	require.NoError(t, w.write(pattern(2000, 0), &Layers{Key: true, TemporalLayers: 2}))
	got := readVP9(t, w)
	require.Len(t, got, 1)
	require.Equal(t, pattern(2000, 0), got[0].Payload)
	require.True(t, got[0].F && got[0].L && got[0].V && !got[0].P && got[0].Z)
}

// Key frames of 320 x 180, and what follows, as libvpx begins them (VP9's uncompressed header).
var (
	vp9Key   = []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x30}
	vp9Inter = []byte{0x86, 0x00, 0x40, 0x92, 0x00}
	vp9Shown = []byte{0x88 | 1} // show_existing_frame
)

// TestVP9Plain tests samples without layers: no indices, and for key frames the structure of pion's payloader.
func TestVP9Plain(t *testing.T) {
	w := newWire(t, webrtc.MimeTypeVP9)
	w.format.(*vp9).picture = pictureIDs - 2
	pion := codecs.VP9Payloader{InitialPictureIDFn: func() uint16 { return pictureIDs - 1 }}
	for _, data := range [][]byte{
		append(vp9Key, pattern(5000, 1)...), append(vp9Inter, pattern(3000, 2)...), append(vp9Inter, pattern(3, 2)...),
		append(vp9Key, pattern(5, 1)...),
	} {
		require.NoError(t, w.write(data, &Layers{SpatialLayers: 1, TemporalLayers: 1}))
		want := pion.Payload(payloadSize, data)
		require.Len(t, w.packets, len(want))
		for i := range want {
			require.Equal(t, want[i], w.packets[i].Payload)
		}
	}
	for _, data := range [][]byte{vp9Shown, {0xff}, {0}, vp9Key[:5]} {
		require.NoError(t, w.write(data, nil))
		got := readVP9(t, w)
		require.Equal(t, data, got[0].Payload)
		require.True(t, got[0].P && !got[0].V, "no key frame with a size")
	}
	// From layers to none, and back.
	s := &stream{spatial: 2, temporal: 2}
	for range 2 {
		data, l := s.next(true, 2, 50)
		require.NoError(t, w.write(data, l))
		s.check(t, data, l, readVP9(t, w))
		require.NoError(t, w.write(vp9Key, &Layers{Key: true, Frames: []Frame{{Size: len(vp9Key)}}}))
		h := readVP9(t, w)[0]
		require.True(t, h.V && h.G && !h.L && !h.F && h.NS == 0)
		require.Equal(t, []uint16{320}, h.Width)
		require.Equal(t, []uint16{180}, h.Height)
	}
}

// FuzzVP9 writes arbitrary layers and data.
func FuzzVP9(f *testing.F) {
	f.Add(uint64(1), uint16(0), []byte{})
	f.Add(uint64(1), uint16(3), []byte{0x86})
	f.Add(uint64(7), uint16(3000), vp9Key)
	f.Add(uint64(3), uint16(5000), vp9Inter)
	f.Fuzz(func(t *testing.T, seed uint64, size uint16, begin []byte) {
		data := slices.Concat(begin, pattern(int(size%5000), 0))
		w := newWire(t, webrtc.MimeTypeVP9)
		r := rand.New(rand.NewPCG(seed, 0))
		w.Describe(uint8(seed % 2 * 12))
		for range 8 {
			l := anyLayers(r, len(data))
			if err := w.write(data, l); err != nil || len(data) == 0 {
				require.Empty(t, w.packets)
				continue
			}
			want := len(data)
			if len(l.Frames) > 0 {
				want = 0
			}
			for i := range l.Frames {
				want += l.Frames[i].Size
			}
			var got []byte
			for _, h := range readVP9(t, w) {
				got = append(got, h.Payload...)
			}
			require.Equal(t, data[:want], got)
		}
	})
}

// anyLayers returns random layers, most of which are valid.
func anyLayers(r *rand.Rand, size int) *Layers {
	l := &Layers{
		Key: r.IntN(3) == 0, Temporal: r.IntN(3) - r.IntN(2), TemporalLayers: r.IntN(6), SpatialLayers: r.IntN(5),
		SwitchUp: r.IntN(2) == 0,
	}
	for i := range r.IntN(4) {
		f := Frame{
			Size: r.IntN(size + 2), Spatial: i + r.IntN(9)/8 - r.IntN(9)/8,
			Width: r.IntN(66_000) - 10, Height: r.IntN(66_000) - 10,
			InterLayer: i > 0 && r.IntN(2) == 0,
		}
		size -= min(f.Size, size)
		for range r.IntN(5) {
			f.References = append(f.References, r.IntN(132)-2)
		}
		if l.Key && r.IntN(5) > 0 {
			f.References = nil
		}
		l.Frames = append(l.Frames, f)
	}
	return l
}
