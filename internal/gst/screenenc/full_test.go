// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// fullPage is a page whose colour changes from pixel to pixel, as that of coloured text does.
//
//go:norace
func fullPage(w, h, n int) *frame {
	p := page(w, h, n)
	p.full, p.planes[1], p.planes[2] = true, make([]byte, w*h), make([]byte, w*h)
	for y := range h {
		for x := range w {
			i := y*w + x
			p.planes[1][i], p.planes[2][i] = 128, 128
			if p.planes[0][i] == 30 { // text
				p.planes[1][i], p.planes[2][i] = byte(90+(x/31)%3*40), byte(200-(x/31)%2*120)
			}
		}
	}
	return p
}

// planePSNR is that of one plane, in dB.
func (p *frame) planePSNR(i int, other *frame) float64 {
	plane := &frame{planes: [3][]byte{p.planes[i]}}
	return plane.psnr(other.planes[i])
}

// decodeFull decodes all samples to frames with full chroma.
func decodeFull(t *testing.T, e *element, all []sample) (frames []*frame) {
	t.Helper()
	decodeWith(t, e, "capsfilter caps=video/x-raw,format=Y444", all, func(s gst.Sample, w, h int) {
		stride := (w + 3) &^ 3
		d := &frame{w: w, h: h, full: true}
		for i := range d.planes {
			d.planes[i] = appendRows(nil, s.Data[i*h*stride:], w, h)
		}
		frames = append(frames, d)
	})
	require.Len(t, frames, len(all))
	return frames
}

// TestFullChroma encodes frames of many sizes with full chroma: VP9 in profile 1. Chroma becomes as sharp as luma.
func TestFullChroma(t *testing.T) {
	need.Encoding(t)
	e := vp9(t)
	for _, size := range [][2]int{{16, 16}, {17, 19}, {321, 181}, {1280, 720}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			f := start(t, e, "target-bitrate=2500000 screen=true ! capsfilter caps=video/x-vp9,profile=(string)1")
			parser := bitstream.NewParser(e.codec)
			var all []sample
			for n := range 6 {
				all = append(all, f.encode(fullPage(size[0], size[1], 3*n)))
				frame, err := parser.Parse(all[n].data)
				require.NoError(t, err)
				require.Equal(t, n == 0, frame.Key)
				require.Equal(t, all[n].info.Quantizer, frame.Quantizer)
			}
			require.Equal(t, bitstream.Format{Profile: 1, Chroma: bitstream.Chroma444, Depth: 8}, parser.Format())
			last := fullPage(size[0], size[1], 15)
			for step := range 3 {
				f.set("quality", step+1)
				all = append(all, f.encode(last))
			}
			frames := decodeFull(t, e, all)
			for i := range last.planes {
				require.GreaterOrEqual(t, last.planePSNR(i, frames[len(all)-1]), 42.0, "plane %d", i)
			}
		})
	}
}

// TestChromaChanges changes the format while the encoder runs: each begins with a key frame.
func TestChromaChanges(t *testing.T) {
	e := vp9(t)
	f := start(t, e, "screen=true")
	parser := bitstream.NewParser(e.codec)
	for n := range 20 {
		p, want := page(320, 180, n), bitstream.Chroma420
		if n/5%2 == 1 {
			p, want = fullPage(320, 180, n), bitstream.Chroma444
		}
		c := f.encode(p)
		frame, err := parser.Parse(c.data)
		require.NoError(t, err)
		require.Equal(t, n%5 == 0, frame.Key, "frame %d", n)
		require.Equal(t, want, parser.Format().Chroma, "frame %d", n)
	}
}

// TestFullChromaHasNoLayers: libvpx writes a header of profile 1 with 4:2:0 then, which no decoder accepts.
func TestFullChromaHasNoLayers(t *testing.T) {
	e := vp9(t)
	for _, mode := range []string{"L1T3", "L2T1", "L3T3_KEY"} {
		f := start(t, e, "screen=true scalability-mode="+mode)
		f.push(fullPage(64, 64, 0), 0)
		_, err := f.sink.PullRaw(wait)
		require.Error(t, err)
		require.ErrorContains(t, f.p.Next(wait).Err, "4:4:4 has no layers")
	}
}

// TestDownstreamChoosesChroma: a source that has both formats gets the one that downstream accepts.
func TestDownstreamChoosesChroma(t *testing.T) {
	vp9(t)
	for profile, want := range map[string]string{"0": "I420", "1": "Y444"} {
		p, err := gst.Parse("videotestsrc num-buffers=1 ! video/x-raw,format=(string){Y444,I420},width=64,height=64 ! " +
			"capsfilter name=raw ! gpvp9enc ! capsfilter caps=video/x-vp9,profile=(string)" + profile + " ! appsink name=out")
		require.NoError(t, err)
		sink, err := gst.NewAppSink(p.ByName("out"), 2)
		require.NoError(t, err)
		require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
		s, err := sink.Pull(wait, nil)
		require.NoError(t, err)
		parser := bitstream.NewParser(elements[1].codec)
		_, err = parser.Parse(s.Data)
		require.NoError(t, err)
		require.Equal(t, want == "Y444", parser.Format().Chroma == bitstream.Chroma444)
		require.Equal(t, int64(time.Second/30), s.Duration)
		sink.Close()
		require.NoError(t, p.Close(context.Background()))
	}
}
