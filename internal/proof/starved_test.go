// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThreadOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stat")
	for text, want := range map[string]struct {
		state string
		used  time.Duration
	}{
		"7 (a) S 9) R 1 7 7 0 -1 4194560 1 0 0 0 12 3 0 0 20 0 1 0": {"R", 150 * time.Millisecond},
		"7 (sh) D 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0":      {"D", 0},
		"7 (sh) R 1 7": {},
		"":             {},
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		state, used := threadOf(path)
		require.Equal(t, want.state, state, text)
		require.Equal(t, want.used, used, text)
	}
	state, used := threadOf(path + "2")
	require.Empty(t, state)
	require.Zero(t, used)
}

// TestWhoWaitsIsNotStarved: only a process that wants to run is. This one has also used more time than it takes to
// start, sooner or later.
func TestWhoWaitsIsNotStarved(t *testing.T) {
	require.False(t, isStarved(-1), "no such process")
	begin := time.Now()
	for isStarved(os.Getpid()) {
		require.Less(t, time.Since(begin), time.Minute)
	}
}
