// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// feedback returns a report that some packets have all arrived, a millisecond apart.
func feedback(base, count uint16) []rtcp.Packet {
	p := &rtcp.TransportLayerCC{
		Header:             rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback},
		MediaSSRC:          testSSRC,
		BaseSequenceNumber: base, PacketStatusCount: count,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{
			PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: count,
		}},
	}
	for range count {
		p.RecvDeltas = append(p.RecvDeltas, &rtcp.RecvDelta{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 1000})
	}
	p.Header.Length = p.Len()/4 - 1
	p.Header.Padding = p.Len() != 20+2+count
	return []rtcp.Packet{p}
}

// through marshals packets as a server does.
func through(t *testing.T, packets []rtcp.Packet) []byte {
	t.Helper()
	raw, err := rtcp.Marshal(packets)
	require.NoError(t, err)
	return raw
}

// reading passes packets to a connection's reader, as pion does.
func reading(t *testing.T, c *conn, raw []byte, a interceptor.Attributes) interceptor.Attributes {
	t.Helper()
	in := interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		return copy(b, raw), a, nil
	})
	b := make([]byte, 1500)
	i, a, err := c.BindRTCPReader(in).Read(b, a)
	require.NoError(t, err)
	require.Equal(t, raw, b[:i])
	return a
}

// Reports have gaps and packets out of order, and the numbers and the server's clock wrap around.
func TestReportsOfAServer(t *testing.T) {
	t.Parallel()
	s := &script{}
	n := scripted(t, s)
	c, out, _ := bind(t, n)
	c.next = 65000
	const packets = 3000
	// The clock's 24 bits of 64 ms wrap around meanwhile.
	const wrap = 1 << 24 * int64(tick/time.Microsecond)
	recorder := twcc.NewRecorder(1)
	arrivals := map[uint16]int64{}
	got := map[uint16]congestion.Result{}
	at := wrap - 3_000_000
	flush := func() {
		for _, p := range recorder.BuildFeedbackPacket() {
			raw := through(t, []rtcp.Packet{p})
			reading(t, c, raw, nil)
			reading(t, c, raw, nil) // As another sender's reader gets it.
		}
	}
	for i := range packets {
		write(t, out, uint16(i))
		at += []int64{250, 500, 7000, 64_000}[i%4] / (1 + int64(i%7))
		at -= at % 250
		number := uint16(65000 + i)
		if i%50 == 3 || i > 1000 && i < 1020 {
			continue // Lost.
		}
		arrivals[number] = at
		recorder.Record(testSSRC, number, at)
		if i%90 == 89 {
			flush()
		}
	}
	flush()
	for _, report := range s.reported {
		for _, r := range report {
			require.NotContains(t, got, r.Seq)
			got[r.Seq] = r
		}
	}
	// The report begins with the first packet that arrived.
	require.Len(t, got, packets)
	first := got[65000].Arrival
	for number, r := range got {
		arrival, received := arrivals[number]
		require.Equal(t, received, r.Received, "packet %d", number)
		if received {
			want := time.Duration(arrival-arrivals[65000]) * time.Microsecond
			require.Equal(t, want, r.Arrival-first, "packet %d", number)
		}
	}
	require.Equal(t, uint64(len(s.reported)), n.Stats().Reports)
}

func TestReportsOfWhatWasNeverSent(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, out, _ := bind(t, n)
	reading(t, c, through(t, feedback(0, 10)), nil)
	require.Empty(t, s.reported, "nothing has been sent")
	for i := range uint16(10) {
		write(t, out, i)
	}
	reading(t, c, through(t, feedback(5, 10)), nil)
	require.Len(t, s.reported, 1)
	require.Len(t, s.reported[0], 5)
	reading(t, c, through(t, feedback(65000, 600)), nil)
	require.Len(t, s.reported, 2)
	require.Len(t, s.reported[1], 10, "old numbers belong to another connection")
	reading(t, c, through(t, feedback(20, 10)), nil)
	require.Len(t, s.reported, 2)
}

func TestWhatWasSentAgainWasLost(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, out, _ := bind(t, n)
	for i := range uint16(4) {
		write(t, out, i)
	}
	write(t, out, 2)
	reading(t, c, through(t, feedback(0, 4)), nil)
	received := []bool{}
	for _, r := range s.reported[0] {
		received = append(received, r.Received)
	}
	require.Equal(t, []bool{true, true, false, true}, received)
}

