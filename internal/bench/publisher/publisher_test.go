// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/pipeline"
)

func TestUsageLines(t *testing.T) {
	u := ParseUsage([]byte(`{"frames":450,"sent":450,"cpu_s":1.5,"elapsed_s":15,"capture_us":20.5}`))
	require.Equal(t, &Usage{Frames: 450, CPU: 1.5, Elapsed: 15, CaptureUS: 20.5}, u)
	var own Usage
	own.setUsed(proc.Used{CPU: time.Second, Voluntary: 7, Involuntary: 8})
	line, err := json.Marshal(&own)
	require.NoError(t, err)
	require.Equal(t, &own, ParseUsage(line))
	for _, line := range []string{`{"level":20,"msg":"connected"}`, "published", "", "7"} {
		require.Nil(t, ParseUsage([]byte(line)), line)
	}
}

// short returns a clip of a page that scrolls for 200 ms.
func short() *testclip.Clip {
	return testclip.Scroll(&testclip.ScrollOptions{
		Width: 64, Height: 64, FPS: 100, Before: 100 * time.Millisecond, Motion: 200 * time.Millisecond,
		After: 100 * time.Millisecond,
	})
}

func TestAPlayerCapturesEachFrameAndObeys(t *testing.T) {
	clip, log := short(), filepath.Join(t.TempDir(), "log")
	var frames [][]byte
	var out bytes.Buffer
	heap := proc.Heap{}
	p := &player{
		clip: clip, log: log, out: &out, early: []time.Time{time.Unix(1, 0)},
		capture: func(_ context.Context, pixels []byte) error {
			frames = append(frames, bytes.Clone(pixels))
			return nil
		},
		used: func() (used, error) {
			heap.Mallocs += 10
			now := heap
			return used{proc.Used{Voluntary: int64(heap.Mallocs)}, &now}, nil
		},
		report: func(u *Usage) { u.Encoder = "some" },
	}
	require.NoError(t, p.run(t.Context(), strings.NewReader(CommandHold+"\n"+CommandRest+"\n"+CommandCPU+"\n")))
	want := clip.Play()
	for i := range clip.Frames() {
		require.True(t, bytes.Equal(want.Pixels(), frames[i]), "frame %d", i)
		want.Next()
	}
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 1+clip.Frames())
	require.Equal(t, "0,1000000000", lines[0])
	require.Regexp(t, `^39,\d+$`, lines[40])
	reports := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, reports, 4)
	u := ParseUsage([]byte(reports[0]))
	require.Equal(t, 40, u.Frames)
	require.EqualValues(t, 10, *u.Voluntary)
	require.EqualValues(t, 10, u.Heap.Mallocs)
	require.Equal(t, "some", u.Encoder)
}

func TestAPlayerEndsWithAnError(t *testing.T) {
	broken := errors.New("broken")
	nothing := func() (used, error) { return used{}, nil }
	p := &player{clip: short(), used: nothing, capture: func(context.Context, []byte) error { return broken }}
	require.ErrorIs(t, p.run(t.Context(), nil), broken)
	p.used = func() (used, error) { return used{}, broken }
	require.ErrorIs(t, p.run(t.Context(), nil), broken)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	p.used = nothing
	require.ErrorIs(t, p.run(ctx, nil), broken)
}

func TestTheCommandsArguments(t *testing.T) {
	o := options{command: "gp", url: "ws://x", room: "r", encoder: "vp9enc", bitrate: 5}
	require.Equal(t, strings.Fields("gp run --url ws://x --room r --identity publisher --codec vp9 --fps 100 "+
		"--stats json --screencast --encoder vp9enc --bitrate 5 -- shmsrc socket-path=s is-live=true do-timestamp=true ! "+
		"video/x-raw,format=I420,width=64,height=64,framerate=100/1,colorimetry=bt601"),
		o.arguments(pipeline.VP9, short(), "s"))
	o = options{command: "gp", camera: true}
	require.NotContains(t, o.arguments(pipeline.VP8, short(), "s"), "--screencast")
	full := short()
	full.FullChroma = true
	require.Contains(t, strings.Join(o.arguments(pipeline.VP9, full, "s"), " "), " --chroma 444 -- shmsrc ")
	require.Contains(t, strings.Join(o.arguments(pipeline.VP9, full, "s"), " "), "video/x-raw,format=Y444,")
}

func TestWrongArguments(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "clip")
	f, err := os.Create(clip)
	require.NoError(t, err)
	_, err = short().WriteTo(f)
	require.NoError(t, errors.Join(err, f.Close()))
	for name, args := range map[string][]string{
		"no such flag":         {PublishCommand, "--nonsense"},
		"no codec":             {PublishCommand, "--codec", "MPEG2"},
		"no clip":              {EncodeCommand, "--changes", "/nowhere/clip"},
		"not a clip":           {EncodeCommand, "--changes", os.Args[0]},
		"no full chroma":       {PublishCommand, "--changes", clip, "--chroma", "444"},
		"no encoder":           {EncodeCommand, "--changes", clip, "--encoder", "none"},
		"no server":            {PublishCommand, "--changes", clip, "--url", "ws://127.0.0.1:1"},
		"no command":           {RunCommand, "--changes", clip, "--gstpublish", "/nowhere/gstpublish"},
		"a command that fails": {RunCommand, "--changes", clip, "--gstpublish", "false"},
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, IsProcess(args))
			var out bytes.Buffer
			require.Error(t, Run(t.Context(), nil, args, strings.NewReader(""), &out, &out))
		})
	}
	require.False(t, IsProcess(nil))
	require.False(t, IsProcess([]string{"--rest"}))
}
