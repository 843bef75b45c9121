// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package chroma

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// viewer is a participant that joins at a time, in ms, and requests a key frame after some, as often as it does, each
// half a second.
type viewer struct{ joins, after, requests int }

// forever is more requests than any test waits for.
const forever = 1000

// certain returns when it is certain that a viewer cannot decode 4:4:4, in ms; -1 for never. The server passes on one
// request in half a second, and a key frame answers each, unless mute.
func certain(viewers []viewer, mute bool) int {
	const throttle, answer, look, end = 500, 40, 250, 20_000
	var d Doubt
	requests, keys, passed, wanted := uint64(0), uint64(0), -throttle, false
	for at := 0; at <= end; at += 10 {
		var present []string
		for i, v := range viewers {
			if v.joins <= at {
				present = append(present, fmt.Sprint(i))
			}
			first := v.joins + v.after
			wanted = wanted || at >= first && (at-first)%throttle == 0 && (at-first)/throttle < v.requests
		}
		if wanted && at-passed >= throttle {
			requests, passed, wanted = requests+1, at, false
		}
		if at == passed+answer && !mute {
			keys++
		}
		if at%look == 0 && d.Look(time.UnixMilli(int64(at)), requests, keys, present) {
			return at
		}
	}
	return -1
}

// joining returns viewers that join one after another, and request so many key frames each.
func joining(n, every, requests int) (all []viewer) {
	for i := range n {
		all = append(all, viewer{1000 + i*every, 300, requests})
	}
	return all
}

func TestViewersThatJoinCauseNoDoubt(t *testing.T) {
	for n := 1; n <= 20; n++ {
		for _, every := range []int{0, 10, 100, 250, 500, 600, 1000, 2500} {
			require.Equal(t, -1, certain(joining(n, every, 1), false), "%d viewers, each %d ms", n, every)
		}
	}
	for _, every := range []int{0, 100, 500} {
		require.Equal(t, -1, certain(joining(5, every, 2), false), "each of 5 requests two, each %d ms", every)
	}
}

func TestAViewerThatCannotDecode(t *testing.T) {
	broken := viewer{1000, 300, forever}
	require.Equal(t, 3500, certain([]viewer{broken}, false), "2.2 s after its first request")
	require.Equal(t, 4000, certain(append(joining(1, 0, 0), broken), false), "the other one's first request may come")
	for n := 1; n <= 5; n++ {
		at := certain(append(joining(n, 0, 1), broken), false)
		require.LessOrEqual(t, at, 3500+500*n, "beside %d that join at once", n)
		require.Positive(t, at)
	}
	require.Equal(t, 11_000, certain([]viewer{{0, 0, 1}, {1000, 8300, forever}}, false), "it was there for long")
	require.Equal(t, -1, certain([]viewer{broken}, true), "no key frame has answered")
	require.Equal(t, -1, certain([]viewer{{1000, 300, 4}}, false), "it has given up, or can decode after all")
}
