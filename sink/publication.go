// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"golang.org/x/sync/errgroup"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/pipeline"
)

// muteCheck is how often a muted track looks whether it still is. The SDK
// tells of it only through the room's callbacks, which are the caller's.
const muteCheck = 250 * time.Millisecond

// Publication is what one source or pipeline has in a room. All methods may be
// called at the same time. Stop or Close must be called.
type Publication struct {
	room *lksdk.Room
	opts Options
	log  *slog.Logger

	encoding *encoding
	pipe     *pipeline.Pipeline  // of PublishPipeline
	source   *appsrc.VideoSource // made for a pipeline's raw video
	group    errgroup.Group      // all goroutines
	done     chan struct{}       // closed when nothing is sent any more
	closing  chan struct{}       // closed when the end has begun
	end      sync.Once
	err      error // why it is done; written before done is closed

	mu     sync.Mutex // protects what follows
	tracks []*track   // video first

	closeOnce sync.Once
	closeErr  error
}

func newPublication(room *lksdk.Room, o Options) *Publication {
	return &Publication{
		room: room, opts: o, log: o.Logger,
		done: make(chan struct{}), closing: make(chan struct{}),
	}
}

func newTrackID() string { return "TR_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// addVideo publishes a video track and waits for the server's answer.
func (p *Publication) addVideo(ctx context.Context, t *track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.Name, Source: p.opts.Source}
	return p.add(ctx, t, func() (*lksdk.LocalTrackPublication, error) {
		return p.room.LocalParticipant.PublishSimulcastTrack([]*lksdk.LocalTrack{t.local}, opts)
	})
}

// all are the tracks as they are now.
func (p *Publication) all() []*track {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tracks)
}

// swap publishes a video track in the place of another one, which is taken out
// of the room.
func (p *Publication) swap(ctx context.Context, old, t *track) error {
	if err := p.addVideo(ctx, t); err != nil {
		return err
	}
	p.mu.Lock()
	p.tracks = slices.DeleteFunc(p.tracks, func(other *track) bool { return other == old || other == t })
	p.tracks = slices.Insert(p.tracks, 0, t)
	p.mu.Unlock()
	old.keys.stop()
	p.follow(old)
	return p.unpublish(old.pub.Load())
}

func (p *Publication) addAudio(ctx context.Context, t *track) error {
	opts := &lksdk.TrackPublicationOptions{Name: p.opts.AudioName, Source: p.opts.audioSource()}
	return p.add(ctx, t, func() (*lksdk.LocalTrackPublication, error) {
		return p.room.LocalParticipant.PublishTrack(t.local, opts)
	})
}

type publishResult struct {
	pub *lksdk.LocalTrackPublication
	err error
}

// add waits for a call of the SDK that knows no context. Where ctx ends first,
// what comes of the call is taken back.
func (p *Publication) add(
	ctx context.Context, t *track, publish func() (*lksdk.LocalTrackPublication, error),
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
		t.pub.Store(r.pub)
		p.mu.Lock()
		p.tracks = append(p.tracks, t)
		p.mu.Unlock()
		p.log.Info("published", "sid", r.pub.SID(), "name", r.pub.Name(), "codec", t.local.Codec().MimeType)
		return nil
	case <-ctx.Done():
		go func() {
			if r := <-answer; r.err == nil {
				_ = p.unpublish(r.pub) // Nobody is left to hear of it.
			}
		}()
		return fmt.Errorf("sink: publishing: %w", context.Cause(ctx))
	}
}

// watch follows the publication until all of its goroutines have ended.
func (p *Publication) watch() {
	ended := make(chan error, 1)
	go func() { ended <- p.group.Wait() }()
	ticker := time.NewTicker(muteCheck)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			p.finish(err)
			return
		case <-ticker.C:
			for _, t := range p.all() {
				p.follow(t)
				t.checkMute()
			}
		}
	}
}

// follow finds the track's publication again after a full reconnect, for which
// the SDK makes a new one that has forgotten whether it was muted.
func (p *Publication) follow(t *track) {
	old := t.pub.Load()
	for _, candidate := range p.room.LocalParticipant.TrackPublications() {
		pub, ok := candidate.(*lksdk.LocalTrackPublication)
		if !ok || pub == old || !carries(pub, t.local) {
			continue
		}
		if old.IsMuted() {
			pub.SetMuted(true)
		}
		t.pub.Store(pub)
		p.log.Info("published again", "sid", pub.SID(), "was", old.SID())
	}
}

func carries(pub *lksdk.LocalTrackPublication, local *lksdk.LocalTrack) bool {
	return pub.TrackLocal() == local || slices.Contains(pub.TrackLocalForSimulcast(), local)
}

func (p *Publication) finish(err error) {
	p.end.Do(func() {
		p.err = err
		close(p.done)
	})
}

// Done is closed when nothing will be sent any more: the pipeline ended or
// failed, or the publication was stopped or closed.
func (p *Publication) Done() <-chan struct{} { return p.done }

// Err is why the publication is done: nil before that, after a clean end and
// after Stop and Close; else the failure, often around a
// *pipeline.ElementError.
func (p *Publication) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// SID is the server's name for the video track, or the audio track where there
// is no video. It changes with a full reconnect.
func (p *Publication) SID() string { return p.LocalTrack().SID() }

// LocalTrack is the SDK's side of the video track, or of the audio track where
// there is no video.
func (p *Publication) LocalTrack() *lksdk.LocalTrackPublication { return p.all()[0].pub.Load() }

// SetMuted mutes or unmutes all that is published. While it is muted nothing
// is encoded; when it is unmuted a key frame comes first. Muting by the server
// or through the SDK's own calls has the same effect.
func (p *Publication) SetMuted(muted bool) {
	for _, t := range p.all() {
		t.pub.Load().SetMuted(muted)
		t.checkMute()
	}
}

// Stop ends the publication in good order: what was captured and is still
// inside is sent, then the tracks are unpublished. When ctx is done first, the
// rest is thrown away and the error is pipeline.ErrDrain.
func (p *Publication) Stop(ctx context.Context) error {
	var drain error
	if p.pipe != nil {
		drain = p.pipe.Stop(ctx)
	}
	if p.encoding != nil {
		drain = errors.Join(drain, p.encoding.stop(ctx))
	}
	return errors.Join(drain, p.Close())
}

// Close ends the publication at once, unpublishes it and gives everything
// back. It is idempotent. The room stays connected.
func (p *Publication) Close() error {
	p.closeOnce.Do(func() { p.closeErr = p.close() })
	return p.closeErr
}

func (p *Publication) close() error {
	close(p.closing)
	var errs []error
	if p.pipe != nil {
		errs = append(errs, p.pipe.Close())
	}
	if p.encoding != nil {
		errs = append(errs, p.encoding.close())
	}
	_ = p.group.Wait() // What failed is in Err.
	for _, t := range p.all() {
		if t.keys != nil {
			t.keys.stop()
		}
		p.follow(t)
		errs = append(errs, p.unpublish(t.pub.Load()))
	}
	if p.source != nil {
		errs = append(errs, p.source.Close())
	}
	p.finish(nil)
	return errors.Join(errs...)
}

// unpublish takes a track out of the room; one that is out already is fine.
func (p *Publication) unpublish(pub *lksdk.LocalTrackPublication) error {
	err := p.room.LocalParticipant.UnpublishTrack(pub.SID())
	if err == nil || errors.Is(err, lksdk.ErrCannotFindTrack) || errors.Is(err, lksdk.ErrNoPeerConnection) {
		return nil
	}
	return fmt.Errorf("sink: unpublishing: %w", err)
}
