// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdleShare(t *testing.T) {
	before := parseTicks("cpu  100 50 30 800 20 0 0 0 7 7\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
	require.Equal(t, ticks{idle: 820, all: 1000}, before)
	after := parseTicks("cpu  140 50 50 830 30 0 0 0 9 9\n")
	require.InDelta(t, 40, float64(after.since(before)), 1e-9)
	require.True(t, math.IsNaN(float64(before.since(before))))
	for _, bad := range []string{"", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3", "cpu 1 2 3 x 5 6 7 8 9"} {
		require.Zero(t, parseTicks(bad), bad)
	}
	require.Positive(t, machine().all)
}
