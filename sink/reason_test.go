// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/generated"
	"github.com/gstpublish/gstpublish/internal/track"
)

// sending returns the facts of a layer that sends.
func sending() facts {
	return facts{connected: true, encoder: true, framed: true, track: track.State{Negotiated: true, Watched: true}}
}

func TestReasons(t *testing.T) {
	for want, change := range map[Reason]func(f *facts){
		ReasonNone:            func(*facts) {},
		ReasonDisconnected:    func(f *facts) { f.connected = false },
		ReasonNotPermitted:    func(f *facts) { f.forbidden = true },
		ReasonCodecNotEnabled: func(f *facts) { f.refused = true },
		ReasonNotNegotiated:   func(f *facts) { f.track.Negotiated = false },
		ReasonMutedByServer:   func(f *facts) { f.track.Muted, f.mutedByServer = true, true },
		ReasonMuted:           func(f *facts) { f.track.Muted = true },
		ReasonUnwatched:       func(f *facts) { f.track.Watched = false },
		ReasonNoEncoder:       func(f *facts) { f.encoder = false },
		ReasonTooSmall:        func(f *facts) { f.tooSmall = true },
		ReasonNoFrame:         func(f *facts) { f.framed = false },
		ReasonCongested:       func(f *facts) { f.off = true },
		ReasonNoKeyFrame:      func(f *facts) { f.track.NeedsKeyFrame = true },
	} {
		f := sending()
		change(&f)
		require.Equal(t, want, f.reason(), "%v", want)
		// What comes after it in the order does not hide it.
		for later := want + 1; int(later) < len(reasonTexts) && want > ReasonNone; later++ {
			f.encoder, f.off, f.framed, f.track.Watched = false, true, false, false
			if want < ReasonUnwatched {
				require.Equal(t, want, f.reason(), "%v", want)
			}
		}
	}
}

func TestEachReasonHasWords(t *testing.T) {
	seen := map[string]bool{}
	for i := range reasonTexts {
		text := Reason(i).String()
		require.False(t, seen[text], text)
		seen[text] = true
	}
	require.Equal(t, "Reason(-1)", Reason(-1).String())
	data, err := json.Marshal(map[string]Reason{"reason": ReasonUnwatched})
	require.NoError(t, err)
	require.JSONEq(t, `{"reason": "unwatched"}`, string(data))
	for i := range reasonTexts {
		var read Reason
		require.NoError(t, read.UnmarshalText([]byte(Reason(i).String())))
		require.Equal(t, Reason(i), read)
	}
	require.ErrorContains(t, new(Reason).UnmarshalText([]byte("tired")), `unknown reason "tired"`)
}

func TestTheReasonOfSeveralLayers(t *testing.T) {
	for name, tt := range map[string]struct {
		layers, backups []Reason
		want            Reason
	}{
		"none":                        {nil, nil, ReasonNone},
		"one sends":                   {[]Reason{ReasonUnwatched, ReasonNone}, nil, ReasonNone},
		"no viewers":                  {[]Reason{ReasonUnwatched, ReasonUnwatched}, nil, ReasonUnwatched},
		"the nearest":                 {[]Reason{ReasonUnwatched, ReasonCongested}, nil, ReasonCongested},
		"a backup that waits":         {[]Reason{ReasonUnwatched}, []Reason{ReasonNoKeyFrame}, ReasonUnwatched},
		"all viewers have the backup": {[]Reason{ReasonUnwatched}, []Reason{ReasonNone}, ReasonNone},
	} {
		require.Equal(t, tt.want, nearest(tt.layers, tt.backups), name)
	}
}

// TestReasonTable compares the table in docs/media.md with the comments of the reasons.
func TestReasonTable(t *testing.T) {
	source, err := os.ReadFile("reason.go")
	require.NoError(t, err)
	table := "| reason | it means that |\n|---|---|\n"
	comment := regexp.MustCompile(`(?m)^\t// Reason(\w+) means that ((?:.|\n\t//)+?)\n\tReason`)
	for i, found := range comment.FindAllStringSubmatch(string(source), -1) {
		means := strings.ReplaceAll(found[2], "\n\t// ", " ")
		if i > 0 { // Nothing is in the way.
			table += fmt.Sprintf("| `%s` | %s |\n", Reason(i), means)
		}
		require.Less(t, i, len(reasonTexts))
	}
	require.Equal(t, len(reasonTexts)+1, strings.Count(table, "\n"), table)
	generated.Section(t, "..", "media.md", "reasons", table)
}
