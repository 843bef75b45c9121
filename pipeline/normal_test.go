// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
)

// firstCaps returns the caps of the first frame, and of one after caps have changed if that is wanted.
func firstCaps(t *testing.T, o *Output, change bool) string {
	t.Helper()
	for range 100 {
		s, err := media.Of(o).PullRaw()
		require.NoError(t, err)
		s.Buffer.Unref()
		if change && s.CapsChange {
			change = false
			continue
		}
		if s.CapsChange {
			return media.Of(o).Caps().String()
		}
	}
	require.FailNow(t, "the caps did not change")
	return ""
}

func TestFramesAreNormalized(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc num-buffers=8 ! video/x-raw,"
	const turned = ` ! taginject tags="image-orientation=rotate-90" ! identity`
	for name, c := range map[string]struct {
		text          string
		width, height int
		inserted      bool
		want          string
	}{
		"ordinary": {source + "format=Y42B,width=64,height=48", 64, 48, false, "format=(string)Y42B"},
		"square pixels of an odd notation": {
			source + "width=64,height=48,pixel-aspect-ratio=1/1,interlace-mode=progressive", 64, 48, false, "",
		},
		"wide pixels":   {source + "width=720,height=576,pixel-aspect-ratio=64/45", 1024, 576, true, ""},
		"narrow pixels": {source + "width=704,height=480,pixel-aspect-ratio=10/11", 640, 480, true, ""},
		"interlaced": {
			source + "width=720,height=576,interlace-mode=interleaved,framerate=25/1", 720, 576, true,
			"framerate=(fraction)25/1",
		},
		"both": {
			source + "width=720,height=576,interlace-mode=interleaved,pixel-aspect-ratio=64/45", 1024, 576, true, "",
		},
		"interlaced, ten bits": {
			source + "format=v210,width=720,height=576,interlace-mode=interleaved", 720, 576, true, "",
		},
		"sometimes interlaced": {source + "width=64,height=48,interlace-mode=mixed", 64, 48, true, ""},
		"on its side":          {source + "width=64,height=48" + turned, 48, 64, true, ""},
		"on its side, 4:2:2":   {source + "format=Y42B,width=64,height=48" + turned, 48, 64, true, ""},
		"upright by its tag": {
			source + `width=64,height=48 ! taginject tags="image-orientation=rotate-0"`, 64, 48, false, "",
		},
		"turned by the text": {
			source + "width=64,height=48" + turned + " ! videoflip video-direction=auto", 48, 64, false, "",
		},
		"turned back by the text": {
			source + "width=64,height=48" + turned + " ! videoflip video-direction=90r", 48, 64, false, "",
		},
		"into its own appsink": {
			source + "width=64,height=48,pixel-aspect-ratio=2/1 ! appsink name=mine", 128, 48, true, "",
		},
		"no frame rate": {
			source + "width=64,height=48,framerate=0/1,pixel-aspect-ratio=2/1", 128, 48, true, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, run := start(t, c.text)
			out := p.Outputs()[0]
			caps := firstCaps(t, out, false)
			w, h := media.Of(out).Caps().Size()
			require.Equal(t, [2]int{c.width, c.height}, [2]int{w, h}, caps)
			require.Contains(t, caps, c.want)
			require.NotContains(t, strings.ReplaceAll(caps, "pixel-aspect-ratio=(fraction)1/1", ""), "pixel-aspect-ratio=")
			require.NotContains(t, caps, "interleaved")
			require.NotContains(t, caps, "mixed")
			require.Equal(t, c.inserted, strings.Contains(p.Dot(), "GstDeinterlace"))
			go func() {
				for {
					s, err := media.Of(out).PullRaw()
					if err != nil {
						return
					}
					s.Buffer.Unref()
				}
			}()
			require.NoError(t, ended(t, run))
		})
	}
}

func TestFramesChangeTheirShape(t *testing.T) {
	t.Parallel()
	p, _ := start(t, ""+
		"videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48 ! c. "+
		"videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48,pixel-aspect-ratio=2/1 ! c. concat name=c ! video/x-raw")
	out := p.Outputs()[0]
	caps := firstCaps(t, out, true)
	w, h := media.Of(out).Caps().Size()
	require.Equal(t, [2]int{128, 48}, [2]int{w, h}, caps)
}

