// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// lossTimeout is how long packets wait for one before them that is missing:
	// enough for some retransmissions at 50 ms round trip, each of which the SDK asks
	// for after 100 ms, and may be lost too.
	lossTimeout = 450 * time.Millisecond
	// maxHeld bounds how many packets wait; 1000 are 1.2 MB.
	maxHeld = 1000
	// maxJump is how far a sequence number may be from the one that is due
	// without being taken for a new beginning (RFC 3550, appendix A.1).
	maxJump = 3000
)

// reorder puts RTP packets into the order of their sequence numbers and says
// where some are missing for good. The zero value is ready.
type reorder struct {
	started  bool
	next     uint16 // the sequence number that is due
	held     map[uint16]*rtp.Packet
	since    time.Time // when the first of held began to wait
	pending  []ordered // what pop returns next
	received uint64
	lost     uint64
}

// ordered is a packet in its place.
type ordered struct {
	*rtp.Packet
	gap bool // packets before it are lost
}

// push takes a packet that arrived. What is late or comes twice is ignored.
func (r *reorder) push(p *rtp.Packet, now time.Time) {
	r.received++
	if !r.started {
		r.started, r.next, r.held = true, p.SequenceNumber, map[uint16]*rtp.Packet{}
	}
	distance := int(int16(p.SequenceNumber - r.next))
	switch {
	case distance < -maxJump || distance > maxJump:
		r.flush()
		r.next = p.SequenceNumber
		r.release(p, true)
	case distance < 0:
		return
	case distance == 0:
		r.release(p, false)
	default:
		if len(r.held) == 0 {
			r.since = now
		}
		r.held[p.SequenceNumber] = p
		if len(r.held) < maxHeld {
			return
		}
		r.skip()
	}
	r.since = now // If packets still wait, then for another one.
}

// pop returns the next packet in order; ok is false when there is none yet.
func (r *reorder) pop(now time.Time) (p ordered, ok bool) {
	if len(r.pending) == 0 && len(r.held) > 0 && now.Sub(r.since) >= lossTimeout {
		r.skip()
		r.since = now
	}
	if len(r.pending) == 0 {
		return ordered{}, false
	}
	p = r.pending[0]
	r.pending = r.pending[1:]
	return p, true
}

// waiting reports whether packets wait for one before them.
func (r *reorder) waiting() bool { return len(r.held) > 0 }

// release puts the packet that is due, and what follows it, into pending.
func (r *reorder) release(p *rtp.Packet, gap bool) {
	for p != nil {
		r.pending = append(r.pending, ordered{p, gap})
		delete(r.held, r.next)
		r.next++
		p, gap = r.held[r.next], false
	}
}

// skip gives up what is missing before the first packet that waits.
func (r *reorder) skip() {
	missing := uint16(maxJump)
	for seq := range r.held {
		missing = min(missing, seq-r.next)
	}
	r.lost += uint64(missing)
	r.next += missing
	r.release(r.held[r.next], true)
}

// flush gives up all that is missing.
func (r *reorder) flush() {
	for len(r.held) > 0 {
		r.skip()
	}
}
