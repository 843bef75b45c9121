// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	// The name has a parenthesis and spaces; 120 + 30 ticks of its own, 4 + 6 of children.
	s, err := ParseStat("42 (a) S 9) R 1 42 42 0 -1 4194560 1 2 3 4 120 30 4 6 20 0 8 0 12345 1 2 3\n")
	require.NoError(t, err)
	require.Equal(t, Stat{
		State: "R", CPU: 1500 * time.Millisecond, Children: 100 * time.Millisecond, Start: 123450 * time.Millisecond,
	}, s)
	for _, bad := range []string{
		"", "42 (a) S 1 2", "42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 x 30 4 6 20 0 8 0 900",
		"42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 120 30 4 6 20 0 8 0 x",
	} {
		_, err = ParseStat(bad)
		require.ErrorContains(t, err, "procfs: stat: ", bad)
	}
}

func TestParseUptime(t *testing.T) {
	up, err := parseUptime("200.50 300.00\n")
	require.NoError(t, err)
	require.Equal(t, 200500*time.Millisecond, up)
	_, err = parseUptime("")
	require.Error(t, err)
}

func TestParseTimes(t *testing.T) {
	before, err := ParseTimes("cpu  100 50 30 800 20 0 0 0 7 7\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
	require.NoError(t, err)
	require.Equal(t, Times{Busy: 180, Idle: 820}, before)
	after, err := ParseTimes("cpu  140 50 50 830 30 0 0 0 9 9\n")
	require.NoError(t, err)
	used, ok := after.Since(before).Used()
	require.True(t, ok)
	require.InDelta(t, 0.6, used, 1e-9)
	_, ok = before.Since(before).Used()
	require.False(t, ok)
	for _, bad := range []string{"", "cpu0 1 2 3 4 5 6 7 8 9", "cpu 1 2 3", "cpu 1 2 3 x 5 6 7 8 9"} {
		_, err = ParseTimes(bad)
		require.Error(t, err, bad)
	}
}

func TestThisMachine(t *testing.T) {
	self, err := Self()
	require.NoError(t, err)
	process, err := Process(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, self.Start, process.Start)
	require.GreaterOrEqual(t, process.CPU, self.CPU)
	up, err := Uptime()
	require.NoError(t, err)
	require.GreaterOrEqual(t, up, self.Start)
	require.NotEmpty(t, Threads(os.Getpid()))
	require.Empty(t, Threads(-1))
	_, err = Process(-1)
	require.ErrorIs(t, err, os.ErrNotExist)
	times, err := Processors()
	require.NoError(t, err)
	require.Positive(t, times.Busy)
}
