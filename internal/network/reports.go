// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"slices"
	"time"

	"github.com/pion/rtcp"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

const (
	// tick is the unit of a report's reference time, and delta that of its arrival times.
	tick = 64 * time.Millisecond
	// maxRTT is the maximum round trip that is believed: clocks may be set.
	maxRTT = 10 * time.Second
	// seen is how many recent reports are remembered, to drop duplicates. Copies of a report arrive
	// together, one for each stream that it names.
	seen = 16
)

// reports decodes the reports of a connection's receiver. It is protected by Network.mu.
type reports struct {
	began  bool
	newest uint16       // the number sent last
	count  int          // how many numbers were sent
	twice  [1024]uint64 // a bit for each number that was retransmitted

	seen     [seen]fingerprint
	nextSeen int

	hasReference bool
	reference    uint32 // of the last report, 24 bits
	ticks        int64  // the same without wrapping

	rtcp    [seen]block
	nextRR  int
	results []congestion.Result
}

// fingerprint identifies a report.
type fingerprint struct {
	sender           uint32
	reference        uint32
	base, statuses   uint16
	count            uint8
	valid            bool
	chunks, arrivals int
}

// block identifies a report block.
type block struct {
	ssrc, last, delay, highest uint32
}

// sent records a number that is sent for the first time.
func (r *reports) sent(number uint16) {
	r.began = true
	r.newest = number
	r.count++
	r.twice[number/64] &^= 1 << (number % 64)
}

func (r *reports) resent(number uint16) { r.twice[number/64] |= 1 << (number % 64) }

func (r *reports) wasResent(number uint16) bool { return r.twice[number/64]&(1<<(number%64)) != 0 }

// known reports whether a number was sent, and recently enough not to be another one.
func (r *reports) known(number uint16) bool {
	age := r.newest - number
	return r.began && age < 1<<15 && int(age) < r.count
}

// report handles the server's reports about a connection's packets.
func (n *Network) report(c *conn, packets []rtcp.Packet) {
	now := n.enter()
	defer n.mu.Unlock()
	if n.conn != c {
		return
	}
	changed := false
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.TransportLayerCC:
			if results := c.reports.read(p); len(results) > 0 {
				n.n.reports++
				n.control.Feedback(now, results)
				changed = true
			}
		case *rtcp.ReceiverReport:
			changed = n.receiverReports(c, p.Reports) || changed
		}
	}
	if changed {
		n.changed(now)
	}
}

// receiverReports takes the round trip from reports about our streams.
func (n *Network) receiverReports(c *conn, blocks []rtcp.ReceptionReport) (changed bool) {
	for i := range blocks {
		b := &blocks[i]
		ours := slices.ContainsFunc(c.streams, func(s *stream) bool { return s.ssrc == b.SSRC })
		if !ours || c.reports.hasBlock(b) {
			continue
		}
		n.n.loss = float64(b.FractionLost) / 256
		if rtt, ok := roundTrip(time.Now(), b); ok {
			n.control.SetRTT(rtt)
			changed = true
		}
	}
	return changed
}

// hasBlock reports whether a block was seen before.
func (r *reports) hasBlock(b *rtcp.ReceptionReport) bool {
	x := block{b.SSRC, b.LastSenderReport, b.Delay, b.LastSequenceNumber}
	if slices.Contains(r.rtcp[:], x) {
		return true
	}
	r.rtcp[r.nextRR] = x
	r.nextRR = (r.nextRR + 1) % seen
	return false
}

// roundTrip returns the round trip in a report block (RFC 3550, 6.4.1), if any.
func roundTrip(now time.Time, b *rtcp.ReceptionReport) (time.Duration, bool) {
	if b.LastSenderReport == 0 {
		return 0, false
	}
	rtt := time.Duration(int32(middleNTP(now)-b.LastSenderReport-b.Delay)) * time.Second / 65536
	return max(rtt, time.Second/65536), -time.Millisecond < rtt && rtt < maxRTT
}

// middleNTP returns the middle of an NTP timestamp, in 1/65536 s.
func middleNTP(t time.Time) uint32 {
	const since1900 = 2208988800 // from 1900 to 1970, in seconds
	return uint32(t.Unix()+since1900)<<16 | uint32(int64(t.Nanosecond())<<16/int64(time.Second))
}

// read returns what a report says about numbers that were sent; nothing if the report was seen
// before. The results are valid until the next call.
func (r *reports) read(p *rtcp.TransportLayerCC) []congestion.Result {
	if !r.began || r.has(p) {
		return nil
	}
	d := decoder{reports: r, number: p.BaseSequenceNumber, left: int(p.PacketStatusCount), deltas: p.RecvDeltas}
	d.at = time.Duration(r.unwrap(p.ReferenceTime)) * tick
	r.results = r.results[:0]
	for _, chunk := range p.PacketChunks {
		switch c := chunk.(type) {
		case *rtcp.RunLengthChunk:
			d.run(c.PacketStatusSymbol, int(c.RunLength))
		case *rtcp.StatusVectorChunk:
			for _, symbol := range c.SymbolList {
				d.run(symbol, 1)
			}
		}
	}
	return r.results
}

// has reports whether a report was seen before.
func (r *reports) has(p *rtcp.TransportLayerCC) bool {
	f := fingerprint{
		sender: p.SenderSSRC, reference: p.ReferenceTime, base: p.BaseSequenceNumber,
		statuses: p.PacketStatusCount, count: p.FbPktCount, valid: true,
		chunks: len(p.PacketChunks), arrivals: len(p.RecvDeltas),
	}
	if slices.Contains(r.seen[:], f) {
		return true
	}
	r.seen[r.nextSeen] = f
	r.nextSeen = (r.nextSeen + 1) % seen
	return false
}

// unwrap extends a 24-bit reference time.
func (r *reports) unwrap(reference uint32) int64 {
	if r.hasReference {
		r.ticks += int64(int32((reference-r.reference)<<8) >> 8)
	} else {
		r.hasReference = true
		r.ticks = int64(reference)
	}
	r.reference = reference
	return r.ticks
}

// decoder reads one report.
type decoder struct {
	*reports
	number uint16 // the next number
	left   int    // numbers left in the report
	at     time.Duration
	deltas []*rtcp.RecvDelta
}

// run handles so many numbers with the same symbol.
func (d *decoder) run(symbol uint16, length int) {
	for range min(length, d.left) {
		d.one(symbol)
		d.number++
		d.left--
	}
}

func (d *decoder) one(symbol uint16) {
	received := symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta
	if received {
		if len(d.deltas) == 0 || d.deltas[0] == nil {
			d.left = 1 // Truncated: the rest cannot be read.
			return
		}
		d.at += time.Duration(d.deltas[0].Delta) * time.Microsecond
		d.deltas = d.deltas[1:]
	}
	if !d.known(d.number) {
		return
	}
	// A retransmitted packet was lost the first time; the arrival of the copy means nothing.
	received = received && !d.wasResent(d.number)
	d.results = append(d.results, congestion.Result{Seq: d.number, Arrival: d.at, Received: received})
}
