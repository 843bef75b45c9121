// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// disturbances are what happens to the time stamps of a live source, in microseconds, from the frame of number
// disturbed on.
var disturbances = map[string]func(i, us int64) int64{ // never written
	"one frame ten hours ahead": func(i, us int64) int64 {
		if i == disturbed {
			return us + 36_000_000_000
		}
		return us
	},
	"two seconds back": func(i, us int64) int64 {
		if i >= disturbed {
			return us - 2_000_000
		}
		return us
	},
	"a restart at 1": func(i, us int64) int64 {
		if i >= disturbed {
			return 1 + (i-disturbed)*33_333
		}
		return us
	},
}

const disturbed = 30

// TestWrongTimeStampsOfASource cost a viewer one frame at most, whatever they are, and are counted.
func TestWrongTimeStampsOfASource(t *testing.T) {
	t.Parallel()
	for name, disturb := range disturbances {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			src := newSource(t, 320, 180, nil)
			pub := publish(t, join(t, room), src, nil)
			frame := testframe.Draw(appsrc.BufferI420, 320, 180, 1)
			refused, shown, last := 0, 0, uint32(0)
			tick := time.NewTicker(time.Second / 30)
			defer tick.Stop()
			begin := time.Now()
			for i := int64(1); i <= 2*disturbed; i++ {
				<-tick.C
				testframe.Redraw(frame, uint32(i))
				us := 1_000_000_000 + time.Since(begin).Microseconds()
				err := src.CaptureFrame(frame, &appsrc.CaptureOptions{TimestampUS: disturb(i, us)})
				if errors.Is(err, appsrc.ErrTimestamp) {
					refused++
					continue
				}
				require.NoError(t, err)
			}
			for last < 2*disturbed {
				index := requireIndex(t, next(t, v).RGBA())
				require.GreaterOrEqual(t, index, last)
				last = index
				if index > disturbed {
					shown++
				}
			}
			s := pub.Stats()
			require.LessOrEqual(t, refused, 1)
			require.EqualValues(t, refused, s.Refused, "%+v", s)
			require.Positive(t, s.Refused+s.TimestampsReplaced, "%+v", s)
			require.EqualValues(t, 2*disturbed-refused, s.Offered, "%+v", s)
			require.GreaterOrEqual(t, shown+int(s.DroppedQueueFull+s.DroppedFrameRate+s.DroppedCongested), disturbed-1, "%+v", s)
		})
	}
}
