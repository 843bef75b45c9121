// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/damage"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// damages is how many damaged copies of each file are read: at most 40.
var damages = flag.Int("damages", 6, "damaged copies of each file that TestDamagedFiles reads")

const (
	// damagedEnv is the folder of damaged files that a child reads.
	damagedEnv = "GSTPUBLISH_TEST_DAMAGED"
	// damagedText is the file in it that has the pipeline.
	damagedText = "pipeline"
	// damagedWait is how long a file of a fifth of a second may take.
	damagedWait = 5 * time.Second
	// damagedSilent is the exit code of a child that has read a file from which nothing comes.
	damagedSilent = 3
)

// damagedClips are the containers and codecs that are passed through: what makes a file, and what reads it.
var damagedClips = map[string]struct{ write, read string }{
	"h264.mp4":   {"h264 ! mp4mux", "qtdemux ! h264parse"},
	"h265.mp4":   {"h265 ! mp4mux", "qtdemux ! h265parse"},
	"av1.mp4":    {"av1 ! mp4mux", "qtdemux ! av1parse"},
	"h264.mov":   {"h264 ! qtmux", "qtdemux ! h264parse"},
	"h264.mkv":   {"h264 ! matroskamux", "matroskademux ! h264parse"},
	"h265.mkv":   {"h265 ! matroskamux", "matroskademux ! h265parse"},
	"av1.mkv":    {"av1 ! matroskamux", "matroskademux ! av1parse"},
	"vp8.webm":   {"vp8 ! webmmux", "matroskademux ! capsfilter caps=video/x-vp8"},
	"vp9.webm":   {"vp9 ! webmmux", "matroskademux ! vp9parse"},
	"opus.webm":  {"opus ! webmmux", "matroskademux ! opusparse"},
	"h264.ts":    {"h264 ! mpegtsmux", "tsdemux ! h264parse"},
	"h265.ts":    {"h265 ! mpegtsmux", "tsdemux ! h265parse"},
	"h264.flv":   {"h264 ! flvmux", "flvdemux ! h264parse"},
	"vp8.ogg":    {"vp8 ! oggmux", "oggdemux ! capsfilter caps=video/x-vp8"},
	"theora.ogg": {"theora ! oggmux", "oggdemux ! theoradec"},
	"opus.ogg":   {"opus ! oggmux", "oggdemux ! opusparse"},
	"h264.avi":   {"h264 ! video/x-h264,stream-format=byte-stream ! avimux", "avidemux ! h264parse"},
	"vp8.avi":    {"vp8 ! avimux", "avidemux ! capsfilter caps=video/x-vp8"},
	"h264.h264":  {"h264 ! video/x-h264,stream-format=byte-stream", "h264parse"},
	"vp8.ivf":    {"", "ivfparse ! capsfilter caps=video/x-vp8"},
}

// damagedCodecs make the streams of damagedClips.
var damagedCodecs = map[string]string{
	"h264":   "RAW ! x264enc speed-preset=ultrafast key-int-max=5 bframes=0 ! h264parse",
	"h265":   "RAW ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=5 ! h265parse",
	"av1":    "RAW ! av1enc cpu-used=8 usage-profile=realtime max-quantizer=63 keyframe-max-dist=5 ! av1parse",
	"vp8":    "RAW ! vp8enc deadline=1 keyframe-max-dist=5",
	"vp9":    "RAW ! vp9enc deadline=1 cpu-used=8 keyframe-max-dist=5",
	"theora": "RAW ! theoraenc",
	"opus":   "audiotestsrc num-buffers=20 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1 ! opusenc",
}

const damagedRaw = "videotestsrc num-buffers=20 pattern=ball ! " +
	"video/x-raw,format=I420,width=64,height=48,framerate=120/1"

// writeDamaged writes a clip, whole and damaged, into a folder of its own.
func writeDamaged(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	whole := filepath.Join(dir, "whole")
	clip := damagedClips[name]
	if codec, mux, _ := strings.Cut(clip.write, " "); codec != "" {
		text := strings.ReplaceAll(damagedCodecs[codec], "RAW", damagedRaw) + " " + mux
		p, err := Parse(text+" ! filesink location="+whole, nil)
		require.NoError(t, err)
		require.NoError(t, p.Run(t.Context()))
		require.NoError(t, p.Close())
	} else {
		writeIVF(t, whole)
	}
	data, err := os.ReadFile(whole)
	require.NoError(t, err)
	all := damage.Of(data)
	for i := range min(*damages, len(all)) {
		// Some of each kind.
		n := i * len(all) / min(*damages, len(all))
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("damaged-%02d", n)), all[n], 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, damagedText), []byte(clip.read), 0o600))
	return dir
}

