// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/sink/signal"
)

// ErrUnprepared is returned for several layers of VP9 in a room that the caller has joined
// without gstpublish.Prepare: the server would not learn that they are in one stream.
var ErrUnprepared = errors.New("sink: publishing VP9 with several layers: call gstpublish.Prepare before the room is " +
	"joined, or join it with gstpublish.Join")

// addVideo publishes the layers of a video track, with what may come in their
// place for clients that don't know the codec, and waits for the server's answer.
func (p *Publication) addVideo(ctx context.Context, tracks, backup []*track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.Name, Source: p.opts.Source}
	room := p.roomNow()
	if t := tracks[0]; t.layered && t.codec.MimeType != webrtc.MimeTypeVP8 {
		if !signal.Layered(room, t.local().ID()) && len(t.wire.Load().all) > 1 {
			return ErrUnprepared
		}
	}
	participant := room.LocalParticipant
	return p.add(ctx, &p.video, slices.Concat(tracks, backup), func() (*lksdk.LocalTrackPublication, error) {
		if len(backup) > 0 {
			return participant.PublishSimulcastTrack(locals(tracks), opts,
				lksdk.WithBackupCodecForSimulcastTrack(locals(backup)))
		}
		return participant.PublishSimulcastTrack(locals(tracks), opts)
	})
}

func (p *Publication) addAudio(ctx context.Context, t *track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.AudioName, Source: p.opts.audioSource()}
	participant := p.roomNow().LocalParticipant
	return p.add(ctx, &p.audio, []*track{t}, func() (*lksdk.LocalTrackPublication, error) {
		return participant.PublishTrack(t.local(), opts)
	})
}

func locals(tracks []*track) (all []*lksdk.LocalTrack) {
	for _, t := range tracks {
		all = append(all, t.wire.Load().all...)
	}
	return all
}

type publishResult struct {
	pub *lksdk.LocalTrackPublication
	err error
}

// add waits for a call of the SDK that takes no context. If ctx ends first, the result of the call
// is undone.
func (p *Publication) add(
	ctx context.Context, to *published, tracks []*track, publish func() (*lksdk.LocalTrackPublication, error),
) error {
	answer := make(chan publishResult, 1)
	go func() {
		pub, err := publish()
		answer <- publishResult{pub, err}
	}()
	select {
	case r := <-answer:
		if r.err != nil {
			return fmt.Errorf("sink: publishing: %w", r.err)
		}
		to.Store(r.pub)
		p.mu.Lock()
		for _, t := range tracks {
			if !slices.Contains(p.tracks, t) {
				p.tracks = append(p.tracks, t)
			}
		}
		p.mu.Unlock()
		p.log.Info("published", "sid", r.pub.SID(), "name", r.pub.Name(), "codec", tracks[0].codec.MimeType)
		return nil
	case <-ctx.Done():
		go func() {
			if r := <-answer; r.err == nil {
				_ = p.unpublish(r.pub) // No caller is left to receive the error.
			}
		}()
		return fmt.Errorf("sink: publishing: %w", context.Cause(ctx))
	}
}

