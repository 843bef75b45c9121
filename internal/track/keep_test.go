// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
)

// TestALiveStreamFromElsewhereBeginsWithItsKeyFrame although that came before the track was open. Nothing that is sent
// comes later than it would otherwise.
func TestALiveStreamFromElsewhereBeginsWithItsKeyFrame(t *testing.T) {
	for name, c := range map[string]struct {
		keys             []int
		size             int // of a sample that is too large; 0 for none
		opens            int // the sample before which the track opens; 9 for after the last
		asked            int // the sample before which a viewer asks; 0 for none
		viewers, never   bool
		want             []int
		unbound, waiting uint64
	}{
		"at once":               {keys: []int{1}, opens: 1, want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		"later":                 {keys: []int{1}, opens: 6, want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		"from the last of them": {keys: []int{1, 4}, opens: 6, want: []int{4, 5, 6, 7, 8}, unbound: 3},
		"at a key frame":        {keys: []int{1, 6}, opens: 6, want: []int{6, 7, 8}, unbound: 5},
		"without one":           {opens: 6, want: nil, unbound: 5, waiting: 3},
		"too large to keep":     {keys: []int{1, 7}, size: mostKept, opens: 6, want: []int{7, 8}, unbound: 5, waiting: 1},
		"for a viewer who asks": {
			keys: []int{1}, opens: 6, asked: 7, want: []int{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8},
		},
		"after its end": {keys: []int{1}, opens: 9, want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		"after its end and with viewers": {
			keys: []int{1}, opens: 9, viewers: true, want: []int{1, 1, 1, 1, 1, 1, 1, 1},
		},
		"never": {keys: []int{1}, opens: 9, never: true, unbound: 8},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				f.sdk.bound = false
				film := newFilm(f, 8, c.keys...)
				film.live = true
				pull := film.pull
				film.pull = func() (media.Sample, error) {
					s, err := pull()
					if c.size > 0 && film.n == 2 {
						s.Data = make([]byte, c.size)
					}
					if film.n == c.opens && !c.never {
						f.sdk.bound = true
						f.track.pump.bind()
						f.track.pump.bindOnce.Do(func() { close(f.track.pump.bound) })
					}
					if film.n == c.asked {
						f.track.pump.ask()
					}
					return s, err
				}
				way := &Way{Remote: true, AwaitBack: always.AwaitBack, Viewers: func() bool { return c.viewers }}
				first, err := film.Pull(nil)
				require.NoError(f.t, err)
				f.track.Begin(f.t.Context(), &first, way)
				require.NoError(f.t, f.track.Pump(f.t.Context(), film, way))
				sent := f.sent()
				require.Equal(f.t, c.want, sent[:min(len(sent), len(c.want))])
				if c.viewers { // Whether a ninth is sent is open: two timers are due at once.
					require.Equal(f.t, []int{1, 2, 3, 4, 5, 6, 7, 8}, slices.Compact(sent))
				}
				n := f.track.n
				require.Equal(f.t, c.unbound, n.Unbound.Load())
				require.Equal(f.t, c.waiting, n.Undecodable.Load())
				require.EqualValues(f.t, 8, n.Sent.Load()+n.Unbound.Load()+n.Undecodable.Load())
				if c.opens < 9 && c.want != nil {
					require.Equal(f.t, c.want, sent)
					require.WithinDuration(f.t, f.begin.Add(8*40*time.Millisecond), time.Now(), 0)
				}
			})
		})
	}
}
