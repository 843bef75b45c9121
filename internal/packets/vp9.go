// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

import (
	"encoding/binary"
	"errors"

	header "github.com/pion/rtp/codecs/vp9"
)

// Bits of VP9's payload descriptor (RFC 9628, 4.2).
const (
	vp9PictureID    = 1 << 7 // I, of the first byte
	vp9InterPicture = 1 << 6 // P: predicted from earlier pictures
	vp9Indices      = 1 << 5 // L: layer indices are there
	vp9Flexible     = 1 << 4 // F: P_DIFF names the references
	vp9Begin        = 1 << 3 // B
	vp9End          = 1 << 2 // E
	vp9Structure    = 1 << 1 // V: the scalability structure is there
	vp9NoLower      = 1 << 0 // Z: upper layers don't need it
	vp9SwitchUp     = 1 << 4 // U, of the layer indices
	vp9InterLayer   = 1 << 0 // D, of the layer indices
	vp9More         = 1 << 0 // N, of P_DIFF: another follows
)

var errVP9Unknown = errors.New("packets: VP9 sample with layers but without references")

// vp9 implements RFC 9628.
//
// Frames with layers are sent in flexible mode: each part declares what it is predicted from, which
// stays valid however an encoder drops frames and layers. There is no TL0PICIDX in that mode.
// Frames without information are sent in the other mode without layer indices: each is predicted
// from the previous one. Receivers accept a stream that changes its mode with a key frame.
type vp9 struct {
	picture   uint16    // the last one's ID, the same for all its layers
	structure structure // of the stream, as far as known
	told      structure // the one that was sent last

	layers *Layers // of the current frame; nil while it has none
	frame  int     // the current one of layers.Frames
	data   []byte  // the parts after it
	left   []byte  // data that has not been cut
	head   [1 + 2 + 1 + maxReferences]byte
	size   int  // of head
	start  bool // no packet of the frame has been cut
	tell   bool // the structure goes into the next packet
}

func (p *vp9) begin(data []byte, l *Layers, _ int) error {
	p.left, p.data, p.layers = nil, nil, nil
	if l != nil && len(l.Frames) == 1 {
		data = data[:l.Frames[0].Size]
	}
	if !l.layered() {
		p.picture = (p.picture + 1) % pictureIDs
		p.plain(data)
		return nil
	}
	if len(l.Frames) == 0 && (!l.Key || l.SpatialLayers > 1) {
		return errVP9Unknown
	}
	p.picture = (p.picture + 1) % pictureIDs
	p.learn(l)
	// Receivers need it with a key frame, and LiveKit's server reads the sizes there.
	p.tell = l.Key || p.structure != p.told
	p.layers, p.data, p.frame = l, data, 0
	p.open()
	return nil
}

// plain begins a frame without information.
func (p *vp9) plain(data []byte) {
	p.left, p.start, p.tell = data, true, false
	var h header.Header
	key := h.Unmarshal(data) == nil && !h.NonKeyFrame && h.FrameSize != nil
	p.describe(vp9NoLower)
	if !key {
		p.head[0] |= vp9InterPicture
		return
	}
	p.structure = structure{layers: 1, known: 1, chain: true}
	p.structure.sizes[0] = [2]uint16{h.Width(), h.Height()}
	p.tell = true
}

// learn updates the structure. Sizes of layers that are no longer encoded stay, as long as those
// below stay as they were.
func (p *vp9) learn(l *Layers) {
	s := &p.structure
	if layers := max(l.SpatialLayers, 1); s.layers != layers || s.chain {
		*s = structure{layers: layers}
	}
	for i := range l.Frames {
		f := &l.Frames[i]
		size := [2]uint16{uint16(f.Width), uint16(f.Height)}
		if f.Width == 0 || f.Height == 0 || f.Spatial > s.known || s.sizes[f.Spatial] == size {
			continue // unknown, of no use without those below, or known already
		}
		s.forget(f.Spatial)
		s.sizes[f.Spatial] = size
		s.known++
	}
}

