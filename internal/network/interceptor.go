// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"slices"
	"strings"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

// twccURI names the header extension with TWCC numbers
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
const twccURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// factory creates an interceptor for each of pion's connections: two for each participant, and two
// more after each full reconnect.
type factory struct{ n *Network }

// NewInterceptor returns a new conn.
func (f factory) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &conn{n: f.n}, nil
}

// conn is the interceptor of one of pion's connections. It does nothing if no packets are numbered,
// as on the connection for subscribing.
type conn struct {
	interceptor.NoOp
	n *Network

	// wire is held while a packet is written, so that packets leave in the order
	// of their numbers. It is taken before Network.mu, and never by reports.
	wire    sync.Mutex
	next    uint16          // the number of the next packet
	header  rtp.Header      // of the packet being written
	ext     []rtp.Extension // its extensions
	number  [2]byte         // its number, in wire format
	outbox  outbox          // packets written that the controller does not know yet
	adopted bool            // under Network.mu, like the following fields
	streams []*stream
	reports reports
}

// BindLocalStream numbers the packets of a stream, if the server has agreed to it. Video without
// numbers is at least paced.
func (c *conn) BindLocalStream(info *interceptor.StreamInfo, out interceptor.RTPWriter) interceptor.RTPWriter {
	s := &stream{
		conn:  c,
		out:   out,
		ssrc:  info.SSRC,
		video: strings.HasPrefix(strings.ToLower(info.MimeType), "video/"),
	}
	for _, e := range info.RTPHeaderExtensions {
		if e.URI == twccURI && 0 < e.ID && e.ID < 256 {
			s.ext = uint8(e.ID)
		}
	}
	switch {
	case s.ext != 0:
		// Otherwise pion's interceptors that are bound after this one retransmit on RTX: see the
		// package's documentation.
		info.SSRCRetransmission, info.PayloadTypeRetransmission = 0, 0
	case !s.video:
		return out
	}
	c.n.adopt(c, s)
	return s
}

// UnbindLocalStream forgets a stream.
func (c *conn) UnbindLocalStream(info *interceptor.StreamInfo) {
	c.n.mu.Lock()
	defer c.n.mu.Unlock()
	c.streams = slices.DeleteFunc(c.streams, func(s *stream) bool { return s.ssrc == info.SSRC })
}

// BindRTCPReader reads incoming RTCP packets too.
func (c *conn) BindRTCPReader(in interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		i, a, err := in.Read(b, a)
		if err != nil {
			return i, a, err
		}
		return i, c.hear(b[:i], a), nil
	})
}

// hear reads an RTCP packet. It returns the attributes with the parsed packets, so that other
// interceptors do not parse them again.
func (c *conn) hear(packet []byte, a interceptor.Attributes) interceptor.Attributes {
	if a == nil {
		a = interceptor.Attributes{}
	}
	// Others report unreadable packets.
	if packets, err := a.GetRTCPPackets(packet); err == nil {
		c.n.report(c, packets)
	}
	return a
}

// Close closes the connection: packets sent from now on are discarded.
func (c *conn) Close() error {
	c.n.enter()
	defer c.n.mu.Unlock()
	if c.n.conn == c {
		c.n.conn = nil
		c.n.endProbe()
		c.n.pacer.wake()
		c.n.log.Debug("the connection ended")
	}
	return nil
}

// adopt registers a stream, and its connection if that is a new one: the newest connection is used
// for sending.
func (n *Network) adopt(c *conn, s *stream) {
	now := n.enter()
	defer n.mu.Unlock()
	c.streams = append(c.streams, s)
	if n.closed || n.conn == c || c.adopted && n.conn != nil {
		return
	}
	n.conn, c.adopted = c, true
	if n.used {
		n.control.Reset(now)
	}
	n.used = true
	n.endProbe()
	n.log.Debug("sending on another connection", "estimate", n.control.Status().Estimate)
	n.changed(now)
}
