// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package packets

// Bits of VP8's payload descriptor (RFC 7741, 4.2).
const (
	vp8Extended  = 1 << 7 // X, of the first byte
	vp8Start     = 1 << 4 // S, of the first byte
	vp8PictureID = 1 << 7 // I, of the second
	vp8TL0PICIDX = 1 << 6 // L
	vp8TID       = 1 << 5 // T
	vp8Sync      = 1 << 5 // Y, beside TID
	longID       = 1 << 7 // M, of a picture ID: it has 15 bits
)

// vp8 implements RFC 7741. Frames have an ID of 15 bits: with an ID, LiveKit's server can drop
// frames without a trace (pkg/sfu/codecmunger/vp8.go). Those of a stream with temporal layers carry
// their layer and TL0PICIDX, for which receivers wait.
type vp8 struct {
	picture uint16 // the last one's ID
	base    uint8  // TL0PICIDX: counts the pictures of temporal layer 0

	head  [6]byte // the descriptor of the current picture, without S
	size  int     // of head
	left  []byte  // of the picture
	start bool    // no packet of it has been cut
}

func (p *vp8) begin(data []byte, l *Layers, _ int) error {
	p.left = nil
	if l != nil {
		if l.SpatialLayers > 1 {
			return errSpatial
		}
		if len(l.Frames) == 1 {
			data = data[:l.Frames[0].Size]
		}
	}
	p.picture = (p.picture + 1) % pictureIDs
	p.left, p.start = data, true
	head := append(p.head[:0], vp8Extended, vp8PictureID, longID|byte(p.picture>>8), byte(p.picture))
	if l.layered() {
		if l.Temporal == 0 {
			p.base++
		}
		head[1] |= vp8TL0PICIDX | vp8TID
		head = append(head, p.base, byte(l.Temporal)<<6)
		if l.SwitchUp {
			head[5] |= vp8Sync
		}
	}
	p.size = len(head)
	return nil
}

func (p *vp8) more() bool { return len(p.left) > 0 }

func (p *vp8) next(room []byte) (payload []byte, ends bool) {
	payload = room[:copy(room, p.head[:p.size])]
	if p.start {
		payload[0] |= vp8Start
		p.start = false
	}
	n := min(len(p.left), len(room)-len(payload))
	payload = append(payload, p.left[:n]...)
	p.left = p.left[n:]
	return payload, len(p.left) == 0
}
