// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/sink"
)

func camera() *report.Published {
	p := &report.Published{
		Elapsed: 72.4, Codec: "VP8", Encoder: "vp8enc", FPS: 29.97, Kbits: 1790.4,
		Layers: []report.Layer{
			{Width: 640, Height: 360, Watched: false, Target: 400},
			{Width: 1280, Height: 720, Watched: true, Target: 2000},
		},
		Network: report.Network{RTT: 17.2, Loss: 0.5},
	}
	p.KeyFrames, p.DroppedQueueFull, p.DroppedCongested, p.DroppedUnwatched = 3, 4, 8, 1000
	return p
}

// TestLineSaysWhatThereIsRoomFor checks that what matters most stays.
func TestLineSaysWhatThereIsRoomFor(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		200: "live  VP8 vp8enc  1280x720 (2 sizes)  30.0 fps  1790/2000 kbit/s  rtt 18 ms  loss 0.5 %  key 3  " +
			"dropped 12 (network 8, encoder 4)  viewers 2  1:12",
		130: "live  VP8 vp8enc  1280x720 (2 sizes)  30.0 fps  1790/2000 kbit/s  rtt 18 ms  loss 0.5 %  key 3  " +
			"dropped 12  viewers 2  1:12",
		100: "live  VP8  1280x720 (2 sizes)  30.0 fps  1790/2000 kbit/s  rtt 18 ms  dropped 12  viewers 2",
		80:  "live  VP8  1280x720 (2 sizes)  30.0 fps  1790/2000 kbit/s  dropped 12  viewers 2",
		70:  "live  VP8  30.0 fps  1790/2000 kbit/s  dropped 12  viewers 2",
		40:  "live  VP8  30.0 fps  1790/2000 kbit/s",
		34:  "live  30.0 fps  1790/2000 kbit/s",
		10:  "live  30.…",
		1:   "…",
		0:   "",
	} {
		require.Equal(t, want, Line(camera(), 2, width), "%d columns", width)
	}
	for width := range 250 {
		require.LessOrEqual(t, utf8.RuneCountInString(Line(camera(), 2, width)), width)
	}
}

func TestLineSaysHowThePublicationStands(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(p *report.Published){
		"live":                         func(*report.Published) {},
		"no viewers":                   func(p *report.Published) { p.Idle = sink.ReasonUnwatched.String() },
		"reconnecting":                 func(p *report.Published) { p.Idle = sink.ReasonDisconnected.String() },
		"muted by the server":          func(p *report.Published) { p.Idle = sink.ReasonMutedByServer.String() },
		"still":                        func(p *report.Published) { p.Screen = &report.Screen{Sharp: true} },
		"videotestsrc0 makes no frame": noFrames,
	} {
		p := camera()
		change(p)
		line := Line(p, 0, 200)
		require.Truef(t, strings.HasPrefix(line, want+"  VP8 "), "%q: %s", want, line)
	}
	sound := &report.Published{Elapsed: 3}
	require.Equal(t, "live  viewers 1  0:03", Line(sound, 1, 80))
}

func noFrames(p *report.Published) {
	p.Idle, p.Detail = sink.ReasonNoFrames.String(), "videotestsrc0 makes no frame"
}

// TestOtherLinesGoAboveTheLiveLine follows what a terminal shows.
func TestOtherLinesGoAboveTheLiveLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term := NewTerminal(&out)
	write := func(text string) {
		n, err := term.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	write("before\n")
	require.Equal(t, "before\n", out.String())
	term.Show("live 1")
	term.Show("live 1") // not written again
	term.Show("live 2")
	write("a message\n")
	term.Show("")
	write("after\n")
	require.Equal(t, "before\n"+erase+"live 1"+erase+"live 2"+erase+"a message\nlive 2"+erase+"after\n", out.String())
	require.Equal(t, []string{"before", "a message", "after", ""}, screen(out.String()))
}

// TestALineThatWasWrapped is erased in all its rows, by terminals that wrap it when they become narrow.
func TestALineThatWasWrapped(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term, width := NewTerminal(&out), 80
	line := strings.Repeat("x", 40)
	next := func(do func()) string {
		out.Reset()
		do()
		return out.String()
	}
	show := func(text string) func() { return func() { term.Show(text) } }
	require.Equal(t, erase+line, next(show(line)))
	term.Reflow(func() int { return width })
	require.Equal(t, erase+line+"y", next(show(line+"y")))
	width = 20
	require.Equal(t, "\r\x1b[A\x1b[A\x1b[Jlive", next(show("live")), "41 characters have three rows")
	require.Equal(t, erase+line, next(show(line)))
	require.Equal(t, "\r\x1b[A\x1b[Jmessage\n"+line, next(func() { _, _ = term.Write([]byte("message\n")) }))
	width = 0 // not known
	require.Equal(t, erase, next(show("")))
}

// screen is what a terminal that is wide enough shows of a text.
func screen(text string) []string {
	var rows []string
	for row := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(row, erase)
		rows = append(rows, parts[len(parts)-1])
	}
	return rows
}
