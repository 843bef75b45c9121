// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
)

func TestTicksAreTheSameForAll(t *testing.T) {
	tick := time.Unix(1000, 0)
	for since, want := range map[time.Duration]time.Duration{
		0:                      muteCheck,
		time.Millisecond:       muteCheck - time.Millisecond,
		187 * time.Millisecond: 63 * time.Millisecond,
		// A timer that fired slightly early does not fire twice.
		249 * time.Millisecond: muteCheck + time.Millisecond,
	} {
		require.Equal(t, want, untilTick(tick.Add(since)), "%v", since)
	}
}

func TestPublicationsAreFollowedAfterARejoin(t *testing.T) {
	var f follower
	at := time.Unix(1000, 0)
	due := func(sid string, after time.Duration) bool { return f.due(sid, at.Add(after)) }
	require.True(t, due("a", 0))
	require.False(t, due("a", 250*time.Millisecond))
	require.True(t, due("a", followRarely), "rarely, in any case")
	require.True(t, due("b", followRarely+1), "another participant")
	require.True(t, due("b", followRarely+2))
	require.True(t, due("b", followSpan+followRarely))
	require.False(t, due("b", followSpan+2*followRarely-1), "it is over")
	require.True(t, due("b", followSpan+2*followRarely))
}

// TestAStreamThatDoesNotDrainIsReportedOnce, although its pipeline, its layers and its writers are all late.
func TestAStreamThatDoesNotDrainIsReportedOnce(t *testing.T) {
	late := fmt.Errorf("%w: %w", pipeline.ErrDrain, context.DeadlineExceeded)
	require.Equal(t, late.Error(), drained([]error{late, nil, late, late, pipeline.ErrDrain}).Error())
	err := drained([]error{nil, late, errBroken, pipeline.ErrDrain})
	require.ErrorIs(t, err, pipeline.ErrDrain)
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, errors.Join(late, errBroken).Error(), err.Error())
	require.NoError(t, drained([]error{nil, nil}))
	require.NoError(t, ignoreDrain([]error{late, nil, late}))
	require.ErrorIs(t, ignoreDrain([]error{late, errBroken}), errBroken)
}
