// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCostlyTargetsWaitForTheirTime(t *testing.T) {
	g := bitrateGate{costly: true}
	require.True(t, g.want(1000), "before the first frame it costs nothing")
	require.False(t, g.due(0))
	require.False(t, g.want(2000))
	require.False(t, g.due(2900*time.Millisecond), "up waits for three seconds")
	require.True(t, g.due(3*time.Second))
	require.Equal(t, 2000, g.current)
	require.False(t, g.due(10*time.Second), "nothing is wanted")
	require.False(t, g.want(1000))
	require.True(t, g.due(10*time.Second+10*time.Millisecond), "the last change is long ago")
	require.False(t, g.want(500))
	require.False(t, g.due(10*time.Second+500*time.Millisecond))
	require.True(t, g.due(10*time.Second+510*time.Millisecond), "down waits for half a second")
	require.False(t, g.want(490))
	require.False(t, g.due(12*time.Second), "a little down waits as up does")
	require.False(t, g.want(500))
	require.False(t, g.due(time.Minute), "what it has already needs no change")
}

func TestLiveTargetsAreSetAtOnce(t *testing.T) {
	g := bitrateGate{}
	require.True(t, g.want(1000))
	require.False(t, g.due(0))
	require.True(t, g.want(2000))
	require.False(t, g.due(time.Second))
}
