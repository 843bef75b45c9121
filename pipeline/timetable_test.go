// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/stamps"
	"github.com/gstpublish/gstpublish/internal/test/generated"
)

// frameTime is the distance of the frames of TestTimeTable, and timedFrames is how many there are.
const (
	frameTime   = 40 * time.Millisecond
	timedFrames = 20
)

// timeRows are the rows of the table on time: the stamp of a frame that is due at a time, or a negative one for none.
var timeRows = []struct {
	given string
	stamp func(i int, due time.Duration) time.Duration
}{
	{"every 40 ms", func(_ int, due time.Duration) time.Duration { return due }},
	{"one is 10 h ahead", func(i int, due time.Duration) time.Duration {
		if i == 10 {
			return due + 10*time.Hour
		}
		return due
	}},
	{"2 s back, from one frame on", func(i int, due time.Duration) time.Duration {
		if i < 10 {
			return due + time.Minute
		}
		return due + time.Minute - 2*time.Second
	}},
	{"a restart at 0", func(i int, due time.Duration) time.Duration {
		if i < 10 {
			return due + time.Hour
		}
		return due - 10*frameTime
	}},
	{"10 h ahead, from one frame on", func(i int, due time.Duration) time.Duration {
		if i < 10 {
			return due
		}
		return due + 10*time.Hour
	}},
	{"none", func(int, time.Duration) time.Duration { return -1 }},
}

// TestTimeTable compares the table on time stamps in docs/media.md with what happens.
func TestTimeTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("| time stamps | live source | file |\n|---|---|---|\n")
	for _, row := range timeRows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row.given, placed(true, row.stamp), placed(false, row.stamp))
	}
	generated.Section(t, "..", "media.md", "time", b.String())
}

// placed says in words what becomes of stamps.
func placed(live bool, stamp func(i int, due time.Duration) time.Duration) string {
	line := stamps.NewLine(live, true)
	count := map[stamps.Verdict]int{}
	var all []time.Duration
	for i := range timedFrames {
		due := time.Duration(i) * frameTime
		at, verdict := line.Place(int64(stamp(i, due)), int64(due), int64(frameTime))
		count[verdict]++
		all = append(all, time.Duration(at))
	}
	var words []string
	for _, v := range []struct {
		verdict stamps.Verdict
		word    string
	}{{stamps.Missing, "missing"}, {stamps.Wrong, "replaced"}, {stamps.Step, "step of the clock"}} {
		if n := count[v.verdict]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, v.word))
		}
	}
	var apart []time.Duration
	for i := range all[1:] {
		apart = append(apart, all[i+1]-all[i])
	}
	least, most := slices.Min(apart), slices.Max(apart)
	shown := fmt.Sprintf("frames are %v to %v apart", least, most)
	if least == most {
		shown = fmt.Sprintf("frames are %v apart", most)
	}
	return strings.Join(append(words, shown), ", ")
}

// TestEndTable compares the table on the ends of streams in docs/media.md with what happens.
func TestEndTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| source | at its end |\n|---|---|\n")
	bytes := make([]byte, 5*64*48*3/2)
	file := filepath.Join(t.TempDir(), "frames")
	require.NoError(t, os.WriteFile(file, bytes, 0o600))
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer func() { require.NoError(t, read.Close()) }()
	go func() {
		_, _ = write.Write(bytes)
		_ = write.Close()
	}()
	mp4 := smallMP4(t)
	const raw = " ! rawvideoparse width=64 height=48 format=i420 framerate=120/1"
	const tcp = "tcpclientsrc name=tcpclientsrc host=127.0.0.1 port="
	for _, row := range []struct{ source, text string }{
		{"`filesrc location=…`", "filesrc location=" + file + raw},
		{"`fdsrc fd=… (a pipe)`", fmt.Sprintf("fdsrc fd=%d", read.Fd()) + raw},
		{"`tcpclientsrc host=… port=…`", tcp + serveOnce(t, bytes) + raw},
		{"`tcpclientsrc host=… port=…`, an MP4", tcp + serveOnce(t, mp4) + " ! qtdemux ! h264parse"},
		{
			"`tcpclientsrc host=… port=…`, an MP4 without its last bytes",
			tcp + serveOnce(t, mp4[:len(mp4)-100]) + " ! qtdemux ! h264parse",
		},
		{"`videotestsrc num-buffers=5`", "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48,framerate=120/1"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row.source, ending(t, row.text))
	}
	generated.Section(t, "..", "media.md", "ends", b.String())
}

// smallMP4 returns an MP4 that can be played while it is read.
func smallMP4(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.mp4")
	p, run := start(t, "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=64,height=48,framerate=120/1 ! "+
		"x264enc tune=zerolatency ! mp4mux faststart=true ! filesink location="+path)
	require.NoError(t, ended(t, run))
	require.NoError(t, p.Close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// ending says in words how a pipeline ends.
func ending(t *testing.T, text string) string {
	t.Helper()
	p, err := Parse(text, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 6*wait)
	defer cancel()
	run := make(chan error, 1)
	go func() { run <- p.Run(ctx) }()
	require.Positive(t, count(p.Outputs()[0]), text)
	err = <-run
	if ended := (*EndedError)(nil); errors.As(err, &ended) {
		return "an error: " + strings.TrimPrefix(labels.ReplaceAllString(err.Error(), "$1$3"), "pipeline: ")
	}
	require.NoError(t, err)
	return "the publication ends, without an error"
}
