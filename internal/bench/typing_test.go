// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
)

// typist types into a page of text: each frame has one more glyph.
type typist struct {
	frames [2]*appsrc.VideoFrame // in turn, since the source keeps the last one
}

func newTypist(b *testing.B, width, height int) *typist {
	b.Helper()
	p, err := newPage(width, height)
	require.NoError(b, err)
	t := &typist{}
	for i := range t.frames {
		f := *p.paint(0)
		f.Planes[0].Data = slices.Clone(f.Planes[0].Data)
		f.Release = func() {}
		t.frames[i] = &f
	}
	return t
}

// paint returns the i-th frame, which is valid until the next call but one.
func (t *typist) paint(i int) *appsrc.VideoFrame {
	f := t.frames[i%2]
	columns := f.Width/glyphWidth - 4
	for n := max(0, i-1); n <= i; n++ { // This frame lacks the last one's glyph.
		x, y := (2+n%columns)*glyphWidth, f.Height/2/lineHeight*lineHeight+n/columns*lineHeight+2
		for dy := range glyphHeight {
			for dx := range glyphWidth {
				ink := byte(255)
				if dx == 1+n%5 || dy == n%glyphHeight && dx < glyphWidth-1 { // Other glyphs have four strokes.
					ink = 32
				}
				copy(f.Planes[0].Data[((y+dy)*f.Width+x+dx)*4:], []byte{ink, ink, ink})
			}
		}
	}
	return f
}

// BenchmarkTyping measures the processor time and the bytes of a frame in which one glyph is new, after a sharp one:
// from the comparison with the last frame to the sample. Frames come at 30 a second. "whole" converts and encodes whole
// frames, "changes" what has changed. -benchtime counts frames.
func BenchmarkTyping(b *testing.B) {
	need.Encoding(b)
	for _, size := range []struct {
		name          string
		width, height int
	}{{"720p", 1280, 720}, {"1080p", 1920, 1080}, {"2160p", 3840, 2160}} {
		for _, kind := range []struct {
			name string
			o    encode.Options
		}{
			{"VP9-420", encode.Options{Codec: pipeline.VP9, Encoder: "gpvp9enc"}},
			{"VP9-444", encode.Options{Codec: pipeline.VP9, Encoder: "gpvp9enc", FullChroma: true}},
			{"AV1-420", encode.Options{Codec: pipeline.AV1, Encoder: "gpav1enc"}},
		} {
			for _, parts := range []bool{false, true} {
				how := map[bool]string{false: "whole", true: "changes"}[parts]
				b.Run(size.name+"/"+kind.name+"/"+how, func(b *testing.B) {
					o := kind.o
					o.Bitrate, o.Screencast = 2_500_000, true
					benchTyping(b, newTypist(b, size.width, size.height), &o, parts)
				})
			}
		}
	}
}

func benchTyping(b *testing.B, t *typist, o *encode.Options, parts bool) {
	b.Helper()
	w := newScreenWay(b, o, parts)
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	n := 0
	sharpen := func() {
		for step := range 7 {
			w.chain.SetQuality(step)
			f := t.paint(n)
			n++
			<-tick.C
			_, ok := w.encode(f, dropPatience)
			require.True(b, ok)
		}
		w.chain.SetQuality(encode.QualityMotion)
	}
	sharpen()
	for range 5 {
		w.encode(t.paint(n), dropPatience)
		n++
	}
	var cpu time.Duration
	w.bytes.Store(0)
	for b.Loop() {
		f := t.paint(n)
		last := t.frames[(n+1)%2]
		n++
		<-tick.C
		before := proc.Self()
		if !parts { // A source of cameras does not compare.
			require.False(b, bytes.Equal(f.Planes[0].Data, last.Planes[0].Data))
		}
		_, ok := w.encode(f, dropPatience)
		cpu += proc.Self().Since(before).CPU
		require.True(b, ok)
	}
	b.ReportMetric(0, "ns/op") // It is the frame interval.
	b.ReportMetric(cpu.Seconds()*1e3/float64(b.N), "cpu-ms")
	b.ReportMetric(float64(w.bytes.Load())/float64(b.N), "bytes")
}
