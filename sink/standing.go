// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish/internal/signal"
	"github.com/gstpublish/gstpublish/internal/track"
)

// standing is what the server has decided about a part of a publication. The zero value is a part that it accepts.
type standing struct {
	forbidden atomic.Bool // by the participant's permissions
	refused   atomic.Bool // the server does not accept the codec
	absent    atomic.Bool // publish it once the server permits that
	// silenced reports whether the server had muted the part when it was published again, and it stayed muted.
	silenced atomic.Bool
}

// note records the error of publishing a part, and returns it unless it is a decision of the server that may change.
func (s *standing) note(err error) error {
	permission, codec := (*PermissionError)(nil), (*CodecError)(nil)
	s.forbidden.Store(errors.As(err, &permission))
	s.refused.Store(errors.As(err, &codec))
	s.absent.Store(err != nil)
	if s.forbidden.Load() || s.refused.Load() {
		return nil
	}
	return err
}

// isSilenced reports whether the server has muted a publication of the part in a room, also before it was published
// again there.
func (s *standing) isSilenced(room *lksdk.Room, pub *lksdk.LocalTrackPublication) bool {
	if !pub.IsMuted() {
		s.silenced.Store(false)
		return false
	}
	return s.silenced.Load() || signal.MutedByServer(room, pub.SID())
}

// keep mutes what was published again if what it replaces was muted, by the server or not. The server mutes only what
// it knows: a participant who comes back would be heard again.
func (s *standing) keep(pub *lksdk.LocalTrackPublication, muted, byServer bool) {
	if muted {
		pub.SetMuted(true)
		s.silenced.Store(byServer)
	}
}

// part is the video of a publication with all of its layers, or its audio.
type part struct {
	place    *track.Published
	source   livekit.TrackSource
	standing *standing
	tracks   []*track.Track // from low to high
	backup   []*track.Track
}

// parts returns the video and the audio, if there are any.
func (p *Publication) parts() (all []part) {
	video := part{place: &p.video, source: p.opts.Source, standing: &p.videoStanding}
	audio := part{place: &p.audio, source: p.opts.audioSource(), standing: &p.audioStanding}
	for _, t := range p.all() {
		switch {
		case !t.Video():
			audio.tracks = append(audio.tracks, t)
		case t == p.backup:
			video.backup = append(video.backup, t)
		default:
			video.tracks = append(video.tracks, t)
		}
	}
	for _, one := range []part{video, audio} {
		if len(one.tracks) > 0 {
			all = append(all, one)
		}
	}
	return all
}

// sourceOf returns the kind of a track.
func (p *Publication) sourceOf(t *track.Track) livekit.TrackSource {
	if t.Video() {
		return p.opts.Source
	}
	return p.opts.audioSource()
}

// standingOf returns the standing of a track's part.
func (p *Publication) standingOf(t *track.Track) *standing {
	if t.Video() {
		return &p.videoStanding
	}
	return &p.audioStanding
}

// renew replaces the SDK's tracks of a part, which are bound to one publication.
func (o *part) renew() error {
	for _, tracks := range [][]*track.Track{o.tracks, o.backup} {
		for _, t := range tracks {
			if err := t.Renew(); err != nil {
				return err
			}
		}
	}
	return nil
}

// publishAgain publishes a part, which was published in the room from, with new tracks. A muted part stays muted. A
// decision of the server that may change is not an error: see comply.
func (p *Publication) publishAgain(ctx context.Context, o part, from *lksdk.Room) error {
	var muted, byServer bool
	if old := o.place.Load(); old != nil {
		muted, byServer = old.IsMuted(), o.standing.isSilenced(from, old)
	}
	var err error
	if o.place == &p.video && p.encoded.Load() == nil && p.anyRefused(o.tracks, o.backup) {
		err = p.republishInstead(ctx, o)
	} else {
		err = p.publishRenewed(ctx, o)
	}
	if err == nil {
		p.renewed.Store(true)
		o.standing.keep(o.place.Load(), muted, byServer)
	}
	return o.standing.note(err)
}

// publishRenewed publishes a part with new tracks of the same codecs.
func (p *Publication) publishRenewed(ctx context.Context, o part) error {
	if err := o.renew(); err != nil {
		return fmt.Errorf("sink: creating a track: %w", err)
	}
	if o.place == &p.audio {
		return p.addAudio(ctx, o.tracks[0])
	}
	return p.addVideo(ctx, o.tracks, o.backup)
}

const (
	// complyTimeout bounds publishing again.
	complyTimeout = 15 * time.Second
	// complyRetry is the time between two attempts that fail.
	complyRetry = 2 * time.Second
)

// comply follows the decisions of the server: it notices that it does not permit a part any more, or has unpublished
// it, and publishes it again once that is permitted.
func (p *Publication) comply(now time.Time) {
	room := p.roomNow()
	if !connected(room) || now.Before(p.complyAt) {
		return
	}
	missing := false
	for _, o := range p.parts() {
		forbidden := permits(room, o.source) != nil
		if !o.standing.forbidden.Swap(forbidden) && forbidden {
			o.standing.absent.Store(true)
		}
		missing = missing || p.isMissing(room, o)
	}
	if missing && p.complying.CompareAndSwap(false, true) {
		p.complyAt = now.Add(complyRetry)
		go p.restore()
	}
}

// isMissing reports whether a part is not published in the room, although that is permitted.
func (p *Publication) isMissing(room *lksdk.Room, o part) bool {
	pub := o.place.Load()
	absent := o.standing.absent.Load() || pub != nil && signal.Unpublished(room, pub.SID())
	return absent && permits(room, o.source) == nil
}

// restore publishes what is missing in the room.
func (p *Publication) restore() {
	defer p.complying.Store(false)
	p.moving.Lock()
	defer p.moving.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, complyTimeout)
	defer cancel()
	room := p.roomNow()
	for _, o := range p.parts() {
		if ctx.Err() != nil || !connected(room) || !p.isMissing(room, o) {
			continue
		}
		if pub := o.place.Load(); pub != nil {
			_ = p.unpublish(pub) // The server has done so already.
		}
		if err := p.publishAgain(ctx, o, room); err != nil && p.ctx.Err() == nil {
			p.log.Warn("publishing again failed", "err", err)
		}
	}
}

// connected reports whether a room is connected to its server.
func connected(room *lksdk.Room) bool {
	return room != nil && room.ConnectionState() == lksdk.ConnectionStateConnected
}

// complain logs and passes on a new reason for silence, if it holds for two looks. One that outlives the tracks is new
// again, whether or not a look has seen the time between.
func (p *Publication) complain() {
	reason := p.reason()
	known := reason == p.toldReason && (reason == ReasonNone || !p.renewed.Load())
	if reason != p.lastReason || known {
		p.lastReason = reason
		return
	}
	p.renewed.Store(false)
	level := slog.LevelDebug
	if reason.isServers() {
		level = slog.LevelWarn
	}
	if p.opts.OnReason != nil {
		level = slog.LevelDebug // The caller receives it already.
	}
	p.log.Log(p.ctx, level, "what is sent has changed", "reason", reason.String(), "was", p.toldReason.String())
	p.toldReason = reason
	if p.opts.OnReason != nil {
		p.opts.OnReason(reason)
	}
}
