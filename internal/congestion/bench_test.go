// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package congestion

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// machine drives a controller as a link of 12 Mbit/s does, with a report of a hundred packets every 80 ms.
type machine struct {
	c       *Controller
	now     time.Duration
	seq     uint16
	results [100]Result
}

func newMachine() *machine {
	m := &machine{c: New(Options{Start: 12_000_000})}
	m.c.SetDemand(20_000_000)
	return m
}

func (m *machine) round() {
	for i := range m.results {
		m.now += 800 * time.Microsecond
		m.c.Grant(m.now, 1200)
		m.c.Sent(m.now, Packet{Seq: m.seq, Bytes: 1200, Media: true})
		m.c.Due(m.now)
		m.results[i] = Result{Seq: m.seq, Arrival: m.now + 20*ms, Received: i%50 != 0}
		m.seq++
	}
	m.c.Feedback(m.now+40*ms, m.results[:])
	m.c.Probe(m.now + 40*ms)
	m.c.Status()
}

func TestNothingIsAllocated(t *testing.T) {
	m := newMachine()
	require.Zero(t, testing.AllocsPerRun(100, m.round))
}

// BenchmarkPacket measures the work for one packet.
func BenchmarkPacket(b *testing.B) {
	m := newMachine()
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(m.results) {
		m.round()
	}
}
