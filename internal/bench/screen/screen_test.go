// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/testpicture"
)

// TestMain is also the publishing process, which the program starts as a copy
// of itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == publishCommand || os.Args[1] == encodeCommand) {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1) //nolint:forbidigo // the end of the publishing process
		}
		os.Exit(0) //nolint:forbidigo // the end of the publishing process
	}
	gsttest.Main(m)
}

// The clip of the tests: it stands still, moves for half a second, and stands
// still again.
const (
	testWidth, testHeight = 320, 240
	testFrames            = 75
	moves, stops          = 15, 30 // the first and last changed frame
)

// writeClip writes a clip of test pictures.
func writeClip(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.i420")
	var all bytes.Buffer
	for i := range testFrames {
		index := uint32(min(max(i, moves-1), stops))
		f := testpicture.Draw(appsrc.BufferI420, testWidth, testHeight, index)
		for _, p := range f.Planes[:3] {
			all.Write(p.Data)
		}
	}
	require.NoError(t, os.WriteFile(path, all.Bytes(), 0o600))
	return path
}

// measureOnce runs the whole program with a tiny clip and little time.
func measureOnce(t *testing.T, args ...string) (printed, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	var out, errOut bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = append([]string{
		"--clip", writeClip(t), "--width", "320", "--height", "240", "--out", dir, "--codecs", "VP8",
		"--rest", "1s", "--joins", "1", "--join-gap", "100ms", "--report", filepath.Join(dir, "report.md"),
	}, args...)
	err = run(ctx, args, strings.NewReader(""), &out, &errOut)
	return out.String(), dir, err
}

func TestMeasuresTheWholeWay(t *testing.T) {
	printed, dir, err := measureOnce(t)
	require.NoError(t, err, printed)

	var results []map[string]any
	raw, err := os.ReadFile(filepath.Join(dir, "figures.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &results))
	require.Len(t, results, 1)
	r := results[0]
	number := func(name string) float64 {
		v, ok := r[name].(float64)
		require.True(t, ok, "%s is %v", name, r[name])
		return v
	}
	require.Equal(t, "VP8", r["Codec"])
	require.InDelta(t, stops-moves+1, number("Changed"), 0)
	// How many are shown in time is the machine's affair; what is shown has to be right.
	require.Positive(t, number("Shown"))
	require.LessOrEqual(t, number("Shown"), number("Changed"))
	require.InDelta(t, number("Shown"), number("Agree"), 0, "pictures are what their RTP times say")
	require.Zero(t, number("Resized"))
	require.Greater(t, number("FinalPSNR"), 30.0)
	require.Greater(t, number("FinalSSIM"), 0.9)
	require.LessOrEqual(t, number("P50"), number("P95"))
	require.Greater(t, number("P50"), -float64(slack.Milliseconds()))
	require.Positive(t, number("KB"))
	require.Positive(t, number("CPU"))
	require.Greater(t, number("SeenPSNR"), 25.0)
	require.Positive(t, number("KeyKB"))
	require.LessOrEqual(t, number("KeyKB"), number("KeyMostKB"))
	encoding, ok := r["Encoded"].(map[string]any)
	require.True(t, ok, "%v", r)
	require.InDelta(t, stops-moves+1, encoding["frames"], 0)
	held, ok := r["Held"].(map[string]any)
	require.True(t, ok, "%v", r)
	require.Len(t, held["Joins"], 1)

	require.Contains(t, printed, "| VP8   | gstpublish | ")
	report, err := os.ReadFile(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	require.Contains(t, printed, string(report))
	requireBeside(t, dir)
}

// requireBeside finds the final picture beside what it should be.
func requireBeside(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.png"))
	require.NoError(t, err)
	require.Len(t, paths, 1)
	text, err := os.ReadFile(paths[0])
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, 2*testWidth, img.Bounds().Dx())
	require.Equal(t, testHeight, img.Bounds().Dy())
}

func TestAPublisherThatFailsIsReported(t *testing.T) {
	printed, _, err := measureOnce(t, "--skip-own", "--against", "false", "--against-name", "broken")
	require.ErrorContains(t, err, "broken, VP8: the publisher has ended")
	require.Contains(t, printed, "FAILED broken, VP8")
}

// Another publisher may not know a codec and take one that it does.
func TestTheWrongCodecIsAFailure(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	wrong := filepath.Join(t.TempDir(), "wrong")
	script := "#!/bin/sh\nexec " + self +
		` publish $(echo "$*" | sed "s/--codec H264/--codec VP8/;s/--screencast.*//")` + "\n"
	require.NoError(t, os.WriteFile(wrong, []byte(script), 0o700))
	_, _, err = measureOnce(t, "--skip-own", "--against", wrong, "--codecs", "H264")
	require.ErrorContains(t, err, `what came was coded as "VP8"`)
}

func TestWrongFlags(t *testing.T) {
	for name, args := range map[string][]string{
		"no such codec":     {"--codecs", "MPEG2"},
		"no clip":           {"--clip", "/nowhere/clip.i420"},
		"no rate":           {"--bitrates", "fast"},
		"a negative rate":   {"--bitrates", "-1"},
		"no repeats":        {"--repeats", "0"},
		"nothing to do":     {"--skip-own"},
		"an argument":       {"clip.i420"},
		"no width":          {"--width", "0", "--clip", writeClip(t)},
		"not a whole frame": {"--width", "322", "--height", "240", "--clip", writeClip(t)},
		"negative rest":     {"--rest", "-1s"},
		"encode: no codec":  {encodeCommand, "--codec", "MPEG2"},
		"encode: no clip":   {encodeCommand, "--clip", "/nowhere/clip.i420"},
		"encode: no such": {
			encodeCommand, "--clip", writeClip(t), "--width", "320", "--height", "240", "--encoder", "none",
		},
		"publish: no codec": {publishCommand, "--codec", "MPEG2"},
		"publish: no clip":  {publishCommand, "--clip", "/nowhere/clip.i420"},
		"publish: bad flag": {publishCommand, "--nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.Error(t, run(t.Context(), args, strings.NewReader(""), &out, &out))
		})
	}
}

func TestClipShape(t *testing.T) {
	c, err := openClip(writeClip(t), testWidth, testHeight, 30)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })
	require.Equal(t, testFrames, c.frames)
	s, err := c.look()
	require.NoError(t, err)
	require.Len(t, s.changed, stops-moves+1)
	require.Equal(t, moves, s.changed[0])
	require.Equal(t, []int{stops}, s.rests)
	require.Equal(t, 0, s.content[moves-1])
	require.Equal(t, stops, s.content[testFrames-1])
}

