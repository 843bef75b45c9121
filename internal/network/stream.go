// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"encoding/binary"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

const (
	// overhead is what the wire adds to an RTP packet, in bytes: IPv4, UDP, and the tag of AES-GCM,
	// which the SDK prefers.
	overhead = 20 + 8 + 16
	// extension is the size of the RTP header extension for a number, in bytes, if it is the only
	// one.
	extension = 8
	// remembered is how many packets of a stream may be retransmitted. The SDK keeps a thousand by
	// default.
	remembered = 4096
	// newFor is how long a stream is new to the server: see congestion.Packet.
	newFor = 250 * time.Millisecond
)

// stream is one of a connection's RTP streams: a layer of a track.
type stream struct {
	conn  *conn
	out   interceptor.RTPWriter
	ssrc  uint32
	ext   uint8 // ID of the header extension; 0 if there is none
	video bool

	// Under conn.wire.
	ready   bool // the connection is established: packets written now leave
	began   bool
	since   time.Duration     // when it began
	highest uint16            // sequence number
	numbers [remembered]entry // by sequence number
}

// entry is the number of a packet.
type entry struct {
	used             bool
	sequence, number uint16
	again            time.Duration // when it was sent again; 0 if it was not
}

// Write sends a packet with a number.
func (s *stream) Write(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
	c := s.conn
	c.wire.Lock()
	defer c.wire.Unlock()
	if h.SSRC != s.ssrc {
		return s.out.Write(h, payload, a) // Not one of our streams.
	}
	if s.began && int16(h.SequenceNumber-s.highest) <= 0 {
		return s.again(h, payload, a)
	}
	number := c.next
	if !c.stamp(h, s.ext, number) {
		return s.out.Write(h, payload, a)
	}
	p := congestion.Packet{
		Seq:   number,
		Bytes: c.header.MarshalSize() + len(payload) + int(h.PaddingSize) + overhead,
		Media: s.video && len(payload) > 0,
	}
	now := c.n.now()
	if !s.began {
		s.since = now
	}
	p.New = now-s.since < newFor
	if s.ready {
		// Before it is written, since its report may come before writing returns.
		c.sent(outgoing{p, len(payload) == 0, now}, h.Marker)
	}
	n, err := s.out.Write(&c.header, payload, a)
	switch {
	case s.ready:
	case err != nil || n == 0:
		return n, err // Discarded: there is no connection yet.
	default:
		s.ready = true
		c.sent(outgoing{p, len(payload) == 0, now}, h.Marker)
	}
	c.next++
	s.began, s.highest = true, h.SequenceNumber
	s.numbers[h.SequenceNumber%remembered] = entry{used: true, sequence: h.SequenceNumber, number: number}
	return n, err
}

// again sends a packet unchanged, if the controller grants it. It has no number of its own, since another number would
// make it another packet. conn.wire must be held.
func (s *stream) again(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
	e := &s.numbers[h.SequenceNumber%remembered]
	if !e.used || e.sequence != h.SequenceNumber || !s.conn.stamp(h, s.ext, e.number) {
		return len(payload), nil // too old to be of use
	}
	bytes := s.conn.header.MarshalSize() + len(payload) + int(h.PaddingSize) + overhead
	if !s.conn.resend(e, bytes) {
		return len(payload), nil
	}
	return s.out.Write(&s.conn.header, payload, a)
}

// stamp copies h to header, adding a number if the stream has them. h is not changed, since its
// owner may retransmit it at the same time. It returns false if there is no room for the extension.
// conn.wire must be held.
func (c *conn) stamp(h *rtp.Header, id uint8, number uint16) bool {
	c.ext = append(c.ext[:0], h.Extensions...)
	c.header = *h
	c.header.Extensions = c.ext
	if id == 0 {
		return true
	}
	binary.BigEndian.PutUint16(c.number[:], number)
	err := c.header.SetExtension(id, c.number[:])
	c.ext = c.header.Extensions
	return err == nil
}

// resend reports whether a packet may be retransmitted now, and records that it is.
func (c *conn) resend(e *entry, bytes int) bool {
	n := c.n
	now := n.enter()
	defer n.mu.Unlock()
	ago := time.Duration(0)
	if e.again > 0 {
		ago = max(now-e.again, 1)
	}
	if n.conn == c && !n.control.GrantAgain(now, bytes, ago) {
		n.n.refused++
		return false
	}
	e.again = now
	c.reports.resent(e.number)
	n.n.retransmissions++
	return true
}
