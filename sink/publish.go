// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package sink publishes video, with optional audio, in LiveKit rooms.
//
// Publish encodes the frames of an appsrc.VideoSource. PublishPipeline runs a pipeline.Pipeline and
// publishes its outputs, encoding those that are raw. Both return a Publication, to be ended with
// Stop or Close. PreparePipeline does the part of PublishPipeline that needs no room, for a program
// that joins one in the meantime.
//
// Nothing is encoded before the track is negotiated or while it is muted. Whenever a viewer could
// start to watch, the next frame is a key frame: when the track is bound, including after a
// reconnect, when it is unmuted, and when the server requests one with PLI or FIR, at most once in
// 300 ms; only the first viewer of a track does not wait for that. RTP time is the buffers' PTS.
package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// ErrNoRoom is returned for a room that is nil.
var ErrNoRoom = errors.New("sink: publishing: the room is nil")

// Publish encodes a source's frames and publishes them in a connected room. It returns when the
// server has accepted the track; ctx limits only that wait. The publication lasts until it is
// stopped or closed. The source remains the caller's, and may feed several publications.
//
// The encoder is the best one that works on this machine: see gstpublish.Room, without which it is the
// first installed software encoder. If it fails later it
// is replaced, and the track stays.
//
// Errors: *PermissionError and *CodecError if the server will not accept the track,
// *pipeline.NoEncoderError if no encoder works; errors of GStreamer and of the room are wrapped.
func Publish(
	ctx context.Context, room *lksdk.Room, src *appsrc.VideoSource, opts *Options,
) (*Publication, error) {
	o, err := opts.withDefaults(src.IsScreencast())
	if err != nil {
		return nil, err
	}
	p := newPublication(ctx, o)
	p.room = room
	if room != nil {
		err = permits(room, o.Source)
	}
	var publish publishing
	if err == nil {
		publish, err = p.prepareSource(ctx, src)
	}
	if err == nil {
		err = p.enter(ctx, room, publish)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// publishing publishes tracks in Publication.room.
type publishing func(ctx context.Context) error

// enter publishes in a room for the first time.
func (p *Publication) enter(ctx context.Context, room *lksdk.Room, publish publishing) error {
	if room == nil {
		return ErrNoRoom
	}
	p.mu.Lock()
	p.room = room
	p.mu.Unlock()
	if err := publish(ctx); err != nil {
		return err
	}
	close(p.inRoom)
	go p.watch()
	return nil
}

// prepareSource creates the encoders of src and their tracks.
func (p *Publication) prepareSource(ctx context.Context, src *appsrc.VideoSource) (publishing, error) {
	codecs, err := p.useEnabled()
	if err != nil {
		return nil, err
	}
	width, height := src.Size()
	ladder := p.opts.ladder(width, height, src.FPS(), p.opts.Encoding.Codec)
	if p.opts.spatial(p.opts.Encoding.Codec) {
		ladder = ladder[len(ladder)-1:] // One encoder produces all of them.
	}
	// The largest is first: the others use its codec.
	slices.Reverse(ladder)
	all := make([]*encoding, len(ladder))
	for i := range ladder {
		if all[i], err = p.newEncoding(src, ladder[i].RID, i, codecs); err != nil {
			return nil, err
		}
	}
	p.layers.add(all...)
	tracks := make([]*track.Track, len(all))
	for i, e := range all {
		if i > 0 {
			e.codecs = codecs
		}
		var g *encoder
		if g, tracks[len(all)-1-i], err = e.set(ctx, len(all) > 1); err != nil {
			return nil, err
		}
		codecs = []pipeline.Codec{g.Chain.Codec()}
	}
	backup, err := p.addBackup(src, codecs[0])
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if p.anyRefused(tracks, backup) { // There was no room yet when they were made.
			return p.publishInstead(ctx, src)
		}
		return p.publishEncoded(ctx, tracks, backup)
	}, nil
}

// publishEncoded publishes the tracks of the encoders and starts to pass frames to them.
func (p *Publication) publishEncoded(ctx context.Context, tracks, backup []*track.Track) error {
	if err := p.addVideo(ctx, tracks, backup); err != nil {
		return err
	}
	for _, e := range p.layers.each() {
		if e.lazy == nil {
			e.feed.Attach()
			e.wake()
		}
	}
	if p.network != nil {
		p.network.OnShare(p.layers.onNetwork)
	}
	return nil
}

// set creates a layer's encoder and its track, which is not published yet. If keep is true, the
// layer stays with the codec of that encoder. Installed layers are watched, so their codecs do not
// change after that.
func (e *encoding) set(ctx context.Context, keep bool) (*encoder, *track.Track, error) {
	defer e.p.start.Begin("encoder")()
	g, err := e.encoders.Start(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("sink: %w", err)
	}
	if keep {
		e.codecs = []pipeline.Codec{g.Chain.Codec()}
	}
	e.even.Store(g.Choice.Row.Even) // The size is announced with the track.
	t, err := e.newTrack(e.p.trackID, g.Chain.Codec())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("sink: creating a track: %w", err), g.Chain.Close())
	}
	e.published, g.Chain.track = t, t
	e.encoders.Install(g) // The publication cannot be closed yet.
	e.p.group.Go(e.encoders.Keep)
	return g, t, nil
}

// newTrack creates a track for the encoder's samples.
func (e *encoding) newTrack(id string, codec pipeline.Codec) (*track.Track, error) {
	t, err := e.p.newVideoTrack(&track.VideoOptions{
		ID: id, Codec: codec, Sizes: e.sizes(codec), Layered: e.p.opts.layered(codec), Counters: &e.n.Counters,
		ForceKey: e.policy.RequestKey,
	})
	if err != nil {
		return nil, err
	}
	t.OnOpen(e.wake)
	return t, nil
}

// addBackup creates the track of the backup codec. Its encoder starts when the SDK binds the track,
// because a client requests it.
func (p *Publication) addBackup(src *appsrc.VideoSource, codec pipeline.Codec) ([]*track.Track, error) {
	second, ok := p.opts.backup(codec)
	if ok && checkCodec(p.roomNow(), second.MimeType()) != nil {
		p.log.Warn("the server does not accept the backup codec", "codec", second.String())
		ok = false
	}
	if !ok {
		return nil, nil
	}
	e, err := p.newEncoding(src, allocation.High, 0, []pipeline.Codec{second})
	if err != nil {
		return nil, err
	}
	t, err := e.newTrack(newTrackID(), second)
	if err != nil {
		return nil, fmt.Errorf("sink: creating a track: %w", err)
	}
	p.backup, e.lazy = t, t
	p.layers.add(e)
	return []*track.Track{t}, nil
}

// startLazily starts the encoder of a backup codec when a viewer needs it.
func (e *encoding) startLazily() {
	if e.lazy == nil || !e.started.CompareAndSwap(false, true) {
		return
	}
	e.p.group.Go(func() error {
		g, err := e.encoders.Start(e.p.ctx)
		if err != nil {
			e.p.log.Error("no encoder for the backup codec", "codec", e.codecs[0].String(), "err", err)
			return nil
		}
		e.published, g.Chain.track = e.lazy, e.lazy
		if !e.encoders.Install(g) {
			return g.Chain.Close()
		}
		e.feed.Attach()
		e.wake()
		return e.encoders.Keep()
	})
}