func TestCommandsHaveOneSubjectEach(t *testing.T) {
	s := settings{
		codecs: "VP9,H264:x264enc,H264:openh264enc", encoder: "vp9enc", bitrates: "1000000, 2500000", repeats: 2,
		against: "node publish.mjs", againstName: "other", restTime: time.Second,
	}
	all, err := s.subjects()
	require.NoError(t, err)
	require.Len(t, all, 2*2*(2+3), "the other has no encoders to choose from")
	require.Equal(t, "gstpublish-VP9-vp9enc-1000000-0", all[0].file())
	require.Equal(t, "other-VP9-1000000-0", all[1].file())
	require.Equal(t, []string{"node", "publish.mjs"}, all[1].argv)
	require.Equal(t, "gstpublish-H264-x264enc-1000000-0", all[2].file())
	names := map[string]bool{}
	for _, s := range all {
		names[s.file()] = true
	}
	require.Len(t, names, len(all), "each has files of its own")
}

func TestUsageLines(t *testing.T) {
	u, ok := parseUsage([]byte(`{"frames":450,"sent":450,"cpu_s":1.5,"elapsed_s":15,"capture_us":20.5}`))
	require.True(t, ok)
	require.Equal(t, &usage{Frames: 450, CPUs: 1.5, ElapsedS: 15, CaptureUS: 20.5}, u)
	for _, line := range []string{`{"level":20,"msg":"connected"}`, "published", "", "7"} {
		_, ok = parseUsage([]byte(line))
		require.False(t, ok, line)
	}
}

func TestProcessCPU(t *testing.T) {
	// The name has a parenthesis and spaces; 120 + 30 ticks of its own, 4 + 6 of children.
	d, err := parseStat("42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 120 30 4 6 20 0 8 0 900 1 2 3")
	require.NoError(t, err)
	require.Equal(t, 1600*time.Millisecond, d)
	for _, bad := range []string{"", "42 (a) S 1 2", "42 (a) S 1 42 42 0 -1 4194560 1 2 3 4 x 30 4 6 20 0"} {
		_, err = parseStat(bad)
		require.Error(t, err, bad)
	}
}

func TestAWriterKeepsTheEnd(t *testing.T) {
	var w tail
	_, err := w.Write([]byte(strings.Repeat("x", tailBytes) + "the end\n"))
	require.NoError(t, err)
	require.Len(t, w.String(), tailBytes-1)
	require.True(t, strings.HasSuffix(w.String(), "the end"))
}

func TestMediansInTables(t *testing.T) {
	base := func(shown, first figure) *result {
		return &result{
			Codec: "VP8", Publisher: "p", Bitrate: 2_500_000, Shown: shown, FinalPSNR: nan,
			Silent: &atRest{Joins: []joined{
				{First: first, Sharp: nan}, {First: nan, Sharp: nan}, {First: first + 0.2, Sharp: nan},
			}},
		}
	}
	rows := group([]*result{base(170, 0.1), base(172, 0.3), base(174, 0.5)})
	require.Len(t, rows, 1)
	cells := func(columns []column, name string) string {
		for i := range columns {
			if columns[i].name == name {
				return rows[0].text(&columns[i])
			}
		}
		return "no such column"
	}
	require.Equal(t, "172", cells(clipColumns(), "shown"))
	require.Equal(t, "–", cells(clipColumns(), "final dB"))
	joins := joinColumns(func(r *result) *atRest { return r.Silent })
	require.Equal(t, "2", cells(joins, "saw a picture"))
	require.Equal(t, "0", cells(joins, "a sharp one"))
	require.Equal(t, "400", cells(joins, "first ms"))
	require.Equal(t, "–", cells(joins, "sharp ms"))
	silent := restColumns("held", func(r *result) *atRest { return r.Held })
	require.Equal(t, "–", cells(silent, "held kbit/s"))

	raw, err := json.Marshal(nan)
	require.NoError(t, err)
	require.Equal(t, "null", string(raw))
	require.Len(t, strings.Split(strings.TrimSpace(csv([]*result{base(1, 2)})), "\n"), 2)
}

func TestNoMatch(t *testing.T) {
	_, err := rtpOffset(nil, []arrived{{}})
	require.ErrorIs(t, err, errNoMatch)
	_, err = rtpOffset([]captured{{0, 1}, {1, 2}}, nil)
	require.ErrorIs(t, err, errNoMatch)
	require.True(t, math.IsNaN(percentile(nil, 50)))
}
