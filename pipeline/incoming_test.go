// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// firstSample runs text until its first sample.
func firstSample(t *testing.T, text string) (s media.Sample, caps string) {
	t.Helper()
	p, err := Parse(text, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	go func() { _ = p.Run(context.Background()) }()
	s, err = media.Of(p.Outputs()[0]).Pull(nil)
	require.NoError(t, err, "%v", p.Err())
	return s, media.Of(p.Outputs()[0]).Caps().String()
}

// TestEncodersOfTheTextGet420: a converter in front of the text's own encoder makes what viewers can decode, whatever
// the source has.
func TestEncodersOfTheTextGet420(t *testing.T) {
	t.Parallel()
	profiles := map[string]string{
		"x264enc tune=zerolatency speed-preset=ultrafast":             "profile=(string)constrained-baseline",
		"x264enc tune=zerolatency speed-preset=ultrafast ! h264parse": "profile=(string)constrained-baseline",
		"x265enc tune=zerolatency speed-preset=ultrafast":             "profile=(string)main",
		"vp9enc deadline=1 ! queue":                                   "profile=(string)0",
	}
	for encoder, profile := range profiles {
		for _, format := range []string{"YUY2", "BGRx", "I420_10LE", "Y444", "GBR"} {
			text := "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64,format=" + format +
				" ! queue ! videoconvert ! " + encoder
			for _, end := range []string{"", " ! appsink name=own"} {
				t.Run(format+" "+encoder+end, func(t *testing.T) {
					t.Parallel()
					_, caps := firstSample(t, text+end)
					require.Contains(t, caps+",", profile+",")
				})
			}
		}
	}
}

// TestEncodersOfTheTextKeepTheOrderOfFrames: x264enc and x265enc make B-frames by default, which gstpublish refuses.
// What the text says about them wins.
func TestEncodersOfTheTextKeepTheOrderOfFrames(t *testing.T) {
	t.Parallel()
	need.Encoding(t)
	const (
		set264  = "; encoded without B-frames, by x264enc bframes=0"
		set265  = "; encoded without B-frames, by x265enc option-string="
		refused = "refused: the pipeline's video has B-frames"
	)
	for text, want := range map[string]string{
		"videoconvert ! x264enc":                                           set264,
		"x264enc speed-preset=veryslow":                                    set264,
		"x264enc tune=stillimage+fastdecode b-adapt=false":                 set264,
		"x264enc name=a option-string=ref=2":                               set264,
		"x264enc ! video/x-h264,profile=high ! h264parse":                  set264,
		"x264enc ! appsink":                                                set264,
		"x264enc ! tee name=t ! queue ! fakesink t. ! queue":               set264,
		"x264enc bframes=0":                                                "",
		"x264enc option-string=ref=2:bframes=0":                            "",
		"x264enc tune=fastdecode+zerolatency":                              "",
		"x264enc speed_preset=ultrafast":                                   "",
		"x264enc ! video/x-h264,profile=baseline ! h264parse":              "",
		"x264enc bframes=2 b-adapt=false":                                  refused,
		"x264enc option-string=bframes=2:b-adapt=0":                        refused,
		"videoconvert ! x265enc":                                           set265 + "bframes=0",
		"x265enc speed-preset=ultrafast option-string=rc-lookahead=4":      set265 + "rc-lookahead=4:bframes=0",
		"x265enc tune=zerolatency":                                         "",
		"x265enc speed-preset=ultrafast option-string=bframes=2:b-adapt=0": refused,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := published(t, rawFrames+",format=I420 ! "+text)
			switch want {
			case refused:
				require.Contains(t, got, refused)
			case "":
				require.True(t, strings.HasPrefix(got, "passed through"), got)
				require.NotContains(t, got, "encoded without B-frames")
			default:
				require.True(t, strings.HasPrefix(got, "passed through"), got)
				require.Contains(t, got+";", want+";")
			}
		})
	}
}

// TestTextMayAskForAnotherFormat: what the text says wins.
func TestTextMayAskForAnotherFormat(t *testing.T) {
	t.Parallel()
	_, caps := firstSample(t, "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64 ! videoconvert ! "+
		"video/x-raw,format=Y444 ! x264enc tune=zerolatency")
	require.Contains(t, caps, "profile=(string)high-4:4:4")
	_, caps = firstSample(t, "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64,format=Y444 ! vp9enc deadline=1")
	require.Contains(t, caps, "profile=(string)1")
}

// TestOwnAppsinksGetTheUsualTail: what comes before an appsink of the text may have any form.
func TestOwnAppsinksGetTheUsualTail(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64,format=I420 ! "
	const x264, x265 = "x264enc tune=zerolatency", "x265enc tune=zerolatency speed-preset=ultrafast"
	for _, text := range []string{
		source + x264 + " ! h264parse ! appsink name=own",
		source + x264 + " ! h264parse ! video/x-h264,stream-format=avc ! appsink name=own",
		source + x264 + " ! video/x-h264,stream-format=avc ! appsink name=own caps=video/x-h264,stream-format=avc",
		source + x265 + " ! h265parse ! video/x-h265,stream-format=hvc1 ! appsink name=own",
		source + x265 + " ! h265parse ! video/x-h265,stream-format=hev1,alignment=au ! queue ! appsink name=own",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s, caps := firstSample(t, text)
			require.True(t, bytes.HasPrefix(s.Data, []byte{0, 0, 0, 1}), "a start code")
			require.Contains(t, caps, "stream-format=(string)byte-stream")
			require.Contains(t, caps, "alignment=(string)au")
		})
	}
}

// TestFramesWithoutStampsAreEncoded: the first frame of a source that stamps what it reads has no time stamp, since
// there is no clock yet.
func TestFramesWithoutStampsAreEncoded(t *testing.T) {
	t.Parallel()
	const frames, size = 5, 64 * 64 * 3 / 2
	for _, encoder := range []string{
		"vp8enc deadline=1", "vp9enc deadline=1 lag-in-frames=0", "x264enc tune=zerolatency", "openh264enc",
	} {
		t.Run(encoder, func(t *testing.T) {
			t.Parallel()
			file, into, err := os.Pipe()
			require.NoError(t, err)
			defer func() { require.NoError(t, file.Close()) }()
			_, err = into.Write(make([]byte, size)) // It is read before there is a clock.
			require.NoError(t, err)
			p, run := start(t, fmt.Sprintf("fdsrc fd=%d blocksize=%d do-timestamp=true ! "+
				"rawvideoparse width=64 height=64 format=i420 framerate=30/1 ! ", file.Fd(), size)+encoder)
			<-p.Started()
			go func() {
				defer func() { _ = into.Close() }()
				tick := time.NewTicker(10 * time.Millisecond) // Frames at the same time are one to vp8enc.
				defer tick.Stop()
				for range frames - 1 {
					<-tick.C
					_, _ = into.Write(make([]byte, size)) // If that fails, frames are missing.
				}
			}()
			require.Equal(t, frames, count(p.Outputs()[0]))
			require.NoError(t, ended(t, run))
		})
	}
}
