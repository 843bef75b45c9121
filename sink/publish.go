// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Publish encodes a source's frames and publishes them in a room that is
// connected. It returns when the server has accepted the track; ctx bounds that
// wait only. The publication lasts until it is stopped or closed; the source
// stays the caller's, and may feed several publications.
//
// The encoder is the best that works here: see Options.Prover. One that fails
// later is replaced, and the track stays.
//
// Errors: *proof.NoEncoderError where none works; what GStreamer or the room
// refuses is wrapped as it is.
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
	e, err := p.newEncoding(src)
	if err != nil {
		return err
	}
	p.encoding = e
	g, err := e.begin(ctx)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	if g.track, err = e.newTrack(g.chain.Codec()); err != nil {
		return errors.Join(fmt.Errorf("sink: making a track: %w", err), g.chain.Close())
	}
	e.install(g) // Nobody can end it yet.
	p.group.Go(e.keep)
	if err := p.addVideo(ctx, g.track); err != nil {
		return err
	}
	e.feed.Attach()
	e.wake()
	return nil
}

// newTrack makes the track of what is encoded.
func (e *encoding) newTrack(codec pipeline.Codec) (*track, error) {
	width, height := e.pictureSize()
	t, err := newVideoTrack(e.p.log, codec, width, height, e.bitrateFor(width, height, codec), e.n, e.keyUnit)
	if err != nil {
		return nil, err
	}
	t.onOpen(e.wake)
	return t, nil
}
