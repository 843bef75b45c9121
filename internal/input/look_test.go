// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package input

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/phone"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

// record writes what a pipeline produces to a file.
func record(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	words := append([]string{"-q"}, strings.Fields(text+" ! filesink location="+path)...)
	out, err := exec.Command("gst-launch-1.0", words...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

const (
	moving = "videotestsrc num-buffers=40 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=20/1 ! "
	tone   = "audiotestsrc num-buffers=90 ! audio/x-raw,rate=48000,channels=2 ! "
)

// TestLook: what is passed through follows from what the file has.
func TestLook(t *testing.T) {
	t.Parallel()
	codec := func(c catalogue.Codec) *catalogue.Codec { return &c }
	plain := "x264enc tune=zerolatency bframes=0 key-int-max=10 ! "
	for name, c := range map[string]struct {
		file, text string
		want       Want
		found      Streams
	}{
		"H.264 and AAC": {
			"a.mp4", moving + plain + "mp4mux name=m " + tone + "avenc_aac ! m. m.",
			Want{},
			Streams{Known: true, Video: true, Audio: true, Passed: codec(catalogue.H264)},
		},
		"B-frames": {
			"b.mp4", moving + "x264enc bframes=2 b-adapt=false ! mp4mux",
			Want{},
			Streams{Known: true, Video: true, Codec: "H264", Why: "its frames are out of order (B-frames)"},
		},
		"B-frames without DTS": {
			"l.mkv", moving + "x264enc bframes=2 b-adapt=false ! h264parse ! matroskamux",
			Want{},
			Streams{Known: true, Video: true, Codec: "H264", Why: "its frames are out of order (B-frames)"},
		},
		"pixels that are not square": {
			"m.mp4", strings.Replace(moving, "width", "pixel-aspect-ratio=64/45,width", 1) + plain + "mp4mux",
			Want{},
			Streams{Known: true, Video: true, Codec: "H264", Why: "its pixels are not square (64:45)"},
		},
		"interlaced": {
			"n.mp4", strings.Replace(moving, "width", "interlace-mode=interleaved,width", 1) +
				strings.Replace(plain, "x264enc", "x264enc interlaced=true", 1) + "mp4mux",
			Want{},
			Streams{Known: true, Video: true, Codec: "H264", Why: "it is interlaced"},
		},
		"reencode": {
			"c.mp4", moving + plain + "mp4mux", Want{Reencode: true}, Streams{Known: true, Video: true},
		},
		"another codec is asked for": {
			"d.mp4", moving + plain + "mp4mux", Want{Codec: codec(catalogue.VP8)}, Streams{Known: true, Video: true},
		},
		"VP8 and Opus": {
			"e.webm", moving + "vp8enc deadline=1 ! webmmux name=m " + tone + "opusenc ! m. m.",
			Want{},
			Streams{Known: true, Video: true, Audio: true, Passed: codec(catalogue.VP8), Opus: true},
		},
		"VP9 in 4:4:4": {
			"f.webm", strings.Replace(moving, "I420", "Y444", 1) + "vp9enc deadline=1 cpu-used=8 ! webmmux",
			Want{},
			Streams{
				Known: true, Video: true, Codec: "VP9",
				Why: "not every viewer decodes VP9 profile 1 (4:4:4, 8 bits)",
			},
		},
		"H.265": {
			"g.mkv", moving + "x265enc tune=zerolatency speed-preset=ultrafast ! h265parse ! matroskamux",
			Want{},
			Streams{
				Known: true, Video: true, Codec: "H265",
				Why: "few viewers decode it: --codec h265 sends it as it is",
			},
		},
		"Theora": {
			"o.ogv", moving + "theoraenc ! oggmux",
			Want{},
			Streams{Known: true, Video: true, Codec: "Theora", Why: "browsers do not decode it"},
		},
		"Theora, reencode": {
			"p.ogv", moving + "theoraenc ! oggmux",
			Want{Reencode: true},
			Streams{Known: true, Video: true},
		},
		"JPEG": {
			"q.avi", moving + "jpegenc ! avimux",
			Want{},
			Streams{Known: true, Video: true, Codec: "JPEG", Why: "browsers do not decode it"},
		},
		"H.265, asked for": {
			"k.mkv", moving + "x265enc tune=zerolatency speed-preset=ultrafast ! h265parse ! matroskamux",
			Want{Codec: codec(catalogue.H265)},
			Streams{Known: true, Video: true, Passed: codec(catalogue.H265)},
		},
		"a stream of bytes": {
			"h.264", moving + plain + "video/x-h264,stream-format=byte-stream",
			Want{},
			Streams{Known: true, Video: true, Passed: codec(catalogue.H264)},
		},
		"raw video": {"i.y4m", moving + "y4menc", Want{}, Streams{Known: true, Video: true}},
		"sound":     {"j.ogg", tone + "opusenc ! oggmux", Want{}, Streams{Known: true, Audio: true, Opus: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := Of(record(t, c.file, c.text))
			require.Equal(t, File, in.Kind)
			found, err := Look(t.Context(), in, c.want)
			require.NoError(t, err)
			require.Equal(t, c.found, found)
		})
	}
}

// TestAPhonesFile lies on its side, and has a tag that says so.
func TestAPhonesFile(t *testing.T) {
	t.Parallel()
	lying := filepath.Join(t.TempDir(), "lying.mp4")
	turned := filepath.Join(t.TempDir(), "turned.mp4")
	const words = "-v error -f lavfi -i testsrc=size=160x120:rate=20:duration=2 -c:v libx264 -bf 0 -pix_fmt yuv420p"
	out, err := exec.Command("ffmpeg", append(strings.Fields(words), lying)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, phone.Turn(lying, turned))
	found, err := Look(t.Context(), Of(lying), Want{})
	require.NoError(t, err)
	require.Equal(t, catalogue.H264, *found.Passed)
	found, err = Look(t.Context(), Of(turned), Want{})
	require.NoError(t, err)
	require.Equal(t, Streams{Known: true, Video: true, Codec: "H264", Why: "a tag says to turn it"}, found)
}

// TestRead: standard input is recognised by its first bytes, and nothing of it is lost.
func TestRead(t *testing.T) {
	for _, text := range []string{
		moving + "x264enc tune=zerolatency bframes=0 ! video/x-h264,stream-format=byte-stream", moving + "y4menc",
	} {
		path := record(t, "x", text)
		f, err := os.Open(path)
		require.NoError(t, err)
		s, err := Read(t.Context(), f)
		require.NoError(t, err)
		found, err := s.Look(t.Context(), Want{})
		require.NoError(t, err)
		require.Equal(t, strings.Contains(text, "x264"), found.Passed != nil)
		require.True(t, found.Video && !found.Audio)
		data := make([]byte, 64<<10)
		n := 0
		for {
			m, readErr := s.pipe.Read(data)
			if n += m; readErr != nil {
				break
			}
		}
		info, err := f.Stat()
		require.NoError(t, err)
		require.EqualValues(t, info.Size(), n)
		s.Close()
		require.NoError(t, f.Close())
	}
	_, err := Read(t.Context(), strings.NewReader(""))
	require.EqualError(t, err, "input: standard input is empty")
}

func TestOf(t *testing.T) {
	text := filepath.Join(t.TempDir(), "a.launch")
	require.NoError(t, os.WriteFile(text, []byte("videotestsrc ! fakesink"), 0o600))
	for name, want := range map[string]Kind{
		"-": Standard, "rtsp://a/b": URL, "/dev/video7": Camera, text: None, "nothing": None,
		"videotestsrc ! a location=x://y": None,
	} {
		require.Equal(t, want, Of(name).Kind, "%s", name)
	}
	require.EqualError(t, Of("tcp://host").Check(), `a TCP input must be like tcp://HOST:PORT, got "tcp://host"`)
	require.NoError(t, Of("tcp://host:1").Check())
	require.True(t, Of("srt://:7001").Listens())
	require.True(t, Of("srt://h:7001?mode=listener").Listens())
	require.False(t, Of("srt://h:7001").Listens())
}
