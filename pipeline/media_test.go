// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/generated"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// mediaRows are the rows of docs/media.md: what comes in, and the text that publishes it. The tests find out the rest.
var mediaRows = []struct{ given, text string }{
	{"MP4 with H.264", "filesrc location=h264.mp4 ! qtdemux ! h264parse"},
	{"MP4 with H.264, decoded", "filesrc location=h264.mp4 ! qtdemux ! h264parse ! avdec_h264"},
	{"MP4 with AAC", "filesrc location=aac.mp4 ! qtdemux ! aacparse"},
	{"MP4 with AAC, decoded", "filesrc location=aac.mp4 ! qtdemux ! aacparse ! avdec_aac"},
	{"Matroska with H.264", "filesrc location=h264.mkv ! matroskademux ! h264parse"},
	{"Matroska with JPEG", "filesrc location=jpeg.mkv ! matroskademux ! jpegparse"},
	{"Matroska with JPEG, decoded", "filesrc location=jpeg.mkv ! matroskademux ! jpegdec"},
	{"WebM with VP8", "filesrc location=vp8.webm ! matroskademux ! capsfilter caps=video/x-vp8"},
	{"WebM with VP9", "filesrc location=vp9.webm ! matroskademux ! vp9parse"},
	{"IVF with VP8", "filesrc location=vp8.ivf ! ivfparse ! video/x-vp8"},
	{"FLV with H.264", "filesrc location=h264.flv ! flvdemux ! h264parse"},
	{"MPEG-TS with H.264", "filesrc location=h264.ts ! tsdemux ! h264parse"},
	{"Ogg with Opus", "filesrc location=opus.ogg ! oggdemux ! opusparse"},
	{"Ogg with Theora", "filesrc location=theora.ogg ! oggdemux ! theoraparse"},
	{"Ogg with Theora, decoded", "filesrc location=theora.ogg ! oggdemux ! theoradec"},
	{"WAV with mu-law", "filesrc location=mulaw.wav ! wavparse ! audioconvert"},
	{"WAV with mu-law, decoded", "filesrc location=mulaw.wav ! wavparse ! mulawdec"},
	{"bare H.264", "filesrc location=h264.h264 ! h264parse"},
	{"H.264 with B-frames", "RAW,format=I420 ! x264enc bframes=2 b-adapt=false"},
	{"H.264 of x264enc as it is", "RAW,format=I420 ! x264enc"},
	{"H.264, 4:2:0, 8 bits", "RAW,format=I420 ! x264enc bframes=0"},
	{"H.264, 4:2:2", "RAW,format=Y42B ! x264enc bframes=0"},
	{"H.264, 4:4:4", "RAW,format=Y444 ! x264enc bframes=0"},
	{"H.264, 10 bits", "RAW,format=I420_10LE ! x264enc bframes=0"},
	{"H.265 of x265enc as it is", "RAW,format=I420 ! x265enc"},
	{"H.265, 4:2:0, 8 bits", "RAW,format=I420 ! x265enc tune=zerolatency"},
	{"H.265, 4:4:4", "RAW,format=Y444 ! x265enc tune=zerolatency"},
	{"VP8", "RAW,format=I420 ! vp8enc deadline=1"},
	{"VP9, profile 0", "RAW,format=I420 ! vp9enc deadline=1"},
	{"VP9, profile 1 (4:4:4)", "RAW,format=Y444 ! vp9enc deadline=1"},
	{"AV1, 4:2:0, 8 bits", "RAW,format=I420 ! av1enc cpu-used=8"},
	{"raw YUY2", "RAW,format=YUY2"},
	{"raw RGB", "RAW,format=RGB"},
	{"raw 10 bits", "RAW,format=I420_10LE"},
	{"raw, interlaced", "RAW,interlace-mode=interleaved"},
	{"raw, pixels of 64:45", "RAW,pixel-aspect-ratio=64/45"},
	{"raw, a phone's rotation tag", `RAW ! taginject tags="image-orientation=rotate-90" ! identity`},
	{"raw audio, 5.1", "audiotestsrc num-buffers=5 ! audio/x-raw,channels=6,channel-mask=(bitmask)0x3f"},
	{"raw audio, mono", "audiotestsrc num-buffers=5 ! audio/x-raw,channels=1"},
	{"raw audio", "audiotestsrc num-buffers=5 ! audio/x-raw,rate=44100,channels=2"},
	{"Opus", "audiotestsrc num-buffers=5 ! audioconvert ! opusenc"},
	{
		"Opus, 5.1",
		"audiotestsrc num-buffers=5 ! audio/x-raw,channels=6,channel-mask=(bitmask)0x3f ! audioconvert ! opusenc",
	},
	{"MP3", "audiotestsrc num-buffers=5 ! lamemp3enc"},
	{"JPEG", "RAW,format=I420 ! jpegenc"},
}

