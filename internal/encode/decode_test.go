// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"context"
	"image"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline"
)

// otherDecoder returns a decoder from another library than the encoder's if Debian 12 has one: libav for x264,
// openh264, x265 and libvpx. For AV1 there is only libaom's.
func otherDecoder(codec pipeline.Codec) string {
	return map[pipeline.Codec]string{
		pipeline.H264: "h264parse ! avdec_h264 max-threads=1", pipeline.H265: "h265parse ! avdec_h265 max-threads=1",
		pipeline.VP8: "avdec_vp8 max-threads=1", pipeline.VP9: "avdec_vp9 max-threads=1", pipeline.AV1: "av1dec",
	}[codec]
}

// TestSamplesCanBeDecoded encodes thirty test frames in each of two sizes, decodes them, and checks each.
func TestSamplesCanBeDecoded(t *testing.T) {
	need.Encoding(t)
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		for _, size := range [][2]int{{640, 360}, {322, 242}} {
			f := startFeeder(t, &o)
			f.size(size[0], size[1])
			var samples []media.Sample
			for range 30 {
				frame := testframe.Draw(appsrc.BufferI420, f.w, f.h, uint32(f.n))
				samples = append(samples, f.encode(frame))
			}
			requireDecoded(t, o.Codec, samples, size)
		}
	})
}

// encode pushes one frame and waits for its sample.
func (f *feeder) encode(frame *appsrc.VideoFrame) media.Sample {
	f.t.Helper()
	var planes [][]byte
	var strides []int
	for _, p := range frame.Planes[:frame.Type.PlaneCount()] {
		planes, strides = append(planes, p.Data), append(strides, p.Stride)
	}
	b := gst.Wrap("I420", f.w, f.h, planes, strides, nil)
	defer b.Unref()
	_, err := f.chain.Push(b, f.caps, time.Duration(f.n)*time.Second/30)
	require.NoError(f.t, err)
	s := f.next()
	s.Data = slices.Clone(s.Data)
	return s
}

// decodeAs decodes samples to frames in a format, which the appsink has.
func decodeAs(t *testing.T, codec pipeline.Codec, format string, samples []media.Sample) *gst.AppSink {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + otherDecoder(codec) +
		" ! videoconvert ! video/x-raw,format=" + format + " ! appsink name=out")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	src, err := gst.NewSampleSrc(p.ByName("in"), codec.StreamCaps(), len(samples)+1)
	require.NoError(t, err)
	t.Cleanup(src.Close)
	sink, err := gst.NewAppSink(p.ByName("out"), 2)
	require.NoError(t, err)
	t.Cleanup(sink.Close)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	for _, s := range samples {
		require.NoError(t, src.Push(s.Data, s.PTS))
	}
	src.EndOfStream()
	return sink
}

// requireDecoded checks each frame's index and the colours of the last frame.
func requireDecoded(t *testing.T, codec pipeline.Codec, samples []media.Sample, size [2]int) {
	t.Helper()
	sink := decodeAs(t, codec, "RGBA", samples)
	var memory []byte // Under the race detector, new memory costs as much as a decoder.
	for i := range samples {
		s, err := sink.Pull(time.Minute, memory)
		require.NoError(t, err, "frame %d", i)
		memory = s.Data
		w, h := sink.Caps().Size()
		require.Equal(t, [2]int{w, h}, size)
		img := &image.RGBA{Pix: s.Data, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		index, ok := testframe.Read(img, 0)
		require.True(t, ok, "frame %d is damaged", i)
		require.EqualValues(t, i, index)
		if i == len(samples)-1 {
			// videoconvert's fast conversion to RGB is off by four, and a moving screen by another four.
			require.NoError(t, testframe.CheckColours(img, 0, 8))
		}
	}
	_, err := sink.Pull(time.Minute, nil)
	require.ErrorIs(t, err, io.EOF, "more frames than went in")
}
