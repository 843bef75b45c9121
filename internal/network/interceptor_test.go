// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"encoding/binary"
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

func TestPacketsAreNumberedWhereNegotiated(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, video, w := bind(t, n)
	audioWire, plainWire := &wire{}, &wire{}
	audio := c.BindLocalStream(streamInfo(2, "audio/opus"), audioWire)
	plain := c.BindLocalStream(&interceptor.StreamInfo{SSRC: 3, MimeType: "audio/opus"}, plainWire)

	header := &rtp.Header{Version: 2, SSRC: testSSRC, SequenceNumber: 7}
	require.NoError(t, header.SetExtension(3, []byte{1}))
	before := header.Clone()
	_, err := video.Write(header, make([]byte, 1000), nil)
	require.NoError(t, err)
	_, err = audio.Write(&rtp.Header{Version: 2, SSRC: 2}, make([]byte, 50), nil)
	require.NoError(t, err)
	_, err = plain.Write(&rtp.Header{Version: 2, SSRC: 3}, make([]byte, 50), nil)
	require.NoError(t, err)
	write(t, video, 8)

	require.Equal(t, before, *header, "the owner may send the header again")
	require.Equal(t, []byte{1}, w.packets[0].GetExtension(3))
	require.Equal(t, []byte{0, 0}, w.packets[0].GetExtension(testExt))
	require.Equal(t, []byte{0, 1}, audioWire.packets[0].GetExtension(testExt))
	require.Empty(t, plainWire.packets[0].GetExtensionIDs())
	require.Equal(t, []byte{0, 2}, w.packets[1].GetExtension(testExt))

	// 12 bytes of RTP, 4 and 3 + 2 (padded to 8) of extensions, the payload, and the layers below.
	require.Equal(t, []congestion.Packet{
		{Seq: 0, Bytes: 12 + 4 + 8 + 1000 + overhead, Media: true, New: true},
		{Seq: 1, Bytes: 12 + extension + 50 + overhead, New: true},
		{Seq: 2, Bytes: 12 + extension + 1000 + overhead, Media: true, New: true},
	}, s.sent)
}

// A server without TWCC receives everything unchanged. There is no estimate, and only bursts are paced.
func TestAServerThatDoesntReport(t *testing.T) {
	for name, extensions := range map[string][]interceptor.RTPHeaderExtension{
		"nor asks": nil, "though it asks": {{URI: twccURI, ID: testExt}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := New(nil)
				defer n.Close()
				var told atomic.Int64
				sender := n.NewSender()
				defer sender.Close()
				sender.OnShare(func(share Share) { told.Store(int64(share.Bitrate)) })
				w := &wire{}
				info := streamInfo(testSSRC, "video/VP8")
				info.RTPHeaderExtensions = extensions
				out := connect(t, n).BindLocalStream(info, w)
				require.Equal(t, extensions == nil, info.SSRCRetransmission != 0)
				require.NotZero(t, n.Estimate())
				for i := range uint16(2000) {
					require.NoError(t, await(context.Background(), n))
					write(t, out, i)
					pass(5 * time.Millisecond)
				}
				require.Zero(t, n.Estimate())
				require.Zero(t, told.Load())
				require.Equal(t, extensions != nil, w.packets[0].Extension)
				begun := time.Now()
				for i := range uint16(2000) {
					require.NoError(t, await(context.Background(), n))
					write(t, out, 2000+i)
				}
				require.NotZero(t, time.Since(begun))
				require.Less(t, time.Since(begun), time.Second)
			})
		})
	}
}

func TestNumbersAreThoseOfPacketsThatLeave(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	_, out, w := bind(t, n)
	w.dead = true
	write(t, out, 1)
	write(t, out, 2)
	require.Empty(t, s.sent, "before the connection is made, packets are dropped")
	w.dead = false
	write(t, out, 3)
	require.Equal(t, []byte{0, 0}, w.packets[0].GetExtension(testExt))
	require.Len(t, s.sent, 1)
}

func TestNumbersWrap(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, out, w := bind(t, n)
	c.next = 65535
	write(t, out, 65535)
	write(t, out, 0)
	require.Equal(t, []byte{255, 255}, w.packets[0].GetExtension(testExt))
	require.Equal(t, []byte{0, 0}, w.packets[1].GetExtension(testExt))
	require.Equal(t, uint16(0), s.sent[1].Seq)
}

// A second message under the same SSRC and sequence number would break AES-GCM.
func TestRetransmissionsAreTheSamePackets(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	_, out, w := bind(t, n)
	for i := range uint16(6000) {
		write(t, out, 63000+i)
	}
	const late = 63000 + 6000 - remembered // The oldest that is remembered.
	write(t, out, late&0xffff)
	write(t, out, (late+100)&0xffff)
	write(t, out, 63000) // Forgotten.
	raw := w.all(t)
	require.Len(t, raw, 6002)
	require.Equal(t, raw[6000-remembered], raw[6000])
	require.Equal(t, raw[6000-remembered+100], raw[6001])
	require.Len(t, s.sent, 6000, "only the first packet with a number counts")
	require.Equal(t, uint64(2), n.Stats().Retransmissions)

	write(t, out, 63000+6000-65536)
	require.Equal(t, uint16(6000), s.sent[6000].Seq)
}

