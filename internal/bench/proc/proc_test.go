// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSwitchesOfThreads(t *testing.T) {
	then := &Snapshot{time.Second, map[string]Used{"1": {Voluntary: 10, Involuntary: 1}, "2": {Voluntary: 500}}}
	now := &Snapshot{3 * time.Second, map[string]Used{"1": {Voluntary: 15, Involuntary: 3}, "3": {Voluntary: 7}}}
	require.Equal(t, Used{CPU: 2 * time.Second, Voluntary: 12, Involuntary: 2}, now.Since(then))
}

// Both ways to read resource use must agree about this process.
func TestAProcessReadsItself(t *testing.T) {
	before, err := Take(os.Getpid())
	require.NoError(t, err)
	self, heap := Self(), SelfHeap()
	done := time.Now().Add(60 * time.Millisecond)
	x := 0.0
	var kept []*int
	for time.Now().Before(done) {
		x = math.Sqrt(x + 1)
		kept = append(kept, new(int))
		<-time.After(time.Millisecond)
	}
	after, err := Take(os.Getpid())
	require.NoError(t, err)
	used, other := Self().Since(self), after.Since(before)
	require.GreaterOrEqual(t, used.Voluntary, int64(len(kept)/2))
	require.Positive(t, other.Voluntary)
	require.Positive(t, Self().CPU)
	require.GreaterOrEqual(t, SelfHeap().Since(heap).Mallocs, uint64(len(kept)))

	m, err := MemoryOf(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, m.Resident, 1<<20)
	require.LessOrEqual(t, m.Proportional, m.Resident)
	require.Greater(t, m.Threads, 1)
	for _, read := range []func() error{
		func() error { _, err := Take(-1); return err }, func() error { _, err := MemoryOf(-1); return err },
	} {
		require.ErrorContains(t, read(), "proc: reading")
	}
}
