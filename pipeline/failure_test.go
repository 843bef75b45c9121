// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
)

// clips makes small files of several containers and codecs in a folder, and some that are broken.
func clips(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	const (
		video = "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=64,height=48,framerate=120/1 ! "
		h264  = video + "x264enc speed-preset=ultrafast key-int-max=5 bframes=0 ! h264parse ! "
		audio = "audiotestsrc num-buffers=20 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! "
	)
	for name, text := range map[string]string{
		"h264.mp4":   h264 + "mp4mux ! ",
		"h264.mkv":   h264 + "matroskamux ! ",
		"h264.flv":   h264 + "flvmux ! ",
		"h264.ts":    h264 + "mpegtsmux ! ",
		"h264.h264":  h264 + "video/x-h264,stream-format=byte-stream ! ",
		"jpeg.avi":   video + "jpegenc ! avimux ! ",
		"jpeg.mkv":   video + "jpegenc ! matroskamux ! ",
		"vp8.webm":   video + "vp8enc deadline=1 ! webmmux ! ",
		"vp9.webm":   video + "vp9enc deadline=1 ! webmmux ! ",
		"theora.ogg": video + "theoraenc ! oggmux ! ",
		"mulaw.wav":  audio + "mulawenc ! wavenc ! ",
		"alaw.wav":   audio + "alawenc ! wavenc ! ",
		"vorbis.ogg": audio + "audioconvert ! vorbisenc ! oggmux ! ",
		"opus.ogg":   audio + "opusenc ! oggmux ! ",
		"sound.flac": audio + "flacenc ! ",
		"sound.mp3":  "audiotestsrc num-buffers=20 ! lamemp3enc ! ",
		"aac.mp4":    "audiotestsrc num-buffers=20 ! voaacenc ! mp4mux ! ",
		"both.mp4":   h264 + "mp4mux name=mux  audiotestsrc num-buffers=20 ! voaacenc ! mux.  mux. ! ",
		"both.mkv":   h264 + "matroskamux name=mux  audiotestsrc num-buffers=20 ! opusenc ! mux.  mux. ! ",
		"still.jpg":  "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! jpegenc ! ",
	} {
		p, err := Parse(text+"filesink location="+filepath.Join(dir, name), nil)
		require.NoError(t, err, name)
		require.NoError(t, p.Run(context.Background()), name)
		require.NoError(t, p.Close(), name)
	}
	writeIVF(t, filepath.Join(dir, "vp8.ivf"))
	cut := func(from, to string) {
		data, err := os.ReadFile(filepath.Join(dir, from))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), data[:len(data)/2], 0o600))
	}
	cut("h264.mp4", "cut.mp4")
	cut("still.jpg", "cut.jpg")
	for name, text := range map[string]string{"empty.mp4": "", "text.mp4": "This is no media at all, but some words.\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestFailuresAreExplained(t *testing.T) {
	dir := clips(t)
	for _, c := range []struct{ text, want string }{ // want is parts of the error, separated by |
		{
			"filesrc location=h264.mp4 ! qtdemux ! jpegdec",
			".video_0 has H.264 (video/x-h264), but jpegdec|takes JPEG (image/jpeg): put avdec_h264 in the place of jpegdec",
		},
		{
			"filesrc location=jpeg.avi ! avidemux ! openh264dec",
			".video_0 has JPEG (image/jpeg), but openh264dec|takes H.264|put jpegdec in the place of",
		},
		{
			"filesrc location=jpeg.mkv ! matroskademux ! vp8dec",
			".video_0 has JPEG|takes VP8|put jpegdec in the place of",
		},
		{
			"filesrc location=vp9.webm ! matroskademux ! vp8dec",
			".video_0 has VP9 (video/x-vp9), but vp8dec|put vp9dec in the place of",
		},
		{
			"filesrc location=h264.flv ! flvdemux ! openh264dec",
			"with stream-format=avc, but openh264dec|takes stream-format=byte-stream: put h264parse between them",
		},
		{"filesrc location=h264.flv ! flvdemux ! vp8dec", ".video has H.264|put avdec_h264 in the place of vp8dec"},
		{
			"filesrc location=h264.ts ! tsdemux ! opusdec",
			"has H.264 (video/x-h264), but opusdec|takes Opus|leave opusdec|or choose a source that has sound",
		},
		{
			"filesrc location=h264.mp4 ! qtdemux ! openh264dec",
			".video_0 has H.264 (video/x-h264) with stream-format=avc|put h264parse between them",
		},
		{
			"filesrc location=h264.mp4 ! qtdemux ! videoconvert",
			".video_0 has H.264 (video/x-h264), but videoconvert|takes raw video (video/x-raw): put avdec_h264 between them",
		},
		{
			"filesrc location=h264.mp4 ! qtdemux name=d d.video_1 ! h264parse",
			`element qtdemux d: it has H.264 (video/x-h264) at d.video_0, and none of it is linked to h264parse|` +
				`name the pad, as in "d.video_0 ! h264parse`,
		},
		{"filesrc location=h264.mp4 ! qtdemux name=d d.audio_0 ! opusparse", "or choose a source that has sound"},
		{
			"filesrc location=both.mp4 ! qtdemux ! vp8dec",
			"it has H.264 (video/x-h264) at |video_0 and AAC (audio/mpeg) at |put avdec_h264 in the place of vp8dec",
		},
		{
			"filesrc location=both.mp4 ! qtdemux name=d d.video_0 ! vp8dec d.audio_0 ! opusdec",
			"at d.video_0 and AAC (audio/mpeg) at d.audio_0, but vp8dec|put avdec_h264 in the place of vp8dec",
		},
		{
			"filesrc location=both.mkv ! matroskademux name=d d.audio_0 ! vorbisdec",
			"at d.video_0 and Opus (audio/x-opus) at d.audio_0, but vorbisdec|put opusdec in the place of vorbisdec",
		},
		{
			"filesrc location=theora.ogg ! oggdemux ! vp8dec",
			"has Theora (video/x-theora), but vp8dec|put theoradec in the place of",
		},
		{
			"filesrc location=vorbis.ogg ! oggdemux ! opusdec",
			"has Vorbis (audio/x-vorbis), but opusdec|put vorbisdec in the place of",
		},
		{
			"filesrc location=opus.ogg ! oggdemux ! vorbisdec",
			"has Opus (audio/x-opus), but vorbisdec|put opusdec in the place of",
		},
		{
			"filesrc location=aac.mp4 ! qtdemux ! opusdec",
			".audio_0 has AAC (audio/mpeg), but opusdec|put avdec_aac in the place of",
		},
		{"filesrc location=vp8.webm ! qtdemux ! h264parse", "the file is damaged, cut off, or of another kind"},
		{"filesrc location=h264.mp4 ! matroskademux ! vp8dec", "the file is damaged, cut off, or of another kind"},
		{"filesrc location=h264.mp4 ! tsdemux ! h264parse", "the file is damaged, cut off, or of another kind"},
		{"filesrc location=h264.mp4 ! oggdemux ! theoradec", "the file is damaged, cut off, or of another kind"},
		{"filesrc location=h264.mp4 ! flvdemux ! h264parse", "the file is damaged, cut off, or of another kind"},
		{"filesrc location=h264.mp4 ! avidemux ! h264parse", "it is another kind of media"},
		{"filesrc location=h264.mp4 ! ivfparse ! vp8dec", "it is another kind of media"},
		{"filesrc location=h264.mp4 ! wavparse ! audioconvert", "it is another kind of media"},
		{
			"filesrc location=h264.mp4 ! h264parse",
			"No valid frames found before end of stream: it is another kind of media",
		},
		{"filesrc location=text.mp4 ! qtdemux ! h264parse", "the file is damaged, cut off, or of another kind"},
		{
			"filesrc location=empty.mp4 ! qtdemux ! h264parse",
			"no playable streams|the file is damaged, cut off, or of another kind",
		},
		{
			"filesrc location=cut.mp4 ! qtdemux ! h264parse",
			"no playable streams|the file is damaged, cut off, or of another kind",
		},
		{
			"filesrc location=text.mp4 ! decodebin ! videoconvert",
			"typefind in decodebin|it is no media that GStreamer knows",
		},
		{
			"filesrc location=empty.mp4 ! decodebin ! videoconvert",
			"Stream contains no data|it is no media that GStreamer knows",
		},
		{"filesrc location=text.mp4 ! jpegdec", "the media is damaged, or is not what this decoder expects"},
		{
			"filesrc location=mulaw.wav ! wavparse ! audioconvert",
			".src has mu-law (audio/x-mulaw), but audioconvert|put mulawdec between them",
		},
		{
			"filesrc location=alaw.wav ! wavparse ! opusenc",
			".src has A-law (audio/x-alaw), but opusenc|put alawdec between them",
		},
		{"filesrc location=sound.flac ! flacparse ! audioconvert", "put flacdec between them"},
		{
			"filesrc location=sound.mp3 ! decodebin ! videoconvert",
			"has raw audio (audio/x-raw), but videoconvert|or choose a source that has video",
		},
		{
			"filesrc location=vp8.ivf ! ivfparse ! vp9dec",
			".src has VP8 (video/x-vp8), but vp9dec|put vp8dec in the place of",
		},
		{
			"filesrc location=vp8.ivf ! ivfparse ! videoconvert",
			".src has VP8 (video/x-vp8), but videoconvert|put vp8dec between them",
		},
		{"filesrc location=h264.h264 ! avdec_h264", "it does not know what it gets: put h264parse before it"},
		{"filesrc location=h264.h264 ! openh264dec", "it does not know what it gets: put h264parse before it"},
		{"filesrc location=nowhere.mp4 ! decodebin ! videoconvert", `No such file "|nowhere.mp4": check the path`},
		{"filesrc location=. ! decodebin ! videoconvert", "is a directory: name a file"},
		{"filesrc location=/proc/self/mem ! decodebin ! videoconvert", "Input/output error: check the disk, the device or"},
		{"multifilesrc location=/proc/self/mem ! pngdec", "/proc/self/mem|Input/output error): check the disk"},
		{"filesrc ! decodebin ! videoconvert", "No file name specified for reading: set its location"},
		{
			"uridecodebin uri=file:///nonexistent.mp4 ! videoconvert",
			`filesrc source in uridecodebin|No such file "/nonexistent.mp4": check the path`,
		},
		{"uridecodebin uri=foo://bar ! videoconvert", `no installed element reads addresses that begin with "foo:"`},
		{"uridecodebin uri=nonsense ! videoconvert", `Invalid URI "nonsense": check its path or address`},
		{
			"v4l2src device=/dev/video99 ! videoconvert",
			"Cannot identify device '/dev/video99' (No such file or directory): check the path",
		},
		{"v4l2src device=/dev/null ! videoconvert", "name a camera"},
		{"v4l2src device=/etc/passwd ! videoconvert", "This isn't a device '/etc/passwd'|name a camera"},
		{"pulsesrc server=127.0.0.1:1 ! audioconvert", "Connection refused: check the address"},
		{"ximagesrc display-name=:12345 ! videoconvert", "check DISPLAY or display-name"},
		{"rtspsrc location=rtsp://127.0.0.1:1/x ! rtph264depay", "Failed to connect|check the address"},
		{
			"souphttpsrc location=http://127.0.0.1:1/x.mp4 ! qtdemux ! h264parse",
			"check the address, and that the server there is running",
		},
		{
			"souphttpsrc location=http://nosuchhost.invalid/x.mp4 ! qtdemux ! h264parse",
			"check the address, and that the server there is running",
		},
		{
			"tcpclientsrc host=127.0.0.1 port=1 ! h264parse",
			"Failed to connect to host '127.0.0.1:1': Connection refused: check the address",
		},
		{"tcpclientsrc host=nosuchhost.invalid port=1 ! h264parse", "check the host's name"},
		{"tcpserversrc host=192.0.2.1 port=5000 ! h264parse", "choose an address of this machine"},
		{
			"udpsrc address=192.0.2.1 port=5000 ! application/x-rtp,media=video,encoding-name=H264,clock-rate=90000 ! " +
				"rtph264depay",
			"choose an address of this machine",
		},
		{
			"shmsrc socket-path=/nonexistent ! video/x-raw,format=I420,width=64,height=48,framerate=30/1",
			"/nonexistent|check the path",
		},
		{"multifilesrc location=nowhere%d.png ! pngdec", "nowhere0.png|check the path"},
		{"fdsrc fd=977 ! h264parse", "pass a file descriptor that is open in this process"},
		{
			"videotestsrc ! tee name=t ! queue ! filesink location=/dev/full  t. ! queue",
			"No space left on the resource: free some space",
		},
		{
			"videotestsrc ! tee name=t ! queue ! filesink location=/nonexistent/x  t. ! queue",
			`Could not open file "/nonexistent/x" for writing|check the path`,
		},
		{
			"videotestsrc ! identity name=saboteur error-after=3 ! videoconvert",
			"element identity saboteur: Failed after iterations as requested",
		},
		{
			"filesrc location=still.jpg ! jpegdec ! video/x-raw,width=1000",
			"with width=64, but the caps|takes width=1000: put videoscale between them",
		},
		{
			"filesrc location=still.jpg ! jpegdec ! video/x-raw,format=RGB",
			"with format=|takes format=RGB: put videoconvert between them",
		},
		{
			"filesrc location=h264.mp4 ! qtdemux ! h264parse ! video/x-h264,width=1000",
			"with width=64, but h264parse|takes width=1000: leave width out of the caps",
		},
		{
			"filesrc location=mulaw.wav ! wavparse ! mulawdec ! audio/x-raw,rate=48000",
			"with rate=8000, but the caps|takes rate=48000: put audioresample between them",
		},
	} {
		t.Run(c.text, func(t *testing.T) {
			text := strings.ReplaceAll(c.text, "location=", "location="+dir+"/")
			for _, absolute := range []string{"/", "rtsp:", "http:"} {
				text = strings.ReplaceAll(text, dir+"/"+absolute, absolute)
			}
			err := failure(t, text)
			for part := range strings.SplitSeq(c.want, "|") {
				require.ErrorContains(t, err, part)
			}
			require.NotRegexp(t, `reason [a-z-]+ \(-\d|gstpublish-`, err.Error())
		})
	}
}

