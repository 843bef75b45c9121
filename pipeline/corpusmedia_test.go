// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpusFiles has the media that the texts of the corpus read: how gst-launch-1.0 or ffmpeg makes it, and under which
// names. A % is in the names of numbered files.
var corpusFiles = []struct{ tool, text, names string }{
	{"gst", SOUND + "vorbisenc ! oggmux", "audio.ogg melo1.ogg song.ogg foo.ogg music.ogg sine.ogg"},
	{"gst", SOUND + "flacenc", "dark.441-16-s.flac foo.flac audio.flac"},
	{"gst", SOUND + "wavenc", "sine.wav file1.wav file2.wav"},
	{"gst", SOUND + "voaacenc ! audio/mpeg,stream-format=adts", "abc.aac"},
	{"gst", SOUND + "avenc_ac3", "abc.ac3"},
	{"gst", VIDEO + "jpegenc ! avimux name=mux  " + SOUND + "mux.  mux.", "test.avi movie.avi videofile"},
	{"gst", VIDEO + "theoraenc ! oggmux name=mux  " + SOUND + "vorbisenc ! mux.  mux.", "video.ogg videotestsrc.ogg"},
	{
		"gst", VIDEO + "vp8enc deadline=1 ! webmmux name=mux  " + SOUND + "vorbisenc ! mux.  mux.",
		"sintel_trailer-480p.webm",
	},
	{"gst", VIDEO + "x264enc ! matroskamux", "test.mkv"},
	{"gst", VIDEO + "x264enc ! qtmux", "video00.mov video01.mov"},
	{"gst", VIDEO + "videorate ! video/x-raw,framerate=5/1 ! jpegenc ! multipartmux", "test.multipart"},
	{"gst", "videotestsrc num-buffers=1 ! video/x-raw,width=640,height=480 ! videoconvert ! pngenc", "image.png mask.png"},
	{
		"gst", "videotestsrc num-buffers=50 ! jpegenc ! multifilesink index=1 location=image-%05d.jpg",
		"image-%05d.jpg",
	},
	{"ffmpeg", "-f lavfi -i sine=d=0.4 -metadata title=A -f mp3", "music.mp3 test.mp3 file.mp3 thesong.mp3"},
	{"ffmpeg", "-f lavfi -i sine=d=0.4 -metadata title=A -f wv", "test.wv abc.wavpack file.mpc foo.xyz"},
	{"ffmpeg", "-f lavfi -i sine=d=0.4:r=48000 -strict -2 -c:a dca -f dts", "abc.dts"},
	{"ffmpeg", "-f lavfi -i testsrc=d=0.4 -f lavfi -i sine=d=0.4 -target pal-dv", "test.dv"},
	{
		"ffmpeg", "-f lavfi -i testsrc=d=0.4:s=352x288 -f lavfi -i sine=d=0.4 -target pal-vcd",
		"my-random-media-file.mpeg movie.mpg",
	},
}

const (
	// SOUND and VIDEO begin the texts of corpusFiles.
	SOUND = "audiotestsrc num-buffers=20 ! audio/x-raw,channels=2 ! audioconvert ! "
	VIDEO = "videotestsrc num-buffers=15 ! video/x-raw,width=160,height=120,format=I420 ! "
)

// subtitles are those of movie.srt.
const subtitles = "1\n00:00:00,100 --> 00:00:00,300\nA line\n\n"

// corpusMedia makes the media that the corpus reads, and returns its folder.
func corpusMedia(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range corpusFiles {
		names := strings.Fields(f.names)
		cmd := exec.CommandContext(t.Context(), "gst-launch-1.0",
			append([]string{"-q"}, strings.Fields(f.text+" ! filesink location="+names[0])...)...)
		switch {
		case f.tool == "ffmpeg":
			cmd = exec.CommandContext(t.Context(), "ffmpeg", append(strings.Fields("-v error "+f.text), names[0])...)
		case strings.Contains(f.names, "%"):
			cmd.Args = append([]string{cmd.Args[0], "-q"}, strings.Fields(f.text)...)
		}
		cmd.Dir, cmd.Env = dir, withoutTracer()
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", f.text, out)
		for _, other := range names[1:] {
			require.NoError(t, os.Link(filepath.Join(dir, names[0]), filepath.Join(dir, other)))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "movie.srt"), []byte(subtitles), 0o600))
	return dir
}

