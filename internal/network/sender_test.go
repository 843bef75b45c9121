// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/congestion"
)

// Two publications share the estimate in proportion to their demands, whether it suffices or not.
func TestShares(t *testing.T) {
	s := &script{}
	n := scripted(t, s)
	screen, camera := n.NewSender(), n.NewSender()
	for _, c := range []struct {
		name                    string
		estimate                int
		screenWants, cameraWant int
		screen, camera          int
	}{
		{"unknown demands", 1_000_000, 0, 0, 1_000_000, 1_000_000},
		{"alone", 1_000_000, 2_500_000, 0, 1_000_000, 1_000_000},
		{"the same", 1_000_000, 2_500_000, 2_500_000, 500_000, 500_000},
		{"more and less", 1_000_000, 3_000_000, 1_000_000, 750_000, 250_000},
		{"more than enough", 8_000_000, 3_000_000, 1_000_000, 6_000_000, 2_000_000},
		{"large numbers", 1_000_000_000, 2_000_000_000, 2_000_000_000, 500_000_000, 500_000_000},
		{"no estimate", 0, 3_000_000, 1_000_000, 0, 0},
		{"the first is gone", 1_000_000, 0, 1_000_000, 1_000_000, 1_000_000},
	} {
		screen.SetDemand(c.screenWants)
		camera.SetDemand(c.cameraWant)
		see(n, func() { s.estimate = c.estimate })
		see(n, func() { n.changed(n.now()) })
		for _, link := range []congestion.Link{{}, {Rate: c.estimate, Bound: congestion.AtMost}} {
			see(n, func() { s.link = link })
			see(n, func() { n.changed(n.now()) })
			limited := link.Bound == congestion.AtMost
			require.Equal(t, Share{c.screen, limited}, screen.Share(), c.name)
			require.Equal(t, Share{c.camera, limited}, camera.Share(), c.name)
		}
	}
}
