// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/serve"
)

// TestReadReport: of sound alone, the reason why no sound is sent is why nothing is sent: otherwise its process would
// be ended because the server is away.
func TestReadReport(t *testing.T) {
	for line, want := range map[string]serve.Report{
		`{"event":"stats","codec":"VP8","frames":3,"idle":"unwatched","audio_packets":4}`: {
			Frames: 3, Audio: 4, Idle: "unwatched",
		},
		`{"event":"stats","codec":"VP8","frames":3,"audio_idle":"muted"}`:         {Frames: 3},
		`{"event":"stats","audio_packets":4,"audio_idle":"disconnected"}`:         {Audio: 4, Idle: "disconnected"},
		`{"event":"stats","idle":"muted","audio_idle":"disconnected","frames":0}`: {Idle: "muted"},
		`{"event":"join_failed","error":"no answer","attempts":2}`:                {Unjoined: true},
	} {
		got, _, is := readReport(line)
		require.True(t, is)
		require.Equal(t, want, got, line)
	}
	_, why, is := readReport(`{"event":"end","why":"removed","codec":"VP8"}`)
	require.False(t, is)
	require.Equal(t, "removed", why)
	_, _, is = readReport("no JSON")
	require.False(t, is)
}

// TestLines: a line that is too long loses its rest, and those after it are read.
func TestLines(t *testing.T) {
	var got []string
	lines(strings.NewReader("a\n"+strings.Repeat("b", 2*maxLine)+"\n\nc"), func(line string) { got = append(got, line) })
	require.Equal(t, []string{"a", strings.Repeat("b", maxLine), "", "c"}, got)
}

// TestLastWords keeps the last lines, or those from where Go's runtime says why it crashes. What only looks like that
// is a line like any other.
func TestLastWords(t *testing.T) {
	for name, tt := range map[string]struct {
		line, crash string
		last        int // of the numbered lines after it that is kept
	}{
		"signal":     {"SIGABRT: abort", "SIGABRT", keptWords - 1},
		"panic":      {"panic: runtime error", "panic", keptWords - 1},
		"fault":      {"unexpected fault address 0x7f", "unexpected fault address", keptWords - 1},
		"a plugin's": {"SIGNATURE of the stream: none", "", 3 * keptWords},
		"another":    {"panic button pressed", "", 3 * keptWords},
	} {
		t.Run(name, func(t *testing.T) {
			c := &process{}
			passed := 0
			say := func(line string) {
				if c.keep(line) {
					passed++
				}
			}
			for i := range keptWords {
				say(fmt.Sprint("before ", i))
			}
			say(tt.line)
			for i := range 3 * keptWords {
				say(fmt.Sprint("after ", i+1))
			}
			require.Equal(t, tt.crash, c.crash)
			words := c.lastWords(strings.ToUpper)
			require.Equal(t, fmt.Sprint("AFTER ", tt.last), words[len(words)-1])
			require.Equal(t, tt.crash == "", passed == 4*keptWords+1, passed)
			if tt.crash == "" {
				require.Equal(t, fmt.Sprint("AFTER ", 2*keptWords+1), words[0])
			} else {
				require.Contains(t, words, strings.ToUpper(tt.line))
			}
		})
	}
}
