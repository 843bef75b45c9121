// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/link"
)

// outage describes a link that is cut for some time.
type outage struct {
	cut    time.Duration
	leaves bool // the room is left meanwhile, and joined again
}

// A link that was cut carries media again at its previous rate. How soon depends on the machine and on who connects
// again, so internal/congestion tests that with a clock of its own (TestOutage, TestReset).
func TestALinkThatIsCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]outage{
		"for a moment": {cut: 3 * time.Second},
		// The SDK reacts after ten seconds at the earliest.
		"for longer": {cut: 8 * time.Second},
		// Reconnect as internal/session does if the SDK fails to. The test does not wait for the SDK: its attempts
		// take 5 s and are up to 25 s apart, and one may succeed without a connection for publishing. The next
		// connection begins with the estimate, but without knowledge of the link.
		"until there is no connection": {cut: 5 * time.Second, leaves: true},
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
	s.n.NewSender().SetDemand(demand)
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	watched := s.watcher.packets.Load()
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+100 })

	heap, sent := inUse(), s.n.Stats()
	s.shape(cut, cut)
	s.eventually(func() bool { return s.n.Stats().State == "stalled" })
	known := s.n.Estimate()
	<-time.After(c.cut)
	before := s.n.Stats()
	t.Logf("cut: %+v", before)
	require.Less(t, inUse(), heap+16<<20, "media that cannot be sent is not kept")
	require.Less(t, float64(8*(before.Bytes-sent.Bytes)), 0.5*demand*c.cut.Seconds(), "little is sent without reports")
	if c.leaves {
		s.leave()
	}
	require.GreaterOrEqual(t, s.n.Estimate(), known/2, "silence says nothing about the link")

	watched = s.watcher.packets.Load()
	s.shape(whole, whole)
	if c.leaves {
		s.connect()
		s.publisher.demand.Store(demand)
	}
	s.eventually(func() bool { return s.n.Stats().Reports > before.Reports })
	require.GreaterOrEqual(t, s.n.Estimate(), known/2, "nor do the lost packets")
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+200 })
	s.eventually(func() bool {
		now := s.n.Stats()
		return now.Estimate >= demand && now.AckedRate >= demand/2 && now.State != "stalled"
	})
	t.Logf("back: %+v", s.n.Stats())
}

// inUse returns the memory in use, in bytes.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