// TestDamagedFiles: of a damaged file of any container and codec that is passed through, there is an error or a stream
// that ends. Children read them, so that a crash is a failure with its log; GStreamer objects that they leave alive are
// one too.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	need.Encoding(t)
	for _, name := range slices.Sorted(maps.Keys(damagedClips)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := writeDamaged(t, name)
			said := ""
			for more := true; more; {
				var out string
				out, more = readInChild(t, dir)
				said += out
			}
			require.Contains(t, said, "whole: a stream of ", "%s", said)
			t.Log(said)
		})
	}
}

// readInChild runs a child, which reads the files of a folder until one of them is silent, and returns what it has
// said. more reports whether there is one.
func readInChild(t *testing.T, dir string) (said string, more bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 12*wait)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestDamagedChild$", "-test.v") //nolint:gosec // this one
	child.Env = append(os.Environ(), damagedEnv+"="+dir)
	out, err := child.CombinedOutput()
	said = string(out)
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() == damagedSilent:
		return said, true
	case strings.Contains(said, "--- PASS: TestDamagedChild") && strings.Contains(dir, ".ogg") && onlyBuffersAlive(said):
		// oggdemux leaks the headers that it could not use; gst-launch-1.0 shows the same.
	default:
		require.NoError(t, err, "%s", said)
	}
	return said, false
}

// onlyBuffersAlive reports whether all objects that a child has left alive are buffers and their memory.
func onlyBuffersAlive(said string) bool {
	_, alive, ok := strings.Cut(said, "GStreamer objects alive:\n")
	if !ok {
		return false
	}
	for line := range strings.Lines(alive) {
		if !strings.HasPrefix(line, "GstMemory ") && !strings.HasPrefix(line, "GstBuffer ") {
			return false
		}
	}
	return true
}

// TestDamagedChild reads the files that TestDamagedFiles has written.
func TestDamagedChild(t *testing.T) {
	dir := os.Getenv(damagedEnv)
	if dir == "" {
		t.Skip("for TestDamagedFiles")
	}
	text, err := os.ReadFile(filepath.Join(dir, damagedText))
	require.NoError(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		if f.Name() != damagedText {
			path := filepath.Join(dir, f.Name())
			said, silent := readDamaged(t, "filesrc location="+path+" ! "+string(text))
			fmt.Printf("%s: %s\n", f.Name(), said) //nolint:forbidigo // for the parent
			require.NoError(t, os.Remove(path))
			if silent {
				os.Exit(damagedSilent) //nolint:forbidigo // the pipeline may never end
			}
		}
	}
}

// readDamaged reads a file to its end, and says what has come of it. If silent is true, nothing has, and what it says
// is the reason that a user learns. That is what is left of defects of demuxers: GStreamer 1.22's oggdemux computes
// forever with some files.
func readDamaged(t *testing.T, text string) (said string, silent bool) {
	t.Helper()
	p, err := Parse(text, nil)
	if err != nil {
		return "an error: " + err.Error(), false
	}
	run := make(chan error, 1)
	go func() { run <- p.Run(context.Background()) }()
	pulled := make(chan int, 1)
	go func() { pulled <- pullAll(p.Outputs()[0]) }()
	select {
	case err = <-run:
	case <-time.After(damagedWait):
		why := p.Outputs()[0].Silence(t.Context())
		require.Regexp(t, "demux[0-9]+ has found no stream", why, text)
		return "silence with a reason: " + why, true
	}
	n := <-pulled
	require.NoError(t, p.Close(), text)
	if err == nil {
		return fmt.Sprintf("a stream of %d samples", n), false
	}
	require.NotEmpty(t, err.Error())
	return "an error: " + err.Error(), false
}

// pullAll pulls an output to its end and checks what it pulls, and returns the number of samples.
func pullAll(o *Output) (n int) {
	check := incoming.New(o.Codec)
	for ; ; n++ {
		if o.Kind == RawVideo {
			s, err := media.Of(o).PullRaw()
			if err != nil {
				return n
			}
			s.Buffer.Unref()
			continue
		}
		s, err := media.Of(o).Pull(nil)
		if errors.Is(err, io.EOF) {
			return n
		}
		if o.Kind == EncodedVideo {
			check.Look(&incoming.Sample{Data: s.Data, Key: s.Key, Gap: s.Gap, Corrupted: s.Corrupted})
		}
	}
}