// swap publishes a video track instead of another one, which is unpublished.
func (p *Publication) swap(ctx context.Context, old, t *track) error {
	select {
	case <-p.inRoom:
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
	p.moving.Lock()
	defer p.moving.Unlock()
	p.follow()
	before := p.video.Load()
	if err := p.addVideo(ctx, []*track{t}, nil); err != nil {
		return err
	}
	p.mu.Lock()
	p.tracks = slices.DeleteFunc(p.tracks, func(other *track) bool { return other == old || other == t })
	p.tracks = slices.Insert(p.tracks, 0, t)
	p.mu.Unlock()
	old.end()
	return p.unpublish(before)
}

// Move publishes in another room, for example after the connection to the previous one was lost for
// good. Capture continues meanwhile, and the first sample is a key frame. Muted tracks stay muted;
// the SID changes. The caller leaves the old room. It may be the same room, after the SDK has
// joined it again. ctx limits the wait for the server.
func (p *Publication) Move(ctx context.Context, room *lksdk.Room) error {
	p.moving.Lock()
	defer p.moving.Unlock()
	if err := p.ctx.Err(); err != nil {
		return fmt.Errorf("sink: moving: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	if room == p.roomNow() {
		for _, pub := range p.pubs() {
			_ = p.unpublish(pub) // The server may not know it any more.
		}
	}
	p.mu.Lock()
	p.room = room
	tracks := slices.Clone(p.tracks)
	p.mu.Unlock()
	muted := p.LocalTrack() != nil && p.LocalTrack().IsMuted()
	var video, backup, audio []*track
	for _, t := range tracks {
		if err := t.renew(); err != nil {
			return fmt.Errorf("sink: creating a track: %w", err)
		}
		switch {
		case !t.video:
			audio = append(audio, t)
		case t.backup:
			backup = append(backup, t)
		default:
			video = append(video, t)
		}
	}
	var errs []error
	if len(video) > 0 {
		errs = append(errs, p.addVideo(ctx, video, backup))
	}
	for _, t := range audio {
		errs = append(errs, p.addAudio(ctx, t))
	}
	if muted {
		p.SetMuted(true)
	}
	return errors.Join(errs...)
}

// connectedCheck is how often a track that is bound looks whether what it sends gets
// through. The SDK keeps the callback of the connection's state to itself.
const connectedCheck = 5 * time.Millisecond

// whenConnected calls f as soon as what is sent on a track gets through. A track that
// is published while the room is still being joined is bound before that, and pion
// discards in silence what is sent then.
func (t *track) whenConnected(w *wire, f func()) {
	connected := func() bool {
		pc := t.room().LocalParticipant.GetPublisherPeerConnection()
		up := pc != nil && pc.ConnectionState() == webrtc.PeerConnectionStateConnected
		w.connected.Store(up)
		return up
	}
	if connected() {
		f()
		return
	}
	go func() {
		ticker := time.NewTicker(connectedCheck)
		defer ticker.Stop()
		for t.wire.Load() == w {
			select {
			case <-ticker.C:
				if connected() {
					f()
					return
				}
			case <-t.over:
				return
			}
		}
	}()
}

func (p *Publication) roomNow() *lksdk.Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room
}

// pubs are what the server knows of this publication.
func (p *Publication) pubs() (all []*lksdk.LocalTrackPublication) {
	for _, place := range []*published{&p.video, &p.audio} {
		if pub := place.Load(); pub != nil {
			all = append(all, pub)
		}
	}
	return all
}

// follow finds the publications again after a full reconnect, for which the SDK
// makes new ones that have forgotten whether they were muted.
func (p *Publication) follow() {
	tracks, room := p.all(), p.roomNow()
	if room == nil {
		return // It was closed before it was published.
	}
	for _, candidate := range room.LocalParticipant.TrackPublications() {
		pub, ok := candidate.(*lksdk.LocalTrackPublication)
		if !ok {
			continue
		}
		for _, t := range tracks {
			old := t.pub.Load()
			if old == nil || pub == old || !carries(pub, t.local()) {
				continue
			}
			if old.IsMuted() {
				pub.SetMuted(true)
			}
			t.pub.Store(pub)
			p.log.Info("published again", "sid", pub.SID(), "was", old.SID())
		}
	}
}

func carries(pub *lksdk.LocalTrackPublication, local *lksdk.LocalTrack) bool {
	return pub.TrackLocal() == local || slices.Contains(pub.TrackLocalForSimulcast(), local)
}

// unpublish takes a track out of the room; one that is out already is fine.
func (p *Publication) unpublish(pub *lksdk.LocalTrackPublication) error {
	err := p.roomNow().LocalParticipant.UnpublishTrack(pub.SID())
	if err == nil || errors.Is(err, lksdk.ErrCannotFindTrack) || errors.Is(err, lksdk.ErrNoPeerConnection) {
		return nil
	}
	return fmt.Errorf("sink: unpublishing: %w", err)
}
