// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/gst/screenenc"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// wait limits each wait. On an idle machine there is hardly any.
const wait = 60 * time.Second

// element is one of the encoders.
type element struct {
	name    string
	codec   catalogue.Codec
	decoder string // GStreamer's own decoder
}

var elements = [...]element{ // never written
	{"gpvp8enc", catalogue.VP8, "vp8dec"},
	{"gpvp9enc", catalogue.VP9, "vp9dec"},
	{"gpav1enc", catalogue.AV1, "av1dec"},
}

// each runs a test with every encoder.
func each(t *testing.T, test func(t *testing.T, e *element)) {
	t.Helper()
	gst.Init()
	require.NoError(t, screenenc.Register())
	for i := range elements {
		t.Run(elements[i].name, func(t *testing.T) { test(t, &elements[i]) })
	}
}

// frame is an I420 frame, or a Y444 frame with full chroma, tightly packed.
type frame struct {
	w, h   int
	planes [3][]byte
	full   bool
}

// format returns the frame's format in caps, and the stride of its chroma.
func (p *frame) format() (name string, stride int) {
	if p.full {
		return "Y444", p.w
	}
	return "I420", (p.w + 1) / 2
}

func newFrame(w, h int) *frame {
	cw, ch := (w+1)/2, (h+1)/2
	return &frame{w: w, h: h, planes: [3][]byte{make([]byte, w*h), make([]byte, cw*ch), make([]byte, cw*ch)}}
}

// page is a screen with lines, ramps and blocks of colour, moved by n pixels.
//
//go:norace
func page(w, h, n int) *frame {
	p := newFrame(w, h)
	plain, text, line := make([]byte, w), make([]byte, w), -1
	for x := range plain {
		plain[x] = byte(235 - (x+n)*60/max(w, 64)%60)
	}
	for y := range h {
		row := plain
		if at := y + n; at%12 < 7 {
			if row = text; line != at/12 {
				line = at / 12
				for x, v := range plain {
					if (x*7+line*13)%31 < 9 {
						v = 30
					}
					text[x] = v
				}
			}
		}
		copy(p.planes[0][y*w:], row)
	}
	p.colour()
	return p
}

// colour paints blocks of colour: U changes from left to right, V from top to bottom.
//
//go:norace
func (p *frame) colour() {
	w, h := p.size(1)
	u, v := make([]byte, w), make([]byte, w)
	for x := range u {
		u[x] = byte(110 + x/8*4%40)
	}
	for y := range h {
		for x := range v {
			v[x] = byte(120 + y/8*4%30)
		}
		copy(p.planes[1][y*w:], u)
		copy(p.planes[2][y*w:], v)
	}
}

// noise is a frame that no encoder can predict. The generator is Knuth's MMIX.
//
//go:norace
func noise(w, h int, seed uint64) *frame {
	p := newFrame(w, h)
	for _, plane := range p.planes {
		for i := range plane {
			seed = seed*6364136223846793005 + 1442695040888963407
			plane[i] = byte(40 + seed>>56*150/255)
		}
	}
	return p
}

// psnr is of luma, in dB.
//
//go:norace
func (p *frame) psnr(luma []byte) float64 {
	sum := 0
	for i, v := range p.planes[0] {
		d := int(v) - int(luma[i])
		sum += d * d
	}
	if sum == 0 {
		return 100
	}
	return 10 * math.Log10(255*255*float64(len(p.planes[0]))/float64(sum))
}

// sample is an encoded frame.
type sample struct {
	data []byte
	key  bool
	pts  int64
	info screenenc.SampleInfo
}

// encoder feeds an encoder element.
type encoder struct {
	t        *testing.T
	p        *gst.Pipeline
	src      *gst.AppSrc
	sink     *gst.AppSink
	in       *gst.Element // the appsrc's
	element  *gst.Element
	caps     *gst.Caps
	capsSize [3]int
	n        int
}

// start starts an encoder with these properties, in launch text.
func start(t *testing.T, e *element, properties string) *encoder {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + e.name + " name=enc " + properties + " ! appsink name=out")
	require.NoError(t, err)
	f := &encoder{t: t, p: p, in: p.ByName("in"), element: p.ByName("enc")}
	f.src, err = gst.NewAppSrc(f.in)
	require.NoError(t, err)
	f.sink, err = gst.NewAppSink(p.ByName("out"), 2)
	require.NoError(t, err)
	t.Cleanup(f.stop)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	return f
}

func (f *encoder) stop() {
	require.NoError(f.t, f.p.SetState(context.Background(), gst.StateNull))
	f.src.Close()
	f.sink.Close()
	f.in.Release()
	f.element.Release()
	if f.caps != nil {
		f.caps.Unref()
	}
	require.NoError(f.t, f.p.Close(context.Background()))
}

