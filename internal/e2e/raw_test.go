// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/test/phone"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// The two frames of rawFile. No bit of them is the same, so one field of each makes a frame that cannot be read.
const oneIndex, otherIndex = 0x555555, 0xaaaaaa

// rawFile writes frames of a size in a format to a file without a container, and returns its path. From frame to frame,
// one field changes: every third frame has lines of both.
func rawFile(t *testing.T, typ appsrc.BufferType, width, height, frames int, woven bool) string {
	t.Helper()
	size, err := appsrc.FrameSize(typ, width, height)
	require.NoError(t, err)
	draw := func(index uint32) []byte {
		data := make([]byte, size)
		f, failure := appsrc.NewVideoFrame(typ, width, height, data)
		require.NoError(t, failure)
		testframe.Paint(f, index)
		return data
	}
	one, other := draw(oneIndex), draw(otherIndex)
	path := filepath.Join(t.TempDir(), "frames")
	file, err := os.Create(path)
	require.NoError(t, err)
	for i := range frames {
		frame := one
		if woven && i%3 == 2 {
			frame = weave(typ, width, height, one, other)
		}
		_, err = file.Write(frame)
		require.NoError(t, err)
		if woven && i%3 == 2 {
			one, other = other, one
		}
	}
	require.NoError(t, file.Close())
	return path
}

// weave returns a frame of the even lines of one and the odd lines of another.
func weave(typ appsrc.BufferType, width, height int, even, odd []byte) []byte {
	var out []byte
	for plane := range typ.PlaneCount() {
		row, rows := typ.PlaneSize(plane, width, height)
		for y := range rows {
			from := even
			if y%2 == 1 {
				from = odd
			}
			out = append(out, from[len(out):len(out)+row]...)
		}
	}
	return out
}

// rawText is launch text that plays a rawFile.
func rawText(path, format string, width, height int, more string) string {
	return fmt.Sprintf("filesrc location=%s ! rawvideoparse format=%s width=%d height=%d framerate=25/1 %s",
		path, format, width, height, more)
}

func TestRawFramesAreShownAsTheyShould(t *testing.T) {
	t.Parallel()
	const w, h = 320, 240
	const toYUV = " ! videoconvert dither=none ! video/x-raw,"
	for name, c := range map[string]struct {
		typ           appsrc.BufferType
		format        string
		width, height int // of the source
		more          string
		woven         bool
		want          [2]int
	}{
		"wide pixels":   {appsrc.BufferI420, "i420", 360, 288, "pixel-aspect-ratio=64/45", false, [2]int{512, 288}},
		"narrow pixels": {appsrc.BufferI420, "i420", 352, 240, "pixel-aspect-ratio=10/11", false, [2]int{w, h}},
		"interlaced": {
			appsrc.BufferI420, "i420", w, h, "interlaced=true top-field-first=true", true, [2]int{w, h},
		},
		"turned to the right": {
			appsrc.BufferI420, "i420", w, h, `! taginject tags="image-orientation=rotate-90"`, false, [2]int{h, w},
		},
		"upside down": {
			appsrc.BufferI420, "i420", w, h, `! taginject tags="image-orientation=rotate-180"`, false, [2]int{w, h},
		},
		"BT.709": {
			appsrc.BufferRGB24, "rgb", w, h, toYUV + "format=I420,colorimetry=bt709", false, [2]int{w, h},
		},
		"BT.709, full range": {
			appsrc.BufferRGB24, "rgb", w, h, toYUV + "format=NV12,colorimetry=1:3:5:1", false, [2]int{w, h},
		},
		"BT.601, full range": {
			appsrc.BufferRGB24, "rgb", w, h, toYUV + "format=I420,colorimetry=1:4:0:0", false, [2]int{w, h},
		},
		"JPEG's 4:2:2": {
			appsrc.BufferRGB24, "rgb", w, h, toYUV + "format=Y42B,colorimetry=1:4:0:0", false, [2]int{w, h},
		},
		"BT.2020, ten bits": {
			appsrc.BufferRGB24, "rgb", w, h, toYUV + "format=I420_10LE,colorimetry=bt2020-10", false, [2]int{w, h},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := rawFile(t, c.typ, c.width, c.height, 250, c.woven)
			room := newRoom(t)
			v := view(t, room, "viewer")
			publishPipeline(t, join(t, room), rawText(file, c.format, c.width, c.height, c.more), nil)
			for i := range 12 {
				p := next(t, v)
				require.Equal(t, c.want, [2]int{p.Width, p.Height})
				img := p.RGBA()
				turned := appsrc.Rotation0
				switch c.more {
				case `! taginject tags="image-orientation=rotate-90"`:
					turned = appsrc.Rotation90
				case `! taginject tags="image-orientation=rotate-180"`:
					turned = appsrc.Rotation180
				}
				index, ok := testframe.Read(img, turned)
				require.True(t, ok, "frame %d cannot be read", i)
				require.Contains(t, []uint32{oneIndex, otherIndex}, index)
				if i >= 9 { // The rate control has settled.
					require.NoError(t, testframe.CheckColours(img, turned, 12))
				}
			}
		})
	}
}

