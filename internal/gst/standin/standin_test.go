// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst"
)

const wait = 30 * time.Second

// want registers an element.
func want(t *testing.T, names ...string) {
	t.Helper()
	specs, err := testSpecs()
	require.NoError(t, err)
	for _, name := range names {
		require.NoError(t, registerOf(specs, name, "1.22"))
	}
}

// fault sets a fault until the end of the test.
func fault(t *testing.T, factory string, f Fault) {
	t.Helper()
	SetFault(factory, f)
	t.Cleanup(func() { SetFault(factory, Fault{}) })
}

func parse(t *testing.T, text string) *gst.Pipeline {
	t.Helper()
	p, err := gst.Parse(text)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close(context.Background())) })
	return p
}

// end waits for the end of the stream or an error.
func end(p *gst.Pipeline) error {
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		switch m := p.Next(100 * time.Millisecond); m.Type {
		case gst.MessageEOS:
			return nil
		case gst.MessageError:
			return m.Err
		default: // nothing yet
		}
	}
	return errors.New("the stream doesn't end")
}

// runToEnd plays launch text until the stream ends.
func runToEnd(text string) error {
	p, err := gst.Parse(text)
	if err != nil {
		return err
	}
	err = p.SetState(context.Background(), gst.StatePlaying)
	if m := end(p); m != nil {
		err = m // It has more details.
	}
	return errors.Join(err, p.Close(context.Background()))
}

// sample is one sample.
type sample struct {
	data []byte
	key  bool
	pts  int64
}

// encode returns the samples of the appsink "out". If at is not nil, encode calls it at each sample with the number of
// samples so far.
func encode(t *testing.T, text string, at func(p *gst.Pipeline, sink *gst.AppSink, n int)) (all []sample) {
	t.Helper()
	p := parse(t, text)
	sink, err := gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	defer func() {
		require.NoError(t, p.SetState(context.Background(), gst.StateNull))
		sink.Close()
	}()
	require.NoError(t, p.SetState(context.Background(), gst.StatePlaying))
	for {
		s, err := sink.Pull(wait, nil)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, sample{data: s.Data, key: s.Key, pts: s.PTS})
		if at != nil {
			at(p, sink, len(all))
		}
	}
}

const source = "videotestsrc num-buffers=30 pattern=ball !" +
	" video/x-raw,width=320,height=240,framerate=30/1 ! videoconvert ! "

// frame returns the luma of the first sample's frame.
func frame(t *testing.T, text string) []byte {
	t.Helper()
	p := parse(t, text+" ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=out")
	sink, err := gst.NewAppSink(p.ByName("out"), 1)
	require.NoError(t, err)
	defer func() {
		require.NoError(t, p.SetState(context.Background(), gst.StateNull))
		sink.Close()
	}()
	require.NoError(t, p.SetState(context.Background(), gst.StatePlaying))
	s, err := sink.PullRaw(wait)
	require.NoError(t, err)
	defer s.Buffer.Unref()
	return s.Buffer.Bytes(nil)
}

func keyFrames(samples []sample) (at []int) {
	for i, s := range samples {
		if s.key {
			at = append(at, i)
		}
	}
	return at
}

func TestRegister(t *testing.T) {
	want(t, "vah264enc", "vah264enc")
	require.True(t, gst.HasFactory("vah264enc"))
	specs, err := testSpecs()
	require.NoError(t, err)
	require.ErrorContains(t, registerOf(specs, "vah264enc", "1.26"), "vah264enc of 1.26: it is there as in 1.22")
	require.ErrorContains(t, Register("vah264dec", "1.26"), "no spec of vah264dec")
	broken := Spec{Name: "brokenenc", Codec: "H264", SinkCaps: []string{"video/x-raw,,"}, SrcCaps: []string{"a/b"}}
	require.ErrorContains(t, register(&broken, "1.22"), "its caps are malformed")
	require.False(t, gst.HasFactory("brokenenc"))
	require.Zero(t, Counts("brokenenc"))
}

func TestAStandInReplacesTheRealElement(t *testing.T) {
	const name = "videobalance"
	require.True(t, gst.HasFactory(name))
	spec := Spec{Name: name, Kind: Convert, SinkCaps: []string{"video/x-raw"}, SrcCaps: []string{"video/x-raw"}}
	require.NoError(t, register(&spec, "1.22"))
	before := Counts(name).Frames
	_, err := gst.Parse(name + " hue=0.5")
	require.ErrorContains(t, err, `no property "hue"`)
	require.NoError(t, runToEnd(source+name+" ! fakesink"))
	require.Equal(t, 30, Counts(name).Frames-before)
	// A stand-in cannot contain itself.
	spec = Spec{Name: "x264enc", Kind: Encode, Codec: "H264", SinkCaps: []string{"a/b"}, SrcCaps: []string{"a/b"}}
	require.Error(t, register(&spec, "1.22"))
}

