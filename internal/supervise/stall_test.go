// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

func TestStall(t *testing.T) {
	choice := func(family catalogue.Family, drops bool, first time.Duration) *proof.Choice {
		c := &proof.Choice{Report: proof.Report{First: first}}
		c.Row.Family, c.Row.Drops = family, drops
		return c
	}
	hardware := choice(catalogue.VA, false, 0)
	// The state of the encoder, each tenth of a second.
	type tick struct {
		taken, samples uint64
		busy           bool
	}
	steady := func(n int, from, step tick) (ticks []tick) {
		for range n {
			from.taken, from.samples, from.busy = from.taken+step.taken, from.samples+step.samples, step.busy
			ticks = append(ticks, from)
		}
		return ticks
	}
	working := steady(10, tick{}, tick{taken: 3, samples: 3})
	end := working[len(working)-1]
	for _, c := range []struct {
		name   string
		choice *proof.Choice
		ticks  []tick
		fails  time.Duration // 0 for never
	}{
		{"works", hardware, working, 0},
		{"nothing is asked of it", hardware, append(working, steady(100, end, tick{})...), 0},
		{"always behind, but it works", hardware, steady(100, tick{}, tick{taken: 1, samples: 1, busy: true}), 0},
		{"doesn't come back", hardware, append(working, steady(20, end, tick{busy: true})...), 1700 * time.Millisecond},
		{
			"software may be slow", choice(catalogue.Software, false, 0),
			append(working, steady(20, end, tick{busy: true})...), 0,
		},
		{
			"takes frames and gives none", hardware,
			append(working, steady(20, end, tick{taken: 3})...), 1800 * time.Millisecond,
		},
		{
			"drops frames for a while", choice(catalogue.VA, true, 0),
			append(working, steady(20, end, tick{taken: 3})...), 0,
		},
		{
			"takes its time to start", choice(catalogue.VA, false, time.Second),
			append(steady(30, tick{taken: 1}, tick{busy: true}), working...), 0,
		},
		{
			"never starts", choice(catalogue.VA, false, time.Second),
			steady(60, tick{taken: 1}, tick{busy: true}), 3700 * time.Millisecond,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Unix(0, 0)
			s := newStall(c.choice, start)
			failed := time.Duration(0)
			for i, k := range c.ticks {
				now := start.Add(time.Duration(i+1) * 100 * time.Millisecond)
				if err := s.check(now, k.taken, k.samples, k.busy); err != nil && failed == 0 {
					failed = now.Sub(start)
				}
			}
			require.InDelta(t, c.fails.Seconds(), failed.Seconds(), 0.11)
		})
	}
}