func TestOtherConnectionsReportsDontCount(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	old, oldOut, _ := bind(t, n)
	write(t, oldOut, 1)
	c, out, _ := bind(t, n)
	write(t, out, 1)
	reading(t, old, through(t, feedback(0, 1)), nil)
	reading(t, connect(t, n), through(t, feedback(0, 1)), nil)
	require.Empty(t, s.reported)
	reading(t, c, through(t, feedback(0, 1)), nil)
	require.Len(t, s.reported, 1)
}

// Parsed packets are passed on, so that other readers need not parse them again. Errors are left to those readers.
func TestReadersAreUndisturbed(t *testing.T) {
	n := scripted(t, &script{})
	c, _, _ := bind(t, n)
	packets := []rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: 1}, &rtcp.Goodbye{Sources: []uint32{1}}}
	a := reading(t, c, through(t, packets), interceptor.Attributes{"of others": 1})
	require.Equal(t, 1, a["of others"])
	parsed, err := a.GetRTCPPackets(nil)
	require.NoError(t, err)
	require.Len(t, parsed, 2)
	reading(t, c, []byte{1, 2, 3}, nil)

	ended := errors.New("ended")
	_, _, err = c.BindRTCPReader(interceptor.RTCPReaderFunc(
		func([]byte, interceptor.Attributes) (int, interceptor.Attributes, error) { return 0, nil, ended })).Read(nil, nil)
	require.ErrorIs(t, err, ended)
}

func TestRoundTrips(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 500_000_000, time.UTC)
	for name, test := range map[string]struct {
		sent, delay time.Duration // ago; and how long the server took
		want        time.Duration
		ok          bool
	}{
		"usual":             {300 * time.Millisecond, 250 * time.Millisecond, 50 * time.Millisecond, true},
		"across seconds":    {2300 * time.Millisecond, 2250 * time.Millisecond, 50 * time.Millisecond, true},
		"none":              {time.Second, time.Second, time.Second / 65536, true},
		"the clock was set": {-time.Minute, 0, 0, false},
		"long ago":          {time.Minute, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			rtt, ok := roundTrip(now, &rtcp.ReceptionReport{
				LastSenderReport: middleNTP(now.Add(-test.sent)), Delay: uint32(test.delay.Seconds() * 65536),
			})
			require.Equal(t, test.ok, ok)
			if ok {
				require.InDelta(t, test.want, rtt, float64(50*time.Microsecond))
			}
		})
	}
	_, ok := roundTrip(now, &rtcp.ReceptionReport{})
	require.False(t, ok, "the server has seen no sender report")
}

func TestReceiverReports(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, _, _ := bind(t, n)
	ago := middleNTP(time.Now().Add(-100 * time.Millisecond))
	raw := through(t, []rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{
		{SSRC: testSSRC, LastSenderReport: ago, FractionLost: 64},
		{SSRC: 77, LastSenderReport: ago},
	}}})
	reading(t, c, raw, nil)
	reading(t, c, raw, nil)
	require.Len(t, s.rtts, 1)
	require.GreaterOrEqual(t, s.rtts[0], 99*time.Millisecond)
	require.InDelta(t, 0.25, n.Stats().Loss, 0)
}

func FuzzReports(f *testing.F) {
	seed := func(packets []rtcp.Packet) {
		raw, err := rtcp.Marshal(packets)
		if err == nil {
			f.Add(raw, uint16(0), uint16(100))
			f.Add(raw, uint16(65500), uint16(300))
		}
	}
	seed(feedback(0, 10))
	seed(feedback(65530, 40))
	recorder := twcc.NewRecorder(1)
	for i := range 200 {
		if i%3 != 1 {
			recorder.Record(1, uint16(i*i/20), int64(i*i*777))
		}
	}
	seed(recorder.BuildFeedbackPacket())
	seed([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: testSSRC, LastSenderReport: 1}}}})
	f.Fuzz(func(t *testing.T, raw []byte, first, count uint16) {
		packets, err := rtcp.Unmarshal(raw)
		if err != nil {
			return // Pion's SRTP drops it.
		}
		count %= 2000
		n := New(nil)
		defer n.Close()
		c, out, _ := bind(t, n)
		c.next = first
		for i := range count {
			write(t, out, i)
		}
		for _, p := range packets {
			if p, ok := p.(*rtcp.TransportLayerCC); ok {
				results := c.reports.read(p)
				require.LessOrEqual(t, len(results), int(count))
				for _, r := range results {
					require.Less(t, r.Seq-first, count)
				}
				c.reports.seen = [seen]fingerprint{}
			}
		}
		n.report(c, packets)
		before := n.Stats()
		n.report(c, packets)
		require.Empty(t, cmp.Diff(before, n.Stats()))
	})
}