func TestProperties(t *testing.T) {
	want(t, "vah264enc")
	p := parse(t, "vah264enc name=enc bitrate=700 rate-control=vbr extra-controls=c,a=(int)1")
	e := p.ByName("enc")
	defer e.Release()
	for name, value := range map[string]string{
		"aud": "false", "b-frames": "0", "bitrate": "700", "cc-insert": "", "label": "two words", "offset": "-1",
		"ratio": "0.5", "span": "-1", "rate-control": "vbr", "tune": "low+fast",
	} {
		require.Equal(t, value, e.Get(name), name)
	}
	require.Contains(t, e.Get("extra-controls"), `a\=\(int\)1`)
	require.NoError(t, e.Set("tune", "odd"))
	require.Equal(t, "odd", e.Get("tune"))
	require.NoError(t, e.Set("label", "other"))
	require.Equal(t, "other", e.Get("label"))
	var refused *gst.PropertyError
	require.ErrorAs(t, e.Set("rate-control", "sometimes"), &refused)
	require.Equal(t, gst.BadValue, refused.Reason)
	require.Equal(t, "one of cbr, vbr, vcm, cqp, no control", refused.Hint)
	require.ErrorAs(t, e.Set("bitrate", "2048001"), &refused)
	require.Equal(t, gst.OutOfRange, refused.Reason)
	require.ErrorAs(t, e.Set("quality", "1"), &refused)
	require.Equal(t, gst.NoProperty, refused.Reason)
}

func TestPlainEncode(t *testing.T) {
	want(t, "vah264enc")
	before := Counts("vah264enc")
	require.NoError(t, runToEnd(source+
		"vah264enc bitrate=500 ! video/x-h264,profile=constrained-baseline ! h264parse ! avdec_h264 ! fakesink"))
	after := Counts("vah264enc")
	require.Equal(t, 1, after.Instances-before.Instances)
	require.Equal(t, 30, after.Frames-before.Frames)
}

// TestCodecs decodes the samples of each codec, with the requested caps.
func TestCodecs(t *testing.T) {
	tests := map[string]string{
		"vah264enc":  "video/x-h264,profile=main ! h264parse ! avdec_h264",
		"nvh264enc":  "video/x-h264,stream-format=avc,profile=high ! avdec_h264",
		"vtenc_h264": "video/x-h264,stream-format=avc ! h264parse ! avdec_h264",
		"vah265enc":  "video/x-h265,profile=main,stream-format=byte-stream ! h265parse ! avdec_h265",
		"vtenc_h265": "video/x-h265,stream-format=hvc1 ! h265parse ! avdec_h265",
		"vavp8enc":   "video/x-vp8 ! vp8dec",
		"vavp9enc":   "video/x-vp9,profile=(string)0,alignment=super-frame ! vp9dec",
		"vaav1enc":   "video/x-av1,profile=main,alignment=frame ! av1parse ! av1dec",
	}
	plain := frame(t, source+"identity")
	for factory, rest := range tests {
		t.Run(factory, func(t *testing.T) {
			want(t, factory)
			samples := encode(t, source+factory+" ! "+strings.Split(rest, " ! ")[0]+" ! appsink name=out", nil)
			require.Len(t, samples, 30)
			require.Equal(t, []int{0}, keyFrames(samples))
			decoded := frame(t, source+factory+" ! "+rest)
			require.Len(t, decoded, len(plain))
			require.Less(t, difference(plain, decoded), 4.0)
		})
	}
}

// difference returns the mean absolute difference.
//
//go:norace
func difference(a, b []byte) float64 {
	var sum int
	for i := range a {
		sum += max(int(a[i]), int(b[i])) - min(int(a[i]), int(b[i]))
	}
	return float64(sum) / float64(len(a))
}

func TestMemories(t *testing.T) {
	want(t, "vah264enc", "nvh264enc", "nvv4l2h264enc", "vapostproc", "cudaupload", "anyconvert")
	for _, rest := range []string{
		"vapostproc ! video/x-raw(memory:VAMemory),format=NV12 ! vah264enc",
		"vapostproc ! vah264enc",
		"vapostproc ! video/x-raw(memory:VAMemory) ! vapostproc ! video/x-raw,format=BGRx ! vapostproc ! vah264enc",
		"vapostproc ! video/x-raw(memory:VAMemory),width=160,height=120 ! vah264enc",
		"video/x-raw,format=NV12 ! cudaupload ! video/x-raw(memory:CUDAMemory),format=NV12 ! nvh264enc",
		"anyconvert ! nvv4l2h264enc",
	} {
		require.NoError(t, runToEnd(source+rest+" ! h264parse ! avdec_h264 ! fakesink"), rest)
	}
	for _, rest := range []string{
		// They move frames between kinds of memory, and do not convert.
		"video/x-raw,format=I420 ! cudaupload ! video/x-raw(memory:CUDAMemory),format=NV12 ! nvh264enc",
		"nvv4l2h264enc",
		"vapostproc ! video/x-raw(memory:VAMemory),format=NV12 ! nvh264enc",
	} {
		require.Error(t, runToEnd(source+rest+" ! fakesink"), rest)
	}
}

