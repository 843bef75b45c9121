// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
)

// endTimeout limits the wait for the end of a track after the server has reported that it is gone.
const endTimeout = 2 * time.Second

// inbox queues the reports of the SDK's callbacks in order. It never blocks, since the SDK calls
// some of them with its locks held.
type inbox struct {
	mu     sync.Mutex
	events []func(ctx context.Context)
	wake   chan struct{}
}

func (b *inbox) post(event func(ctx context.Context)) {
	b.mu.Lock()
	b.events = append(b.events, event)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *inbox) take() []func(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	b.events = nil
	return events
}

// viewed is the video track that is viewed. All fields except track are set once.
type viewed struct {
	publication *lksdk.RemoteTrackPublication
	participant *lksdk.RemoteParticipant
	cancel      context.CancelFunc // ends its stream; nil before there is one

	mu    sync.Mutex
	track *webrtc.TrackRemote // nil before media has arrived
}

func (w *viewed) requestKeyFrame(stats *collector) {
	w.mu.Lock()
	track := w.track
	w.mu.Unlock()
	if track == nil {
		return
	}
	stats.update(func(s *Stats) { s.PLIs++ })
	w.participant.WritePLI(track.SSRC())
}

// callbacks returns callbacks that only pass reports to the goroutine that runs manage.
func (v *Viewer) callbacks() *lksdk.RoomCallback {
	post := v.inbox.post
	return &lksdk.RoomCallback{
		OnDisconnectedWithReason: func(reason lksdk.DisconnectionReason) {
			v.queue.end(fmt.Errorf("viewer: disconnected from the room: %s", reason))
		},
		OnReconnected: func() { post(func(context.Context) { v.reconnected() }) },
		OnParticipantDisconnected: func(p *lksdk.RemoteParticipant) {
			post(func(context.Context) {
				if w := v.viewed; w != nil && w.participant == p {
					v.gone(w.publication)
				}
			})
		},
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackPublished: func(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
				post(func(context.Context) { v.published(pub, p) })
			},
			OnTrackUnpublished: func(pub *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				post(func(context.Context) { v.gone(pub) })
			},
			OnTrackUnsubscribed: func(_ *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				post(func(context.Context) { v.gone(pub) })
			},
			OnTrackSubscribed: func(track *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				post(func(ctx context.Context) { v.arrived(ctx, track, pub) })
			},
			OnTrackSubscriptionFailed: func(sid string, _ *lksdk.RemoteParticipant) {
				post(func(context.Context) { v.subscriptionFailed(sid) })
			},
		},
	}
}

// manage owns the choice of the track. All methods below run on its goroutine.
func (v *Viewer) manage(ctx context.Context) {
	for {
		for _, event := range v.inbox.take() {
			event(ctx)
		}
		select {
		case <-v.inbox.wake:
		case <-ctx.Done():
			return
		}
	}
}

// published chooses a video track, and the audio of the same publisher.
func (v *Viewer) published(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) {
	switch {
	case pub.Kind() == lksdk.TrackKindVideo && v.viewed == nil && v.fits(pub, p):
		v.setViewed(&viewed{publication: pub, participant: p})
		v.stats.update(func(s *Stats) { s.Requested, s.FirstFrame = time.Now(), 0 })
		v.subscribe(pub)
		for _, other := range p.TrackPublications() {
			if audio, ok := other.(*lksdk.RemoteTrackPublication); ok && audio.Kind() == lksdk.TrackKindAudio {
				v.subscribe(audio)
			}
		}
	case pub.Kind() == lksdk.TrackKindAudio && v.viewed != nil && v.viewed.participant == p:
		v.subscribe(pub)
	}
}

func (v *Viewer) fits(pub *lksdk.RemoteTrackPublication, p *lksdk.RemoteParticipant) bool {
	o := &v.options
	return (o.Publisher == "" || o.Publisher == p.Identity()) && (o.TrackName == "" || o.TrackName == pub.Name())
}

