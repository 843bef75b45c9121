// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/link"
)

// outage is a link that is cut for a time.
type outage struct {
	cut  time.Duration
	back time.Duration // until media arrives again at full rate, at most
	kept float64       // share of the demand that the estimate has all the time
}

// A link that is cut for a while carries media again as soon as it is back, at the rate that it had.
func TestALinkThatIsCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]outage{
		"for a moment": {3 * time.Second, 2 * time.Second, 0.5},
		"for longer":   {10 * time.Second, 2 * time.Second, 0.5},
		// The SDK has given the connection up, and tries for another one at times ever farther apart, or
		// takes its own leave between two attempts for the server's word. The next connection begins with
		// the estimate, but knows nothing of the link.
		"until there is no connection": {40 * time.Second, 15 * time.Second, 0.15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c *outage) run(t *testing.T) {
	t.Helper()
	const delay, demand = 20 * time.Millisecond, 2_500_000
	whole, cut := link.Shape{Delay: delay}, link.Shape{Delay: delay, Loss: 1}
	s := open(t, whole, 1, nil)
	s.publisher.demand.Store(demand)
	s.n.SetDemand("track", demand)
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	watched := s.watcher.packets.Load()
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+100 })

	heap, sent := inUse(), s.n.Stats().Bytes
	s.shape(cut, cut)
	<-time.After(c.cut)
	before := s.n.Stats()
	t.Logf("cut: %+v", before)
	require.Less(t, inUse(), heap+16<<20, "what can't be sent is not kept")
	require.Less(t, float64(8*(before.Bytes-sent)), 0.5*demand*c.cut.Seconds(), "what nobody answers is little")

	var least atomic.Int64
	least.Store(demand)
	defer s.n.OnEstimate(func(bps int) { least.Store(min(least.Load(), int64(bps))) })()
	watched = s.watcher.packets.Load()
	s.shape(whole, whole)
	begun := time.Now()
	s.eventually(func() bool {
		s.rejoin()
		return s.watcher.packets.Load() > watched
	})
	first := time.Since(begun)
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+200 })
	s.eventually(func() bool { return s.n.Estimate() >= demand && s.n.Stats().State != "stalled" })
	t.Logf("back: first packet after %v, full rate after %v, least estimate %d; %+v",
		first, time.Since(begun), least.Load(), s.n.Stats())
	require.Less(t, time.Since(begun), c.back)
	require.GreaterOrEqual(t, float64(least.Load()), c.kept*demand)
}

// inUse is how much memory is in use, in bytes.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