// A packet that the controller refuses is not sent again, and the controller learns how long ago it was.
func TestRetransmissionsAreGranted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Duration
		s := &script{}
		s.refuses = func(bytes int, ago time.Duration) bool {
			require.Equal(t, s.sent[0].Bytes, bytes)
			asked = append(asked, ago)
			return 0 < ago && ago < 100*time.Millisecond
		}
		n := scripted(t, s)
		_, out, w := bind(t, n)
		write(t, out, 1)
		for range 4 {
			<-time.After(60 * time.Millisecond)
			write(t, out, 1)
		}
		ms := time.Millisecond
		require.Equal(t, []time.Duration{0, 60 * ms, 120 * ms, 60 * ms}, asked)
		require.Len(t, w.all(t), 3)
		require.Equal(t, uint64(2), n.Stats().Retransmissions)
		require.Equal(t, uint64(2), n.Stats().RetransmissionsRefused)
		n.Close()
	})
}

func TestRTXIsOff(t *testing.T) {
	info := streamInfo(testSSRC, "video/VP8")
	n := scripted(t, &script{})
	connect(t, n).BindLocalStream(info, &wire{})
	require.Zero(t, info.SSRCRetransmission)
	require.Zero(t, info.PayloadTypeRetransmission)
	// Packets of others, beside the stream's own, have no number.
	_, out, w := bind(t, n)
	_, err := out.Write(&rtp.Header{Version: 2, SSRC: 77}, nil, nil)
	require.NoError(t, err)
	require.Empty(t, w.packets[0].GetExtensionIDs())
}

func TestANewConnectionTakesOver(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	connect(t, n) // The one for subscribing.
	require.False(t, n.Stats().Connected)
	old, oldOut, _ := bind(t, n)
	require.True(t, n.Stats().Connected)
	require.Zero(t, s.resets)
	write(t, oldOut, 1)

	_, out, w := bind(t, n)
	require.Equal(t, 1, s.resets)
	write(t, oldOut, 2) // The old one may still be there.
	write(t, out, 1)
	require.NoError(t, old.Close())
	write(t, out, 2)
	require.True(t, n.Stats().Connected)
	require.Equal(t, []byte{0, 1}, w.packets[1].GetExtension(testExt), "numbers restart")
	require.Len(t, s.sent, 3)

	// Another stream on the old connection does not bring it back.
	old.BindLocalStream(streamInfo(8, "video/VP8"), &wire{})
	require.Equal(t, 1, s.resets)
}

func TestNoConnectionIsLeft(t *testing.T) {
	n := scripted(t, &script{})
	c, _, _ := bind(t, n)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.False(t, n.Stats().Connected)
	n.Close()
	_, out, w := bind(t, n)
	write(t, out, 1)
	require.False(t, n.Stats().Connected)
	require.Len(t, w.packets, 1)
}

// Numbers are in the order of the packets, whichever goroutine sends them.
func TestNumbersAreInOrder(t *testing.T) {
	n := scripted(t, &script{})
	c := connect(t, n)
	w := &wire{}
	var writers sync.WaitGroup
	for ssrc := range uint32(4) {
		out := c.BindLocalStream(streamInfo(ssrc, "video/VP8"), w)
		writers.Go(func() {
			for i := range uint16(500) {
				_, err := out.Write(&rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: i}, []byte{1}, nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	require.Len(t, w.packets, 2000)
	for i, p := range w.packets {
		require.Equal(t, uint16(i), binary.BigEndian.Uint16(p.GetExtension(testExt)))
	}
}

// nowhere discards packets.
type nowhere struct{}

func (nowhere) Write(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	return h.MarshalSize() + len(payload), nil
}

func TestSendingAllocatesNothing(t *testing.T) {
	n := New(nil)
	defer n.Close()
	out := connect(t, n).BindLocalStream(streamInfo(testSSRC, "video/VP8"), nowhere{})
	header := &rtp.Header{Version: 2, SSRC: testSSRC}
	require.NoError(t, header.SetExtension(3, []byte{1}))
	payload := make([]byte, 1100)
	allocs := testing.AllocsPerRun(2000, func() {
		if _, err := n.Wait(t.Context(), 1, len(payload)); err != nil {
			t.Error(err)
		}
		header.SequenceNumber++
		if _, err := out.Write(header, payload, nil); err != nil {
			t.Error(err)
		}
	})
	require.Zero(t, allocs)
}

func BenchmarkSend(b *testing.B) {
	n := New(nil)
	defer n.Close()
	c := &conn{n: n}
	out := c.BindLocalStream(streamInfo(testSSRC, "video/VP8"), nowhere{})
	header, payload := packet(0)
	for b.Loop() {
		header.SequenceNumber++
		if _, err := out.Write(header, payload, nil); err != nil {
			b.Fatal(err)
		}
	}
}