// subscribe requests a track from the server. It fails only without a connection, and is repeated
// when there is one.
func (v *Viewer) subscribe(pub *lksdk.RemoteTrackPublication) {
	if pub.Kind() == lksdk.TrackKindVideo {
		if err := v.ask(pub); err != nil {
			v.logger.Debug("sending the subscriber's settings failed", "err", err)
		}
	}
	err := pub.SetSubscribed(true)
	v.logger.Debug("subscribing", "track", pub.SID(), "name", pub.Name(), "kind", pub.Kind(), "err", err)
}

// reconnected requests everything again, because the server has forgotten it. The SDK does not
// report tracks again if it had to rejoin after a failed resume.
func (v *Viewer) reconnected() {
	switch w := v.viewed; {
	case w == nil:
		v.choose()
	case w.cancel == nil:
		v.setViewed(nil)
		v.choose()
	}
}

// arrived starts to receive a track whose first packet has arrived.
func (v *Viewer) arrived(ctx context.Context, track *webrtc.TrackRemote, pub *lksdk.RemoteTrackPublication) {
	if track.Kind() == webrtc.RTPCodecTypeAudio {
		v.running.Go(func() { v.countAudio(ctx, track) })
		return
	}
	w := v.viewed
	if w == nil || w.publication.SID() != pub.SID() || w.cancel != nil {
		return
	}
	codec, err := codecOf(track.Codec().MimeType)
	if err != nil {
		v.queue.end(err)
		return
	}
	w.mu.Lock()
	w.track = track
	w.mu.Unlock()
	v.stats.update(func(s *Stats) { s.Codec = codec.name })
	select {
	case <-v.subscribed:
	default:
		close(v.subscribed)
	}
	ctx, w.cancel = context.WithCancel(ctx)
	s := &stream{
		track: track, codec: codec, stats: &v.stats, logger: v.logger,
		pli: func() { w.requestKeyFrame(&v.stats) },
	}
	v.running.Go(func() {
		defer w.cancel()
		err := s.run(ctx, v.deliver)
		v.inbox.post(func(context.Context) { v.ended(w, err) })
	})
}

func (v *Viewer) deliver(p *Frame) {
	v.stats.decoded(p)
	v.queue.put(p)
}

// gone ends the track that is viewed: it was unpublished, or its publisher left.
func (v *Viewer) gone(pub *lksdk.RemoteTrackPublication) {
	w := v.viewed
	switch {
	case w == nil || w.publication.SID() != pub.SID():
	case w.cancel == nil: // before any of its media arrived
		v.ended(w, nil)
	default: // The receiver ends by itself, after the packets in flight.
		time.AfterFunc(endTimeout, w.cancel)
	}
}

// ended handles the end of a track's media.
func (v *Viewer) ended(w *viewed, err error) {
	if v.viewed != w {
		return
	}
	v.logger.Debug("track ended", "track", w.publication.SID(), "err", err)
	switch {
	case err != nil:
		v.queue.end(err)
	case !v.options.Follow && w.cancel != nil:
		v.queue.end(io.EOF)
	default:
		v.setViewed(nil)
		v.choose()
	}
}

// choose looks for a track among the existing ones. It may choose one that has just ended, and then
// soon receives the report that it is gone.
func (v *Viewer) choose() {
	for _, p := range v.room.GetRemoteParticipants() {
		for _, pub := range p.TrackPublications() {
			if remote, ok := pub.(*lksdk.RemoteTrackPublication); ok {
				v.published(remote, p)
			}
		}
	}
}

func (v *Viewer) subscriptionFailed(sid string) {
	if w := v.viewed; w != nil && w.publication.SID() == sid {
		v.queue.end(fmt.Errorf("viewer: subscribing to track %s failed", sid))
	}
}

func (v *Viewer) setViewed(w *viewed) {
	v.mu.Lock()
	v.viewed = w
	v.mu.Unlock()
}

// countAudio reads an audio track to count its packets.
func (v *Viewer) countAudio(ctx context.Context, track *webrtc.TrackRemote) {
	s := stream{track: track, stats: &v.stats}
	for ctx.Err() == nil {
		_, err := s.read()
		switch {
		case err == nil:
			v.stats.update(func(s *Stats) { s.AudioPackets++ })
		case !isTimeout(err):
			return
		}
	}
}
