// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/pipeline"
)

// TestTheDemandOfAPipelinesOwnVideo is its rate, several times a preset at first, and always enough for its largest
// sample to leave within a tenth of a second.
func TestTheDemandOfAPipelinesOwnVideo(t *testing.T) {
	o, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	p := newPublication(t.Context(), o)
	defer func() { require.NoError(t, p.Close()) }()
	net := network.New(nil)
	t.Cleanup(net.Close)
	p.network = net.NewSender()
	made := newTestTrack(t, p, pipeline.H264)
	begun := time.Unix(1000, 0)
	c := &encodedVideo{p: p, track: made, least: 1_000_000, begun: begun}
	n := made.Counters()
	for _, step := range []struct {
		at             time.Duration
		bytes, largest uint64
		bits           int // without headers
	}{
		{0, 0, 0, 4_000_000},
		{1 * time.Second, 10_000, 10_000, 4_000_000},
		{4 * time.Second, 20_000, 10_000, 1_000_000},
		{5 * time.Second, 520_000, 10_000, 6_000_000},
		{6 * time.Second, 800_000, 275_000, 22_000_000},
		{60 * time.Second, 900_000, 275_000, 22_000_000},
	} {
		n.Encoded.Store(step.bytes)
		n.Largest.Store(step.largest)
		c.review(begun.Add(step.at))
		require.Equal(t, step.bits+step.bits/headerShare, net.Stats().Demand, "after %v", step.at)
	}
}