func TestKeyFrames(t *testing.T) {
	const live = " ! appsink name=out"
	event := func(_ *testing.T, _ *gst.Pipeline, sink *gst.AppSink) { sink.ForceKeyFrame() }
	signal := func(t *testing.T, p *gst.Pipeline, _ *gst.AppSink) {
		t.Helper()
		e := p.ByName("enc")
		defer e.Release()
		require.True(t, e.Emit("force-IDR"))
	}
	tests := map[string]struct {
		factory string
		ask     func(*testing.T, *gst.Pipeline, *gst.AppSink)
		fault   Fault
		listens bool
		key     bool
	}{
		"H.264":          {"vah264enc", event, Fault{}, true, true},
		"H.265":          {"vah265enc", event, Fault{}, true, true},
		"VP8":            {"vavp8enc", event, Fault{}, true, true},
		"VP9":            {"vavp9enc", event, Fault{}, true, true},
		"AV1":            {"vaav1enc", event, Fault{}, true, true},
		"signal":         {"nvv4l2h264enc", signal, Fault{}, true, true},
		"not so":         {"nvv4l2h264enc", event, Fault{}, false, false},
		"none":           {"v4l2h264enc", event, Fault{}, false, false},
		"ignored":        {"vah264enc", event, Fault{Kind: IgnoreKeyFrame}, true, false},
		"ignored signal": {"nvv4l2h264enc", signal, Fault{Kind: IgnoreKeyFrame}, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want(t, tt.factory, "anyconvert")
			fault(t, tt.factory, tt.fault)
			before := Counts(tt.factory).KeyFrames
			samples := encode(t, source+"anyconvert ! "+tt.factory+" name=enc"+live,
				func(p *gst.Pipeline, sink *gst.AppSink, n int) {
					if n == 10 {
						tt.ask(t, p, sink)
					}
				})
			require.Len(t, samples, 30)
			if tt.key {
				// Some frames were already inside.
				require.Len(t, keyFrames(samples), 2)
				require.InDelta(t, 11, keyFrames(samples)[1], 3)
			} else {
				require.Equal(t, []int{0}, keyFrames(samples))
			}
			require.Equal(t, tt.listens, Counts(tt.factory).KeyFrames-before == 1)
		})
	}
}

func TestBitrate(t *testing.T) {
	tests := map[string]struct {
		factory, property, first, then string
		inner, innerFirst, innerThen   string
		keys                           int
	}{
		"H.264, with a key frame": {"vah264enc", "bitrate", "500", "900", "bitrate", "500", "900", 2},
		"H.264, bit/s":            {"nvv4l2h264enc", "bitrate", "500000", "900000", "bitrate", "500", "900", 1},
		"H.264, fixed":            {"vtenc_h264", "bitrate", "500", "900", "bitrate", "500", "500", 1},
		"structure": {
			"v4l2h264enc", "extra-controls", "c,video_bitrate=500000", "c,video_bitrate=900000", "bitrate", "500", "900", 1,
		},
		"H.265": {"vah265enc", "bitrate", "500", "900", "bitrate", "500", "900", 2}, // as x265enc does
		"VP8":   {"vavp8enc", "bitrate", "500", "900", "target-bitrate", "500000", "900000", 1},
		"VP9":   {"vavp9enc", "bitrate", "500", "900", "target-bitrate", "500000", "900000", 1},
		"AV1":   {"vaav1enc", "bitrate", "500", "900", "target-bitrate", "500", "900", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want(t, tt.factory, "anyconvert")
			before := Counts(tt.factory).BitrateChanges
			samples := encode(t, source+"anyconvert ! "+tt.factory+" name=enc "+tt.property+"="+tt.first+" ! appsink name=out",
				func(p *gst.Pipeline, _ *gst.AppSink, n int) {
					if n != 10 {
						return
					}
					outer, inner := p.ByName("enc"), p.ByName("standin-encoder")
					defer outer.Release()
					defer inner.Release()
					require.Equal(t, tt.innerFirst, inner.Get(tt.inner))
					require.NoError(t, outer.Set(tt.property, tt.then))
					require.Equal(t, tt.innerThen, inner.Get(tt.inner))
				})
			require.Len(t, samples, 30)
			require.Len(t, keyFrames(samples), tt.keys)
			require.Equal(t, 1, Counts(tt.factory).BitrateChanges-before)
		})
	}
}

// TestBitrateIsKept: the rate of the output follows the target.
func TestBitrateIsKept(t *testing.T) {
	want(t, "nvh264enc")
	const moving = "videotestsrc num-buffers=90 pattern=smpte horizontal-speed=5 !" +
		" video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! nvh264enc bitrate="
	rate := func(kbit string) (bits int) {
		for _, s := range encode(t, moving+kbit+" ! appsink name=out", nil) {
			bits += 8 * len(s.data)
		}
		return bits / 3
	}
	require.Less(t, rate("100"), rate("400"))
	require.InEpsilon(t, 200_000, rate("200"), 0.25)
}
