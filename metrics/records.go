// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"sync"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/sink"
)

// Records returns the statistics of publications as the objects that `gstpublish run --stats json` prints, which
// docs/json.md of the module describes. Its method Answer is for [gstpublish.Options.AnswerStats], and Add is for what
// is published then:
//
//	var records metrics.Records
//	room, err := gstpublish.Join(ctx, url, credentials, &gstpublish.Options{AnswerStats: records.Answer})
//	// ...
//	publication, err := room.Publish(ctx, source, nil)
//	// ...
//	records.Add(room, publication)
//
// The objects contain neither addresses nor secrets. The zero value has no publications. All methods are safe for
// concurrent use.
type Records struct {
	mu  sync.Mutex // protects what follows
	all []*record
}

// record is one publication.
type record struct {
	room  *gstpublish.Room
	pub   *sink.Publication
	meter *report.Meter
}

// Add adds a publication of a room, until it ends.
func (r *Records) Add(room *gstpublish.Room, pub *sink.Publication) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, &record{room, pub, report.NewMeter()})
}

// Answer returns the statistics of the publication with a track, for encoding/json; if trackSID is empty, of the first
// one. Rates are since the previous call for the same publication. It returns nil if there is no such publication.
func (r *Records) Answer(trackSID string) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removeEnded()
	for _, one := range r.all {
		if sid := one.pub.SID(); trackSID == "" || sid == trackSID {
			return one.now(sid)
		}
	}
	return nil
}

// removeEnded removes publications that have ended. r.mu is held.
func (r *Records) removeEnded() {
	var running []*record
	for _, one := range r.all {
		select {
		case <-one.pub.Done():
		default:
			running = append(running, one)
		}
	}
	r.all = running
}

// now returns the statistics.
func (r *record) now(sid string) *report.Published {
	room := r.room.Stats()
	p := report.Publish(report.Stats, "", r.meter, report.Moment{
		Stats: r.pub.Stats(), Network: room.Network, Away: room.Interrupted,
	})
	p.Stamp(time.Now())
	p.TrackSID = sid
	if joined := r.room.LiveKit(); joined != nil {
		p.Room = joined.Name()
	}
	if track := r.pub.LocalTrack(); track != nil {
		p.Track = track.Name()
	}
	return p
}
