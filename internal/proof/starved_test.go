// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/procfs"
)

func TestOnlyAProcessThatWantsToRunIsStarved(t *testing.T) {
	thread := func(state string, used time.Duration) procfs.Stat { return procfs.Stat{State: state, CPU: used} }
	require.True(t, starved([]procfs.Stat{thread("S", startWork/3), thread("R", startWork/3)}))
	require.True(t, starved([]procfs.Stat{thread("D", 0)}))
	require.False(t, starved([]procfs.Stat{thread("R", startWork/2), thread("S", startWork/2)}))
	require.False(t, starved([]procfs.Stat{thread("S", 0)}))
	require.False(t, starved(nil))
}

// TestAProcessThatHasStartedIsNotStarved: this one has used more time than it takes to start, sooner or later.
func TestAProcessThatHasStartedIsNotStarved(t *testing.T) {
	require.False(t, isStarved(-1), "no such process")
	begin := time.Now()
	for isStarved(os.Getpid()) {
		require.Less(t, time.Since(begin), time.Minute)
	}
}
