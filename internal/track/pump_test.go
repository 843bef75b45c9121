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

// lead leads with a sample of 0 s, while viewers ask for a key frame at times after the beginning. It returns how long
// that took.
func (f *fixture) lead(viewers bool, asked ...time.Duration) time.Duration {
	begin := time.Now()
	for _, at := range asked {
		time.AfterFunc(at, f.track.pump.ask)
	}
	f.track.Lead(f.t.Context(), &media.Sample{Data: []byte{1, 2, 3}, Key: true}, viewers)
	return time.Since(begin)
}

// times returns the RTP times of what was sent, after the first.
func (f *fixture) times() (all []time.Duration) {
	for _, p := range f.sdk.packets {
		all = append(all, time.Duration(p.Timestamp-f.sdk.packets[0].Timestamp)*time.Second/videoClockRate)
	}
	return all
}

func TestAFileWaitsForItsViewers(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		viewers bool
		asked   []time.Duration
		took    time.Duration
		sent    []time.Duration
	}{
		"no viewer": {false, nil, 0, []time.Duration{0}},
		"one who asks": {
			true, []time.Duration{100 * ms}, 400 * ms, []time.Duration{0, 100 * ms},
		},
		"two who ask": {
			true, []time.Duration{100 * ms, 300 * ms}, 600 * ms, []time.Duration{0, 100 * ms, 300 * ms},
		},
		"one who asks late, since the first packets were lost": {
			true, []time.Duration{600 * ms}, 900 * ms, []time.Duration{0, 250 * ms, 500 * ms, 600 * ms},
		},
		"one who does not subscribe": {
			true, nil, leadFirst, []time.Duration{
				0, 250 * ms, 500 * ms, 750 * ms, 1000 * ms, 1250 * ms, 1500 * ms, 1750 * ms,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				require.Equal(f.t, c.took, f.lead(c.viewers, c.asked...))
				require.Equal(f.t, c.sent, f.times()[:len(c.sent)])
				require.LessOrEqual(f.t, len(f.sdk.packets), len(c.sent)+1, "two timers may be due at once")
				require.EqualValues(f.t, 1, f.track.n.Sent.Load())
				require.EqualValues(f.t, 1, f.track.n.KeyFrames.Load())
				require.EqualValues(f.t, len(f.sdk.packets)-1, f.track.n.Repeated.Load())
			})
		})
	}
}

func TestViewersWhoAskForeverAreNotWaitedFor(t *testing.T) {
	run(t, func(f *fixture) {
		var asked []time.Duration
		for at := 100 * time.Millisecond; at < time.Minute; at += 200 * time.Millisecond {
			asked = append(asked, at)
		}
		require.Equal(f.t, leadMost, f.lead(true, asked...))
	})
}

// play is an output with samples each 40 ms, from one that is 40 ms old.
type play struct {
	media.Output

	live  bool
	pull  func() (media.Sample, error)
	again func() int64
}

// always is for outputs whose track is always there.
var always = &Way{AwaitBack: func() bool { return false }, Viewers: func() bool { return false }}

func (p *play) Again() int64                      { return p.again() }
func (p *play) Live() bool                        { return p.live }
func (p *play) Pull([]byte) (media.Sample, error) { return p.pull() }

// TestWhatFollowsTheLeadIsLater by what the viewers took.
func TestWhatFollowsTheLeadIsLater(t *testing.T) {
	run(t, func(f *fixture) {
		f.lead(true, 100*time.Millisecond)
		samples := []media.Sample{{Data: []byte{1}, PTS: int64(40 * time.Millisecond)}}
		out := &play{pull: func() (s media.Sample, err error) {
			if len(samples) == 0 {
				return s, io.EOF
			}
			s, samples = samples[0], samples[1:]
			return s, nil
		}}
		require.NoError(f.t, f.track.Pump(f.t.Context(), out, always))
		require.Equal(f.t, []time.Duration{0, 100 * time.Millisecond, 140 * time.Millisecond}, f.times())
	})
}

// TestABacklogIsNotReplayed, where the process was stopped for three seconds. That of a file is none.
func TestABacklogIsNotReplayed(t *testing.T) {
	for name, live := range map[string]bool{"live": true, "file": false} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				n := 0
				out := &play{live: live, pull: func() (media.Sample, error) {
					n++
					pts := time.Duration(n) * 40 * time.Millisecond
					switch wait := pts - time.Since(f.begin); {
					case n == 200:
						return media.Sample{}, io.EOF
					case n == 100:
						pass(3 * time.Second)
					case wait > 0:
						pass(wait)
					}
					if n < 100 || n > 100+75 {
						f.track.Look()
					}
					return media.Sample{Data: []byte{1}, PTS: int64(pts), Key: true}, nil
				}}
				require.NoError(f.t, f.track.Pump(f.t.Context(), out, always))
				if !live {
					require.Zero(f.t, f.track.n.Backlog.Load())
					require.EqualValues(f.t, 199, f.track.n.Sent.Load())
					return
				}
				require.InDelta(f.t, 70, f.track.n.Backlog.Load(), 10, "75 samples in three seconds")
				require.EqualValues(f.t, 199, f.track.n.Sent.Load()+f.track.n.Backlog.Load())
				require.NotEmpty(f.t, f.forced, "a key frame is needed")
			})
		})
	}
}

// TestAFileWaitsForTheConnection, and continues where it was, later by what that took. Live media does not wait.
func TestAFileWaitsForTheConnection(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		live bool
		want []time.Duration
	}{
		"file": {false, []time.Duration{0, 40 * ms, 5080 * ms, 5120 * ms}},
		"live": {true, []time.Duration{0, 40 * ms, 80 * ms, 120 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				n, held := 0, time.Duration(0)
				pts := func() int64 { return int64(time.Duration(n-1)*40*ms + held) }
				out := &play{live: c.live, again: pts, pull: func() (media.Sample, error) {
					if n++; n > 4 {
						return media.Sample{}, io.EOF
					}
					return media.Sample{Data: []byte{1}, Key: true, PTS: pts()}, nil
				}}
				require.NoError(f.t, f.track.Pump(f.t.Context(), out, &Way{Viewers: always.Viewers, AwaitBack: func() bool {
					if n != 3 {
						return false
					}
					held = 5 * time.Second
					pass(held)
					return true
				}}))
				require.Equal(f.t, c.want, f.times())
				require.EqualValues(f.t, 4, f.track.n.Sent.Load())
			})
		})
	}
}
