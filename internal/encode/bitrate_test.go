// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCostlyTargetsAreDelayed(t *testing.T) {
	g := bitrateGate{costly: true}
	require.True(t, g.want(1000), "before the first frame it costs nothing")
	require.False(t, g.due(0))
	require.False(t, g.want(2000))
	require.False(t, g.due(2900*time.Millisecond), "an increase waits for three seconds")
	require.True(t, g.due(3*time.Second))
	require.Equal(t, 2000, g.current)
	require.False(t, g.due(10*time.Second), "no change was requested")
	require.False(t, g.want(1000))
	require.True(t, g.due(10*time.Second+10*time.Millisecond), "the last change is long ago")
	require.False(t, g.want(500))
	require.False(t, g.due(10*time.Second+500*time.Millisecond))
	require.True(t, g.due(10*time.Second+510*time.Millisecond), "a reduction waits for half a second")
	require.False(t, g.want(490))
	require.False(t, g.due(12*time.Second), "a small reduction waits as long as an increase")
	require.False(t, g.want(500))
	require.False(t, g.due(time.Minute), "the current target needs no change")
}

func TestLiveTargetsAreSetImmediately(t *testing.T) {
	g := bitrateGate{}
	require.True(t, g.want(1000))
	require.False(t, g.due(0))
	require.True(t, g.want(2000))
	require.False(t, g.due(time.Second))
}
