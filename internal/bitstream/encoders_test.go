// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

// encoding describes a stream that a GStreamer encoder makes.
type encoding struct {
	codec         catalogue.Codec
	encoder       string // launch text
	width, height int
	pictures      int
	format        string // defaults to I420
}

// encode returns the samples. They come at the pace of their time stamps, so the frame rate is high.
func (e *encoding) encode(tb testing.TB) (samples []media.Sample) {
	tb.Helper()
	format := e.format
	if format == "" {
		format = "I420"
	}
	parser := e.codec.Parser()
	if parser != "" {
		parser = " ! " + parser
	}
	p, err := pipeline.Parse(fmt.Sprintf(
		"videotestsrc num-buffers=%d pattern=ball ! video/x-raw,format=%s,width=%d,height=%d,framerate=240/1 ! %s%s ! %s",
		e.pictures, format, e.width, e.height, e.encoder, parser, e.codec.StreamCaps()), nil)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, p.Close()) }()
	require.Len(tb, p.Outputs(), 1)
	run := make(chan error, 1)
	go func() { run <- p.Run(context.Background()) }()
	for {
		s, err := media.Of(p.Outputs()[0]).Pull(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(tb, err)
		s.Data = slices.Clone(s.Data)
		samples = append(samples, s)
	}
	require.NoError(tb, <-run)
	require.NotEmpty(tb, samples)
	return samples
}

// parsed returns the parsed frames of all samples.
func parsed(tb testing.TB, codec catalogue.Codec, samples []media.Sample) (frames []bitstream.Frame) {
	tb.Helper()
	p := bitstream.NewParser(codec)
	for i, s := range samples {
		f, err := p.Parse(s.Data)
		require.NoError(tb, err, "sample %d: % x", i, s.Data[:min(len(s.Data), 64)])
		frames = append(frames, f)
	}
	return frames
}

// requireQuantizer encodes, and checks the key flag, the size and the quantizer of each frame.
func requireQuantizer(t *testing.T, e *encoding, want int) {
	t.Helper()
	samples := e.encode(t)
	frames := parsed(t, e.codec, samples)
	shown := 0
	for i, f := range frames {
		require.Equal(t, want, f.Quantizer, "sample %d", i)
		require.Equal(t, i == 0, f.Key, "sample %d", i)
		require.Equal(t, [2]int{e.width, e.height}, [2]int{f.Width, f.Height}, "sample %d", i)
		if f.Shown {
			shown++
		}
	}
	require.Equal(t, e.pictures, shown)
}

// vp8Index is y_ac_qi for libvpx's quantizers from 0 to 63: q_trans in its
// vp8/encoder/onyx_if.c.
var vp8Index = [...]int{
	0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 33, 35, 37, 39, 41,
	43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 64, 67, 70, 73, 76, 79, 82, 85, 88, 91, 94, 97, 100, 103, 106, 109, 112, 115,
	118, 121, 124, 127,
}

// qIndex has base_q_idx for libvpx's and libaom's quantizers from 0 to 63:
// quantizer_to_qindex in vp9/encoder/vp9_quantize.c and av1/encoder/av1_quantize.c.
func qIndex(quantizer int) int {
	switch quantizer {
	case 62:
		return 249
	case 63:
		return 255
	}
	return 4 * quantizer
}

func quantizers() []int { return []int{0, 1, 10, 31, 32, 47, 62, 63} }

func TestQuantizerOfVP8(t *testing.T) {
	for _, settings := range []string{
		"deadline=1", "deadline=1 error-resilient=default+partitions token-partitions=4 sharpness=5",
		"deadline=1 lag-in-frames=12 auto-alt-ref=true", "deadline=1 noise-sensitivity=3 static-threshold=100",
	} {
		for _, q := range quantizers() {
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.VP8, width: 161, height: 121, pictures: 20,
					encoder: fmt.Sprintf("vp8enc min-quantizer=%d max-quantizer=%d %s", q, q, settings),
				}, vp8Index[q])
			})
		}
	}
}

func TestQuantizerOfVP9(t *testing.T) {
	for _, settings := range []string{
		"deadline=1 cpu-used=8", "deadline=1 cpu-used=8 error-resilient=default",
		"deadline=1 cpu-used=8 aq-mode=cyclic-refresh end-usage=cbr", "cpu-used=4 lag-in-frames=12 auto-alt-ref=true",
		"deadline=1 cpu-used=8 frame-parallel-decoding=false tile-columns=2",
	} {
		for _, q := range quantizers() {
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.VP9, width: 161, height: 121, pictures: 20,
					encoder: fmt.Sprintf("vp9enc min-quantizer=%d max-quantizer=%d %s", q, q, settings),
				}, qIndex(q))
			})
		}
	}
}

func TestQuantizerOfVP9sProfile1(t *testing.T) {
	requireQuantizer(t, &encoding{
		codec: catalogue.VP9, width: 160, height: 120, pictures: 10, format: "Y444",
		encoder: "vp9enc min-quantizer=20 max-quantizer=20 deadline=1 cpu-used=8",
	}, 80)
}

