// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

const (
	// colourTolerance is how far a colour may be off, of 255: a first key frame at a low rate is
	// crude, but a driver's mistake is larger.
	colourTolerance = 32
	pullStep        = 100 * time.Millisecond
	// mostWrong: one frame in this many may look wrong. libvpx and libaom at their real-time speeds
	// sometimes leave parts of a changed block unchanged.
	mostWrong = 4
)

// decoders returns software decoders for a codec, as launch text. None uses the hardware under
// test.
func decoders(c catalogue.Codec) []string {
	switch c {
	case catalogue.H264:
		return []string{"avdec_h264 max-threads=1", "openh264dec"}
	case catalogue.H265:
		return []string{"avdec_h265 max-threads=1", "libde265dec"}
	case catalogue.VP8:
		return []string{"vp8dec", "avdec_vp8 max-threads=1"}
	case catalogue.VP9:
		return []string{"vp9dec", "avdec_vp9 max-threads=1"}
	case catalogue.AV1:
		return []string{"dav1ddec n-threads=1", "av1dec", "avdec_av1 max-threads=1"}
	default:
		return nil
	}
}

func (x *examination) row() catalogue.Row {
	row, _ := catalogue.Find(x.Encoder)
	return row
}

// decode decodes the samples and compares the frames.
func (x *examination) decode(ctx context.Context) error {
	text, found := decoderOf(x.Want.Codec)
	if !found {
		return nil
	}
	x.report.Decoder, _, _ = strings.Cut(text, " ")
	return x.decodeWith(ctx, text)
}

// decoderOf returns the first installed decoder for a codec, as launch text.
func decoderOf(c catalogue.Codec) (text string, found bool) {
	for _, text := range decoders(c) {
		if name, _, _ := strings.Cut(text, " "); gst.HasFactory(name) {
			return text, true
		}
	}
	return "", false
}

func (x *examination) decodeWith(ctx context.Context, decoder string) (err error) {
	parser := map[catalogue.Codec]string{catalogue.H264: "h264parse ! ", catalogue.H265: "h265parse ! "}[x.Want.Codec]
	p, err := gst.Parse("appsrc name=in ! " + parser + decoder + //nolint:contextcheck // Parse takes none
		" ! videoconvert ! video/x-raw,format=RGBA ! appsink name=out")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	src, err := gst.NewSampleSrc(p.ByName("in"), x.Want.Codec.StreamCaps(), len(x.samples)+1)
	if err != nil {
		return err
	}
	defer src.Close()
	sink, err := gst.NewAppSink(p.ByName("out"), len(x.samples)+1)
	if err != nil {
		return err
	}
	defer sink.Close()
	if err = p.SetState(ctx, gst.StatePlaying); err != nil {
		return err
	}
	for _, c := range x.samples {
		if err = src.Push(c.data, c.pts); err != nil {
			return err
		}
	}
	src.EndOfStream()
	return x.look(p, sink)
}

// look compares the decoded frames with the originals.
func (x *examination) look(p *gst.Pipeline, sink *gst.AppSink) error {
	seen := 0
	var wrong error
	var data []byte
	for {
		s, err := sink.Pull(pullStep, data)
		if m := p.Next(0); m.Type == gst.MessageError {
			return fmt.Errorf("its output can't be decoded: %w", m.Err)
		}
		if errors.Is(err, gst.ErrTimeout) {
			continue
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		data = s.Data
		w, h := sink.Caps().Size()
		if err := x.compare(s, w, h, seen == len(x.samples)-1); err != nil {
			x.report.Wrong++
			wrong = err
		}
		seen++
	}
	if seen != len(x.samples) {
		return fmt.Errorf("only %d of %d samples can be decoded", seen, len(x.samples))
	}
	if x.report.Wrong*mostWrong >= seen {
		return fmt.Errorf("its output does not look like the input: %w", wrong)
	}
	return nil
}

func (x *examination) compare(s gst.Sample, width, height int, last bool) error {
	img := &image.RGBA{Pix: s.Data, Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}
	if len(img.Pix) < img.Stride*height {
		return fmt.Errorf("a decoded frame of %dx%d has %d bytes", width, height, len(img.Pix))
	}
	if index, ok := testframe.Read(img, 0); !ok || int(index) != x.index(s.PTS) {
		return fmt.Errorf("frame %d", x.index(s.PTS))
	}
	if !last {
		return nil
	}
	return testframe.CheckColours(img, 0, colourTolerance)
}
