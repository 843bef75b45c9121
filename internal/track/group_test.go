// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
)

// film is a file of samples each 40 ms, whose data is their number. Those in keys are key frames.
type film struct {
	play

	f    *fixture
	n    int
	held time.Duration
}

func newFilm(f *fixture, samples int, keys ...int) *film {
	film := &film{f: f}
	film.again = func() int64 { return int64(time.Since(f.begin)) }
	film.pull = func() (media.Sample, error) {
		if film.n++; film.n > samples {
			return media.Sample{}, io.EOF
		}
		at := time.Duration(film.n)*40*time.Millisecond + film.held
		if wait := at - time.Since(f.begin); wait > 0 {
			pass(wait)
		} else {
			film.held -= wait // What was held up is not made up for.
			at -= wait
		}
		s := media.Sample{Data: []byte{byte(film.n)}, PTS: int64(at)}
		for _, key := range keys {
			s.Key = s.Key || key == film.n
		}
		return s, nil
	}
	return film
}

// sent returns the numbers of the samples that were sent, in their order, and requires that their times increase.
func (f *fixture) sent() (all []int) {
	var last uint32
	for i, p := range f.sdk.packets {
		all = append(all, int(p.Payload[len(p.Payload)-1]))
		if i > 0 {
			require.Positive(f.t, int32(p.Timestamp-last), "sample %d of %v", i, all)
		}
		last = p.Timestamp
	}
	return all
}

// TestAFileContinuesFromItsLastKeyFrame when its track opens again. Live media of an encoder in the
// pipeline waits for the next one.
func TestAFileContinuesFromItsLastKeyFrame(t *testing.T) {
	for name, c := range map[string]struct {
		live, rebound, viewers bool
		remote                 bool // live, and encoded elsewhere
		late                   bool // a viewer asks before the last sample
		keys                   []int
		want                   []int
		muted, undecodable     uint64
	}{
		"after a mute": {
			keys: []int{1}, want: []int{1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8}, muted: 2,
		},
		"where a key frame comes": {
			keys: []int{1, 7}, want: []int{1, 2, 3, 4, 7, 8}, muted: 2,
		},
		"where a key frame came while it was muted": {
			keys: []int{1, 6}, want: []int{1, 2, 3, 4, 6, 7, 8}, muted: 2,
		},
		"in another room": {
			rebound: true, keys: []int{1}, want: []int{1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8}, muted: 2,
		},
		"in another room with viewers": {
			rebound: true, viewers: true, keys: []int{1}, muted: 2,
			// The key frame at once, after a quarter of a second, and when the viewer has asked.
			want: []int{1, 2, 3, 4, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8},
		},
		"in another room with viewers who ask once more": {
			rebound: true, viewers: true, late: true, keys: []int{1}, muted: 2,
			want: []int{1, 2, 3, 4, 1, 1, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 8},
		},
		"live": {
			live: true, keys: []int{1}, want: []int{1, 2, 3, 4}, muted: 2, undecodable: 2,
		},
		"live, and encoded elsewhere": {
			live: true, remote: true, keys: []int{1}, want: []int{1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8}, muted: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				film := newFilm(f, 8, c.keys...)
				film.live = c.live
				pull := film.pull
				film.pull = func() (media.Sample, error) {
					s, err := pull()
					switch film.n {
					case 5:
						f.sdk.muted = true
						f.track.Look()
					case 8:
						if c.late {
							f.track.pump.ask()
						}
					case 7:
						f.sdk.muted = false
						f.track.Look()
						pass(unmuteGrace)
						if c.rebound {
							f.track.pump.ask() // a viewer of the track as it was
							f.track.pump.bind()
							time.AfterFunc(300*time.Millisecond, f.track.pump.ask)
						}
					}
					return s, err
				}
				way := &Way{Remote: c.remote, AwaitBack: always.AwaitBack, Viewers: func() bool { return c.viewers }}
				require.NoError(f.t, f.track.Pump(f.t.Context(), film, way))
				require.Equal(f.t, c.want, f.sent())
				n := f.track.n
				require.Equal(f.t, c.muted, n.Muted.Load())
				require.Equal(f.t, c.undecodable, n.Undecodable.Load())
				require.EqualValues(f.t, 8, n.Sent.Load()+n.Muted.Load()+n.Undecodable.Load())
				require.EqualValues(f.t, len(c.want), n.Sent.Load()+n.Repeated.Load())
			})
		})
	}
}

// TestAGroupHasLimits: what is too large is not kept.
func TestAGroupHasLimits(t *testing.T) {
	var g group
	g.add(&media.Sample{Data: []byte{1}}, mostGroupBytes)
	require.Zero(t, g.before(), "a group begins with a key frame")
	g.add(&media.Sample{Data: []byte{1, 2}, Key: true, PTS: 7}, mostGroupBytes)
	g.add(&media.Sample{Data: []byte{3}, PTS: 8}, mostGroupBytes)
	require.Equal(t, 1, g.before())
	require.Equal(t, media.Sample{Data: []byte{1, 2}, Key: true, PTS: 7}, g.at(0))
	require.Equal(t, media.Sample{Data: []byte{3}, PTS: 8}, g.at(1))
	g.add(&media.Sample{Data: make([]byte, mostGroupBytes)}, mostGroupBytes)
	g.add(&media.Sample{Data: []byte{4}}, mostGroupBytes)
	require.Equal(t, group{}, g)
	for i := range mostGroup {
		g.add(&media.Sample{Data: []byte{5}, Key: i == 0}, mostGroupBytes)
	}
	require.Equal(t, mostGroup-1, g.before())
	g.add(&media.Sample{Data: []byte{6}}, mostGroupBytes)
	require.Zero(t, g.before())
}
