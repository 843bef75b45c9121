// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/stamps"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestTheChangeToPlayingNeedsNoPull: what is not live fills its appsinks at once, and nothing pulls before Started.
func TestTheChangeToPlayingNeedsNoPull(t *testing.T) {
	for range 20 {
		p, run := start(t, "videotestsrc num-buffers=50 ! video/x-raw,width=16,height=16,framerate=1000/1 ! tee name=t"+
			"  t. ! queue  t. ! queue ! vp8enc deadline=1")
		select {
		case <-p.Started():
		case <-time.After(wait):
			require.FailNow(t, "the pipeline does not start")
		}
		require.NoError(t, p.Err())
		require.NoError(t, p.Close())
		require.NoError(t, ended(t, run))
	}
}

// TestAFileIsHeldWhileItIsNotPulled, and resumes from there, at its pace.
func TestAFileIsHeldWhileItIsNotPulled(t *testing.T) {
	need.RealTime(t)
	p, run := start(t, "videotestsrc num-buffers=20 ! video/x-raw,width=16,height=16,framerate=50/1 ! vp8enc deadline=1")
	out := media.Of(p.Outputs()[0])
	first, err := out.Pull(nil)
	require.NoError(t, err)
	require.False(t, out.Live())
	require.True(t, out.Fed())
	<-time.After(time.Second)
	out.Resume()
	before, begin := first.PTS, time.Now()
	for range 19 {
		s, failure := out.Pull(nil)
		require.NoError(t, failure)
		require.InDelta(t, 20*time.Millisecond, s.PTS-before, float64(time.Microsecond), "the lost second is no part of it")
		before = s.PTS
	}
	require.GreaterOrEqual(t, time.Since(begin), 370*time.Millisecond)
	_, err = out.Pull(nil)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, ended(t, run))
}

// TestOutputsOfOneTextKeepTheirOwnPace: the one that is not live comes by its time stamps.
func TestOutputsOfOneTextKeepTheirOwnPace(t *testing.T) {
	need.RealTime(t)
	p, _ := start(t, "videotestsrc num-buffers=26 ! video/x-raw,width=16,height=16,framerate=50/1 ! vp8enc deadline=1"+
		"  audiotestsrc is-live=true ! opusenc")
	sound := drainOutput(p.Outputs()[1])
	out := media.Of(p.Outputs()[0])
	begin := time.Now()
	for {
		_, err := out.Pull(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, time.Since(begin), 490*time.Millisecond)
	require.Equal(t, StateRunning, p.State(), "the sound continues")
	require.NoError(t, p.Close())
	require.Positive(t, <-sound)
}

// TestWhatNothingFeedsEndsWithTheRest, such as the sound of a file that has none.
func TestWhatNothingFeedsEndsWithTheRest(t *testing.T) {
	p, run := start(t, "videotestsrc num-buffers=5 ! video/x-raw,framerate=100/1 ! decodebin name=d  d. ! videoconvert"+
		"  d. ! audioconvert")
	nothing := drainOutput(p.Outputs()[1])
	n := 0
	for {
		s, err := media.Of(p.Outputs()[0]).PullRaw()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		s.Buffer.Unref()
		n++
	}
	require.Equal(t, 5, n)
	require.NoError(t, ended(t, run))
	require.Zero(t, <-nothing)
}

// TestTheEndOfAKnownDuration: a connection that is closed before the end of the stream is an error, and one that is
// closed behind the end of a container is not.
func TestTheEndOfAKnownDuration(t *testing.T) {
	const frames = "videotestsrc num-buffers=100 pattern=snow ! video/x-raw,width=32,height=32,framerate=10/1 ! "
	for name, c := range map[string]struct{ make, read string }{
		"WAV": {
			"audiotestsrc num-buffers=100 samplesperbuffer=800 ! audio/x-raw,format=U8,rate=8000,channels=1 ! wavenc",
			"wavparse",
		},
		"MP4": {
			frames + "x264enc tune=zerolatency key-int-max=10 ! video/x-h264,profile=baseline ! mp4mux faststart=true",
			"qtdemux ! h264parse",
		},
		"WebM": {
			frames + "vp8enc deadline=1 keyframe-max-dist=10 ! webmmux",
			"matroskademux ! capsfilter caps=video/x-vp8",
		},
		"MP4 in fragments": {
			frames + "x264enc tune=zerolatency key-int-max=10 ! video/x-h264,profile=baseline ! h264parse ! " +
				"mp4mux fragment-duration=1000 faststart=true",
			"qtdemux ! h264parse",
		},
		"WebM with Opus": {
			"audiotestsrc num-buffers=500 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! opusenc ! webmmux",
			"matroskademux ! opusparse",
		},
		"AVI": {frames + "vp8enc deadline=1 keyframe-max-dist=10 ! avimux", "avidemux ! capsfilter caps=video/x-vp8"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a")
			p, run := start(t, c.make+" ! filesink location="+file)
			require.NoError(t, ended(t, run))
			require.NoError(t, p.Close())
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			testEnds(t, data, c.read)
		})
	}
}

