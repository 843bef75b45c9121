// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// encodeCommand is the encoding process.
	encodeCommand = "encode"
	// encodePatience bounds what it waits for one picture; one that hasn't come by
	// then was left out to hold the rate.
	encodePatience = time.Second
)

// encoded is what encoding alone takes: each changed frame of the clip goes through
// the encode chain as fast as that takes it, one after the other, with the PTS of
// the clip. Nothing is sent, and no policy has a say.
type encoded struct {
	Frames  int     `json:"frames"`
	LeftOut int     `json:"left_out"`
	P50     float64 `json:"p50_ms"` // from CaptureFrame to the coded sample
	P95     float64 `json:"p95_ms"`
	CPU     float64 `json:"cpu_ms"` // of the process, for each frame
	KB      float64 `json:"kb"`
}

// encode is the encoding process.
func (p *publishing) encode(ctx context.Context, out io.Writer) (err error) {
	codec, err := pipeline.ParseCodec(p.codec)
	if err != nil {
		return err
	}
	clip, err := openClip(p.clip, p.size[0], p.size[1], p.fps)
	if err != nil {
		return err
	}
	frames, err := clip.readAll()
	if err = errors.Join(err, clip.close()); err != nil {
		return err
	}
	chain, err := pipeline.NewEncodeChain(&pipeline.EncodeOptions{ //nolint:contextcheck // it takes none
		Codec: codec, Encoder: p.encoder, Bitrate: p.bitrate, FPS: p.fps, Screencast: !p.camera,
	})
	if err != nil {
		return err
	}
	src, err := appsrc.NewVideoSource(clip.width, clip.height, &appsrc.Options{IsScreencast: !p.camera, FPS: p.fps})
	if err != nil {
		return errors.Join(err, chain.Close()) //nolint:contextcheck // closing takes none
	}
	e := &encoding{capturer: capturer{src: src, clip: clip}, chain: chain, samples: make(chan sample, 1)}
	ended := make(chan error, 1)
	go func() { ended <- chain.Run(ctx) }()
	go e.pull()
	<-chain.Started()
	err = e.all(ctx, frames)
	err = errors.Join(err, src.Close(), chain.Close()) //nolint:contextcheck // closing takes none
	for range e.samples {                              // What comes now is nobody's.
	}
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(&e.encoded)
}

// encoding encodes frames, one at a time.
type encoding struct {
	capturer

	chain   *pipeline.EncodeChain
	pts     time.Duration
	samples chan sample
	encoded encoded
}

// sample is a coded frame, and when it came.
type sample struct {
	pts   time.Duration
	bytes int
	at    time.Time
}

// Offer implements appsrc.Consumer: the clip has its own time.
func (e *encoding) Offer(f appsrc.Frame) (replaced int, err error) {
	_, err = e.chain.Push(f.Buffer, f.Caps, e.pts)
	return 0, err
}

func (e *encoding) pull() {
	defer close(e.samples)
	var data []byte
	for {
		s, err := e.chain.Output().Pull(data)
		if err != nil {
			return // What went wrong is Run's to say.
		}
		data = s.Data
		e.samples <- sample{time.Duration(s.PTS), len(s.Data), time.Now()}
	}
}

// all encodes all frames that changed. The first, a key frame for which the encoder
// is set up, isn't timed.
func (e *encoding) all(ctx context.Context, frames [][]byte) error {
	feed := appsrc.NewFeed(e.src, e)
	feed.Attach()
	defer feed.Detach()
	var took []float64
	before := time.Duration(0)
	for i, data := range frames {
		if i > 0 && bytes.Equal(data, frames[i-1]) {
			continue
		}
		e.pts = time.Duration(i) * e.clip.interval()
		begin := time.Now()
		s, err := e.one(ctx, data)
		switch {
		case err != nil:
			return err
		case i == 0:
			before = cpuTime()
			continue
		case s == nil:
			e.encoded.LeftOut++
			continue
		}
		took = append(took, 1000*s.at.Sub(begin).Seconds())
		e.encoded.KB += float64(s.bytes) / 1000
	}
	n := len(took) + e.encoded.LeftOut
	e.encoded.Frames, e.encoded.CPU = n, 1000*(cpuTime()-before).Seconds()/float64(max(n, 1))
	e.encoded.P50, e.encoded.P95 = percentile(took, 50), percentile(took, 95)
	return nil
}

// one captures a frame and waits for its sample; nil where it was left out.
func (e *encoding) one(ctx context.Context, data []byte) (*sample, error) {
	if err := e.capture(data); err != nil {
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
			return nil, nil //nolint:nilnil // left out is no failure
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// measureEncoding measures encoding alone, with the encoder that published.
func (b *benchmark) measureEncoding(ctx context.Context, s *subject, r *result) error {
	argv := []string{
		encodeCommand, "--clip", b.clip.path, "--width", strconv.Itoa(b.clip.width),
		"--height", strconv.Itoa(b.clip.height), "--fps", strconv.Itoa(b.clip.fps),
		"--codec", s.codec, "--encoder", r.Encoder, "--bitrate", strconv.Itoa(s.bitrate),
	}
	if b.camera {
		argv = append(argv, "--camera")
	}
	text, err := output(ctx, s.argv[0], argv...)
	if err != nil {
		return err
	}
	r.Encoded = &encoded{}
	if err = json.Unmarshal(text, r.Encoded); err != nil {
		return fmt.Errorf("reading what encoding took: %w", err)
	}
	return nil
}
