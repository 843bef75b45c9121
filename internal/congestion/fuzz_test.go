// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzController calls all methods in any order, with arbitrary reports.
func FuzzController(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte("sent sent sent reports and times of all kinds"))
	var long []byte
	for i := range 400 {
		long = append(long, byte(i), byte(i*7), byte(i>>3))
	}
	f.Add(long)
	f.Fuzz(func(t *testing.T, data []byte) {
		o := Options{Min: 50_000, Max: 20_000_000}
		c := New(o)
		g := &fuzzer{t: t, c: c, o: o, data: data[:min(len(data), 2000)]}
		for len(g.data) > 0 {
			g.step()
			g.check()
		}
		g.count()
	})
}

type fuzzer struct {
	t    *testing.T
	c    *Controller
	o    Options
	data []byte
	now  time.Duration
	seq  uint16
	id   int
}

func (g *fuzzer) byte() int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b)
}

func (g *fuzzer) long() int64 {
	var b [8]byte
	n := copy(b[:], g.data)
	g.data = g.data[n:]
	return int64(binary.LittleEndian.Uint64(b[:]))
}

func (g *fuzzer) step() {
	switch op := g.byte(); op % 12 {
	case 0, 1, 2, 3:
		for range g.byte() {
			g.seq++
			g.now += time.Duration(op) * 50 * time.Microsecond
			g.c.Sent(g.now, Packet{Seq: g.seq, Bytes: op * 8, Probe: g.id * (op & 1), Media: op&2 == 0})
		}
	case 4:
		g.c.Sent(g.now, Packet{Seq: uint16(g.long()), Bytes: int(g.long()), Probe: int(g.long()), Media: op > 99})
	case 5, 6, 7:
		g.report(g.byte(), time.Duration(g.byte()-100)*ms, g.byte())
	case 8:
		var results []Result
		for range g.byte() % 8 {
			results = append(results, Result{
				Seq: uint16(g.long()), Arrival: time.Duration(g.long()), Received: op&16 == 0,
			})
		}
		g.c.Feedback(g.now, results)
	case 9:
		g.now += time.Duration(g.byte()) * 20 * ms
		if at, ok := g.c.Due(g.now); ok {
			require.GreaterOrEqual(g.t, at, g.now)
		}
	case 10:
		g.c.SetDemand(g.byte() * 100_000)
		g.c.SetRTT(time.Duration(g.byte()) * 10 * ms)
	case 11:
		if op > 200 {
			g.c.Reset(g.now)
		} else if op > 190 {
			g.now = min(max(g.now+time.Duration(g.long()), -math.MaxInt64/4), math.MaxInt64/4)
		}
		g.c.Tick(g.now)
	}
}

// report returns a report of the newest packets, of which some are lost at regular intervals.
func (g *fuzzer) report(count int, delay time.Duration, lost int) {
	var results []Result
	for i := count; i > 0; i-- {
		at := g.now + delay - time.Duration(i)*ms
		results = append(results, Result{Seq: g.seq - uint16(i), Arrival: at, Received: lost == 0 || i%lost != 0})
	}
	g.c.Feedback(g.now, results)
}

func (g *fuzzer) check() {
	if p, ok := g.c.Probe(g.now); ok {
		g.id = p.ID
		require.Positive(g.t, p.ID)
		require.Positive(g.t, p.Rate)
		require.Positive(g.t, p.Packets)
		require.LessOrEqual(g.t, p.Packets*p.Size, 1_000_000)
		require.GreaterOrEqual(g.t, p.Size, 90)
		require.LessOrEqual(g.t, p.Size, 1200)
	}
	s := g.c.Status()
	if s.State == Blind {
		require.Zero(g.t, s.Estimate)
	} else {
		require.GreaterOrEqual(g.t, s.Estimate, g.o.Min)
		require.LessOrEqual(g.t, s.Estimate, g.o.Max)
	}
	require.Positive(g.t, s.PacingRate)
	require.GreaterOrEqual(g.t, s.AckedRate, 0)
	require.GreaterOrEqual(g.t, s.Link.Rate, 0)
	require.GreaterOrEqual(g.t, s.QueueDelay, time.Duration(0))
	require.GreaterOrEqual(g.t, s.RTT, time.Duration(0))
	require.GreaterOrEqual(g.t, s.Loss, 0.0)
	require.LessOrEqual(g.t, s.Loss, 1.0)
	granted, wait := g.c.Grant(g.now, 12_000)
	require.True(g.t, granted > 0 && granted <= 12_000 && wait == 0 || granted == 0 && wait > 0 && wait <= MaxWait,
		"%d bytes, %v", granted, wait)
	require.GreaterOrEqual(g.t, g.c.Backlog(g.now), time.Duration(0))
}

// count requires that the packets in flight are those without a report.
func (g *fuzzer) count() {
	inFlight := 0
	for _, r := range g.c.history.ring {
		if r.fate == out {
			inFlight += int(r.bytes)
		}
	}
	require.Equal(g.t, inFlight, g.c.Status().InFlight)
}
