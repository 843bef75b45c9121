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
	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/publisher"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// TestMain also runs as the publishing processes and as their proofs, which are copies of this one.
func TestMain(m *testing.M) {
	prover := proof.New(nil)
	if publisher.IsProcess(os.Args[1:]) {
		if err := run(context.Background(), prover, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1) //nolint:forbidigo // the end of the publishing process
		}
		os.Exit(0) //nolint:forbidigo // the end of the publishing process
	}
	gsttest.Main(m)
}

// The clip of the tests is still, moves for half a second, and is still again.
const (
	testWidth, testHeight = 320, 240
	testFrames            = 75
	moves, stops          = 15, 30 // the first and last changed frame
)

// writeClip writes a clip of test frames.
func writeClip(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.i420")
	var all bytes.Buffer
	for i := range testFrames {
		index := uint32(min(max(i, moves-1), stops))
		f := testframe.Draw(appsrc.BufferI420, testWidth, testHeight, index)
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
	need.Server(t)
	dir = t.TempDir()
	var out, errOut bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = append([]string{
		"--clip", writeClip(t), "--width", "320", "--height", "240", "--out", dir, "--codecs", "VP8",
		"--rest", "1s", "--joins", "1", "--join-gap", "100ms", "--report", filepath.Join(dir, "report.md"),
	}, args...)
	err = run(ctx, nil, args, strings.NewReader(""), &out, &errOut)
	return out.String(), dir, err
}

func TestMeasuresTheWholeWay(t *testing.T) {
	printed, dir, err := measureOnce(t)
	require.NoError(t, err, printed)

	var results []map[string]any
	raw, err := os.ReadFile(filepath.Join(dir, "figures.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &results))
	require.Len(t, results, 2, "as shipped, and without a Network")
	r := results[0]
	number := func(name string) float64 {
		v, ok := r[name].(float64)
		require.True(t, ok, "%s is %v", name, r[name])
		return v
	}
	require.Equal(t, "VP8", r["Codec"])
	require.InDelta(t, stops-moves+1, number("Changed"), 0)
	// How many are shown in time depends on the machine; what is shown must be right.
	require.Positive(t, number("Shown"))
	require.LessOrEqual(t, number("Shown"), number("Changed"))
	require.InDelta(t, number("Shown"), number("Agree"), 0, "decoded frames match their RTP times")
	require.Zero(t, number("Resized"))
	require.Greater(t, number("FinalPSNR"), 30.0)
	require.Greater(t, number("FinalSSIM"), 0.9)
	require.Greater(t, number("FinalRGB"), 25.0)
	require.Greater(t, number("FinalRGBSSIM"), 0.85)
	require.LessOrEqual(t, number("P50"), number("P95"))
	require.Greater(t, number("P50"), -float64(slack.Milliseconds()))
	require.Positive(t, number("KB"))
	for _, name := range []string{"CPU", "Wakes", "Mallocs", "MallocKB", "MotionFPS"} {
		require.Positive(t, number(name), name)
	}
	require.Greater(t, number("SeenPSNR"), 25.0)
	require.Positive(t, number("KeyKB"))
	require.LessOrEqual(t, number("KeyKB"), number("KeyMostKB"))
	encoding, ok := r["Encoded"].(map[string]any)
	require.True(t, ok, "%v", r)
	require.InDelta(t, stops-moves+1, encoding["frames"], 0)
	held, ok := r["Held"].(map[string]any)
	require.True(t, ok, "%v", r)
	require.Len(t, held["Joins"], 1)

	require.Contains(t, printed, "| screen | VP8   | gstpublish             | ")
	report, err := os.ReadFile(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	require.Contains(t, printed, string(report))
	requireBeside(t, dir)
}

// requireBeside requires an image of the final decoded frame beside the original.
func requireBeside(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.png"))
	require.NoError(t, err)
	require.Len(t, paths, 2)
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

// TestTheWrongCodecIsAFailure tests a publisher that does not know a codec and uses another one.
func TestTheWrongCodecIsAFailure(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	wrong := filepath.Join(t.TempDir(), "wrong")
	script := "#!/bin/sh\nexec " + self +
		` publish $(echo "$*" | sed "s/--codec H264/--codec VP8/;s/--clip.*//")` + "\n"
	require.NoError(t, os.WriteFile(wrong, []byte(script), 0o700))
	_, _, err = measureOnce(t, "--skip-own", "--against", wrong, "--codecs", "H264")
	require.ErrorContains(t, err, `the video that came was encoded as "VP8"`)
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
		"no link":           {"--link", "fast"},
		"no delay":          {"--link", "600k,slow"},
		"too much link":     {"--link", "600k,1ms,1ms,1ms"},
		"no queue":          {"--link", "600k,1ms,0s"},
		"a publisher's":     {publisher.PublishCommand, "--nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.Error(t, run(t.Context(), nil, args, strings.NewReader(""), &out, &out))
		})
	}
}

func TestClipShape(t *testing.T) {
	path := writeClip(t)
	c, err := openClip(path, testWidth, testHeight, 30)
	require.NoError(t, err)
	require.Equal(t, path, c.path)
	require.Equal(t, testFrames, c.frames)
	s := shapeOf(c.half)
	require.Len(t, s.changed, stops-moves+1)
	require.Equal(t, moves, s.changed[0])
	require.Equal(t, []int{stops}, s.rests)
	require.Equal(t, []motion{{moves, stops}}, s.motions())
	require.Equal(t, 0, s.content[moves-1])
	require.Equal(t, stops, s.content[testFrames-1])

	path, err = saveChanges(c.half, t.TempDir(), "changes")
	require.NoError(t, err)
	again, err := openClip(path, 1, 1, 1) // The file has its own.
	require.NoError(t, err)
	require.Nil(t, again.full)
	require.Empty(t, again.path)
	require.Equal(t, s, shapeOf(again.half))
}

func TestMotions(t *testing.T) {
	changes := make([]testclip.Changes, 200)
	for _, i := range []int{5, 6, 20, 60, 61, 190} {
		changes[i].Spans = []testclip.Span{{Data: []byte{1}}}
	}
	s := shapeOf(&testclip.Clip{FPS: 30, Changes: changes})
	require.Equal(t, []int{20, 61}, s.rests)
	require.Equal(t, []motion{{5, 20}, {60, 61}, {190, 190}}, s.motions())
}

func TestCommandsHaveOneSubjectEach(t *testing.T) {
	s := settings{
		codecs: "VP9,H264:x264enc,H264:openh264enc", encoder: "vp9enc", bitrates: "1000000, 2500000", repeats: 2,
		against: "node publish.mjs", againstName: "other", restTime: time.Second, command: "bin/gstpublish",
	}
	all, err := s.subjects()
	require.NoError(t, err)
	require.Len(t, all, 2*2*(4+4+3), "4:4:4 needs our own encoder, and the other has none to choose from")
	require.Equal(t, "gstpublish-VP9-vp9enc-1000000-0", all[0].file())
	require.Equal(t, "gstpublish-no-Network-VP9-vp9enc-1000000-0", all[1].file())
	require.Equal(t, []string{"--no-network"}, all[1].argv[2:])
	require.Equal(t, "gstpublish-run-VP9-vp9enc-1000000-0", all[2].file())
	require.Equal(t, []string{publisher.RunCommand, "--gstpublish", "bin/gstpublish"}, all[2].argv[1:])
	require.Equal(t, "other-VP9-1000000-0", all[3].file())
	require.Equal(t, []string{"node", "publish.mjs"}, all[3].argv)
	requireNames(t, all)

	s.shippedOnly, s.cameraToo, s.links = true, true, []narrow{{}, {rate: 300_000}}
	again, err := s.subjects()
	require.NoError(t, err)
	require.Len(t, again, 2*2*2*2*(3+3+2))
	require.Equal(t, "gstpublish-VP9-vp9enc-camera-1000000-0", again[3].file())
	requireNames(t, again)
}

func TestOwnScreensInVP9HaveFullChroma(t *testing.T) {
	s := settings{codecs: "VP9,VP9:vp9enc,H264", bitrates: "1", repeats: 1, shippedOnly: true, cameraToo: true}
	all, err := s.subjects()
	require.NoError(t, err)
	require.Len(t, all, 2*3+1)
	require.Equal(t, "gstpublish-444-VP9-1-0", all[1].file())
	require.Equal(t, []string{publisher.PublishCommand, "--chroma", "444"}, all[1].argv[1:])
	b := &benchmark{changes: "half", fullChanges: "full"}
	for i, one := range all {
		require.Equal(t, i == 1, one.full)
		require.Equal(t, map[bool]string{true: "full", false: "half"}[i == 1], b.changesFor(one))
	}
}

func requireNames(t *testing.T, all []*subject) {
	t.Helper()
	names := map[string]bool{}
	for _, s := range all {
		names[s.file()] = true
	}
	require.Len(t, names, len(all), "each has files of its own")
}

func TestLinks(t *testing.T) {
	for text, want := range map[string]narrow{
		"free":             {},
		"600k":             {600_000, 0, 500 * time.Millisecond},
		"1.5M,20ms":        {1_500_000, 20 * time.Millisecond, 500 * time.Millisecond},
		"300000,5ms,400ms": {300_000, 5 * time.Millisecond, 400 * time.Millisecond},
	} {
		got, err := parseLink(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		require.Equal(t, text == "free", got.free())
	}
	require.Equal(t, "300 kbit/s, 5ms, queue 400ms", narrow{300_000, 5e6, 4e8}.String())
	require.Empty(t, narrow{}.String())
}

func TestWhatWentThroughALink(t *testing.T) {
	begin := time.Unix(1000, 0)
	second := time.Second
	h := &link.History{Since: begin, Events: []link.Event{
		{At: second / 2, Bytes: 99_999},
		{At: second, Bytes: 1000, Wait: 10 * time.Millisecond},
		{At: 3 * second / 2, Bytes: 1000, Dropped: true},
		{At: 2 * second, Bytes: 99_999},
		{At: 4 * second, Bytes: 2000, Wait: 30 * time.Millisecond},
	}}
	at := func(s float64) time.Duration { return epoch(begin) + time.Duration(s*float64(second)) }
	u := usedLink(h, narrow{rate: 24_000}, []span{{at(1), at(2)}, {at(4), at(5)}})
	require.Equal(t, &onLink{
		Kbps: 12, Share: 50, QueueP50: 10, QueueP95: 30, QueueMost: 30, Packets: 2, Dropped: 1,
	}, u)
	require.Nil(t, usedLink(nil, narrow{}, nil))
}

func TestSwitchesOfAnotherPublisher(t *testing.T) {
	at := time.Unix(1000, 0)
	s := &sighting{from: at, to: at.Add(time.Second), other: &proc.Used{Voluntary: 40, Involuntary: 2}}
	r := &result{}
	s.setSwitches(r, []captured{{0, epoch(at) - 1}, {1, epoch(at)}, {2, epoch(at) + 5}, {3, epoch(at.Add(time.Second))}})
	require.Equal(t, [2]figure{20, 1}, [2]figure{r.Wakes, r.Preempted})
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
	require.Equal(t, "172", cells(wayColumns(), "shown"))
	require.Equal(t, "–", cells(qualityColumns(), "final dB"))
	joins := joinColumns(func(r *result) *atRest { return r.Silent })
	require.Equal(t, "2", cells(joins, "saw a decoded frame"))
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
	_, err := rtpOffset(nil, []arrived{{}}, 0)
	require.ErrorIs(t, err, errNoMatch)
	_, err = rtpOffset([]captured{{0, 1}, {1, 2}}, nil, 0)
	require.ErrorIs(t, err, errNoMatch)
	require.True(t, math.IsNaN(quality.Percentile(nil, 50)))
}
