// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import "time"

// remembered is how many packets are remembered, a power of two: two seconds at 40 Mbit/s, and less
// than half of all numbers.
const remembered = 8192

// outFor is how long a packet counts as in flight, reported or not: longer than any queue, so that
// a server that stops reporting does not stop media forever.
const outFor = 5 * time.Second

// fate is the fate of a packet.
type fate uint8

const (
	never    fate = iota // was never sent
	out                  // is not reported yet
	missing              // its report is lost
	lost                 // is reported as not received
	received             // is reported as received
)

// record is what is remembered about a packet.
type record struct {
	seq   int64 // unwrapped
	sent  time.Duration
	total int64 // bytes sent until then, including this packet's
	bytes int32
	probe int32
	fate  fate
	fresh bool // its stream had just begun
}

// history holds the last packets, by number.
type history struct {
	ring     []record
	next     int64 // unwrapped number after the newest; 0 for none
	tail     int64 // the oldest that may be in flight
	total    int64 // bytes sent so far
	inFlight int   // bytes in flight
	newest   int64 // the newest that is reported
}

func newHistory() history {
	return history{ring: make([]record, remembered)}
}

// forget drops all packets, but continues to count bytes.
func (h *history) forget() {
	clear(h.ring)
	h.next, h.tail, h.newest, h.inFlight = 0, 0, 0, 0
}

// unwrap returns the number nearest to the newest. The first ones begin high, so that none is below
// one.
func (h *history) unwrap(seq uint16) int64 {
	if h.next == 0 {
		return int64(seq) + 1<<16
	}
	newest := h.next - 1
	return newest + int64(int16(seq-uint16(newest)))
}

// add remembers a packet. It replaces an earlier packet with the same number.
func (h *history) add(now time.Duration, p Packet) {
	seq := h.unwrap(p.Seq)
	if h.next == 0 {
		h.tail, h.newest = seq, seq-1
	}
	r := &h.ring[seq&(remembered-1)]
	h.settle(r, missing)
	bytes := min(max(p.Bytes, 0), 1<<16)
	h.total += int64(bytes)
	*r = record{seq: seq, sent: now, total: h.total, bytes: int32(bytes), probe: int32(p.Probe), fate: out, fresh: p.New}
	h.inFlight += bytes
	h.next = max(h.next, seq+1)
	h.tail = max(h.tail, h.next-remembered)
	h.expire(now)
}

// expire forgets the oldest packets.
func (h *history) expire(now time.Duration) {
	for ; h.tail < h.next; h.tail++ {
		r := &h.ring[h.tail&(remembered-1)]
		if r.seq != h.tail || r.fate != out {
			continue
		}
		if now-r.sent < outFor {
			return
		}
		h.settle(r, missing)
	}
}

// find returns the record of a number, nil if it is not remembered.
func (h *history) find(seq uint16) *record {
	if h.next == 0 {
		return nil
	}
	n := h.unwrap(seq)
	r := &h.ring[n&(remembered-1)]
	if r.seq != n || r.fate == never {
		return nil
	}
	return r
}

// sentAt returns when the packet of an unwrapped number was sent. ok is false if that was not or is forgotten.
func (h *history) sentAt(seq int64) (at time.Duration, ok bool) {
	r := &h.ring[seq&(remembered-1)]
	return r.sent, h.next > 0 && r.seq == seq && r.fate != never
}

// settle records the fate of a packet.
func (h *history) settle(r *record, f fate) {
	if r.fate == out {
		h.inFlight -= int(r.bytes)
	}
	r.fate = f
}

// unreported returns how many packets were sent after the newest that is reported.
func (h *history) unreported() int {
	return int(h.next - 1 - h.newest)
}

// reported records that a report covers the packets from first to last. Those before were in a
// report that is lost.
func (h *history) reported(first, last int64) {
	h.newest = max(h.newest, min(last, h.next-1))
	for ; h.tail < min(first, h.next); h.tail++ {
		if r := &h.ring[h.tail&(remembered-1)]; r.seq == h.tail && r.fate == out {
			h.settle(r, missing)
		}
	}
}
