// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/track"
)

// TestSilenceHasAReason: what has stopped is found by what grows and what does not.
func TestSilenceHasAReason(t *testing.T) {
	caused := func(r Reason) func(f *flow) {
		return func(f *flow) {
			f.arrived++
			f.offered++
			f.causes[2].reason = r
			f.causes[2].n++
		}
	}
	for name, c := range map[string]struct {
		grow func(f *flow)
		want Reason
	}{
		"all is sent":           {func(f *flow) { f.arrived++; f.offered++; f.sent++ }, ReasonNone},
		"nothing differs":       {func(f *flow) { f.arrived++ }, ReasonNone},
		"nothing arrives":       {func(*flow) {}, ReasonNoFrames},
		"the network waits":     {func(f *flow) { f.waiting = true }, ReasonNone},
		"no sample":             {func(f *flow) { f.arrived++; f.offered++ }, ReasonNoSamples},
		"samples wait":          {func(f *flow) { f.arrived++; f.offered++; f.encoded++ }, ReasonCongested},
		"frames are replaced":   {caused(ReasonBusy), ReasonBusy},
		"samples are no use":    {caused(ReasonNoKeyFrame), ReasonNoKeyFrame},
		"they cannot be sent":   {caused(ReasonNotWritten), ReasonNotWritten},
		"the network is behind": {caused(ReasonCongested), ReasonCongested},
	} {
		t.Run(name, func(t *testing.T) {
			var l lull
			var f flow
			now := time.Unix(1000, 0)
			for range quiet / muteCheck {
				l.look(now, &f, false)
				require.Equal(t, ReasonNone, l.reason(), "before five seconds")
				c.grow(&f)
				now = now.Add(muteCheck)
			}
			l.look(now, &f, false)
			require.Equal(t, c.want, l.reason())
			f.arrived++
			f.offered++
			f.sent++
			l.look(now.Add(muteCheck), &f, false)
			require.Equal(t, ReasonNone, l.reason(), "it ends with the next sample")
		})
	}
}

// TestSilenceForOtherReasons: nothing is sent while there is no viewer, and five seconds begin when there is one.
func TestSilenceForOtherReasons(t *testing.T) {
	var l lull
	var f flow
	now := time.Unix(1000, 0)
	step := func(other bool) Reason {
		now = now.Add(muteCheck)
		f.arrived++
		f.offered++
		l.look(now, &f, other)
		return l.reason()
	}
	for range 3 * quiet / muteCheck {
		require.Equal(t, ReasonNone, step(true))
	}
	for range quiet/muteCheck - 1 {
		require.Equal(t, ReasonNone, step(false))
	}
	require.Equal(t, ReasonNoSamples, step(false))
}

// TestAStoppedProcessIsNotQuiet: time between two looks does not count in whole.
func TestAStoppedProcessIsNotQuiet(t *testing.T) {
	var l lull
	var f flow
	now := time.Unix(1000, 0)
	l.look(now, &f, false)
	l.look(now.Add(time.Hour), &f, false)
	require.Equal(t, ReasonNone, l.reason())
}

// TestEndlessRequestsForKeyFrames: a viewer who joins requests one key frame, but a viewer who cannot decode the stream
// requests them endlessly.
func TestEndlessRequestsForKeyFrames(t *testing.T) {
	const format = "VP9 profile 1 (4:4:4, 8 bits)"
	now := time.Unix(1000, 0)
	var l plea
	var plis, keys uint64
	span := func(asked, answered uint64) (warned string) {
		for range pleaSpan / muteCheck {
			warned += l.look(now, plis, keys, track.Passed{Format: format}, false)
			now = now.Add(muteCheck)
		}
		plis, keys = plis+asked, keys+answered
		return warned
	}
	require.Empty(t, span(1, 1))
	require.Empty(t, span(10, 10))
	require.Contains(t, span(10, 10), "decode "+format)
	require.Contains(t, l.text(), "decode "+format)
	require.Empty(t, span(10, 0), "once")
	require.Contains(t, span(1, 1), "makes too few")
	require.Empty(t, span(0, 0))
	require.Empty(t, l.text())
}

// TestParticipantsWhoDoNotReceive a format that some clients cannot decode are warned of after five seconds. That the
// server sends them nothing is no news where every client decodes the format.
func TestParticipantsWhoDoNotReceive(t *testing.T) {
	for name, c := range map[string]struct {
		passed track.Passed
		warns  bool
	}{
		"H.265": {track.Passed{Format: "H.265 Main", Warning: "some cannot decode it"}, true},
		"H.264": {track.Passed{Format: "H.264 High"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1000, 0)
			var l plea
			look := func(unserved bool) string {
				now = now.Add(quiet / 2)
				return l.look(now, 0, 0, c.passed, unserved)
			}
			require.Empty(t, look(false))
			require.Empty(t, look(true))
			warning := look(true)
			require.Equal(t, c.warns, warning != "")
			if c.warns {
				require.Contains(t, warning, "cannot decode H.265 Main")
			}
			require.Equal(t, warning, l.text())
			require.Empty(t, look(true), "it is said once")
			require.Equal(t, warning, l.text())
			require.Empty(t, look(false))
			require.Empty(t, l.text())
		})
	}
}
