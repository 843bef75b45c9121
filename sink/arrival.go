// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

const (
	// absentAfter is how long to wait, once there is sound, for video that nothing feeds: a demuxer announces the
	// streams of a file one after another.
	absentAfter = time.Second
	// lateAfter is how long to wait, once there is sound, for the video of a file. The video may need the sound to be
	// sent first: a demuxer produces both in the order of the file.
	lateAfter = 3 * time.Second
	// publishTimeout limits the wait for the server's answer to a track that is published later than others.
	publishTimeout = 20 * time.Second
)

// arrival is one output of a pipeline on its way into the room. It is announced once it has its first sample: an output
// may never have one, such as that for the sound of a file without sound.
type arrival struct {
	out    *pipeline.Output
	ready  chan struct{} // closed when the following fields are set
	begin  publishing
	err    error
	detach func() bool // lets its preparation outlive the call that has begun it
}

// isReady reports whether the first sample has arrived, or never will.
func (r *arrival) isReady() bool {
	select {
	case <-r.ready:
		return true
	default:
		return false
	}
}

// arrivals are the outputs of a pipeline; nil for a missing one.
type arrivals struct{ video, audio *arrival }

// receive waits for the first sample of an output on a goroutine of its own, and prepares its track. When ctx is done,
// the pipeline ends.
func (p *Publication) receive(
	ctx context.Context, out *pipeline.Output, prepare func(context.Context, *pipeline.Output) (publishing, error),
) *arrival {
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unlink := context.AfterFunc(p.ctx, func() { cancel(context.Cause(p.ctx)) })
	r := &arrival{out: out, ready: make(chan struct{})}
	r.detach = context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	// A pull ends when the pipeline does.
	stop := context.AfterFunc(own, func() { _ = p.pipe.Close() })
	p.arriving.Add(1)
	p.group.Go(func() error {
		defer p.arriving.Done()
		r.begin, r.err = prepare(own, out)
		close(r.ready)
		stop()
		unlink()
		cancel(nil)
		return nil
	})
	return r
}

// await waits until the video can be published, or the audio if there is no video. Video without which the stream has
// begun is published later.
func (s *arrivals) await() error {
	lead, other := s.video, s.audio
	if lead == nil {
		lead, other = s.audio, nil
	}
	defer lead.detach()
	if other == nil {
		<-lead.ready
		return lead.err
	}
	defer other.detach()
	select {
	case <-lead.ready:
		return lead.err
	case <-other.ready:
	}
	isLate := false
	timer := time.NewTimer(absentAfter)
	defer timer.Stop()
	for {
		select {
		case <-lead.ready:
			return lead.err
		case <-timer.C:
		}
		if other.begin != nil && (!media.Of(lead.out).Fed() || isLate && !media.Of(other.out).Live()) {
			return nil
		}
		isLate = true
		timer.Reset(lateAfter - absentAfter)
	}
}

