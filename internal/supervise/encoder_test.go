// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package supervise

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/proof"
)

// Whenever a frame comes, watch either continues to check or is woken.
func TestNoFrameIsMissedWhileAnEncoderRests(t *testing.T) {
	e := newEncoder(proof.Choice{}, &fakeChain{})
	for range 2000 {
		pushes := e.pushes.Load()
		var pushing sync.WaitGroup
		pushing.Go(e.Pushed)
		resting := e.rest(pushes)
		pushing.Wait()
		if resting {
			<-e.pushed
		}
		require.Empty(t, e.pushed)
		require.False(t, e.resting.Load())
	}
	require.True(t, e.rest(e.pushes.Load()))
	e.Pushed()
	<-e.pushed
}

func TestSampleDoesNotAllocate(t *testing.T) {
	s := New(Options[*fakeChain]{})
	e := newEncoder(proof.Choice{}, &fakeChain{})
	s.current.Store(e)
	used, pts := 0, int64(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		pts++
		e.Pushed()
		e.Sample(pts)
		sample := [4]int64{pts}
		s.Use(e, func() { used += int(sample[0]) })
	}))
	require.Positive(t, used)
}
