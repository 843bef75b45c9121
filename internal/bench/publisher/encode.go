// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package publisher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/bench/quality"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/pipeline"
)

// encodePatience limits the wait for a sample. A frame without one was dropped to keep to the target.
const encodePatience = time.Second

// Encoded has the figures of encoding alone: each changed frame of the clip goes through the encode chain as fast as
// possible, one after the other, with the PTS of the clip. Nothing is sent, and there is no policy.
type Encoded struct {
	Frames  int     `json:"frames"`
	Dropped int     `json:"dropped"`
	P50     float64 `json:"p50_ms"` // from CaptureFrame to the sample
	P95     float64 `json:"p95_ms"`
	CPU     float64 `json:"cpu_ms"` // of the process, for each frame
	KB      float64 `json:"kb"`
}

// encode runs the encoding process.
func (o *options) encode(ctx context.Context, codec pipeline.Codec, clip *testclip.Clip, out io.Writer) error {
	chain, err := encode.New(&encode.Options{
		Codec: codec, Encoder: o.encoder, Bitrate: o.bitrate, FPS: clip.FPS, Screencast: !o.camera,
		FullChroma: clip.FullChroma,
	})
	if err != nil {
		return err
	}
	src, err := appsrc.NewVideoSource(clip.Width, clip.Height, &appsrc.Options{IsScreencast: !o.camera, FPS: clip.FPS})
	if err != nil {
		return errors.Join(err, chain.Close())
	}
	e := &encoding{src: src, chain: chain, samples: make(chan sample, 1)}
	ended := make(chan error, 1)
	go func() { ended <- chain.Run(ctx) }()
	go e.pull()
	<-chain.Started()
	err = e.all(ctx, clip)
	err = errors.Join(err, src.Close(), chain.Close())
	for range e.samples { // Nothing waits for these.
	}
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(&e.encoded)
}

// encoding encodes frames, one at a time.
type encoding struct {
	src     *appsrc.VideoSource
	chain   *encode.Chain
	pts     time.Duration
	samples chan sample
	encoded Encoded
}

// sample is a sample and the time of its arrival.
type sample struct {
	pts   time.Duration
	bytes int
	at    time.Time
}

// Offer implements frames.Consumer: the clip has its own time.
func (e *encoding) Offer(f frames.Frame) (replaced int, err error) {
	_, err = e.chain.Push(f.Buffer, f.Caps, e.pts)
	return 0, err
}

func (e *encoding) pull() {
	defer close(e.samples)
	var data []byte
	for {
		s, err := e.chain.Output().Pull(data)
		if err != nil {
			return // Run returns the error.
		}
		data = s.Data
		e.samples <- sample{time.Duration(s.PTS), len(s.Data), time.Now()}
	}
}

// all encodes all changed frames. It does not time the first, a key frame for which the encoder is set up.
func (e *encoding) all(ctx context.Context, clip *testclip.Clip) error {
	frame, err := newFrame(clip)
	if err != nil {
		return err
	}
	feed := frames.NewFeed(frames.Of(e.src), e)
	feed.Attach()
	defer feed.Detach()
	var took []float64
	var before proc.Used
	playing := clip.Play()
	for more := true; more; more = playing.Next() {
		i := playing.Index()
		if i > 0 && clip.Changes[i].Empty() {
			continue
		}
		e.pts = clip.At(i)
		begin := time.Now()
		s, err := e.one(ctx, frame, playing.Pixels())
		switch {
		case err != nil:
			return err
		case i == 0:
			before = proc.Self()
			continue
		case s == nil:
			e.encoded.Dropped++
			continue
		}
		took = append(took, 1000*s.at.Sub(begin).Seconds())
		e.encoded.KB += float64(s.bytes) / 1000
	}
	n := len(took) + e.encoded.Dropped
	e.encoded.Frames, e.encoded.CPU = n, 1000*proc.Self().Since(before).CPU.Seconds()/float64(max(n, 1))
	e.encoded.P50, e.encoded.P95 = quality.Percentile(took, 50), quality.Percentile(took, 95)
	return nil
}

// one captures a frame and waits for its sample; nil if it was dropped.
func (e *encoding) one(ctx context.Context, frame *appsrc.VideoFrame, pixels []byte) (*sample, error) {
	if err := frame.SetData(pixels); err != nil {
		return nil, err
	}
	if err := e.src.CaptureFrame(frame, nil); err != nil {
		return nil, err
	}
	patience := time.NewTimer(encodePatience)
	defer patience.Stop()
	for {
		select {
		case s, more := <-e.samples:
			if !more {
				return nil, fmt.Errorf("the encoder has ended: %w", e.chain.Err())
			}
			if s.pts == e.pts {
				return &s, nil
			}
		case <-patience.C:
			return nil, nil //nolint:nilnil // a dropped frame is no failure
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