// testEnds serves a stream of ten seconds, half of it, and all but its last bytes.
func testEnds(t *testing.T, data []byte, read string) {
	t.Helper()
	for name, c := range map[string]struct {
		served  []byte
		missing float64 // in seconds; negative if nothing is
		says    string
	}{
		"whole":                  {data, -1, ""},
		"half":                   {data[:len(data)/2], 5, "s before its end"},
		"without the last bytes": {data[:len(data)-2], 0, "before the last bytes of its container"},
		"without half a second":  {data[:len(data)*19/20], 0, "before the last bytes of its container"},
	} {
		t.Run(name, func(t *testing.T) {
			port := serveOnce(t, c.served)
			p, run := start(t, "tcpclientsrc name=tcp host=127.0.0.1 port="+port+" ! "+read)
			p.Outputs()[0].timing.hurry()
			require.Positive(t, count(p.Outputs()[0]))
			err := ended(t, run)
			if c.missing < 0 {
				require.NoError(t, err)
				return
			}
			var gone *EndedError
			require.ErrorAs(t, err, &gone)
			require.Equal(t, "tcp", gone.Source)
			require.True(t, gone.Incomplete)
			require.InDelta(t, c.missing, gone.Missing.Seconds(), 2, "%s", read)
			require.ErrorContains(t, err, "pipeline: the stream of tcp ended ")
			require.ErrorContains(t, err, c.says+": the other side closed the connection or stopped sending")
		})
	}
}

// serveOnce sends data to the one who connects to a port.
func serveOnce(t *testing.T, data []byte) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	go func() {
		if conn, failure := listener.Accept(); failure == nil {
			_, _ = conn.Write(data) // If that fails, media is missing.
			_ = conn.Close()
		}
	}()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// TestWhatIsMissing is more than what is rounded.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ duration, end, want time.Duration }{
		{0, 5 * time.Second, 0},
		{5 * time.Second, 5 * time.Second, 0},
		{5 * time.Second, 9 * time.Second, 0},
		{5 * time.Second, 3 * time.Second, 0},
		{5 * time.Second, 2999 * time.Millisecond, 2001 * time.Millisecond},
		{5 * time.Second, 0, 5 * time.Second},
		{time.Hour, time.Hour - 72*time.Second, 0},
		{time.Hour, time.Hour - 73*time.Second, 73 * time.Second},
	} {
		require.Equal(t, one.want, missingOf(one.duration, one.end), "%+v", one)
	}
}

// TestAStampThatIsWrongIsReplaced, and said, in what the pipeline has encoded.
func TestAStampThatIsWrongIsReplaced(t *testing.T) {
	var log bytes.Buffer
	p, err := Parse("videotestsrc ! video/x-raw,width=16,height=16,framerate=50/1 ! "+
		"vp8enc deadline=1 ! identity name=wrong", &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	timing := &p.Outputs()[0].timing
	timing.live, timing.line = true, stamps.NewLine(true, true)
	timing.nature.Store(natureLive)
	for i, stamp := range []time.Duration{0, 20, 36_000_000, 60, 80} {
		at := int64(stamp * time.Millisecond)
		timing.place(p.Outputs()[0].sink, &at, -1, false)
		require.InDelta(t, float64(i)*20, float64(at)/1e6, 25)
	}
	require.Equal(t, 1, strings.Count(log.String(), "does not continue"))
	require.Equal(t, media.Changes{StampsReplaced: 1}, media.Of(p.Outputs()[0]).Changes())
	for range 3 {
		at := int64(-1)
		timing.place(p.Outputs()[0].sink, &at, -1, false)
		require.Positive(t, at)
	}
	require.Equal(t, 1, strings.Count(log.String(), "no time stamps"))
	require.Equal(t, media.Changes{StampsReplaced: 1, StampsMissing: 3}, media.Of(p.Outputs()[0]).Changes())
}
