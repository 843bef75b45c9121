// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// sound is three seconds of it, for ffmpeg.
	sound    = "-f lavfi -i sine=frequency=440:duration=3 "
	withOpus = sound + h264Once + "-c:a libopus "
	noVideo  = sound + "-map 1 -c:a libopus "
)

// fileText plays a file with video and sound, or with one of them.
const fileText = "filesrc location=%s ! decodebin name=d  d. ! videoconvert  d. ! audioconvert"

// passedText does the same without decoding.
const passedText = "filesrc location=%s ! matroskademux name=d  d. ! queue ! h264parse  d. ! queue ! opusparse"

// TestFilesWithAndWithoutSound: one text plays all of them to their end, and announces what there is.
func TestFilesWithAndWithoutSound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, args, text string
		video, audio     bool
	}{
		"both":                     {"both.mkv", withOpus, fileText, true, true},
		"video alone":              {"video.mkv", h264Once, fileText, true, false},
		"sound alone":              {"sound.mkv", noVideo, fileText, false, true},
		"both, passed through":     {"both.mkv", withOpus, passedText, true, true},
		"video alone, not decoded": {"video.mkv", h264Once, passedText, true, false},
		"sound alone, not decoded": {"sound.mkv", noVideo, passedText, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := makeFile(t, c.file, c.args)
			name := newRoom(t)
			v := view(t, name, "viewer")
			var heard *atomic.Int64 // The viewer hears what belongs to video.
			if !c.video {
				heard = listen(t, name)
			}
			room := join(t, name)
			pub := publishPipeline(t, room, fmt.Sprintf(c.text, path), nil)
			announced := 0
			for _, has := range []bool{c.video, c.audio} {
				if has {
					announced++
				}
			}
			require.Eventually(t, func() bool {
				return len(room.LocalParticipant.TrackPublications()) == announced
			}, wait, 5*time.Millisecond)
			requireEnded(t, pub)
			s := pub.Stats()
			require.Len(t, room.LocalParticipant.TrackPublications(), announced)
			require.NoError(t, pub.Stop(within(t)))
			if c.video {
				require.InDelta(t, fileFrames, s.Offered, 1)
				require.NotEmpty(t, shown(t, v))
			} else {
				require.Zero(t, s.Offered)
			}
			if c.audio {
				require.InDelta(t, fileSeconds*50, s.AudioSent, 5, "packets of 20 ms; %+v", s)
				packets := int64(v.Stats().AudioPackets)
				if heard != nil {
					packets = heard.Load()
				}
				require.InDelta(t, fileSeconds*50, packets, 25, "%+v", s)
			} else {
				require.Zero(t, s.AudioSent)
			}
		})
	}
}

// TestAFileBesideALiveSource keeps its own pace, and begins when it can be seen.
func TestAFileBesideALiveSource(t *testing.T) {
	t.Parallel()
	tone := "  audiotestsrc is-live=true ! opusenc"
	for name, text := range map[string]string{
		"passed through": "filesrc location=%s ! qtdemux ! h264parse" + tone,
		"raw":            "filesrc location=%s ! decodebin ! videoconvert" + tone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := makeFile(t, "file.mp4", h264Once)
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), fmt.Sprintf(text, path), nil)
			next(t, v)
			begin := time.Now()
			require.Eventually(t, func() bool { return pub.Stats().Offered >= fileFrames-1 }, wait, 5*time.Millisecond)
			require.InDelta(t, fileSeconds, time.Since(begin).Seconds(), 1)
			select {
			case <-pub.Done():
				require.FailNow(t, "the sound continues")
			default:
			}
			require.Eventually(t, func() bool { return v.Stats().AudioPackets > 100 }, wait, 10*time.Millisecond)
			require.NoError(t, pub.Stop(within(t)))
			s := pub.Stats()
			// A raw first frame is repeated when the track is bound.
			require.LessOrEqual(t, s.DroppedUnbound, uint64(1), "%+v", s)
			if name == "passed through" {
				require.Zero(t, s.DroppedUnbound, "%+v", s)
				requireSum(t, &s)
				require.EqualValues(t, fileFrames, s.Sent)
			}
		})
	}
}

// TestAFileOfSoundBesideLiveVideo is sent from its beginning.
func TestAFileOfSoundBesideLiveVideo(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "sound.ogg", noVideo)
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub := publishPipeline(t, join(t, room), bars+"  filesrc location="+path+" ! oggdemux ! opusparse", nil)
	next(t, v)
	require.Eventually(t, func() bool { return pub.Stats().AudioSent >= 150 }, wait, 10*time.Millisecond)
	require.InDelta(t, 150, v.Stats().AudioPackets, 25)
	require.NoError(t, pub.Stop(within(t)))
}

