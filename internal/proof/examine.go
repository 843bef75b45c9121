// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// A proof encodes as many frames as fit the budget, but at least the minimum, and requests a key
// frame in between.
const (
	mostFrames  = 30
	leastFrames = 10
	budget      = time.Second
	keyAt       = 5
	// lateWait is how long an encoder may keep a frame before it gets the next one.
	lateWait = 150 * time.Millisecond
	// firstWait is the same for the first frame, for which everything has to start.
	firstWait = 600 * time.Millisecond
	// startWait is how long an encoder may take for its first sample if it has accepted the frame.
	startWait = 2 * time.Second
	// maxLate is the maximum number of frames that an encoder may delay.
	maxLate = 1
)

// sample is one sample, and the frame that it encodes.
type sample struct {
	data []byte
	pts  int64
	key  bool
}

// examination is one proof in progress.
type examination struct {
	request

	step   func(string)
	chain  *encode.Chain
	out    chan sample
	failed chan error
	report Report

	samples []sample
	spent   time.Duration // on all frames except the first
}

// examine proves one encoder in this process.
func examine(ctx context.Context, r request, step func(string)) Report {
	x := &examination{request: r, step: step, out: make(chan sample, 2*mostFrames), failed: make(chan error, 1)}
	if err := x.run(ctx); err != nil {
		x.report.Proven, x.report.Reason = false, err.Error()
		return x.report
	}
	x.report.Proven = true
	return x.report
}

func (x *examination) run(ctx context.Context) (err error) {
	x.step("starting the encoder")
	x.chain, err = encode.New(&encode.Options{
		Codec: x.Want.Codec, Encoder: x.Encoder, Front: &x.Front,
		Bitrate: x.Want.Bitrate, FPS: x.Want.FPS, Screencast: x.Want.Screencast,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.chain.Close()) }()
	x.report.Skipped = x.chain.Skipped()
	go func() { x.failed <- x.chain.Run(ctx) }()
	go x.pull()
	if err = x.encode(); err != nil {
		return err
	}
	x.step("ending the stream")
	if err = x.chain.Stop(ctx); err != nil {
		return err
	}
	for c := range x.out {
		if err = x.take(c, len(x.samples)); err != nil {
			return err
		}
	}
	if n := len(x.samples); n > 1 {
		x.report.FPS = float64(n-1) / x.spent.Seconds()
	}
	x.step("decoding")
	return x.decode(ctx)
}

// pull copies the encoder's samples.
func (x *examination) pull() {
	defer close(x.out)
	for {
		s, err := x.chain.Output().Pull(nil)
		if err != nil {
			return // Run returns the error.
		}
		x.out <- sample{data: slices.Clone(s.Data), pts: s.PTS, key: s.Key}
	}
}

// encode passes frames to the encoder, one after another.
func (x *examination) encode() error {
	w, h := max(x.Want.Width, testframe.MinWidth), max(x.Want.Height, testframe.MinHeight)
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1,colorimetry=bt601", w, h, x.Want.FPS))
	if err != nil {
		return err
	}
	defer caps.Unref()
	begin := time.Now()
	for i := range mostFrames {
		if i >= leastFrames && time.Since(begin) > budget+x.report.First {
			break
		}
		x.step(fmt.Sprintf("encoding frame %d", i))
		if i == keyAt {
			x.chain.ForceKeyFrame()
		}
		sent := time.Now()
		if err := x.push(testframe.Draw(appsrc.BufferI420, w, h, uint32(i)), caps, i); err != nil {
			return err
		}
		if err := x.await(i); err != nil {
			return err
		}
		if took := time.Since(sent); i > 0 {
			x.spent += took
		} else {
			x.report.First = took
		}
	}
	return x.checkKeys()
}

func (x *examination) push(f *appsrc.VideoFrame, caps *gst.Caps, i int) error {
	planes, strides := make([][]byte, 0, len(f.Planes)), make([]int, 0, len(f.Planes))
	for _, p := range f.Planes {
		planes, strides = append(planes, p.Data), append(strides, p.Stride)
	}
	n := f.Type.PlaneCount()
	b := gst.Wrap("I420", f.Width, f.Height, planes[:n], strides[:n], nil)
	defer b.Unref()
	_, err := x.chain.Push(b, caps, x.pts(i))
	return err
}

func (x *examination) pts(i int) time.Duration {
	return time.Duration(i) * time.Second / time.Duration(x.Want.FPS)
}

// await waits for the sample of a frame, or of the previous one if the encoder has been late
// before. An encoder that produces nothing for a frame gets the next one after a while; one that is
// stuck in a frame is waited for until the process is ended.
func (x *examination) await(i int) error {
	patience := x.patience(lateWait)
	if i == 0 {
		patience = x.patience(firstWait)
	}
	late := time.NewTicker(patience)
	defer late.Stop()
	begin := time.Now()
	for x.newest() < i-x.report.Late {
		select {
		case c, open := <-x.out:
			if !open {
				return x.failure()
			}
			if err := x.take(c, i); err != nil {
				return err
			}
		case <-late.C:
			starting := len(x.samples) == 0 && i >= maxLate && time.Since(begin) < x.patience(startWait)
			if taken, busy := x.chain.Progress(); taken > uint64(i) && !busy && !starting {
				return x.holdsBack(i)
			}
		}
	}
	return nil
}

// newest returns the frame of the last sample; -1 before the first.
func (x *examination) newest() int {
	if n := len(x.samples); n > 0 {
		return x.index(x.samples[n-1].pts)
	}
	return -1
}

// holdsBack returns an error if an encoder has produced too few samples for the frames up to i.
// Encoders that drop frames to keep their rate may do so.
func (x *examination) holdsBack(i int) error {
	missing := i - x.newest()
	if missing > maxLate && !x.row().Drops || missing > leastFrames {
		err := fmt.Errorf("it delays frames: %d in, %d out", i+1, len(x.samples))
		if c := x.Want.Codec; len(x.samples) == 0 && (c == catalogue.H264 || c == catalogue.H265) {
			err = fmt.Errorf("%w; or it omits parameter sets, without which nothing can be decoded", err)
		}
		return err
	}
	return nil
}

// failure returns why the samples ended.
func (x *examination) failure() error {
	if err := <-x.failed; err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// take records one sample, when frame i was the last input.
func (x *examination) take(c sample, i int) error {
	if n := len(x.samples); n > 0 && c.pts <= x.samples[n-1].pts {
		return errors.New("it reorders frames: it produces B-frames")
	}
	if len(x.samples) == 0 && !c.key {
		return errors.New("its first sample is not a key frame")
	}
	x.report.Late = max(x.report.Late, i-x.index(c.pts))
	x.samples = append(x.samples, c)
	return nil
}

// index returns the frame of a time.
func (x *examination) index(pts int64) int {
	return int((pts*int64(x.Want.FPS) + int64(time.Second)/2) / int64(time.Second))
}

// checkKeys looks for the requested key frame, among the first samples after the request.
func (x *examination) checkKeys() error {
	after := 0
	for _, c := range x.samples {
		if x.index(c.pts) < keyAt {
			continue
		}
		if c.key {
			return nil
		}
		if after++; after > maxLate {
			break
		}
	}
	return errors.New("it does not produce a key frame on request")
}
