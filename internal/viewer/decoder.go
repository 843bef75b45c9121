// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// pullTimeout limits a wait inside GStreamer.
	pullTimeout = 100 * time.Millisecond
	// queuedSamples is the number of samples that may wait for the decoder, a second of them. If
	// more arrive, the receiver waits.
	queuedSamples = 30
	// frameSpacing is the distance between the time stamps that match frames with their samples. It
	// must exceed a decoder's rounding error.
	frameSpacing = int64(time.Millisecond)
)

// decoder decodes samples. One goroutine calls push and endOfStream, another run. stop is safe for
// concurrent use; close is called last.
type decoder struct {
	pipeline *gst.Pipeline
	src      *gst.SampleSrc
	sink     *gst.AppSink
	warn     func(error) // for errors after which the decoder could continue

	mu     sync.Mutex
	coming []incoming // samples that were pushed and have produced no frame yet
	pts    int64
}

// incoming describes a sample that was passed to the decoder.
type incoming struct {
	pts      int64
	rtpTime  uint32
	key      bool
	bytes    int
	received time.Time
}

func newDecoder(ctx context.Context, c *codec, warn func(error)) (*decoder, error) {
	element, err := c.decoder()
	if err != nil {
		return nil, err
	}
	p, err := gst.Parse("appsrc name=in ! " + element.text + //nolint:contextcheck // Parse takes none
		" ! videoconvert n-threads=1 ! video/x-raw,format=(string){I420,Y444} ! appsink name=out")
	if err != nil {
		return nil, fmt.Errorf("viewer: building a decoder for %s: %w", c.name, err)
	}
	d := &decoder{pipeline: p, warn: warn}
	if err := d.start(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("viewer: starting a decoder for %s: %w", c.name, err), d.close(ctx))
	}
	return d, nil
}

// decoder returns the first of the codec's decoders that is installed.
func (c *codec) decoder() (decoderElement, error) {
	for _, element := range c.decoders {
		if gst.HasFactory(element.factory) {
			return element, nil
		}
	}
	missing := c.decoders[0]
	return decoderElement{}, fmt.Errorf("viewer: decoding %s: %w", c.name,
		&pipeline.MissingElementError{Element: missing.factory, Package: missing.debian})
}

func (d *decoder) start(ctx context.Context, c *codec) (err error) {
	in, out := d.pipeline.ByName("in"), d.pipeline.ByName("out")
	if d.src, err = gst.NewSampleSrc(in, c.caps, queuedSamples); err != nil {
		in.Release()
		out.Release()
		return err
	}
	if d.sink, err = gst.NewAppSink(out, queuedSamples); err != nil {
		out.Release()
		return err
	}
	return d.pipeline.SetState(ctx, gst.StatePlaying)
}

// push passes a sample to the decoder. It waits while the decoder is behind.
func (d *decoder) push(f *sample, received time.Time) error {
	d.mu.Lock()
	d.pts += frameSpacing
	in := incoming{pts: d.pts, rtpTime: f.rtpTime, key: f.key, bytes: len(f.data), received: received}
	d.coming = append(d.coming, in)
	d.mu.Unlock()
	return d.src.Push(f.data, in.pts)
}

// endOfStream makes run return after the remaining frames.
func (d *decoder) endOfStream() { d.src.EndOfStream() }

// run delivers frames until the stream ends or is stopped. The error is the decoder's, and nil at
// the end of the stream.
func (d *decoder) run(deliver func(*Frame)) error {
	var failure error
	for {
		// A new slice for each frame, since the viewer's caller keeps it.
		sample, err := d.sink.Pull(pullTimeout, nil)
		if failure == nil {
			failure = d.checkBus()
		}
		if err == nil { // The frame precedes any failure.
			p, malformed := d.frame(sample)
			if malformed != nil {
				return malformed
			}
			deliver(p)
			continue
		}
		switch {
		case failure != nil:
			return failure
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, gst.ErrTimeout):
			return fmt.Errorf("viewer: decoding: %w", err)
		}
	}
}

// checkBus reads the messages of the elements. The error is the reason why they stopped.
func (d *decoder) checkBus() error {
	for {
		m := d.pipeline.Next(0)
		switch m.Type {
		case gst.MessageError:
			return fmt.Errorf("viewer: decoding: %w", m.Err)
		case gst.MessageWarning:
			d.warn(m.Err)
		default:
			return nil
		}
	}
}

// frame returns a frame that the decoder has output.
func (d *decoder) frame(s gst.Sample) (*Frame, error) {
	width, height := d.sink.Caps().Size()
	format := "I420"
	full := strings.Contains(d.sink.Caps().String(), "format=(string)Y444")
	if full {
		format = "Y444"
	}
	data, err := pack(s.Data, format, width, height)
	if err != nil {
		return nil, err
	}
	in := d.take(s.PTS)
	return &Frame{
		Width: width, Height: height, YUV: data, FullChroma: full,
		RTPTime: in.rtpTime, Key: in.key, Bytes: in.bytes, Received: in.received, Decoded: time.Now(),
	}, nil
}

// take returns what is known of the sample with a time stamp, and forgets earlier samples, for
// which the decoder output no frame.
func (d *decoder) take(pts int64) incoming {
	d.mu.Lock()
	defer d.mu.Unlock()
	var in incoming
	for len(d.coming) > 0 && d.coming[0].pts <= pts {
		in = d.coming[0]
		d.coming = d.coming[1:]
	}
	return in
}

// stop makes push and run return. It also works if ctx has ended.
func (d *decoder) stop(ctx context.Context) error {
	return d.pipeline.SetState(context.WithoutCancel(ctx), gst.StateNull)
}

// close stops the decoder and releases it. Neither push nor run may be running. ctx may have ended.
func (d *decoder) close(ctx context.Context) error {
	err := d.stop(ctx)
	if d.src != nil {
		d.src.Close()
	}
	if d.sink != nil {
		d.sink.Close()
	}
	return errors.Join(err, d.pipeline.Close(context.WithoutCancel(ctx)))
}

// pack removes the padding from a frame, in I420 or Y444, in GStreamer's own layout.
func pack(data []byte, format string, width, height int) ([]byte, error) {
	layout, err := gst.LayoutOf(format, width, height)
	if err != nil {
		return nil, err
	}
	if len(data) != layout.Size {
		return nil, fmt.Errorf("viewer: decoding: a frame of %dx%d has %d bytes, want %d",
			width, height, len(data), layout.Size)
	}
	chromaWidth, chromaHeight := chromaSize(width, height, format == "Y444")
	packed := width*height + 2*chromaWidth*chromaHeight
	if packed == layout.Size {
		return data, nil
	}
	out := make([]byte, 0, packed)
	for i, plane := range layout.Planes {
		rowBytes, rows := chromaWidth, chromaHeight
		if i == 0 {
			rowBytes, rows = width, height
		}
		for y := range rows {
			start := plane.Offset + y*plane.Stride
			out = append(out, data[start:start+rowBytes]...)
		}
	}
	return out, nil
}
