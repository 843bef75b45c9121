// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// every grants one packet in each period.
func every(period time.Duration) func(time.Duration, int) time.Duration {
	var free time.Duration
	return func(now time.Duration, _ int) time.Duration {
		if now < free {
			return free - now
		}
		free = now + period
		return 0
	}
}

func TestWaitingIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := scripted(t, &script{delay: every(10 * time.Millisecond)})
		bind(t, n)
		start := time.Now()
		type went struct {
			who int
			at  time.Duration
		}
		order := make(chan went, 30)
		for who := range 3 {
			go func() {
				for range 10 {
					if await(context.Background(), n) == nil {
						order <- went{who, time.Since(start)}
					}
				}
			}()
			synctest.Wait()
		}
		for i := range 30 {
			w := <-order
			require.Equal(t, time.Duration(i)*10*time.Millisecond, w.at)
			if i > 2 && i < 27 {
				require.Equal(t, (i+2)%3, w.who, "each in turn")
			}
		}
		synctest.Wait()
		require.Equal(t, 290*time.Millisecond, n.Stats().Waited)
		require.Zero(t, n.Backlog())
	})
}

func TestWaitAsksForWhatIsOnTheWire(t *testing.T) {
	asked := 0
	n := scripted(t, &script{delay: func(_ time.Duration, bytes int) time.Duration {
		asked = bytes
		return 0
	}})
	require.NoError(t, await(t.Context(), n))
	require.Zero(t, asked, "without a connection, nothing waits")
	bind(t, n)
	require.NoError(t, await(t.Context(), n))
	require.Equal(t, 1000+extension+overhead, asked)
}

func TestWaitingEnds(t *testing.T) {
	forever := func(time.Duration, int) time.Duration { return time.Hour }
	for name, end := range map[string]func(n *Network, c *conn, cancel func()) error{
		"its context":   func(_ *Network, _ *conn, cancel func()) error { cancel(); return context.Canceled },
		"Close":         func(n *Network, _ *conn, _ func()) error { n.Close(); return ErrClosed },
		"no connection": func(_ *Network, c *conn, _ func()) error { return c.Close() },
		"it may go":     func(n *Network, _ *conn, _ func()) error { allow(n); n.NewSender().SetDemand(2); return nil },
		"reported":      func(n *Network, c *conn, _ func()) error { allow(n); n.report(c, feedback(0, 1)); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := scripted(t, &script{delay: forever})
				c, out, _ := bind(t, n)
				write(t, out, 1)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				first, second := make(chan error, 1), make(chan error, 1)
				go func() { first <- await(ctx, n) }()
				synctest.Wait()
				go func() { second <- await(ctx, n) }()
				synctest.Wait()
				begun := time.Now()
				want := end(n, c, cancel)
				synctest.Wait()
				require.ErrorIs(t, <-first, want)
				require.ErrorIs(t, <-second, want)
				require.Zero(t, time.Since(begun))
			})
		})
	}
	require.ErrorIs(t, ErrClosed, io.ErrClosedPipe)
}

// allow ends a script's wait.
func allow(n *Network) {
	see(n, func() {
		s, _ := n.control.(*script)
		s.delay = nil
	})
}

func TestWaitAfterCloseAndWithADeadContext(t *testing.T) {
	n := scripted(t, &script{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, await(ctx, n), context.Canceled)
	n.Close()
	n.Close()
	require.ErrorIs(t, await(t.Context(), n), ErrClosed)
}

// An idle network has no timer that could wake the program.
func TestNothingWakesAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{estimate: 1000, due: []time.Duration{time.Second, 3 * time.Second}}
		n := scripted(t, s)
		_, out, _ := bind(t, n)
		require.True(t, armed(n))
		pass(10 * time.Second)
		require.Equal(t, 2, s.ticks)
		require.False(t, armed(n))
		write(t, out, 1)
		require.False(t, armed(n))
		see(n, func() { s.due = []time.Duration{11 * time.Second} })
		write(t, out, 2)
		require.True(t, armed(n), "a report may be overdue")
		pass(2 * time.Second)
		require.Equal(t, 3, s.ticks)
		require.False(t, armed(n))
	})
}

// The same holds for a real controller, with and without a report.
func TestNothingWakesAfterMedia(t *testing.T) {
	for name, reported := range map[string]bool{"reported": true, "unreported": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var last atomic.Uint32
				n := New(nil)
				defer n.Close()
				n.NewSender().SetDemand(5_000_000)
				c, out, _ := bind(t, n)
				defer n.AddPadding(padder(out, &last))()
				for range 40 {
					for range 5 {
						write(t, out, uint16(last.Add(1)))
					}
					pass(20 * time.Millisecond)
					if reported {
						n.report(c, feedback(c.reports.newest-4, 5))
					}
				}
				pass(time.Minute)
				see(n, func() { require.False(t, n.isArmed, "%+v", n.control.Status()) })
			})
		})
	}
}

func TestTheEstimateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{estimate: 1_000_000}
		n := scripted(t, s)
		c, out, _ := bind(t, n)
		write(t, out, 1)
		var told []int
		own, other := n.NewSender(), n.NewSender()
		own.OnShare(func(share Share) {
			told = append(told, share.Bitrate)
			own.SetDemand(0) // It may be called from here, which is under no lock.
		})
		synctest.Wait()
		require.Equal(t, []int{1_000_000}, told, "the current one")
		change := func(bps int) {
			see(n, func() { s.estimate = bps })
			see(n, func() { n.changed(n.now()) })
			synctest.Wait()
		}
		change(1_010_000)
		require.Equal(t, 1_010_000, n.Estimate())
		require.Len(t, told, 1, "the difference is too small")
		change(1_020_000)
		require.Equal(t, []int{1_000_000, 1_020_000}, told)
		other.SetDemand(1_030_000)
		synctest.Wait()
		require.Equal(t, []int{1_000_000, 1_020_000, 1_020_000}, told, "the shares have changed")
		change(1_030_000)
		require.Equal(t, 1_030_000, told[3], "it meets the demand")
		change(0)
		require.Equal(t, 0, told[4])
		own.Close()
		own.Close()
		change(5)
		require.Len(t, told, 5)
		require.NoError(t, c.Close())
	})
}

func TestDemandIsASum(t *testing.T) {
	s := &script{estimate: 600}
	n := scripted(t, s)
	a, b := n.NewSender(), n.NewSender()
	a.SetDemand(100)
	b.SetDemand(200)
	a.SetDemand(200)
	require.Equal(t, 400, s.demand)
	require.Equal(t, 400, n.Stats().Demand)
	a.SetDemand(0)
	require.Equal(t, 200, s.demand)
	require.Equal(t, 200, n.Stats().Demand)
	b.Close()
	require.Zero(t, s.demand)
}

// probing begins a probe soon.
func probing(n *Network, p congestion.Probe) {
	see(n, func() {
		s, _ := n.control.(*script)
		s.probes, s.due = []congestion.Probe{p}, []time.Duration{n.now()}
		n.schedule(n.now())
	})
}

func TestProbesArePadding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last atomic.Uint32
		s := &script{}
		n := scripted(t, s)
		_, out, w := bind(t, n)
		write(t, out, 0)
		n.AddPadding(func(int) bool { return false }) // One that can't.
		remove := n.AddPadding(padder(out, &last))
		start := n.now()
		const rate = 2_000_000
		probing(n, congestion.Probe{ID: 3, Rate: rate, Packets: 20, Size: 1200})
		pass(time.Second)

		bytes := 0
		for i, p := range s.sent[1:] {
			require.Equal(t, 3, p.Probe)
			require.False(t, p.Media)
			require.Equal(t, byte(maxPadding), w.packets[i+1].Header.PaddingSize)
			due := start + time.Duration(bytes)*8*time.Second/rate
			require.InDelta(t, due, s.sentAt[i+1], float64(2*time.Millisecond), "packet %d", i)
			bytes += p.Bytes
		}
		require.InDelta(t, 20*1200, bytes, 400)
		require.Equal(t, uint64(bytes), n.Stats().ProbeBytes)
		require.Equal(t, uint64(1), n.Stats().Probes)
		require.False(t, armed(n))

		remove()
		probing(n, congestion.Probe{ID: 4, Rate: rate, Packets: 20, Size: 1200})
		pass(time.Second)
		require.False(t, armed(n), "a probe that cannot be sent is abandoned")
		require.Len(t, s.sent, len(w.packets))
		require.Equal(t, 3, s.sent[len(s.sent)-1].Probe)
	})
}

func TestSmallProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last atomic.Uint32
		s := &script{}
		n := scripted(t, s)
		_, out, _ := bind(t, n)
		write(t, out, 0)
		n.AddPadding(padder(out, &last))
		for _, size := range []int{1, 100, 200} {
			see(n, func() { s.sent = nil })
			probing(n, congestion.Probe{ID: 1, Rate: 100_000, Packets: 21, Size: size})
			pass(time.Second)
			require.InDelta(t, max(size, overhead+paddedHeader+1), s.sent[0].Bytes, 0)
		}
		require.Len(t, s.sent, 21)
	})
}

// Waiting media serves as the probe: it leaves at the probe's rate.
func TestProbesAreMediaThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{delay: every(100 * time.Millisecond)}
		n := scripted(t, s)
		_, out, _ := bind(t, n)
		write(t, out, 1)
		n.AddPadding(func(int) bool { t.Error("padding is not needed"); return false })
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := uint16(2); await(ctx, n) == nil; i++ {
				header, payload := packet(i)
				if _, err := out.Write(header, payload, nil); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait()
		const rate = 1_000_000
		probing(n, congestion.Probe{ID: 9, Rate: rate, Packets: 5, Size: 1000})
		pass(90 * time.Millisecond)
		see(n, func() {
			require.Len(t, s.sent, 2+5)
			for i, p := range s.sent[2:] {
				require.Equal(t, 9, p.Probe)
				require.True(t, p.Media)
				require.InDelta(t, time.Duration(i*p.Bytes)*8*time.Second/rate, s.sentAt[i+2], float64(2*time.Millisecond))
			}
		})
		pass(time.Second)
		see(n, func() { require.Zero(t, s.sent[7].Probe) })
		cancel()
		<-ended
	})
}

func TestAProbeEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last atomic.Uint32
		s := &script{}
		n := scripted(t, s)
		c, out, _ := bind(t, n)
		write(t, out, 0)
		n.AddPadding(padder(out, &last))
		probing(n, congestion.Probe{ID: 1, Rate: 1_000_000, Packets: 100, Size: 1000})
		pass(100 * time.Millisecond)
		require.NoError(t, c.Close())
		pass(time.Second)
		require.False(t, armed(n))
		require.Less(t, len(s.sent), 100)
	})
}
