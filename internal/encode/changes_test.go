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

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// typed types glyphs into a page of coloured text, scrolls it in between, types on, and rests. visit gets each frame
// and its quality.
func typed(w, h int, visit func(n, quality int, pixels []byte)) {
	const sharpening, scrolls = 6, 4
	pixels := testframe.ColouredText(w, h)
	n := 0
	frame := func(quality int) {
		visit(n, quality, pixels)
		n++
	}
	typing := func(line int) {
		for i := range 25 {
			for dy := range 12 {
				for dx := range 6 {
					ink := byte(250)
					if dx == i%5 || dy == i%11 {
						ink = 10
					}
					at := ((line*16+dy)*w + 40 + 8*i + dx) * 4
					pixels[at], pixels[at+1], pixels[at+2] = ink, ink, byte(40*(i%6))
				}
			}
			frame(QualityMotion)
		}
	}
	rests := func() {
		for step := range sharpening {
			frame(step)
		}
	}
	rests()
	typing(3)
	for range scrolls {
		copy(pixels, pixels[17*4*w:])
		frame(QualityMotion)
	}
	typing(6)
	rests()
	typing(9)
	rests()
}

// encoded is a clip as an encoder has made it.
type encoded struct {
	samples []media.Sample
	bytes   int
	last    []byte // the last frame, as it was captured
}

// encodeTyped encodes what typed shows. With parts, the frames say what has changed.
func encodeTyped(t *testing.T, o *Options, w, h int, parts bool) (e encoded) {
	t.Helper()
	f := startFeeder(t, o)
	caps, err := gst.ParseCaps(fmt.Sprintf("video/x-raw,format=BGRx,width=%d,height=%d,framerate=30/1", w, h))
	require.NoError(t, err)
	defer caps.Unref()
	changes := gst.NewChanges(caps)
	defer changes.Close()
	var last gst.Buffer
	var memory [4][]byte // The encoder and last have older frames.
	typed(w, h, func(n, quality int, pixels []byte) {
		if n == 40 {
			f.chain.ForceKeyFrame()
		}
		at := n % len(memory)
		memory[at] = append(memory[at][:0], pixels...)
		e.last = memory[at]
		b := gst.Wrap("BGRx", w, h, [][]byte{e.last}, []int{4 * w}, nil)
		if n > 0 {
			changes.Compare(last, b, caps)
		}
		if parts {
			b = changes.Attach(b)
		}
		f.chain.SetQuality(quality)
		_, err = f.chain.Push(b, caps, time.Duration(f.n)*time.Second/30)
		require.NoError(t, err)
		last.Unref()
		last = b
		s := f.next()
		s.Data = slices.Clone(s.Data)
		require.Equal(t, n == 0 || n == 40, s.Key, "frame %d", n)
		e.samples = append(e.samples, s)
		e.bytes += len(s.Data)
	})
	last.Unref()
	return e
}

// psnr is that of the last frame: of all colours, or of luma alone.
func (e *encoded) psnr(t *testing.T, o *Options) float64 {
	t.Helper()
	shown := lastFrame(t, o.Codec, e.samples)
	if o.FullChroma {
		return rgbPSNR(e.last, fromBT601(shown))
	}
	return lumaPSNR(e.last, shown)
}

// lumaPSNR compares BGRx with BT.601 in studio range, in dB.
//
//go:norace
func lumaPSNR(pixels, luma []byte) float64 {
	sum := 0.0
	for i := range len(pixels) / 4 {
		b, g, r := float64(pixels[4*i]), float64(pixels[4*i+1]), float64(pixels[4*i+2])
		d := 16 + (65.481*r+128.553*g+24.966*b)/255 - float64(luma[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(pixels)/4)/sum)
}

// TestSmallChangesAreAsSharp compares a clip whose encoder knows what has changed with one whose encoder encodes whole
// frames: at the end, they are equally sharp, also after motion, after a key frame, and from a poor start.
func TestSmallChangesAreAsSharp(t *testing.T) {
	need.Encoding(t)
	needOwnEncoders(t)
	const w, h = 640, 368
	for _, o := range []Options{
		{Codec: pipeline.VP9, Encoder: "gpvp9enc"},
		{Codec: pipeline.VP9, Encoder: "gpvp9enc", FullChroma: true},
		{Codec: pipeline.VP9, Encoder: "gpvp9enc", FullChroma: true, Bitrate: 300_000},
		{Codec: pipeline.VP8, Encoder: "gpvp8enc"},
		{Codec: pipeline.AV1, Encoder: "gpav1enc"},
	} {
		t.Run(fmt.Sprintf("%s/full=%v/%d", o.Encoder, o.FullChroma, o.Bitrate), func(t *testing.T) {
			o.Screencast = true
			whole := encodeTyped(t, &o, w, h, false)
			parts := encodeTyped(t, &o, w, h, true)
			was, is := whole.psnr(t, &o), parts.psnr(t, &o)
			t.Logf("%.2f dB in %d bytes of whole frames, %.2f dB in %d bytes of changes", was, whole.bytes, is, parts.bytes)
			require.Greater(t, is, was-0.2)
			require.Less(t, float64(parts.bytes), 1.1*float64(whole.bytes))
		})
	}
}