// written matches what a text writes.
var written = regexp.MustCompile(`sink location=\S+`)

// provide copies the media that a line reads into a folder of its own.
func provide(t *testing.T, media, dir, line string) (names []string) {
	t.Helper()
	require.NoError(t, os.Mkdir(dir, 0o700))
	line = written.ReplaceAllString(line, "")
	files, err := os.ReadDir(media)
	require.NoError(t, err)
	for _, f := range files {
		if !strings.Contains(line, f.Name()) && !strings.Contains(line, pattern(f.Name())) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(media, f.Name()))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name()), data, 0o600))
		names = append(names, f.Name())
	}
	return names
}

var number = regexp.MustCompile(`\d+`)

// pattern returns how a text names numbered files.
func pattern(name string) string {
	if strings.HasPrefix(name, "image-") {
		return number.ReplaceAllString(name, "%05d")
	}
	return number.ReplaceAllString(name, "*")
}

// standIns are elements that need a device, a window or a receiver, with what takes their place. Their properties are
// left out.
var standIns = map[string]string{}

func init() {
	const shown, heard = "capsfilter caps=video/x-raw ! checksumsink", "capsfilter caps=audio/x-raw ! checksumsink"
	for names, standIn := range map[string]string{
		"autovideosink xvimagesink ximagesink glimagesink aasink sdlvideosink fakevideosink": shown,
		"autoaudiosink alsasink pulsesink osssink osxaudiosink jackaudiosink":                heard,
		"fakesink udpsink tcpserversink":                                                     "checksumsink",
		"v4l2src ximagesrc":                                                                  "videotestsrc",
		"alsasrc pulsesrc osssrc autoaudiosrc jackaudiosrc":                                  "audiotestsrc",
	} {
		for name := range strings.FieldsSeq(names) {
			standIns[name] = standIn
		}
	}
}

// mostBuffers is how many buffers a source makes that would make more.
const mostBuffers = "20"

var (
	folder   = regexp.MustCompile(`/(path/to|tmp|home/\w+)/|media/small/`)
	website  = regexp.MustCompile(`https?://[^/]+/(.*/)?`)
	few      = regexp.MustCompile(`^num[-_]buffers=(\d|1\d|20)$`)
	printing = regexp.MustCompile(`^-[vmt]$`)
	many     = regexp.MustCompile(`^num[-_]buffers=`)
)

// adapted returns the words of a command line as this machine can run them. Both programs get them. The elements of
// standIns are replaced, sources end after at most mostBuffers, and what is read and written is in dir or, if it is a
// website, at server. What makes gst-launch-1.0 print more is left out, since it would print into the lines of
// checksumsink.
func adapted(words []string, dir, server string) []string {
	var out []string
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return printing.MatchString(word) })
	for i := 0; i < len(words); i++ {
		word := website.ReplaceAllString(words[i], server+"/")
		switch {
		case strings.Contains(word, "file://"):
			word = folder.ReplaceAllString(word, dir+"/")
		default:
			word = folder.ReplaceAllString(word, "")
		}
		standIn, replaced := standIns[word]
		if replaced {
			out = append(out, strings.Fields(standIn)...)
		} else {
			standIn = word
			out = append(out, word)
		}
		if word == "playbin" {
			// Its volume is left out, which GStreamer does not release.
			out = append(out, "video-sink=checksumsink", "audio-sink=checksumsink", "flags=video+audio+text")
		}
		isSource := slices.Contains([]string{"videotestsrc", "audiotestsrc", "fakesrc"}, standIn)
		if !replaced && !isSource {
			continue
		}
		bound := "num-buffers=" + mostBuffers
		for ; i+1 < len(words) && strings.Contains(words[i+1], "="); i++ {
			switch property := words[i+1]; {
			case isSource && few.MatchString(property):
				bound = property
			case !replaced && !many.MatchString(property):
				out = append(out, property)
			}
		}
		if isSource {
			out = append(out, bound)
		}
	}
	return out
}