// TestAStillImageStopsAtOnce, although it would last forever.
func TestAStillImageStopsAtOnce(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "image.png", "-frames:v 1 ")
	for name, freeze := range map[string]string{"not live": "imagefreeze", "live": "imagefreeze is-live=true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room),
				"filesrc location="+path+" ! pngdec ! "+freeze+" ! video/x-raw,framerate=25/1 ! videoconvert", nil)
			next(t, v)
			require.NoError(t, pub.Stop(within(t)))
		})
	}
}

// sent writes a file of H.264 without a container, a frame each 40 ms, or faster if w makes it.
func sent(t *testing.T, w io.Writer, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	// Access unit delimiters begin the frames.
	frames := bytes.SplitAfter(data, []byte{0, 0, 0, 1, 9})
	for _, frame := range frames {
		if _, err := w.Write(frame); err != nil {
			return // The reader has ended.
		}
		<-tick.C
	}
}

// TestH264OfAPipe has the time of its arrival, since it has no other.
func TestH264OfAPipe(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "aud.h264", h264Once+"-bsf:v h264_metadata=aud=insert ")
	for _, kind := range []string{"pipe", "tcp", "file"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			source := piped(t, kind, path)
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), source+" ! h264parse", nil)
			first := next(t, v)
			select {
			case <-pub.Done():
			case <-time.After(wait):
				require.FailNow(t, "the publication didn't end", "%+v", pub.Stats())
			}
			ended := (*pipeline.EndedError)(nil)
			if kind == "tcp" {
				require.ErrorAs(t, pub.Err(), &ended)
				require.Equal(t, "tcpclientsrc", strings.TrimRight(ended.Source, "0123456789"))
			} else {
				require.NoError(t, pub.Err())
			}
			require.NoError(t, pub.Close())
			frames, s := shown(t, v), pub.Stats()
			requireSum(t, &s)
			require.EqualValues(t, fileFrames, s.Sent)
			last := frames[len(frames)-1]
			require.InDelta(t, last.Received.Sub(first.Received).Seconds(),
				float64(last.RTPTime-first.RTPTime)/90_000, 0.5, "RTP time is that of the clock")
			for i := 1; i < len(frames); i++ {
				require.NotEqual(t, frames[i-1].RTPTime, frames[i].RTPTime)
			}
		})
	}
}

// piped begins to write a file, and returns the element that reads it.
func piped(t *testing.T, kind, path string) string {
	t.Helper()
	switch kind {
	case "pipe":
		r, w, err := os.Pipe()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, r.Close()) })
		go func() {
			sent(t, w, path)
			_ = w.Close()
		}()
		return fmt.Sprintf("fdsrc fd=%d", r.Fd())
	case "file":
		file, err := os.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, file.Close()) })
		return fmt.Sprintf("fdsrc fd=%d", file.Fd())
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		sent(t, conn, path)
		_ = conn.Close()
	}()
	return fmt.Sprintf("tcpclientsrc host=127.0.0.1 port=%d", l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // TCP
}

// TestHTTP: a file ends, a live stream that ends has failed.
func TestHTTP(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "video.ts", h264Once)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file.ts" {
			http.ServeFile(w, r, path)
			return
		}
		flusher, _ := w.(http.Flusher)
		for rest := data; len(rest) > 0; { // In chunks, without a length.
			n := min(len(rest), 1<<12)
			if _, err := w.Write(rest[:n]); err != nil {
				return
			}
			flusher.Flush()
			rest = rest[n:]
		}
	}))
	t.Cleanup(server.Close)
	for _, name := range []string{"file.ts", "live.ts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room),
				"souphttpsrc location="+server.URL+"/"+filepath.Base(name)+" ! tsdemux ! h264parse", nil)
			next(t, v)
			<-pub.Done()
			ended := (*pipeline.EndedError)(nil)
			require.Equal(t, name == "live.ts", errors.As(pub.Err(), &ended), "%v", pub.Err())
			s := pub.Stats()
			require.EqualValues(t, fileFrames, s.Sent)
			require.NoError(t, pub.Close())
		})
	}
}

// TestVideoThatBeginsLate is published when it comes, beside the sound that began before.
func TestVideoThatBeginsLate(t *testing.T) {
	t.Parallel()
	path := makeFile(t, "late.mkv", "-itsoffset 5 -f lavfi -i testsrc=size=320x180:rate=25:duration=3 "+
		"-f lavfi -i sine=frequency=440:duration=8 -map 1 -map 2 "+h264Once+"-c:a libopus ")
	for name, text := range map[string]string{"passed through": passedText, "decoded": fileText} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), fmt.Sprintf(text, path), nil)
			frames := []*viewer.Frame{next(t, v)}
			requireEnded(t, pub)
			s := pub.Stats()
			require.NoError(t, pub.Stop(within(t)))
			frames = append(frames, shown(t, v)...)
			require.InDelta(t, fileFrames, s.Offered, 1)
			require.InDelta(t, 8*50, s.AudioSent, 10, "packets of 20 ms; %+v", s)
			require.Greater(t, len(frames), fileFrames*2/3)
		})
	}
}