// announce publishes the outputs that have their first sample, and the others later.
func (p *Publication) announce(ctx context.Context, s *arrivals) error {
	if s.video == nil || !s.video.isReady() || media.Of(s.video.out).Live() {
		p.rollOnce.Do(func() { close(p.rolling) })
	}
	for _, r := range []*arrival{s.video, s.audio} {
		switch {
		case r == nil:
		case !r.isReady():
			p.group.Go(func() error { return p.publishLate(r) })
		case r.err != nil:
			return r.err
		default:
			if err := r.begin(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// publishLate publishes an output whose first sample comes when the others are published.
func (p *Publication) publishLate(r *arrival) error {
	<-r.ready
	err := r.err
	if errors.Is(err, errEndedEarly) || p.ctx.Err() != nil {
		return nil
	}
	if err == nil {
		p.moving.Lock()
		defer p.moving.Unlock()
		ctx, cancel := context.WithTimeout(p.ctx, publishTimeout)
		defer cancel()
		err = r.begin(ctx)
	}
	if err != nil && p.ctx.Err() == nil {
		go func() { _ = p.pipe.Close() }() // The publication ends, with this error.
		return err
	}
	return nil
}

func (p *Publication) prepareAudio(ctx context.Context, out *pipeline.Output) (publishing, error) {
	first, err := media.Of(out).Pull(nil)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("sink: waiting for the first sound: %w", cause)
		}
		return nil, p.ended(err)
	}
	t, err := track.NewAudio(p.trackOptions(&p.audio))
	if err != nil {
		return nil, fmt.Errorf("sink: creating a track: %w", err)
	}
	p.pump(t, out, &first)
	return func(ctx context.Context) error { return p.addAudio(ctx, t) }, nil
}

// pump sends an output's samples until it ends. Live samples that cannot be sent yet are discarded: kept in the
// pipeline, they would delay the others. Only those since the last key frame are kept if no other can be requested.
// Those of a file wait.
func (p *Publication) pump(t *track.Track, out *pipeline.Output, first *media.Sample) {
	p.writers.Add(1)
	t.Counters().Received.Add(1)
	p.group.Go(func() error {
		defer p.writers.Done()
		way := &track.Way{
			Remote:    media.Of(out).Remote(),
			AwaitBack: func() bool { return p.awaitBack(t) }, Viewers: p.hasCompany,
		}
		if media.Of(out).Live() {
			t.Begin(p.ctx, first, way)
		} else if p.hold(out, func() *track.Track { return t }) {
			t.Lead(p.ctx, first, p.hasCompany())
			p.roll(out)
		}
		err := t.Pump(p.ctx, media.Of(out), way)
		if err != nil {
			// Nothing consumes the pipeline's samples any longer, so it ends too. It does so on another goroutine:
			// only this one's error counts.
			go func() { _ = p.pipe.Close() }()
		}
		return err
	})
}

// hasCompany reports whether there are other participants in the room, who may be viewers.
func (p *Publication) hasCompany() bool { return len(p.roomNow().GetRemoteParticipants()) > 0 }

// hold waits until an output that is not live can be sent: its track, of those that t returns, is bound, and the video
// is sent too. It reports
// false if the publication is stopped before.
func (p *Publication) hold(out *pipeline.Output, t func() *track.Track) bool {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	go func() {
		defer cancel()
		select {
		case <-p.stopping:
		case <-ctx.Done():
		}
	}()
	for !bound(ctx, t()) {
		if ctx.Err() != nil {
			return false
		}
	}
	if out.Kind != pipeline.Opus {
		return true
	}
	select {
	case <-p.rolling:
		return true
	case <-ctx.Done():
		return false
	}
}

// bound waits for some time until a track is bound, and reports whether it is.
func bound(ctx context.Context, t *track.Track) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return t.AwaitBound(ctx)
}

// awayCheck is how often an output that is not live looks whether its media reaches the server again.
const awayCheck = 20 * time.Millisecond

// awaitBack waits while the media of a track does not reach the server: what is not live continues where it was. It
// does not wait for a decision of the server, nor once the publication is stopped. It reports whether it has waited.
func (p *Publication) awaitBack(t *track.Track) (waited bool) {
	for p.isAway(t) {
		waited = true
		select {
		case <-time.After(awayCheck):
		case <-p.stopping:
			return waited
		case <-p.ctx.Done():
			return waited
		}
	}
	return waited
}

// isAway reports whether the media of a track does not reach the server, other than by the server's decision.
func (p *Publication) isAway(t *track.Track) bool {
	return !p.standingOf(t).absent.Load() && (!connected(p.roomNow()) || !t.State().Negotiated)
}

// first returns the first track.
func (p *Publication) first() *track.Track {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tracks[0]
}

// roll begins to send an output that is not live, and those that wait for it.
func (p *Publication) roll(out *pipeline.Output) {
	media.Of(out).Resume()
	p.rollOnce.Do(func() { close(p.rolling) })
}
