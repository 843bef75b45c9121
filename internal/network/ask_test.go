// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// ask is a probe that only requests a report from the server.
var ask = congestion.Probe{ID: 5, Rate: 1_000_000, Packets: 22, Size: 90, Ask: true}

// asked returns how many of its packets and how many of media were sent.
func asked(t *testing.T, s *script) (padding, media int) {
	t.Helper()
	for _, p := range s.sent {
		switch {
		case p.Media:
			require.Zero(t, p.Probe, "media is not part of it")
			media++
		default:
			require.Equal(t, ask.ID, p.Probe)
			require.Equal(t, ask.Size, p.Bytes)
			padding++
		}
	}
	return padding, media
}

// A request for a report is a number of small packets, and does not make media leave sooner.
func TestAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last atomic.Uint32
		s := &script{delay: every(100 * time.Millisecond)}
		n := scripted(t, s)
		_, out, _ := bind(t, n)
		defer n.AddPadding(padder(out, &last))()
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for await(ctx, n) == nil {
				header, payload := packet(uint16(last.Add(1)))
				if _, err := out.Write(header, payload, nil); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait()
		probing(n, ask)
		pass(250 * time.Millisecond)
		see(n, func() {
			padding, media := asked(t, s)
			require.Equal(t, ask.Packets, padding)
			require.Equal(t, 3, media)
			took := s.sentAt[1+padding-1] - s.sentAt[1] // Before the second of media.
			due := time.Duration((ask.Packets-1)*ask.Size*8) * time.Second / time.Duration(ask.Rate)
			require.InDelta(t, due, took, float64(2*time.Millisecond))
		})
		stats := n.Stats()
		require.Equal(t, []uint64{1, 0}, []uint64{stats.Asked, stats.Probes})
		require.Equal(t, uint64(ask.Packets*ask.Size), stats.ProbeBytes)
		cancel()
		<-ended
		require.False(t, armed(n))
	})
}

// A track cannot pad while a frame is being sent, which takes long when there is a reason to ask.
func TestAskingWaitsForAFramesEnd(t *testing.T) {
	for name, c := range map[string]struct {
		busy time.Duration
		sent int
	}{
		"soon": {800 * time.Millisecond, ask.Packets}, "never": {time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var last atomic.Uint32
				s := &script{}
				n := scripted(t, s)
				_, out, _ := bind(t, n)
				write(t, out, 0)
				pad, begun := padder(out, &last), time.Now()
				defer n.AddPadding(func(bytes int) bool { return time.Since(begun) >= c.busy && pad(bytes) })()
				probing(n, ask)
				pass(2 * time.Second)
				padding, _ := asked(t, s)
				require.Equal(t, c.sent, padding)
				require.False(t, armed(n))
			})
		})
	}
}