func TestSoundHasAtMostTwoChannels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caps string
		want string
	}{
		"mono":             {"channels=1,rate=48000", "channels=(int)1"},
		"stereo of 96 kHz": {"channels=2,rate=96000", "channels=(int)2"},
		"5.1":              {"channels=6,channel-mask=(bitmask)0x3f", "channels=(int)2"},
		"7.1":              {"channels=8,channel-mask=(bitmask)0xc3f", "channels=(int)2"},
		"4.0 of 22050 Hz":  {"channels=4,channel-mask=(bitmask)0x33,rate=22050", "channels=(int)2"},
		"mono of 8 kHz":    {"channels=1,rate=8000", "channels=(int)1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := start(t, "audiotestsrc num-buffers=10 ! audio/x-raw,"+c.caps)
			out := p.Outputs()[0]
			_, err := media.Of(out).Pull(nil)
			require.NoError(t, err)
			require.Contains(t, media.Of(out).Caps().String(), c.want)
			require.Contains(t, media.Of(out).Caps().String(), "channel-mapping-family=(int)0")
		})
	}
}

func TestMediaThatCantBePublishedNamesTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, from, want string }{
		"memory of OpenGL": {
			`fakesrc ! capsfilter caps="video/x-raw(memory:GLMemory),format=RGBA"`, "fakesrc", `"! gldownload"`,
		},
		"memory of CUDA": {
			`fakesrc name=f ! capsfilter caps="video/x-raw(memory:CUDAMemory),format=NV12" ! identity`, "f.src",
			`"! cudadownload"`,
		},
		"a camera's mosaic": {"videotestsrc ! video/x-bayer,format=bggr", "videotestsrc", `"! bayer2rgb"`},
		"JPEG":              {"videotestsrc ! jpegenc", "jpegenc", `"! jpegdec"`},
		"AAC":               {"fakesrc ! audio/mpeg,mpegversion=4", "fakesrc", `"! decodebin ! audioconvert"`},
		"mu-law":            {"audiotestsrc ! mulawenc", "mulawenc", `"! decodebin ! audioconvert"`},
		"MPEG-2":            {"fakesrc ! video/mpeg,mpegversion=2", "fakesrc", `"! decodebin ! videoconvert"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.text, nil)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, c.from)
			require.NotContains(t, err.Error(), "identity")
		})
	}
}

func TestCapsThatDoNotFitNameTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"Opus of six channels": {
			"audiotestsrc ! audio/x-raw,channels=6,channel-mask=(bitmask)0x3f ! opusenc", `"! opusdec"`,
		},
		"channels without a place": {
			"audiotestsrc ! audio/x-raw,channels=6,channel-mask=(bitmask)0x0", "no positions",
		},
		"interlaced frames": {
			"videotestsrc ! video/x-raw,interlace-mode=interleaved,width=64,height=48 ! x264enc ! " +
				"video/x-h264,profile=constrained-baseline", "put deinterlace before the encoder",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse(c.text, nil)
			if err == nil {
				t.Cleanup(func() { require.NoError(t, p.Close()) })
				run := make(chan error, 1)
				go func() { run <- p.Run(t.Context()) }()
				drainOutput(p.Outputs()[0])
				err = ended(t, run)
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestRepeatedWarningsAreCollapsed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := warnings{log: slog.New(slog.NewTextHandler(&log, nil))}
	stuck := &gst.ElementError{Path: "/GstPipeline:p/GstA:a", Domain: "stream", Code: 1, Message: "stuck"}
	for range 87 {
		w.add(stuck)
	}
	w.add(&gst.ElementError{Path: "/GstPipeline:p/GstB:b", Domain: "stream", Code: 1, Message: "once"})
	w.end()
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	require.Len(t, lines, 4)
	require.NotContains(t, lines[0], "count=")
	require.Contains(t, lines[1], "count=10")
	require.Contains(t, lines[2], "once")
	require.Contains(t, lines[3], "count=87")
	require.Contains(t, lines[3], "stuck")
}
