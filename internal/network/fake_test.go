// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// script is a controller that follows a test's script, and records its calls. Network.mu guards it.
type script struct {
	estimate int
	link     congestion.Link
	delay    func(now time.Duration, bytes int) time.Duration
	refuses  func(bytes int, ago time.Duration) bool // what is asked for again
	probes   []congestion.Probe
	due      []time.Duration

	sent     []congestion.Packet
	sentAt   []time.Duration
	reported [][]congestion.Result
	rtts     []time.Duration
	demand   int
	resets   int
	ticks    int
}

func (s *script) Sent(now time.Duration, p congestion.Packet) {
	s.sent = append(s.sent, p)
	s.sentAt = append(s.sentAt, now)
}

func (s *script) Feedback(_ time.Duration, results []congestion.Result) {
	s.reported = append(s.reported, slices.Clone(results))
}

func (s *script) SetRTT(rtt time.Duration) { s.rtts = append(s.rtts, rtt) }
func (s *script) SetDemand(bps int)        { s.demand = bps }
func (s *script) Status() congestion.Status {
	return congestion.Status{Estimate: s.estimate, Link: s.link}
}
func (s *script) Reset(time.Duration) { s.resets++ }

func (s *script) GrantAgain(_ time.Duration, bytes int, ago time.Duration) bool {
	return s.refuses == nil || !s.refuses(bytes, ago)
}

func (s *script) Probe(time.Duration) (congestion.Probe, bool) {
	if len(s.probes) == 0 {
		return congestion.Probe{}, false
	}
	p := s.probes[0]
	s.probes = s.probes[1:]
	return p, true
}

func (s *script) Due(time.Duration) (time.Duration, bool) {
	if len(s.due) == 0 {
		return 0, false
	}
	return s.due[0], true
}

func (s *script) Tick(time.Duration) {
	s.ticks++
	s.due = s.due[1:]
}

// Grant grants one packet at a time if there is a delay.
func (s *script) Grant(now time.Duration, bytes int) (granted int, wait time.Duration) {
	if s.delay == nil {
		return bytes, 0
	}
	if wait = s.delay(now, bytes); wait > 0 {
		return 0, wait
	}
	return 1, 0
}

func (s *script) Backlog(time.Duration) time.Duration { return 0 }

// scripted returns a network that is closed at the end of the test.
func scripted(t *testing.T, s *script) *Network {
	t.Helper()
	n := newNetwork(slog.New(slog.DiscardHandler), s)
	t.Cleanup(n.Close)
	return n
}

// see reads the calls that the script has recorded.
func see(n *Network, look func()) {
	n.enter()
	defer n.mu.Unlock()
	look()
}

// armed reports whether anything will wake the network.
func armed(n *Network) (is bool) {
	see(n, func() { is = n.isArmed })
	return is
}

// wire receives the packets.
type wire struct {
	mu      sync.Mutex
	dead    bool // as before the connection is made
	packets []rtp.Packet
	at      []time.Time
}

func (w *wire) Write(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return 0, nil
	}
	w.packets = append(w.packets, rtp.Packet{Header: h.Clone(), Payload: slices.Clone(payload)})
	w.at = append(w.at, time.Now())
	return len(payload) + h.MarshalSize(), nil
}

// all returns the packets that were written, as bytes.
func (w *wire) all(t *testing.T) (raw [][]byte) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.packets {
		b, err := w.packets[i].Marshal()
		require.NoError(t, err)
		raw = append(raw, b)
	}
	return raw
}

const (
	testExt  = 5
	testSSRC = 1234
)

func streamInfo(ssrc uint32, mime string) *interceptor.StreamInfo {
	return &interceptor.StreamInfo{
		SSRC: ssrc, MimeType: mime, SSRCRetransmission: 99, PayloadTypeRetransmission: 97,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: "urn:other", ID: 3}, {URI: twccURI, ID: testExt}},
	}
}

// connect makes a connection, as pion does.
func connect(t *testing.T, n *Network) *conn {
	t.Helper()
	i, err := factory{n}.NewInterceptor("")
	require.NoError(t, err)
	c, ok := i.(*conn)
	require.True(t, ok)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// bind makes a video stream on a connection of its own.
func bind(t *testing.T, n *Network) (*conn, interceptor.RTPWriter, *wire) {
	t.Helper()
	c, w := connect(t, n), &wire{}
	return c, c.BindLocalStream(streamInfo(testSSRC, "video/VP8"), w), w
}

// packet returns a frame of one packet, with a thousand bytes of payload.
func packet(sequence uint16) (*rtp.Header, []byte) {
	return &rtp.Header{Version: 2, SSRC: testSSRC, SequenceNumber: sequence, Marker: true}, make([]byte, 1000)
}

// write sends a packet.
func write(t *testing.T, out interceptor.RTPWriter, sequence uint16) {
	t.Helper()
	header, payload := packet(sequence)
	_, err := out.Write(header, payload, nil)
	require.NoError(t, err)
}

// padder pads as a track does, after the last sequence number.
func padder(out interceptor.RTPWriter, last *atomic.Uint32) func(int) bool {
	return func(bytes int) bool {
		_, err := out.Write(&rtp.Header{
			Version: 2, SSRC: testSSRC, SequenceNumber: uint16(last.Add(1)), Padding: true, PaddingSize: byte(bytes),
		}, nil, nil)
		return err == nil
	}
}

// pass lets time pass in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// seenPackets recognises packets.
type seenPackets struct {
	mu  sync.Mutex
	set map[uint64]bool
}

func newSeen() *seenPackets { return &seenPackets{set: map[uint64]bool{}} }

// first reports whether a packet is new.
func (s *seenPackets) first(h *rtp.Header) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := uint64(h.SSRC)<<16 | uint64(h.SequenceNumber)
	first := !s.set[key]
	s.set[key] = true
	return first
}

// await waits until a packet of a thousand bytes may be sent.
func await(ctx context.Context, n *Network) error {
	_, err := n.Wait(ctx, 1, 1000)
	return err
}
