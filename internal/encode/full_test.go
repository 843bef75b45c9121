// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// rgbPSNR compares two frames of four bytes a pixel, without the fourth, in dB.
//
//go:norace
func rgbPSNR(a, b []byte) float64 {
	sum := 0
	for i := 0; i+4 <= len(a); i += 4 {
		p, q := a[i:i+3], b[i:i+3]
		for j := range p {
			d := int(p[j]) - int(q[j])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(len(a)*3/4)/float64(max(sum, 1)))
}

// fromBT601 converts Y444 in studio range to BGRx. videoconvert's own way is off by up to four.
//
//go:norace
func fromBT601(yuv []byte) []byte {
	n := len(yuv) / 3
	pixels := make([]byte, 0, 4*n)
	clamp := func(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }
	for i := range n {
		y := (float64(yuv[i]) - 16) * 255 / 219
		u, v := (float64(yuv[n+i])-128)*255/224, (float64(yuv[2*n+i])-128)*255/224
		pixels = append(pixels, clamp(y+1.772*u), clamp(y-0.344136*u-0.714136*v), clamp(y+1.402*v), 255)
	}
	return pixels
}

// sharpened encodes a still frame until it is sharp, and returns how the last sample is decoded, and the format.
func sharpened(t *testing.T, o *Options, w, h int, pixels []byte) ([]byte, bitstream.Format) {
	t.Helper()
	samples := sharpen(startFeeder(t, o), w, h, pixels, 6)
	parser := bitstream.NewParser(o.Codec)
	for _, s := range samples {
		_, err := parser.Parse(s.Data)
		require.NoError(t, err)
	}
	return fromBT601(lastFrame(t, o.Codec, samples)), parser.Format()
}

// sharpen encodes a still frame in BGRx, step by step, and then twice at the last quality.
func sharpen(f *feeder, w, h int, pixels []byte, last int) (samples []media.Sample) {
	f.t.Helper()
	caps, err := gst.ParseCaps(fmt.Sprintf("video/x-raw,format=BGRx,width=%d,height=%d,framerate=30/1", w, h))
	require.NoError(f.t, err)
	defer caps.Unref()
	for _, quality := range []int{0, 1, 2, 3, 4, 5, 6, last, last} {
		f.chain.SetQuality(quality)
		b := gst.Wrap("BGRx", w, h, [][]byte{pixels}, []int{4 * w}, nil)
		_, err = f.chain.Push(b, caps, time.Duration(f.n)*time.Second/30)
		b.Unref()
		require.NoError(f.t, err)
		s := f.next()
		s.Data = slices.Clone(s.Data)
		samples = append(samples, s)
	}
	return samples
}

// lastFrame decodes samples, and returns the last frame in Y444.
func lastFrame(t *testing.T, codec pipeline.Codec, samples []media.Sample) (last []byte) {
	t.Helper()
	sink := decodeAs(t, codec, "Y444", samples)
	for range samples {
		s, err := sink.Pull(time.Minute, last)
		require.NoError(t, err)
		last = s.Data
	}
	return last
}

// TestFullChroma compares colours of text with those of 4:2:0.
func TestFullChroma(t *testing.T) {
	need.Encoding(t)
	const w, h = 640, 360
	pixels := testframe.ColouredText(w, h)
	o := Options{Codec: pipeline.VP9, Encoder: "gpvp9enc", Screencast: true, Bitrate: 2_500_000}
	needOwnEncoders(t)
	halved, format := sharpened(t, &o, w, h, pixels)
	require.Equal(t, bitstream.Chroma420, format.Chroma)
	o.FullChroma = true
	full, format := sharpened(t, &o, w, h, pixels)
	require.Equal(t, bitstream.Format{Profile: 1, Chroma: bitstream.Chroma444, Depth: 8}, format)
	was, is := rgbPSNR(pixels, halved), rgbPSNR(pixels, full)
	t.Logf("RGB PSNR %.1f dB in 4:2:0, %.1f dB in 4:4:4", was, is)
	require.Less(t, was, 30.0)
	require.Greater(t, is, 42.0)
	o.Bitrate = 0
	f := startFeeder(t, &o)
	exact := sharpen(f, w, h, pixels, QualityExact)
	require.Zero(t, exact[len(exact)-1].Info.Quantizer)
	require.Less(t, len(exact[len(exact)-1].Data), 100, "repeats have nothing to add")
	frame := lastFrame(t, o.Codec, exact)
	is = rgbPSNR(pixels, fromBT601(frame))
	t.Logf("RGB PSNR %.1f dB without loss, in %d bytes", is, len(exact[len(exact)-2].Data))
	require.Greater(t, is, 50.0, "what the conversion rounds")
}

// TestHalveChroma: the chain continues in 4:2:0, with a key frame.
func TestHalveChroma(t *testing.T) {
	needOwnEncoders(t)
	f := startFeeder(t, &Options{Codec: pipeline.VP9, Encoder: "gpvp9enc", Screencast: true, FullChroma: true})
	parser := bitstream.NewParser(pipeline.VP9)
	formats := map[bitstream.Chroma]int{}
	keys := 0
	for n := range 20 {
		if n == 10 {
			require.NoError(t, f.chain.HalveChroma())
		}
		frame, err := parser.Parse(f.push().Data)
		require.NoError(t, err)
		if frame.Key {
			keys++
		}
		formats[parser.Format().Chroma]++
	}
	require.Equal(t, 2, keys)
	require.InDelta(t, 10, formats[bitstream.Chroma444], 1)
	require.Len(t, formats, 2)
	require.Equal(t, bitstream.Chroma420, parser.Format().Chroma)
	require.NoError(t, f.chain.Close())
	require.ErrorIs(t, f.chain.HalveChroma(), pipeline.ErrStopped)
}

// TestFullChromaIsRefused: encoders without it say so.
func TestFullChromaIsRefused(t *testing.T) {
	for _, encoder := range []string{"vp8enc", "x264enc"} {
		codec := map[string]pipeline.Codec{"vp8enc": pipeline.VP8, "x264enc": pipeline.H264}[encoder]
		_, err := New(&Options{Codec: codec, Encoder: encoder, FullChroma: true})
		require.ErrorContains(t, err, encoder+" does not encode 4:4:4")
	}
}
