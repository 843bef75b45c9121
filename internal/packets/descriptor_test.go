// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"fmt"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// described is the content of a dependency descriptor, read as in appendix A of the specification.
type described struct {
	first, last, attached bool
	number                int
	spatial, temporal     int
	targets, back, chains []int // indications, differences of frames, and of chains
}

// reader reads descriptors. The structure stays from one to the next.
type reader struct {
	t       *testing.T
	data    []byte
	n       int
	offset  int
	targets int
	chains  int
	protect []int // by target
	layers  [][2]int
	dtis    [][]int
	sizes   [][2]int
}

func (r *reader) get(size int) (v int) {
	for range size {
		require.Less(r.t, r.n/8, len(r.data), "it is shorter")
		v = v<<1 | int(r.data[r.n/8]>>(7-r.n%8)&1)
		r.n++
	}
	return v
}

// upTo reads ns(n).
func (r *reader) upTo(n int) int {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	m := 1<<w - n
	v := r.get(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.get(1)
}

func (r *reader) read(data []byte) (d described) {
	r.data, r.n = data, 0
	d.first, d.last = r.get(1) == 1, r.get(1) == 1
	template := r.get(6)
	d.number = r.get(16)
	flags := r.get(5)
	if d.attached = flags&16 != 0; d.attached {
		r.structure()
	}
	require.Zero(r.t, flags&8)
	template = (template - r.offset + 64) % 64
	require.Less(r.t, template, len(r.layers))
	d.spatial, d.temporal = r.layers[template][0], r.layers[template][1]
	d.targets = r.dtis[template]
	if flags&4 != 0 {
		d.targets = nil
		for range r.targets {
			d.targets = append(d.targets, r.get(2))
		}
	}
	require.Equal(r.t, 3, flags&3)
	for size := r.get(2); size > 0; size = r.get(2) {
		d.back = append(d.back, r.get(4*size)+1)
	}
	for range r.chains {
		d.chains = append(d.chains, r.get(8))
	}
	require.Equal(r.t, len(data), (r.n+7)/8, "all is read")
	return d
}

func (r *reader) structure() {
	r.offset, r.targets = r.get(6), r.get(5)+1
	layer := [2]int{}
	r.layers, r.dtis, r.sizes, r.protect = [][2]int{layer}, nil, nil, nil
	for next := r.get(2); next != 3; next = r.get(2) {
		switch next {
		case 1:
			layer[1]++
		case 2:
			layer = [2]int{layer[0] + 1, 0}
		}
		r.layers = append(r.layers, layer)
	}
	for range r.layers {
		var dtis []int
		for range r.targets {
			dtis = append(dtis, r.get(2))
		}
		r.dtis = append(r.dtis, dtis)
	}
	require.Zero(r.t, r.get(len(r.layers)), "no differences")
	r.chains = r.upTo(r.targets + 1)
	for range r.targets {
		r.protect = append(r.protect, r.upTo(r.chains))
	}
	require.Zero(r.t, r.get(4*len(r.layers)*r.chains), "nor of chains")
	if r.get(1) == 1 {
		for range layer[0] + 1 {
			r.sizes = append(r.sizes, [2]int{r.get(16) + 1, r.get(16) + 1})
		}
	}
}

// read returns the descriptors of a picture's frames, each from its first packet.
func (r *reader) packets(w *wire) (frames []described) {
	r.t.Helper()
	for i, p := range w.packets {
		d := r.read(p.GetExtension(12))
		if d.first {
			frames = append(frames, d)
		} else {
			f := frames[len(frames)-1]
			f.first, f.attached, f.last = false, false, d.last
			require.Equal(r.t, f, d)
		}
		require.Equal(r.t, i == 0, d.first && len(frames) == 1)
		if i+1 < len(w.packets) {
			require.Equal(r.t, d.last, r.read(w.packets[i+1].GetExtension(12)).first)
		}
	}
	require.True(r.t, r.read(w.packets[len(w.packets)-1].GetExtension(12)).last)
	return frames
}

// model computes what the descriptors of a stream should say, independently of package packets.
type model struct {
	numbers []map[int]int   // of each picture's frames, by spatial layer
	needed  [maxSpatial]int // the last frame's number of each chain; -1 for none
	count   int
}

// check compares the descriptors of a picture.
func (m *model) check(t *testing.T, s *stream, l *Layers, got []described) {
	t.Helper()
	require.Len(t, got, len(l.Frames))
	if l.Key {
		*m = model{needed: [maxSpatial]int{-1, -1, -1}, count: m.count}
	}
	m.numbers = append(m.numbers, map[int]int{})
	for i, f := range l.Frames {
		d := got[i]
		m.count++
		require.Equal(t, m.count%(1<<16), d.number)
		require.Equal(t, [3]any{f.Spatial, l.Temporal, l.Key && i == 0}, [3]any{d.spatial, d.temporal, d.attached})
		m.numbers[len(m.numbers)-1][f.Spatial] = m.count
		var back []int
		if f.InterLayer {
			back = append(back, 1)
		}
		for _, n := range f.References {
			if at := len(m.numbers) - 1 - n; at >= 0 && m.numbers[at][f.Spatial] > 0 {
				back = append(back, m.count-m.numbers[at][f.Spatial])
			}
		}
		require.Equal(t, back, d.back)
		for c := range s.spatial {
			want := 0
			if m.needed[c] >= 0 {
				want = m.count - m.needed[c]
			}
			require.Equal(t, want, d.chains[c], "chain %d", c)
			for temporal := range s.temporal {
				m.target(t, s, l, i, c, temporal, d.targets[c*s.temporal+temporal])
			}
			if d.targets[c*s.temporal] != notPresent {
				m.needed[c] = m.count
			}
		}
	}
}

// target checks what frame i means to a target.
func (m *model) target(t *testing.T, s *stream, l *Layers, i, spatial, temporal, got int) {
	t.Helper()
	top := min(spatial, len(l.Frames)-1) // of the frames that the target has
	want := required
	switch {
	case i > top, l.Temporal > temporal, i < top && s.keyOnly && !l.Key:
		want = notPresent
	case l.Key || l.SwitchUp:
		want = canSwitch
	}
	require.Equal(t, want, got)
}

func TestDescriptor(t *testing.T) {
	for spatial := 1; spatial <= 3; spatial++ {
		for temporal := 1; temporal <= 3; temporal++ {
			for _, keyOnly := range []bool{false, true} {
				s := &stream{spatial: spatial, temporal: temporal, keyOnly: keyOnly}
				t.Run(s.name(), func(t *testing.T) {
					w := newWire(t, webrtc.MimeTypeVP9)
					w.Describe(12)
					w.descriptor.number = 1<<16 - 100
					r, m := &reader{t: t}, &model{count: 1<<16 - 100}
					for i := range 140 {
						data, l := s.next(i%60 == 0, spatial-i/45%spatial, i*17)
						require.NoError(t, w.write(data, l))
						m.check(t, s, l, r.packets(w))
						require.Equal(t, [2]int{160, 90}, r.sizes[0])
						require.Len(t, r.sizes, spatial)
						for target, chain := range r.protect {
							require.Equal(t, target/temporal, chain)
						}
					}
				})
			}
		}
	}
}

// TestDescriptorOfALayerThatReturns checks that a viewer of the lower layer can switch to a layer that restarts and is
// predicted from the lower one.
func TestDescriptorOfALayerThatReturns(t *testing.T) {
	w, r := newWire(t, webrtc.MimeTypeVP9), &reader{t: t}
	w.Describe(12)
	s := &stream{spatial: 2, temporal: 1}
	for i := range 10 {
		data, l := s.next(i == 0, 1+i/9, 100)
		if i == 9 {
			l.Frames[1].References = nil
		}
		require.NoError(t, w.write(data, l))
		got := r.packets(w)
		if i == 9 {
			require.Equal(t, []int{1}, got[1].back)
			require.Equal(t, []int{1, 0}, got[0].chains, "intact from here")
			require.Equal(t, []int{1, 1}, got[1].chains)
		} else if i > 0 {
			require.Equal(t, []int{1, 1}, got[0].chains)
		}
	}
}

// TestDescriptorOfAV1 tests AV1, whose packets describe layers in no other way. Descriptors begin with a key frame.
func TestDescriptorOfAV1(t *testing.T) {
	w, r := newWire(t, webrtc.MimeTypeAV1), &reader{t: t}
	w.Describe(12)
	frame := append([]byte{6 << 3}, pattern(3000, 0)...)
	undescribed := func() {
		for _, p := range w.packets {
			require.False(t, p.Extension)
		}
	}
	require.NoError(t, w.write(frame, &Layers{TemporalLayers: 2}))
	undescribed()
	key := &Layers{Key: true, TemporalLayers: 2, Frames: []Frame{{Size: len(frame), Width: 640, Height: 360}}}
	for i, l := range []*Layers{
		key,
		{Temporal: 1, TemporalLayers: 2, SwitchUp: true, Frames: []Frame{{Size: len(frame), References: []int{1}}}},
		{TemporalLayers: 2, Frames: []Frame{{Size: len(frame), References: []int{2}}}},
		{Temporal: 1, TemporalLayers: 2, Frames: []Frame{{Size: len(frame), References: []int{1, 3}}}},
	} {
		require.NoError(t, w.write(frame, l))
		got := r.packets(w)
		require.Len(t, got, 1)
		want := []described{
			{attached: true, targets: []int{canSwitch, canSwitch}, chains: []int{0}},
			{temporal: 1, targets: []int{notPresent, canSwitch}, back: []int{1}, chains: []int{1}},
			{targets: []int{required, required}, back: []int{2}, chains: []int{2}},
			{temporal: 1, targets: []int{notPresent, required}, back: []int{1, 3}, chains: []int{1}},
		}[i]
		want.first, want.number = true, i+1
		require.Equal(t, want, got[0])
		require.Equal(t, [][2]int{{640, 360}}, r.sizes)
	}
	// A different structure has different templates; the same structure keeps them.
	offset := r.offset
	require.NoError(t, w.write(frame, key))
	require.Len(t, r.packets(w), 1)
	require.Equal(t, offset, r.offset)
	require.NoError(t, w.write(frame, &Layers{Key: true}))
	require.Equal(t, []int{canSwitch}, r.packets(w)[0].targets)
	require.Equal(t, offset+2, r.offset)
	require.NoError(t, w.write(frame, &Layers{}))
	require.Equal(t, []int{1}, r.packets(w)[0].back, "without layers, from the one before")
	// A sample without layers has no descriptor, nor have the next ones.
	require.NoError(t, w.write(frame, nil))
	undescribed()
	require.NoError(t, w.write(frame, &Layers{}))
	undescribed()
	require.NoError(t, w.write(frame, key))
	require.True(t, w.packets[0].Extension)
	w.Describe(15)
	require.NoError(t, w.write(frame, key))
	undescribed()
}

// TestDescriptorSize checks that the largest descriptor fits beside a small payload.
func TestDescriptorSize(t *testing.T) {
	w := newWire(t, webrtc.MimeTypeVP9)
	w.Describe(14)
	l := &Layers{Key: true, TemporalLayers: 4, SpatialLayers: 3}
	for i := range 3 {
		l.Frames = append(l.Frames, Frame{Size: 3000, Spatial: i, Width: 1 << i, Height: 1})
	}
	require.NoError(t, w.write(pattern(9000, 0), l))
	largest := 0
	for _, p := range w.packets {
		largest = max(largest, len(p.GetExtension(14)))
	}
	require.Less(t, largest, maxDescriptor-20)
	for i := range 300 {
		l.Key, l.Temporal = false, i%4
		for j := range l.Frames {
			l.Frames[j].InterLayer = j > 0 && i%2 == 0
			l.Frames[j].References = []int{127, 126, 125}
		}
		require.NoError(t, w.write(pattern(9000, 0), l))
		for _, p := range w.packets {
			require.LessOrEqual(t, len(p.GetExtension(14)), laterDescriptor, fmt.Sprint(i))
		}
	}
}
