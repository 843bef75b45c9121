// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/tell"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// drainTimeout limits draining a pipeline when gstpublish is stopped.
const drainTimeout = 3 * time.Second

// look is how a publication in the room stands.
func look(room *gstpublish.Room, pub *sink.Publication) report.Moment {
	stats := room.Stats()
	return report.Moment{Stats: pub.Stats(), Network: stats.Network, Away: stats.Interrupted}
}

// follow prints statistics until the publication ends, and closes it.
func (a *app) follow(ctx context.Context, room *gstpublish.Room, pub *sink.Publication, o *runOptions) error {
	meter, viewers := report.NewMeter(), &tell.Viewers{}
	if !o.report.Chosen {
		a.goLive()
	}
	var over <-chan time.Time // never, without a duration
	if o.duration > 0 {
		timer := time.NewTimer(o.duration)
		defer timer.Stop()
		over = timer.C
	}
	ticker := time.NewTicker(o.report.Interval)
	defer ticker.Stop()
	var changed <-chan struct{} // of the participants
	if !o.isOther {
		changed = a.teller.Changes()
	}
	var err error
	var why string
	count := 0
	for why == "" {
		select {
		case <-changed:
			count = viewers.Count(a.teller, room)
		case <-ticker.C:
			if !o.isOther {
				count = viewers.Count(a.teller, room)
			}
			a.tellStats(o.record(report.Stats, "", meter, room, pub), count)
		case <-room.Done(): // The publication has ended too, or will.
			why, err = "failure", errors.Join(room.Err(), pub.Close())
		case <-pub.Done():
			why, err = "end of stream", errors.Join(pub.Err(), pub.Close(), room.Err())
		case <-over:
			why, err = "duration", a.stop(ctx, pub)
		case <-ctx.Done():
			why, err = a.interrupted(ctx, pub)
		}
	}
	if err != nil {
		why = failure(err)
	}
	a.endLive()
	a.reporter.Print(o.record(report.End, why, meter.Total(), room, pub))
	return err
}

// record returns a record of a publication.
func (o *runOptions) record(
	event, why string, meter *report.Meter, room *gstpublish.Room, pub *sink.Publication,
) *report.Published {
	p := report.Publish(event, why, meter, look(room, pub))
	if o.track != "" {
		p.Track, p.TrackSID = o.track, pub.SID()
	}
	return p
}

// failure returns the reason of a record for an error.
func failure(err error) string {
	lost := (*gstpublish.LostError)(nil)
	if !errors.As(err, &lost) || lost.Away > 0 {
		return "failure"
	}
	switch lost.Reason {
	case livekit.DisconnectReason_DUPLICATE_IDENTITY:
		return "identity taken"
	case livekit.DisconnectReason_PARTICIPANT_REMOVED, livekit.DisconnectReason_ROOM_DELETED:
		return "removed"
	default:
		return "failure"
	}
}

// tellStats prints statistics, or shows them in the live line.
func (a *app) tellStats(p *report.Published, viewers int) {
	if l := a.live.Load(); l != nil {
		l.show(p, viewers)
		return
	}
	a.reporter.Print(p)
}

// interrupted ends what a signal has interrupted.
func (a *app) interrupted(ctx context.Context, pub *sink.Publication) (why string, err error) {
	if stopped := (*problem.StoppedError)(nil); errors.As(context.Cause(ctx), &stopped) {
		return stopped.Signal, a.stop(ctx, pub)
	}
	return "failure", errors.Join(context.Cause(ctx), pub.Close())
}

// stop drains and unpublishes. A pipeline that does not drain in time is worth a log line, but
// stopping was requested.
func (a *app) stop(ctx context.Context, pub *sink.Publication) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := pub.Stop(ctx)
	if errors.Is(err, pipeline.ErrDrain) {
		a.log.Warn("discarding what is still in the pipeline", "err", err)
		return pub.Close()
	}
	return err
}

// followAll prints the statistics of several inputs until all of them have ended, or one has failed, which ends the
// others.
func (a *app) followAll(
	ctx context.Context, room *gstpublish.Room, pub *sink.Publication, o *runOptions, others []*other,
) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var group sync.WaitGroup
	for _, n := range others {
		group.Go(func() {
			p := <-n.publishing
			if p.Err == nil {
				n.encoders.Open()
				a.teller.Published(p.Value, &n.o.video)
				p.Err = a.follow(ctx, room, p.Value, n.o)
			}
			if p.Err != nil {
				fail(fmt.Errorf("%s: %w", n.o.track, p.Err))
			}
		})
	}
	err := a.follow(ctx, room, pub, o)
	if err != nil {
		fail(err)
	}
	group.Wait()
	if failed := context.Cause(ctx); failed != nil {
		return failed
	}
	return err
}
