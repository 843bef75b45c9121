// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// The controller learns of each packet once and in order: at the end of its frame, when the outbox is full, or before
// any decision.
func TestPacketsReachTheControllerInBursts(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	c, out, _ := bind(t, n)
	next := uint16(0)
	send := func(marker bool, payload int) {
		next++
		h := &rtp.Header{Version: 2, SSRC: testSSRC, SequenceNumber: next, Marker: marker}
		_, err := out.Write(h, make([]byte, payload), nil)
		require.NoError(t, err)
	}
	known := func() int {
		n.mu.Lock() // Not see, which drains.
		defer n.mu.Unlock()
		return len(s.sent)
	}
	for range 5 {
		send(false, 1000)
	}
	require.Zero(t, known())
	send(true, 1000)
	require.Equal(t, 6, known(), "a frame has ended")
	send(false, 1000)
	require.Equal(t, uint64(7), n.Stats().Packets, "Stats reports it to the controller first")
	send(false, 1000)
	n.report(c, feedback(0, 1))
	require.Equal(t, 8, known(), "a report has arrived")
	send(false, 1000)
	send(false, 0)
	require.Equal(t, 10, known(), "padding")
	for range 3*outboxSize - 1 {
		send(false, 1000)
	}
	require.Greater(t, known(), 2*outboxSize)
	send(true, 1000)
	see(n, func() {
		require.Len(t, s.sent, int(next))
		for i, p := range s.sent {
			require.Equal(t, uint16(i), p.Seq)
		}
	})
	require.NoError(t, c.Close())
	for range 3 * outboxSize {
		send(false, 1000)
	}
	require.Equal(t, int(next)-3*outboxSize, known(), "the connection has ended")
}
