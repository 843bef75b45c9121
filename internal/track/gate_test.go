// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGate(t *testing.T) {
	const ms = time.Millisecond
	// step is the SDK's state at a time, and the expected result.
	type step struct {
		at             time.Duration
		muted, watched bool
		opened         bool
		wait           time.Duration
		shut           bool
	}
	for name, steps := range map[string][]step{
		"nothing changes": {
			{0, false, true, false, 0, false},
			{250 * ms, false, true, false, 0, false},
		},
		"muted and unmuted": {
			{0, true, true, false, 0, true},
			{250 * ms, true, true, false, 0, true},
			{500 * ms, false, true, false, 100 * ms, true},
			{599 * ms, false, true, false, 0, true},
			{600 * ms, false, true, true, 0, false},
			{700 * ms, false, true, false, 0, false},
		},
		"muted again before it has opened": {
			{0, true, true, false, 0, true},
			{10 * ms, false, true, false, 100 * ms, true},
			{50 * ms, true, true, false, 0, true},
			{110 * ms, true, true, false, 0, true},
			{150 * ms, false, true, false, 100 * ms, true},
			{200 * ms, false, true, false, 0, true},
			{250 * ms, false, true, true, 0, false},
		},
		"the last viewer leaves and one comes": {
			{0, false, false, false, 0, true},
			{250 * ms, false, true, true, 0, false},
		},
		"a viewer comes while it is muted": {
			{0, true, false, false, 0, true},
			{10 * ms, true, true, false, 0, true},
			{20 * ms, false, true, false, 100 * ms, true},
			{120 * ms, false, true, true, 0, false},
		},
		"unmuted before a viewer comes": {
			{0, true, false, false, 0, true},
			{10 * ms, false, false, false, 100 * ms, true},
			{110 * ms, false, false, false, 0, true},
			{500 * ms, false, true, true, 0, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var g gate
			for _, s := range steps {
				opened, wait := g.look(time.Unix(1000, 0).Add(s.at), s.muted, s.watched)
				require.Equal(t, s.opened, opened, "%v", s.at)
				require.Equal(t, s.wait, wait, "%v", s.at)
				require.Equal(t, s.shut, g.isShut(), "%v", s.at)
			}
		})
	}
}

// TestADropClosesTheGate even if the SDK's state changes back before the next look.
func TestADropClosesTheGate(t *testing.T) {
	at := time.Unix(1000, 0)
	var g gate
	require.Equal(t, unbound, g.drop(false, true))
	require.False(t, g.isShut())
	require.Equal(t, muted, g.drop(true, true))
	require.Equal(t, muted, g.drop(false, true), "it is muted until a look")
	opened, wait := g.look(at, false, true)
	require.False(t, opened)
	require.Equal(t, unmuteGrace, wait)
	opened, _ = g.look(at.Add(wait), false, true)
	require.True(t, opened)
	require.Equal(t, unwatched, g.drop(false, false))
	require.Equal(t, unwatched, g.drop(false, true))
	opened, _ = g.look(at, false, true)
	require.True(t, opened)
}