func (f *encoder) set(property string, value any) {
	f.t.Helper()
	require.NoError(f.t, f.element.SetNearest(property, fmt.Sprint(value)))
}

// push passes a frame with that time to the encoder.
func (f *encoder) push(p *frame, pts time.Duration) {
	f.t.Helper()
	format, stride := p.format()
	if size := [3]int{p.w, p.h, stride}; f.caps == nil || f.capsSize != size {
		if f.caps != nil {
			f.caps.Unref()
		}
		var err error
		f.caps, err = gst.ParseCaps(fmt.Sprintf(
			"video/x-raw,format=%s,width=%d,height=%d,framerate=30/1,colorimetry=bt601", format, p.w, p.h))
		require.NoError(f.t, err)
		f.capsSize = size
	}
	b := gst.Wrap(format, p.w, p.h, p.planes[:], []int{p.w, stride, stride}, nil)
	defer b.Unref()
	_, err := f.src.Push(b, f.caps, int64(pts), int64(time.Second/30))
	require.NoError(f.t, err)
	f.n++
}

// pull returns the next sample.
func (f *encoder) pull() sample {
	f.t.Helper()
	s, err := f.sink.PullRaw(wait)
	if err != nil {
		m := f.p.Next(0)
		require.NoError(f.t, err, "%v", m.Err)
	}
	return f.read(s)
}

// pullIf returns the sample of the last frame, unless it was dropped. The encoder must have
// processed it.
func (f *encoder) pullIf() (c sample, ok bool) {
	f.t.Helper()
	s, err := f.sink.PullRaw(time.Millisecond)
	if errors.Is(err, gst.ErrTimeout) {
		return sample{}, false
	}
	require.NoError(f.t, err)
	return f.read(s), true
}

func (f *encoder) read(s gst.RawSample) sample {
	f.t.Helper()
	defer s.Buffer.Unref()
	info, ok := screenenc.SampleInfoOf(address(s.Buffer))
	require.True(f.t, ok, "no metadata")
	return sample{data: slices.Clone(s.Buffer.Bytes(nil)), key: info.Key, pts: s.PTS, info: info}
}

// address returns the address of the GstBuffer, which internal/gst does not expose.
func address(b gst.Buffer) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&b)) }

// encode pushes a frame a thirtieth of a second after the last, and returns its sample.
func (f *encoder) encode(p *frame) sample {
	f.t.Helper()
	f.push(p, time.Duration(f.n)*time.Second/30)
	return f.pull()
}

// decoded is a decoded frame.
type decoded struct {
	w, h int
	luma []byte // valid until the next frame
	pts  int64
}

// decode decodes all samples with GStreamer's own decoder, and requires one frame for each. It passes each frame to
// take, unless that is nil.
func decode(t *testing.T, e *element, all []sample, take func(n int, d decoded)) {
	t.Helper()
	n := 0
	var luma []byte
	decodeWith(t, e, "videoconvert ! video/x-raw,format=I420", all, func(s gst.Sample, w, h int) {
		if take != nil {
			luma = appendRows(luma[:0], s.Data, w, h)
			take(n, decoded{w: w, h: h, luma: luma, pts: s.PTS})
		}
		n++
	})
	require.Equal(t, len(all), n, "as many frames as samples")
}

// appendRows appends a plane without the gaps between the rows of GStreamer's layout.
func appendRows(to, plane []byte, w, h int) []byte {
	stride := (w + 3) &^ 3
	to = slices.Grow(to, w*h)
	for y := range h {
		to = append(to, plane[y*stride:y*stride+w]...)
	}
	return to
}

// decodeWith decodes all samples, passes the frames through elements, and each to take with its size. A frame is valid
// until the next one.
func decodeWith(t *testing.T, e *element, elements string, all []sample, take func(s gst.Sample, w, h int)) {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + e.decoder + " ! " + elements + " ! appsink name=out")
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close(context.Background())) }()
	src, err := gst.NewSampleSrc(p.ByName("in"), e.codec.StreamCaps(), len(all)+1)
	require.NoError(t, err)
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), 2)
	require.NoError(t, err)
	defer sink.Close()
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	for _, c := range all {
		require.NoError(t, src.Push(c.data, c.pts))
	}
	src.EndOfStream()
	var memory []byte // Under the race detector, new memory costs as much as a decoder.
	for {
		s, err := sink.Pull(wait, memory)
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, "%v", p.Next(0).Err)
		memory = s.Data
		w, h := sink.Caps().Size()
		take(s, w, h)
	}
}
