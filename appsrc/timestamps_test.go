// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package appsrc

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTimestampsThatAreWrong captures a frame each 33 ms for a minute, disturbs the timestamps from frame 30 on, and
// counts what that costs.
func TestTimestampsThatAreWrong(t *testing.T) {
	const second, hour = int64(1_000_000), int64(3_600_000_000)
	for name, c := range map[string]struct {
		disturb func(i, us int64) int64
		want    TimestampStats
	}{
		"none": {func(_, us int64) int64 { return us }, TimestampStats{}},
		"one frame ten hours ahead": {func(i, us int64) int64 {
			if i == 30 {
				return us + 10*hour
			}
			return us
		}, TimestampStats{Replaced: 1}},
		"one frame two seconds back": {func(i, us int64) int64 {
			if i == 30 {
				return us - 2*second
			}
			return us
		}, TimestampStats{Refused: 1}},
		"a step back of two seconds": {func(i, us int64) int64 {
			if i >= 30 {
				return us - 2*second
			}
			return us
		}, TimestampStats{Refused: 1, Steps: 1}},
		"a step ahead of ten hours": {func(i, us int64) int64 {
			if i >= 30 {
				return us + 10*hour
			}
			return us
		}, TimestampStats{Replaced: 1, Steps: 1}},
		"a restart at 1": {func(i, us int64) int64 {
			if i >= 30 {
				return 1 + (i-30)*33_000
			}
			return us
		}, TimestampStats{Refused: 1, Steps: 1}},
		"a clock that is set back each second": {func(i, us int64) int64 {
			return us - i/30*second/2
		}, TimestampStats{Refused: 60, Steps: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := timestamps{log: slog.New(slog.NewTextHandler(&log, nil))}
			last := time.Duration(-1)
			for i := range int64(1818) {
				capture := 50*second + i*33_000
				now := time.Duration(i*33_000) * us
				pts, err := s.place(c.disturb(i, capture), now)
				if err != nil {
					require.ErrorIs(t, err, ErrTimestamp)
					continue
				}
				require.Greater(t, pts, last, "frame %d", i)
				require.LessOrEqual(t, pts, now, "frame %d", i)
				require.Greater(t, pts, now-300*ms, "frame %d", i)
				last = pts
			}
			require.Equal(t, c.want, s.n)
			kinds := 0
			for _, n := range []uint64{c.want.Refused, c.want.Replaced, c.want.Steps} {
				kinds += int(min(n, 1))
			}
			require.Equal(t, kinds, strings.Count(log.String(), "level=WARN"), "one warning of each kind: %s", &log)
		})
	}
}