// rawFrames is what RAW stands for.
const rawFrames = "videotestsrc num-buffers=8 ! video/x-raw,width=64,height=48,framerate=120/1"

// TestMediaTable compares the table in docs/media.md with what happens.
func TestMediaTable(t *testing.T) {
	need.Encoding(t)
	dir := clips(t)
	var b strings.Builder
	b.WriteString("| given | pipeline | result |\n|---|---|---|\n")
	for _, row := range mediaRows {
		text := strings.ReplaceAll(row.text, "RAW", rawFrames)
		result := published(t, strings.ReplaceAll(text, "location=", "location="+dir+"/"))
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", row.given, strings.ReplaceAll(row.text, "RAW", "… ! video/x-raw"), result)
	}
	generated.Section(t, "..", "media.md", "media", b.String())
}

// published says in words what is published of a pipeline.
func published(t *testing.T, text string) string {
	t.Helper()
	p, err := Parse(text, nil)
	if err != nil {
		return refused(err)
	}
	defer func() { require.NoError(t, p.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 6*wait)
	defer cancel()
	run := make(chan error, 1)
	go func() { run <- p.Run(ctx) }()
	samples, note, bad := inspect(t, p.Outputs()[0])
	if err = errors.Join(<-run, bad); err != nil {
		return refused(err)
	}
	require.Positive(t, samples, text)
	for _, one := range media.Of(p.Outputs()[0]).Changes().Conversions {
		note += "; " + one
	}
	return note
}

// inspect pulls everything from an output.
func inspect(t *testing.T, o *Output) (samples int, note string, bad error) {
	t.Helper()
	if o.Kind == RawVideo {
		return count(o), "encoded by gstpublish", nil
	}
	if o.Kind == Opus {
		return count(o), "published as Opus", nil
	}
	check := incoming.New(o.Codec)
	note = "passed through"
	for {
		s, err := media.Of(o).Pull(nil)
		if errors.Is(err, io.EOF) {
			return samples, note, bad
		}
		require.NoError(t, err)
		samples++
		v := check.Look(&incoming.Sample{Data: s.Data, Key: s.Key})
		if v.Warning != "" {
			note = "passed through, with a warning: " + v.Warning
		}
		if bad == nil {
			bad = v.Err
		}
	}
}

// refused is the text of an error without what differs from run to run.
func refused(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "pipeline: "), "incoming: ")
	text = labels.ReplaceAllString(text, "$1$3")
	return "refused: " + strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}

// labels are the numbers that GStreamer gives to elements without a name.
var labels = regexp.MustCompile(`\b([a-z0-9_]+?)(\d+)(\.(src|sink|video|audio)|: )`)

// count pulls everything.
func count(o *Output) int {
	from := media.Of(o)
	for n := 0; ; n++ {
		if o.Kind == RawVideo {
			s, err := from.PullRaw()
			if err != nil {
				return n
			}
			s.Buffer.Unref()
			continue
		}
		if _, err := from.Pull(nil); err != nil {
			if !errors.Is(err, io.EOF) {
				return -1
			}
			return n
		}
	}
}