// TestAPhonesFileIsUpright tests a file with frames on their side and an orientation tag.
func TestAPhonesFileIsUpright(t *testing.T) {
	raw := rawFile(t, appsrc.BufferI420, 320, 240, 100, false)
	upright, lying := filepath.Join(t.TempDir(), "upright.mp4"), filepath.Join(t.TempDir(), "phone.mp4")
	out, err := exec.CommandContext(within(t), "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p",
		"-s", "320x240", "-r", "25", "-i", raw, "-vf", "transpose=2", "-c:v", "libx264", "-g", "25", upright).CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, phone.Turn(upright, lying))
	room := newRoom(t)
	v := view(t, room, "viewer")
	publishPipeline(t, join(t, room), "filesrc location="+lying+" ! decodebin ! videoconvert", nil)
	p := next(t, v)
	require.Equal(t, [2]int{320, 240}, [2]int{p.Width, p.Height})
	orientation, err := testframe.Orientation(p.RGBA())
	require.NoError(t, err)
	require.Equal(t, appsrc.Rotation0, orientation)
}

func TestLayersOfWidePixels(t *testing.T) {
	room := newRoom(t)
	v := view(t, room, "viewer")
	pub := publishPipeline(t, join(t, room),
		"videotestsrc is-live=true ! video/x-raw,width=720,height=576,framerate=30/1,pixel-aspect-ratio=64/45",
		&sink.Options{Layers: sink.LayerOptions{Sizes: 3}})
	next(t, v)
	var sizes [][2]int
	for _, l := range pub.Stats().Layers {
		sizes = append(sizes, [2]int{l.Width, l.Height})
	}
	require.Equal(t, [][2]int{{320, 180}, {640, 360}, {1024, 576}}, sizes)
}

// TestSizesAreAnnouncedAsTheyAreDecoded: H.264 has no odd sizes.
func TestSizesAreAnnouncedAsTheyAreDecoded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codec         pipeline.Codec
		sizes         int
		width, height int
		want          [2]int
	}{
		"odd, VP8":             {pipeline.VP8, 1, 641, 361, [2]int{641, 361}},
		"odd, H.264":           {pipeline.H264, 1, 641, 361, [2]int{640, 360}},
		"odd, H.264, 2 layers": {pipeline.H264, 2, 641, 361, [2]int{640, 360}},
		"odd, VP9":             {pipeline.VP9, 1, 641, 361, [2]int{641, 361}},
		"1x1, VP8":             {pipeline.VP8, 1, 1, 1, [2]int{1, 1}},
		"1x1, H.264":           {pipeline.H264, 1, 1, 1, [2]int{2, 2}},
		"2x2, H.264":           {pipeline.H264, 1, 2, 2, [2]int{2, 2}},
		"15x15, VP8":           {pipeline.VP8, 1, 15, 15, [2]int{15, 15}},
		"15x15, H.264":         {pipeline.H264, 1, 15, 15, [2]int{14, 14}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			v := view(t, room, "viewer")
			pub := publishPipeline(t, join(t, room), fmt.Sprintf(
				"videotestsrc is-live=true ! video/x-raw,width=%d,height=%d,framerate=30/1", c.width, c.height), &sink.Options{
				Encoding: sink.EncodingOptions{Codec: c.codec}, Layers: sink.LayerOptions{Sizes: c.sizes},
			})
			p := next(t, v)
			for i := 0; c.sizes > 1 && p.Width < c.want[0] && i < 300; i++ {
				p = next(t, v) // The server may start with a lower layer.
			}
			require.Equal(t, c.want, [2]int{p.Width, p.Height})
			layers := pub.Stats().Layers
			last := layers[len(layers)-1]
			require.Equal(t, c.want, [2]int{last.Width, last.Height}, "in Stats")
			track, ok := v.Track()
			require.True(t, ok)
			require.Equal(t, c.want, [2]int{track.Width, track.Height}, "as announced")
		})
	}
}

// TestASourceThatGrowsGetsTheRateOfItsSize within a second of frames.
func TestASourceThatGrowsGetsTheRateOfItsSize(t *testing.T) {
	attempt.Best(t, growSource)
}

func growSource(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 320, 180, nil)
	pub := publish(t, join(t, name), src, nil)
	pub.SetEstimate(5_000_000)
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
	next(t, v)
	before := pub.Stats().Layers[0].Share
	require.Positive(t, before)
	c.frame.Store(testframe.Draw(appsrc.BufferI420, 1280, 720, 0))
	grown := c.index.Load()
	require.Eventually(t, func() bool { return pub.Stats().Layers[0].Share > 3*before }, wait, 5*time.Millisecond)
	took := c.index.Load() - grown
	verdict.Want(took < 30, "%d frames until the rate has grown", took)
}
