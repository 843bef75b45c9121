// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// An encoder that spreads its target over time makes of a long pause a big
// picture, and of that another long pause, unless it is told of the pause.
func TestAPictureThatHadToWaitGetsNoMoreForThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openScreen(t, options())
		defer s.driver.Stop()
		s.driver.SetEstimate(100_000)
		s.use(func(d Decision) (Coded, bool) {
			return Coded{PTS: d.PTS, Quantizer: 40, Bytes: 20_000}, true
		})
		s.move(10*longestPause, frame)
		pictures := s.seen()
		require.Greater(t, len(pictures), 5)
		for i, p := range pictures[1:] {
			pause := p.at - pictures[i].at
			require.LessOrEqual(t, float64(p.Target)/30*p.FPS*pause.Seconds(), DefaultFloor/30*1.001)
		}
	})
}
