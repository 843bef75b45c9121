// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bitstream_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline"
)

// encoded returns all samples of a pipeline's first output.
func encoded(t *testing.T, text string) (codec pipeline.Codec, samples [][]byte) {
	t.Helper()
	p, err := pipeline.Parse(text, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	go func() { _ = p.Run(context.Background()) }()
	out := p.Outputs()[0]
	for {
		s, err := media.Of(out).Pull(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		samples = append(samples, s.Data)
	}
	require.NoError(t, p.Err())
	return out.Codec, samples
}

// read parses all samples of a pipeline's first output.
func read(t *testing.T, text string) (last bitstream.Format, frames []bitstream.Frame) {
	t.Helper()
	codec, samples := encoded(t, text)
	parser := bitstream.NewParser(codec)
	require.Equal(t, bitstream.Format{}, parser.Format(), "before the first frame")
	for _, data := range samples {
		f, err := parser.Parse(data)
		require.NoError(t, err)
		frames = append(frames, f)
	}
	return parser.Format(), frames
}

// caps are the caps of a small source.
func caps(format string) string {
	return "videotestsrc num-buffers=3 ! video/x-raw,width=64,height=64,format=" + format + " ! "
}

func TestFormatsOfEncoders(t *testing.T) {
	t.Parallel()
	type format = bitstream.Format
	const x264, x265 = "x264enc tune=zerolatency", "x265enc tune=zerolatency speed-preset=ultrafast"
	const av1 = "av1enc cpu-used=8 usage-profile=realtime max-quantizer=63"
	for text, want := range map[string]format{
		caps("I420") + x264:      {Profile: 100, Chroma: bitstream.Chroma420, Depth: 8},
		caps("Y42B") + x264:      {Profile: 122, Chroma: bitstream.Chroma422, Depth: 8},
		caps("Y444") + x264:      {Profile: 244, Chroma: bitstream.Chroma444, Depth: 8},
		caps("I420_10LE") + x264: {Profile: 110, Chroma: bitstream.Chroma420, Depth: 10},
		caps("I420") + x264 + " ! video/x-h264,profile=constrained-baseline": {
			Profile: 66, Constraints: 0xc0, Chroma: bitstream.Chroma420, Depth: 8,
		},
		caps("I420") + x265:                {Profile: 1, Chroma: bitstream.Chroma420, Depth: 8},
		caps("Y444") + x265:                {Profile: 4, Chroma: bitstream.Chroma444, Depth: 8},
		caps("I420_10LE") + x265:           {Profile: 2, Chroma: bitstream.Chroma420, Depth: 10},
		caps("I420") + "vp8enc deadline=1": {Chroma: bitstream.Chroma420, Depth: 8},
		caps("I420") + "vp9enc deadline=1": {Chroma: bitstream.Chroma420, Depth: 8},
		caps("Y444") + "vp9enc deadline=1": {Profile: 1, Chroma: bitstream.Chroma444, Depth: 8},
		caps("I420_10LE") + "vp9enc deadline=1": {
			Profile: 2, Chroma: bitstream.Chroma420, Depth: 10,
		},
		caps("I420") + av1: {Chroma: bitstream.Chroma420, Depth: 8},
		caps("Y444") + av1: {Profile: 1, Chroma: bitstream.Chroma444, Depth: 8},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, frames := read(t, text)
			require.Len(t, frames, 3)
			want := want
			want.Level = got.Level
			require.Equal(t, want, got)
		})
	}
}

// TestReorderedFrames tests B-frames, which follow the frame that is shown after them.
func TestReorderedFrames(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc num-buffers=12 pattern=ball ! video/x-raw,width=64,height=64,format=I420 ! "
	for text, reordered := range map[string]bool{
		source + "x264enc bframes=2 b-adapt=false key-int-max=30":                             true,
		source + "x264enc bframes=0 tune=zerolatency":                                         false,
		source + "x264enc interlaced=true bframes=0 tune=zerolatency":                         false,
		source + "openh264enc":                                                                false,
		source + "x265enc speed-preset=ultrafast option-string=bframes=2:b-adapt=0":           true,
		source + "x265enc speed-preset=ultrafast tune=zerolatency":                            false,
		source + "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=3":              false,
		source + "vp8enc deadline=1 auto-alt-ref=true lag-in-frames=5":                        false,
		source + "x264enc bframes=0 tune=zerolatency key-int-max=4 intra-refresh=false ref=3": false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, frames := read(t, text)
			found := 0
			for _, f := range frames {
				if f.Reordered {
					found++
				}
			}
			require.Equal(t, reordered, found > 2, "%d of %d", found, len(frames))
			require.Equal(t, reordered, found > 0, "%d of %d", found, len(frames))
		})
	}
}

// TestLostFramesAreNotReordered: whatever is lost of a stream without B-frames, it has none: picture order counts begin
// again with a key frame, which may be lost itself. Streams with B-frames have them whatever is lost.
func TestLostFramesAreNotReordered(t *testing.T) {
	t.Parallel()
	const source = "videotestsrc num-buffers=90 pattern=ball ! " +
		"video/x-raw,width=64,height=64,format=I420,framerate=240/1 ! "
	const x265 = source + "x265enc speed-preset=ultrafast option-string=info=0:"
	for text, reordered := range map[string]bool{
		source + "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15":           false,
		source + "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=40":           false,
		source + "x264enc bframes=0 rc-lookahead=5 key-int-max=7 ref=4 interlaced=true":     false,
		source + "openh264enc gop-size=15":                                                  false,
		source + "x264enc bframes=2 b-adapt=false key-int-max=12":                           true,
		source + "x264enc bframes=3 b-pyramid=true key-int-max=90 rc-lookahead=5":           true,
		source + "x264enc bframes=3 option-string=open-gop=1 key-int-max=12 rc-lookahead=5": true,
		x265 + "bframes=0:keyint=15:min-keyint=15 tune=zerolatency":                         false,
		x265 + "bframes=2:b-adapt=0:keyint=12:min-keyint=12:open-gop=0":                     true,
		x265 + "bframes=4:b-adapt=0:b-pyramid=1:keyint=90:open-gop=1":                       true,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			codec, samples := encoded(t, text)
			require.Len(t, samples, 90)
			for seed := range uint64(40) {
				random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // for tests
				parser := bitstream.NewParser(codec)
				found := 0
				for i, data := range samples {
					if lost := random.IntN(100) < int(seed); lost && i > 0 { // The parameter sets are in the first.
						continue
					}
					f, err := parser.Parse(data)
					require.NoError(t, err)
					if f.Reordered {
						found++
					}
				}
				if !reordered {
					require.Zero(t, found, "seed %d", seed)
					continue
				}
				require.Greater(t, found, 5, "seed %d", seed)
			}
		})
	}
}
