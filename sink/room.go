// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/track"
)

// ErrUnprepared is returned for several layers of VP9 in a room that the caller has joined
// without gstpublish.Prepare: the server would not learn that they are in one stream.
var ErrUnprepared = errors.New("sink: publishing VP9 with several layers: call gstpublish.Prepare before the room is " +
	"joined, or join it with gstpublish.Join")

// trackOptions are the options of all tracks.
func (p *Publication) trackOptions(pub *track.Published) *track.Options {
	return &track.Options{Logger: p.log, Timeline: p.start, Room: p.roomNow, Over: p.ctx.Done(), Publication: pub}
}

// newVideoTrack creates a video track.
func (p *Publication) newVideoTrack(o *track.VideoOptions) (*track.Track, error) {
	o.Options = *p.trackOptions(&p.video)
	if p.network != nil {
		o.Network = p.network
	}
	return track.NewVideo(*o)
}

// addVideo publishes the layers of a video track, with the backup for clients that cannot decode
// the codec, and waits for the server's answer.
func (p *Publication) addVideo(ctx context.Context, tracks, backup []*track.Track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.Name, Source: p.opts.Source}
	room := p.roomNow()
	if err := admits(room, p.opts.Source, tracks[0].MimeType()); err != nil {
		return err
	}
	if t := tracks[0]; t.Layered() && t.MimeType() != webrtc.MimeTypeVP8 {
		if !signal.Layered(room, t.Local().ID()) && len(t.Locals()) > 1 {
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

func (p *Publication) addAudio(ctx context.Context, t *track.Track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.Audio.Name, Source: p.opts.audioSource()}
	room := p.roomNow()
	if err := admits(room, p.opts.audioSource(), t.MimeType()); err != nil {
		return err
	}
	participant := room.LocalParticipant
	return p.add(ctx, &p.audio, []*track.Track{t}, func() (*lksdk.LocalTrackPublication, error) {
		return participant.PublishTrack(t.Local(), opts)
	})
}

func locals(tracks []*track.Track) (all []*lksdk.LocalTrack) {
	for _, t := range tracks {
		all = append(all, t.Locals()...)
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
	ctx context.Context, to *track.Published, tracks []*track.Track, publish func() (*lksdk.LocalTrackPublication, error),
) error {
	room, local := p.roomNow(), tracks[0].Local()
	refused, stop := signal.AwaitRefusal(room, local.ID())
	defer stop()
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
		slices.SortStableFunc(p.tracks, func(a, b *track.Track) int { return rank(a) - rank(b) })
		p.mu.Unlock()
		p.log.Info("published", "sid", r.pub.SID(), "name", r.pub.Name(), "codec", tracks[0].MimeType())
		return nil
	case reason := <-refused:
		withdraw(room, locals(tracks))
		return refusal(room, p.sourceOf(tracks[0]), reason)
	case <-ctx.Done():
		go func() {
			if r := <-answer; r.err == nil {
				_ = p.unpublish(r.pub) // No caller is left to receive the error.
			}
		}()
		return fmt.Errorf("sink: publishing: %w", context.Cause(ctx))
	}
}

// rank is the place of a track among others: video is first.
func rank(t *track.Track) int {
	if t.Video() {
		return 0
	}
	return 1
}

// swap publishes a video track in place of another one, which it unpublishes.
func (p *Publication) swap(ctx context.Context, old, t *track.Track) error {
	select {
	case <-p.inRoom:
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
	p.moving.Lock()
	defer p.moving.Unlock()
	p.follow()
	before := p.video.Load()
	if err := p.addVideo(ctx, []*track.Track{t}, nil); err != nil {
		return err
	}
	p.mu.Lock()
	p.tracks = slices.DeleteFunc(p.tracks, func(other *track.Track) bool { return other == old || other == t })
	p.tracks = slices.Insert(p.tracks, 0, t)
	p.mu.Unlock()
	old.End()
	return p.unpublish(before)
}

// Move publishes in another room, for example after the connection to the previous one was lost for
// good. Capture continues meanwhile, and the first sample is a key frame. Muted tracks stay muted;
// the SID changes. The caller leaves the old room. It may be the same room, after the SDK has
// joined it again. ctx limits the wait for the server. What the server does not permit is published
// when it does: see Stats.Reason.
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
			_ = p.unpublish(pub) // The server may have forgotten it.
		}
	}
	p.mu.Lock()
	from := p.room
	p.room = room
	p.mu.Unlock()
	var errs []error
	for _, o := range p.parts() {
		errs = append(errs, p.publishAgain(ctx, o, from))
	}
	return errors.Join(errs...)
}

func (p *Publication) roomNow() *lksdk.Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room
}

// participants returns the SIDs of the other participants.
func (p *Publication) participants() (sids []string) {
	room := p.roomNow()
	if room == nil {
		return nil
	}
	for _, other := range room.GetRemoteParticipants() {
		sids = append(sids, other.SID())
	}
	return sids
}

// pubs returns the SDK's publications of the tracks.
func (p *Publication) pubs() (all []*lksdk.LocalTrackPublication) {
	for _, place := range []*track.Published{&p.video, &p.audio} {
		if pub := place.Load(); pub != nil {
			all = append(all, pub)
		}
	}
	return all
}

// follow finds the publications again after a full reconnect. The SDK recreates them without their
// mute state.
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
			old := t.Publication().Load()
			if old == nil || pub == old || !carries(pub, t.Local()) {
				continue
			}
			standing := p.standingOf(t)
			standing.keep(pub, old.IsMuted(), standing.isSilenced(room, old))
			t.Publication().Store(pub)
			p.renewed.Store(true)
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