func TestQuantizerOfAV1(t *testing.T) {
	for _, settings := range []string{
		"usage-profile=realtime end-usage=cbr", "usage-profile=realtime end-usage=cbr tile-columns=2 tile-rows=1",
		"lag-in-frames=12", "superres-mode=fixed superres-denominator=13 superres-kf-denominator=11",
	} {
		for _, q := range quantizers() {
			if q == 0 && strings.HasPrefix(settings, "superres") {
				continue // libaom's own assertions fail.
			}
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.AV1, width: 321, height: 181, pictures: 10,
					encoder: fmt.Sprintf("av1enc cpu-used=8 min-quantizer=%d max-quantizer=%d %s", q, q, settings),
				}, qIndex(q))
			})
		}
	}
}

func TestQuantizerOfX264(t *testing.T) {
	for _, settings := range []string{
		"", "tune=zerolatency speed-preset=ultrafast", "bframes=3 b-pyramid=true weightb=true ref=5", "interlaced=true",
		"cabac=false", "sliced-threads=true threads=4", "dct8x8=true option-string=weightp=2:open-gop=1",
		"option-string=cqm=jvt:chroma-qp-offset=3", "intra-refresh=true", "aud=false",
	} {
		for _, q := range []int{3, 10, 26, 37, 50} {
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.H264, width: 162, height: 122, pictures: 20,
					encoder: fmt.Sprintf("x264enc pass=quant quantizer=%d ip-factor=1 pb-factor=1 %s", q, settings),
				}, q)
			})
		}
	}
}

// With ip-factor and pb-factor, the quantizers of frame types differ by 6*log2(factor).
func TestQuantizerOfX264sFrameTypes(t *testing.T) {
	e := encoding{
		codec: catalogue.H264, width: 160, height: 120, pictures: 20,
		encoder: "x264enc pass=quant quantizer=26 ip-factor=2 pb-factor=2 bframes=1 b-adapt=false option-string=scenecut=0",
	}
	var got []int
	for _, f := range parsed(t, e.codec, e.encode(t)) {
		got = append(got, f.Quantizer)
	}
	require.Equal(t, []int{20, 26, 32, 26, 32, 26, 32}, got[:7], "I P B P B P B")
}

func TestQuantizerOfOpenH264(t *testing.T) {
	for _, settings := range []string{"", "slice-mode=n-slices num-slices=3", "usage-type=screen", "enable-denoise=true"} {
		for _, q := range []int{12, 26, 37, 51} {
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.H264, width: 162, height: 122, pictures: 20,
					encoder: fmt.Sprintf("openh264enc rate-control=bitrate qp-min=%d qp-max=%d %s", q, q, settings),
				}, q)
			})
		}
	}
}

func TestQuantizerOfX265(t *testing.T) {
	for _, settings := range []string{
		"", ":bframes=0", ":weightb=1:b-pyramid=1:ref=5", ":slices=3", ":cu-lossless=1", ":scaling-list=default",
		":hrd=1:vbv-maxrate=5000:vbv-bufsize=5000", ":interlace=tff", ":opt-ref-list-length-pps=1:opt-qp-pps=1",
		":no-wpp=1:tskip=1:no-sao=1", ":rskip=0:range=full:sar=4:videoformat=ntsc:overscan=show",
		":intra-refresh=1:bframes=0", ":ctu=16:hist-scenecut=0",
	} {
		for _, q := range []int{1, 26, 51} {
			t.Run(fmt.Sprintf("%s %d", settings, q), func(t *testing.T) {
				requireQuantizer(t, &encoding{
					codec: catalogue.H265, width: 162, height: 122, pictures: 20,
					encoder: fmt.Sprintf("x265enc qp=%d speed-preset=superfast option-string=\"ipratio=1:pbratio=1:aq-mode=0%s\"",
						q, settings),
				}, q)
			})
		}
	}
}

// The coded size changes from frame to frame, and with it the place of the quantizer.
func TestQuantizerOfScaledAV1(t *testing.T) {
	need.Encoding(t)
	e := encoding{
		codec: catalogue.AV1, width: 640, height: 360, pictures: 30,
		encoder: "av1enc cpu-used=8 usage-profile=realtime lag-in-frames=0 min-quantizer=20 max-quantizer=20 " +
			"resize-mode=random superres-mode=random tile-columns=2",
	}
	sizes := map[[2]int]bool{}
	for _, f := range parsed(t, e.codec, e.encode(t)) {
		require.Equal(t, 80, f.Quantizer)
		sizes[[2]int{f.Width, f.Height}] = true
	}
	require.Greater(t, len(sizes), 3, "%v", sizes)
}

// Three fifths of the width are coded, with a scale for the display.
func TestSizeOfScaledVP8(t *testing.T) {
	e := encoding{
		codec: catalogue.VP8, width: 161, height: 121, pictures: 5,
		encoder: "vp8enc deadline=1 horizontal-scaling-mode=3:5 min-quantizer=12 max-quantizer=12",
	}
	for _, f := range parsed(t, e.codec, e.encode(t)) {
		require.Equal(t, bitstream.Frame{Key: f.Key, Shown: true, Quantizer: 15, Width: 97, Height: 121}, f)
	}
}
