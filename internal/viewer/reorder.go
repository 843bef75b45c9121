// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"time"

	"github.com/pion/rtp"
)

const (
	// lossTimeout is how long packets wait for a missing one. It suffices for some retransmissions
	// at a round trip of 50 ms: the SDK requests each after 100 ms, and it may be lost too.
	lossTimeout = 450 * time.Millisecond
	// maxHeld limits the number of packets that wait; 1000 are 1.2 MB.
	maxHeld = 1000
	// maxJump is the largest distance of a sequence number from the expected one that is not a new
	// beginning (RFC 3550, appendix A.1).
	maxJump = 3000
)

// reorder sorts RTP packets by sequence number and reports which are lost. The zero value is ready
// to use.
type reorder struct {
	started  bool
	next     uint16 // the sequence number that is expected
	held     map[uint16]*rtp.Packet
	since    time.Time // when the first packet of held began to wait
	pending  []ordered // what pop returns next
	received uint64
	lost     uint64
}

// ordered is a packet in order.
type ordered struct {
	*rtp.Packet
	gap bool // packets before it are lost
}

// push takes a packet that arrived. It ignores late and duplicate packets.
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
	r.since = now // Packets that still wait do so for another one.
}

// pop returns the next packet in order. ok is false if there is none yet.
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

// waiting reports whether packets wait for an earlier one.
func (r *reorder) waiting() bool { return len(r.held) > 0 }

// release moves the expected packet, and those that follow it, to pending.
func (r *reorder) release(p *rtp.Packet, gap bool) {
	for p != nil {
		r.pending = append(r.pending, ordered{p, gap})
		delete(r.held, r.next)
		r.next++
		p, gap = r.held[r.next], false
	}
}

// skip gives up the packets that are missing before the first one that waits.
func (r *reorder) skip() {
	missing := uint16(maxJump)
	for seq := range r.held {
		missing = min(missing, seq-r.next)
	}
	r.lost += uint64(missing)
	r.next += missing
	r.release(r.held[r.next], true)
}

// flush gives up all missing packets.
func (r *reorder) flush() {
	for len(r.held) > 0 {
		r.skip()
	}
}
