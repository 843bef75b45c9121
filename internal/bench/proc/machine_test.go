// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

func TestIdleShare(t *testing.T) {
	before := Ticks{procfs.Times{Busy: 180, Idle: 820}}
	after := Ticks{procfs.Times{Busy: 240, Idle: 860}}
	require.InDelta(t, 40, after.IdleSince(before), 1e-9)
	require.True(t, math.IsNaN(before.IdleSince(before)))
	require.True(t, math.IsNaN(Ticks{}.IdleSince(before)))
	require.NotZero(t, Machine())
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
