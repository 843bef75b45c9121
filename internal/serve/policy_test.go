// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoff(t *testing.T) {
	var b Backoff
	var waits []time.Duration
	for range 8 {
		waits = append(waits, b.Failed(5*time.Second, 0))
	}
	require.Equal(t, []time.Duration{
		time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		time.Minute, time.Minute,
	}, waits)
	require.Equal(t, time.Second, b.Failed(time.Minute, 0), "it was well")
	require.Equal(t, 1600*time.Millisecond, b.Failed(0, 1), "a fifth less")
	for range 2 {
		require.Equal(t, time.Minute, b.Yielded(0), "another client has the identity")
	}
	require.Equal(t, time.Minute, b.Failed(time.Second, 0))
}

func TestDiff(t *testing.T) {
	old := []Publication{{Name: "a", Room: "r"}, {Name: "b", Options: []string{"--fps=5"}}, {Name: "c"}, {Name: "d"}}
	next := []Publication{
		{Name: "e"},
		{Name: "a", Room: "other"},
		{Name: "b", Options: []string{"--fps=5"}},
		{Name: "d", Options: []string{"--fps=5"}},
	}
	require.Equal(t, Changes{
		Stop:    []string{"c"},
		Start:   []Publication{{Name: "e"}},
		Restart: []Publication{{Name: "a", Room: "other"}, {Name: "d", Options: []string{"--fps=5"}}},
	}, Diff(old, next))
	require.Equal(t, Changes{}, Diff(old, old))
	require.Equal(t, Changes{Start: old}, Diff(nil, old))
}

// step is what happens at a time, and how the publication is then.
type step struct {
	at     time.Duration
	report *Report // nil for none
	alive  bool
	state  State
	fault  Fault
}

func TestHealth(t *testing.T) {
	limits := Limits{Hang: 10 * time.Second, Stall: 30 * time.Second}
	const s = time.Second
	sent := func(n uint64) *Report { return &Report{Frames: n} }
	idle := func(why string) *Report { return &Report{Frames: 9, Idle: why} }
	for name, steps := range map[string][]step{
		"a start": {
			{at: 1 * s, state: Starting},
			{at: 39 * s, state: Starting},
			{at: 40 * s, state: Starting, fault: Hung},
		},
		"a start that gives a sign of life, and waits for its source": {
			{at: 5 * s, alive: true, state: Starting},
			{at: 15 * s, state: Starting, fault: Hung},
			{at: 119 * s, alive: true, state: Starting},
			{at: 120 * s, alive: true, state: Starting, fault: Silent},
		},
		"a start without a server": {
			{at: 100 * s, report: &Report{Unjoined: true}, state: Starting},
			{at: 200 * s, report: &Report{Unjoined: true}, state: Starting},
			{at: 210 * s, alive: true, state: Starting},
			{at: 215 * s, report: sent(0), state: Live},
			{at: 219 * s, alive: true, state: Stalled},
		},
		"a life": {
			{at: 2 * s, report: sent(0), state: Live},
			{at: 3 * s, report: sent(30), state: Live},
			{at: 6 * s, state: Live},
			{at: 7 * s, state: Stalled},
			{at: 12 * s, state: Stalled},
			{at: 13 * s, state: Stalled, fault: Hung},
		},
		"a source that is lost": {
			{at: 2 * s, report: sent(9), state: Live},
			{at: 6 * s, report: sent(9), state: Stalled},
			{at: 31 * s, report: idle("no frames"), state: Stalled},
			{at: 32 * s, report: idle("no frames"), state: Stalled, fault: Silent},
			{at: 33 * s, report: sent(10), state: Live},
		},
		"no viewers": {
			{at: 2 * s, report: idle("unwatched"), state: Idle},
			{at: 300 * s, report: idle("unwatched"), state: Idle},
			{at: 301 * s, report: sent(10), state: Live},
		},
		"no server": {
			{at: 2 * s, report: sent(9), state: Live},
			{at: 300 * s, report: idle("disconnected"), state: Stalled},
			{at: 900 * s, report: idle("disconnected"), state: Stalled},
		},
		"sound alone": {
			{at: 2 * s, report: &Report{Audio: 1}, state: Live},
			{at: 60 * s, report: &Report{Audio: 50}, state: Live},
		},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Unix(1000, 0)
			h := NewHealth(limits, begin)
			for _, step := range steps {
				now := begin.Add(step.at)
				if step.alive {
					h.Alive(now)
				}
				if step.report != nil {
					h.Report(*step.report, now)
				}
				require.Equal(t, step.state, h.State(now), step.at)
				require.Equal(t, step.fault, h.Fault(now), step.at)
			}
		})
	}
	h := NewHealth(Limits{}, time.Unix(0, 0))
	require.Equal(t, NoFault, h.Fault(time.Unix(1e6, 0)), "no limits")
}

// TestReadiness says what readiness and the watchdog make of each state.
func TestReadiness(t *testing.T) {
	for _, state := range States() {
		require.Equal(t, state == Live || state == Idle || state == Ended, state.Ready(), state)
		require.Equal(t, state != Stalled, state.Explained(""), state)
		require.True(t, state.Explained("disconnected"), state)
	}
}

func TestAfterExit(t *testing.T) {
	for _, tt := range []struct {
		restart   Restart
		code      int
		published bool
		want      State
	}{
		{RestartAlways, 0, true, Waiting},
		{RestartAlways, 1, false, Waiting},
		{RestartAlways, -1, true, Waiting},
		{RestartAlways, 2, false, Failed},
		{RestartAlways, 2, true, Waiting}, // as a panic of Go
		{RestartOnFailure, 0, true, Ended},
		{RestartOnFailure, 4, false, Waiting},
		{RestartNever, 0, true, Ended},
		{RestartNever, 1, true, Failed},
	} {
		e := Exit{Code: tt.code, Published: tt.published}
		require.Equal(t, tt.want, AfterExit(&Publication{Restart: tt.restart}, e), tt)
	}
	gone := Exit{Code: 2, Missing: true}
	require.Equal(t, Waiting, AfterExit(&Publication{Restart: RestartAlways}, gone), "its file may return")
	require.Equal(t, Failed, AfterExit(&Publication{Restart: RestartNever}, gone))
	for movable, want := range map[bool]State{false: Waiting, true: Ended} {
		p := &Publication{Restart: RestartAlways, Movable: movable}
		require.Equal(t, want, AfterExit(p, Exit{Code: 4, Published: true, Removed: true}))
		require.Equal(t, Waiting, AfterExit(p, Exit{Code: 4, Published: true}))
	}
}
