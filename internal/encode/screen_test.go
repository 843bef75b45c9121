// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bitstream"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/policy/screencast"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// screen passes pages to an encoder with the settings for screens.
type screen struct {
	*feeder
	row     catalogue.Row
	parser  *bitstream.Parser
	policy  *screencast.Policy
	samples []media.Sample
	given   uint64 // frames
}

// shown describes how a frame was encoded.
type shown struct {
	bitstream.Frame
	quality int
	bytes   int
	sample  int // which of the samples shows it
}

// eachScreen runs f for each software encoder, with the settings for screens.
func eachScreen(t *testing.T, w, h, bitrate int, f func(t *testing.T, s *screen)) {
	t.Helper()
	for _, row := range catalogue.Rows() {
		if tested(&row) {
			t.Run(row.Factory, func(t *testing.T) { f(t, startScreen(t, row, w, h, bitrate)) })
		}
	}
}

func startScreen(t *testing.T, row catalogue.Row, w, h, bitrate int) *screen {
	t.Helper()
	o := Options{Codec: row.Codec, Encoder: row.Factory, Screencast: true, Bitrate: bitrate}
	sharpness := screencast.SharpnessOf(row.Codec.String())
	sharpness.Steps = len(row.Sharp)
	policy, err := screencast.NewPolicy(screencast.Options{
		FPS: 30, MaxBitrate: bitrate, IdleRepeat: time.Second, Sharpness: sharpness,
	})
	require.NoError(t, err)
	policy.SetOpen(true)
	s := &screen{feeder: startFeeder(t, &o), row: row, parser: bitstream.NewParser(o.Codec), policy: policy}
	s.size(w, h)
	return s
}

// show encodes a page at a quality. If the encoder drops it to keep its rate, the previous sample stays visible, and
// shown has no bytes.
func (s *screen) show(p *page, quality int) shown {
	s.t.Helper()
	s.chain.SetQuality(quality)
	s.give(p.pix)
	s.given++
	is := shown{quality: quality, Frame: bitstream.Frame{Quantizer: -1}}
	if sample, ok := s.taken(); ok {
		var err error
		is.Frame, err = s.parser.Parse(sample.Data)
		require.NoError(s.t, err)
		is.bytes = len(sample.Data)
		s.samples = append(s.samples, sample)
	}
	is.sample = len(s.samples) - 1
	return is
}

// taken waits for the sample of the last pushed frame. There is none if the encoder dropped the frame; of the tested
// encoders only openh264enc does that with these pages.
func (s *screen) taken() (media.Sample, bool) {
	s.t.Helper()
	for idle := 0; ; {
		select {
		case sample, ok := <-s.out:
			require.True(s.t, ok, "the chain ended: %v", s.chain.Err())
			require.Equal(s.t, int64(time.Duration(s.n-1)*time.Second/30), sample.PTS, "one in, one out")
			return sample, true
		case <-time.After(time.Millisecond):
		}
		require.NoError(s.t, s.chain.Err())
		switch taken, busy := s.chain.Progress(); {
		case idle == 10_000:
			require.FailNow(s.t, "no sample", "frame %d", s.n)
		case s.row.Factory == "openh264enc" && taken == s.given && !busy && idle >= 100:
			return media.Sample{}, false
		default:
			idle++
		}
	}
}

// now returns the time of the next frame.
func (s *screen) now() time.Duration { return time.Duration(s.n) * time.Second / 30 }

// offer passes a page to the policy and carries out its decision.
func (s *screen) offer(p *page, again bool) shown {
	s.t.Helper()
	at := s.now()
	d := s.policy.Offer(at, screencast.Frame{Again: again, Captured: at, PTS: at})
	require.True(s.t, d.Encode)
	require.NoError(s.t, s.chain.SetRate(d.Target, d.FPS))
	if d.Key {
		s.chain.ForceKeyFrame()
	}
	is := s.show(p, int(d.Quality))
	if is.bytes > 0 {
		require.Equal(s.t, d.Key, is.Key)
		s.policy.Encoded(at, screencast.Sample{PTS: at, Key: is.Key, Quantizer: is.Quantizer, Bytes: is.bytes})
	}
	return is
}

// repeat offers a page again at the time that the policy requests.
func (s *screen) repeat(p *page) shown {
	s.t.Helper()
	at, ok := s.policy.Due(s.now())
	require.True(s.t, ok)
	for s.now() < at {
		s.n++
	}
	return s.offer(p, true)
}

// decode returns the frames of all samples.
func (s *screen) decode() (frames [][]byte) {
	s.t.Helper()
	s.eachDecoded(func(_ int, frame []byte) { frames = append(frames, slices.Clone(frame)) })
	return frames
}

// eachDecoded passes the frame of each sample to take. A frame is valid until the next one.
func (s *screen) eachDecoded(take func(n int, frame []byte)) {
	s.t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + otherDecoder(s.row.Codec) +
		" ! videoconvert ! video/x-raw,format=I420 ! appsink name=out")
	require.NoError(s.t, err)
	src, err := gst.NewSampleSrc(p.ByName("in"), s.row.Codec.StreamCaps(), len(s.samples)+1)
	require.NoError(s.t, err)
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), 2)
	require.NoError(s.t, err)
	defer sink.Close()
	defer func() { require.NoError(s.t, p.Close(s.t.Context())) }()
	require.NoError(s.t, p.SetState(s.t.Context(), gst.StatePlaying))
	for _, sample := range s.samples {
		require.NoError(s.t, src.Push(sample.Data, sample.PTS))
	}
	src.EndOfStream()
	var sample media.Sample
	for n := range s.samples {
		sample, err = sink.Pull(time.Minute, sample.Data)
		require.NoError(s.t, err)
		w, h := sink.Caps().Size()
		require.Equal(s.t, [2]int{s.w, s.h}, [2]int{w, h}, "the size is kept")
		require.Len(s.t, sample.Data, w*h*3/2)
		take(n, sample.Data)
	}
	_, err = sink.Pull(time.Minute, nil)
	require.ErrorIs(s.t, err, io.EOF, "more frames than went in")
}
