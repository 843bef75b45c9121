// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Publish encodes a source's frames and publishes them in a room that is
// connected. It returns when the server has accepted the track; ctx bounds that
// wait only. The publication lasts until it is stopped or closed; the source
// stays the caller's, and may feed several publications.
//
// Errors: a missing encoder is a *pipeline.MissingElementError; what GStreamer
// or the room refuses is wrapped as it is.
func Publish(
	ctx context.Context, room *lksdk.Room, src *appsrc.VideoSource, opts *Options,
) (*Publication, error) {
	o, err := opts.withDefaults(src.IsScreencast())
	if err != nil {
		return nil, err
	}
	p := newPublication(room, o)
	if err := p.publishSource(ctx, src); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	go p.watch()
	return p, nil
}

// publishSource adds the track that encodes src.
func (p *Publication) publishSource(ctx context.Context, src *appsrc.VideoSource) error {
	width, height := src.Size()
	e := &encoding{src: src, fps: src.FPS(), opts: p.opts}
	bitrate := e.bitrateFor(width, height)
	var err error
	e.chain, err = pipeline.NewEncodeChain(&pipeline.EncodeOptions{
		Options:    pipeline.Options{Logger: p.log},
		Codec:      p.opts.Codec,
		Encoder:    p.opts.Encoder,
		Bitrate:    bitrate,
		FPS:        e.fps,
		Screencast: p.opts.Screencast,
	})
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	p.encoding = e
	e.track, err = newVideoTrack(p.log, p.opts.Codec, width, height, bitrate, e.keyUnit)
	if err != nil {
		return fmt.Errorf("sink: making a track: %w", err)
	}
	p.group.Go(func() error { return e.chain.Run(context.Background()) })
	<-e.chain.Started()
	if err := e.chain.Err(); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	p.group.Go(func() error { return e.track.pump(e.chain.Output()) })
	e.track.onOpen(e.wake)
	if err := p.addVideo(ctx, e.track); err != nil {
		return err
	}
	e.detach = src.Attach(e)
	e.wake()
	return nil
}

// encoding takes a source's frames to an encode chain and its track.
type encoding struct {
	src    *appsrc.VideoSource
	chain  *pipeline.EncodeChain
	track  *track
	opts   Options
	fps    int
	detach func()
	pushes atomic.Uint64 // pictures given to the chain
	missed atomic.Bool   // the last one was not, as nobody would have got it

	// Of Offer, whose calls come one after another.
	dropped       uint64
	width, height int
}

func (e *encoding) bitrateFor(width, height int) int {
	if e.opts.Bitrate > 0 {
		return e.opts.Bitrate
	}
	if width == 0 {
		width, height = 1280, 720 // until a frame says better
	}
	return presetBitrate(width, height, e.fps, e.opts.Screencast, e.opts.Codec)
}

// Offer implements appsrc.Consumer.
func (e *encoding) Offer(f appsrc.Frame) (replaced int, err error) {
	e.track.n.offered.Add(1)
	if !e.track.open() {
		if err = e.chain.Err(); err != nil {
			return 0, err
		}
		e.missed.Store(true)
		e.track.awaitKey.Store(true)
		e.track.countClosed()
		return 0, nil
	}
	e.missed.Store(false)
	e.pushes.Add(1)
	if w, h := f.Caps.Size(); w != e.width || h != e.height {
		e.width, e.height = w, h
		if err = e.chain.SetBitrate(e.bitrateFor(w, h)); err != nil {
			return 0, err
		}
	}
	if e.track.awaitKey.Load() && e.track.keys.due() {
		// The picture is here, so the source, which waits for us, isn't asked.
		e.track.n.keyRequests.Add(1)
		e.chain.ForceKeyUnit()
	}
	dropped, err := e.chain.Push(f.Buffer, f.Caps, f.PTS)
	replaced = int(dropped - e.dropped)
	e.dropped = dropped
	e.track.n.queueFull.Store(dropped)
	return replaced, err
}

// quietAfter is after how many of its frame times a source counts as still.
const quietAfter = 3

// keyUnit makes the next picture a key frame, and sees to it that there is a
// next picture: a source that stands still gives its last once more.
func (e *encoding) keyUnit() {
	e.chain.ForceKeyUnit()
	if e.missed.Load() {
		e.src.Repeat(0)
		return
	}
	quiet := quietAfter * e.chain.FrameDuration()
	if e.src.Repeat(quiet) {
		return
	}
	// It moves, so its next frame will do, unless this was its last.
	pushes := e.pushes.Load()
	time.AfterFunc(quiet, func() {
		if e.pushes.Load() == pushes {
			e.src.Repeat(0)
		}
	})
}

// wake answers that someone may watch from now on.
func (e *encoding) wake() {
	if e.track.open() {
		e.track.keys.request()
	}
}
