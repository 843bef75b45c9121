// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdleShare(t *testing.T) {
	before := parseTicks("cpu  100 50 30 800 20 0 0 0 7 7\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
	require.Equal(t, Ticks{idle: 820, all: 1000}, before)
	after := parseTicks("cpu  140 50 50 830 30 0 0 0 9 9\n")
	require.InDelta(t, 40, after.IdleSince(before), 1e-9)
	require.True(t, math.IsNaN(before.IdleSince(before)))
	for _, bad := range []string{"", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3", "cpu 1 2 3 x 5 6 7 8 9"} {
		require.Zero(t, parseTicks(bad), bad)
	}
	require.Positive(t, Machine().all)
	require.GreaterOrEqual(t, Load(), 0.0)
}

func TestDescribe(t *testing.T) {
	golang := ", Go " + runtime.Version()[len("go"):]
	const cpus = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu hypervisor vme\n"
	require.Equal(t, "Some CPU @ 2 GHz (2 virtual cores), Linux 6.1.0, Debian 12.11"+golang,
		describe(cpus, "6.1.0", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", "12.11", 2))
	require.Equal(t, "an unknown processor (4 cores), Other 7"+golang,
		describe("", "", "PRETTY_NAME=\"Other 7\"\n", "", 4))
	require.Equal(t, "an unknown processor (1 cores)"+golang, describe("", "", "", "", 1))
	require.Contains(t, Describe(), "Linux ")
}