// open begins the current frame.
func (p *vp9) open() {
	l := p.layers
	if len(l.Frames) == 0 {
		p.left, p.data = p.data, nil
		p.describe(vp9Flexible|vp9Indices|vp9NoLower, p.indices(0, false))
	} else {
		f := &l.Frames[p.frame]
		p.left, p.data = p.data[:f.Size], p.data[f.Size:]
		first := byte(vp9Flexible | vp9Indices)
		if p.unused(f) {
			first |= vp9NoLower
		}
		p.describe(first, p.indices(f.Spatial, f.InterLayer))
		p.refer(f.References)
	}
	p.start = true
}

// unused reports whether upper layers do not need the current frame. As in libwebrtc, that is not
// claimed for a frame below layers that are not encoded now: when they are encoded again, they are
// predicted from a frame that is predicted from it.
func (p *vp9) unused(f *Frame) bool {
	if p.frame+1 < len(p.layers.Frames) {
		return !p.layers.Frames[p.frame+1].InterLayer
	}
	return f.Spatial+1 == max(p.layers.SpatialLayers, 1)
}

func (p *vp9) indices(spatial int, interLayer bool) byte {
	b := byte(p.layers.Temporal)<<5 | byte(spatial)<<1
	if p.layers.SwitchUp {
		b |= vp9SwitchUp
	}
	if interLayer {
		b |= vp9InterLayer
	}
	return b
}

// describe begins the descriptor of a frame.
func (p *vp9) describe(first byte, indices ...byte) {
	head := append(p.head[:0], vp9PictureID|first, longID|byte(p.picture>>8), byte(p.picture))
	p.size = len(append(head, indices...))
}

// refer appends P_DIFF.
func (p *vp9) refer(references []int) {
	for i, d := range references {
		p.head[0] |= vp9InterPicture
		p.head[p.size] = byte(d) << 1
		if i+1 < len(references) {
			p.head[p.size] |= vp9More
		}
		p.size++
	}
}

func (p *vp9) more() bool { return len(p.left) > 0 }

func (p *vp9) next(room []byte) (payload []byte, ends bool) {
	payload = room[:copy(room, p.head[:p.size])]
	if p.start {
		payload[0] |= vp9Begin
		p.start = false
	}
	if p.tell {
		payload[0] |= vp9Structure
		payload = p.structure.append(payload)
		p.told, p.tell = p.structure, false
	}
	n := min(len(p.left), len(room)-len(payload))
	payload = append(payload, p.left[:n]...)
	if p.left = p.left[n:]; len(p.left) > 0 {
		return payload, false
	}
	payload[0] |= vp9End
	if p.frame++; p.layers != nil && p.frame < len(p.layers.Frames) {
		p.open()
	} else {
		p.layers, p.data = nil, nil
	}
	return payload, true
}

// structure is the scalability structure (SS).
type structure struct {
	layers int                   // spatial ones of the stream
	known  int                   // the number of layers of known size, from the lowest up
	sizes  [maxSpatial][2]uint16 // width and height, px
	chain  bool                  // each picture is predicted from the one before, and there are no temporal layers
}

// forget forgets the sizes of a layer and of those above.
func (s *structure) forget(layer int) {
	s.known = min(s.known, layer)
	clear(s.sizes[s.known:])
}

// append writes the structure. The announced layers are those with known sizes; if there are none,
// all of the stream, without sizes.
func (s *structure) append(b []byte) []byte {
	const sizes, group = 1 << 4, 1 << 3 // Y, G
	first := byte(max(s.layers, 1)-1) << 5
	if s.known > 0 {
		first = byte(s.known-1)<<5 | sizes
	}
	if s.chain {
		first |= group
	}
	b = append(b, first)
	for _, size := range s.sizes[:s.known] {
		b = binary.BigEndian.AppendUint16(b, size[0])
		b = binary.BigEndian.AppendUint16(b, size[1])
	}
	if s.chain {
		// One picture; its temporal layer is 0, U is set, and it has one reference: 1 back.
		b = append(b, 1, vp9SwitchUp|1<<2, 1)
	}
	return b
}
