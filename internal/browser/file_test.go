// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/input"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The files of these tests: their size in px, their frames, and how many there are each second.
const fileWidth, fileHeight, fileFrames, fileRate = 320, 180, 25, 12

// encodeFile makes an MP4 of numbered frames with ffmpeg's H.264 encoder, and returns its path.
func encodeFile(t *testing.T, arguments string) string {
	t.Helper()
	var raw strings.Builder
	for i := range fileFrames {
		f := testframe.Draw(appsrc.BufferI420, fileWidth, fileHeight, uint32(i))
		for plane := range f.Type.PlaneCount() {
			p := &f.Planes[plane]
			row, rows := f.Type.PlaneSize(plane, fileWidth, fileHeight)
			for y := range rows {
				raw.Write(p.Data[y*p.Stride : y*p.Stride+row])
			}
		}
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	words := strings.Fields("-v error -f rawvideo -pix_fmt yuv420p -s " + strconv.Itoa(fileWidth) + "x" +
		strconv.Itoa(fileHeight) + " -r " + strconv.Itoa(fileRate) + " -i - -c:v libx264 -crf 18 -pix_fmt yuv420p " +
		"-preset medium -x264-params b-adapt=0:scenecut=0 " + arguments)
	encode := exec.CommandContext(within(t), "ffmpeg", append(words, path)...)
	encode.Stdin = strings.NewReader(raw.String())
	out, err := encode.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// requireAll waits until every frame of a file that is played again and again was shown, and checks their order.
func (r *receiver) requireAll() {
	r.t.Helper()
	seen, last := map[int]bool{}, -1
	waitFor(r.t, "each frame of the file", func() bool {
		for _, s := range r.shown() {
			index, ok := testframe.Read(s.image(), 0)
			require.True(r.t, ok, "a damaged frame, after %d", last)
			require.Less(r.t, int(index), fileFrames)
			// Only the next round has lower numbers.
			require.True(r.t, int(index) >= last || last-int(index) > fileFrames/2, "%d after %d", index, last)
			last = int(index)
			seen[last] = true
		}
		return len(seen) == fileFrames
	})
}

// TestChromiumShowsFiles: what is passed through is shown whole, and so are B-frames that gstpublish encodes again.
// livekit-server 1.13.5 announces profile 42001f to Chromium, whatever is published; its decoder goes by the stream.
func TestChromiumShowsFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		encode   string // ffmpeg's arguments
		reencode bool
		format   string // as gstpublish describes it; "" if it encodes the file again
	}{
		"H.264 High": {"-bf 0 -profile:v high -g 12", false, "H.264 High (4:2:0, 8 bits)"},
		"H.264 Main": {"-bf 0 -profile:v main -g 12", false, "H.264 Main (4:2:0, 8 bits)"},
		"H.264 Constrained Baseline": {
			"-bf 0 -profile:v baseline -g 12", false, "H.264 Constrained Baseline (4:2:0, 8 bits)",
		},
		"B-frames":            {"-bf 2 -g 12", false, ""},
		"B-frames, reencoded": {"-bf 2 -g 12", true, ""},
		"High, reencoded":     {"-bf 0 -profile:v high -g 250", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input.Of(encodeFile(t, c.encode))
			found, err := input.Look(within(t), in, input.Want{Reencode: c.reencode})
			require.NoError(t, err)
			require.Equal(t, c.format != "", found.Passed != nil, "%+v", found)
			pipe, err := pipeline.Parse(in.Text(found), &pipeline.Options{Restart: pipeline.Restart{Loop: true}})
			require.NoError(t, err)
			r, room := enter(t)
			pub, err := sink.PublishPipeline(within(t), room, pipe, nil)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, pub.Close()) })
			r.requireAll()
			require.Equal(t, c.format, pub.Stats().Format)
			want := "video/H264"
			if c.format == "" {
				want = "video/VP8"
			}
			require.Equal(t, want, pub.Stats().Codec)
			require.Equal(t, want, r.codec().MimeType)
			t.Log(r.codec())
		})
	}
}

// TestBFramesOfAFileAreRefused by name: Chromium would show few of them.
func TestBFramesOfAFileAreRefused(t *testing.T) {
	t.Parallel()
	path := encodeFile(t, "-bf 2 -g 12")
	_, room := enter(t)
	pipe, err := pipeline.Parse("filesrc location="+path+" ! qtdemux ! h264parse", nil)
	require.NoError(t, err)
	pub, err := sink.PublishPipeline(within(t), room, pipe, nil)
	if err == nil {
		<-pub.Done()
		err = pub.Err()
		require.NoError(t, pub.Close())
	}
	var refused *incoming.ReorderedError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, `end the pipeline with "... ! h264parse ! avdec_h264 ! videoconvert"`)
}