// failure is the error of a pipeline that can't work.
func failure(t *testing.T, text string) error {
	t.Helper()
	p, err := Parse(text, nil)
	if err != nil {
		return err
	}
	defer func() { require.NoError(t, p.Close()) }()
	for _, o := range p.Outputs() {
		drainOutput(o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*wait)
	defer cancel()
	return p.Run(ctx)
}

// writeIVF writes ten VP8 frames as IVF.
func writeIVF(t *testing.T, path string) {
	t.Helper()
	p, err := Parse("videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc deadline=1", nil)
	require.NoError(t, err)
	run := make(chan error, 1)
	go func() { run <- p.Run(context.Background()) }()
	file := []byte("DKIF\x00\x00\x20\x00VP80\x40\x00\x30\x00" +
		"\x1e\x00\x00\x00\x01\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00")
	for n := uint64(0); ; n++ {
		s, err := media.Of(p.Outputs()[0]).Pull(nil)
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		file = binary.LittleEndian.AppendUint32(file, uint32(len(s.Data)))
		file = binary.LittleEndian.AppendUint64(file, n)
		file = append(file, s.Data...)
	}
	require.NoError(t, ended(t, run))
	require.NoError(t, p.Close())
	require.NoError(t, os.WriteFile(path, file, 0o600))
}
