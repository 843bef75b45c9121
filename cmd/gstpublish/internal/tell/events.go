// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package tell

import (
	"maps"
	"slices"
	"sync"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/sink"
)

// place finds out where something is published. Its methods are safe for concurrent use and never block.
type place struct {
	mu   sync.Mutex // protects what follows
	room *gstpublish.Room
	pub  *sink.Publication
	of   *lksdk.Room // what sid is of
	sid  string
}

func (p *place) join(room *gstpublish.Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room = room
}

// joined returns the room that is published in.
func (p *place) joined() *gstpublish.Room {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room
}

func (p *place) publish(pub *sink.Publication) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pub = pub
}

// now returns the place as it is now.
func (p *place) now() (now report.Place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if joined := p.room.LiveKit(); joined != nil {
		now.Room = joined.Name()
		if joined != p.of {
			p.of, p.sid = joined, ""
			go p.learn(joined)
		}
	}
	now.RoomSID = p.sid
	if p.pub != nil {
		now.TrackSID = p.pub.SID()
	}
	return now
}

// learn waits for the SID of a room, which the server may send up to two seconds after joining.
func (p *place) learn(joined *lksdk.Room) {
	sid := joined.SID()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == joined {
		p.sid = sid
	}
}

// seconds returns a time in seconds, to a millisecond.
func seconds(d time.Duration) *float64 {
	s := report.Round(d.Seconds(), 1000)
	return &s
}

// connectionEvent prints what becomes of a connection as an object. Its loss is the end, and printed as that.
func (t *Teller) connectionEvent(e gstpublish.Event) {
	t.arrivals.note() // Some may have come or left meanwhile.
	switch e.Kind {
	case gstpublish.Interrupted:
		t.event(&report.Event{Head: report.Head{Event: report.Interrupted}})
	case gstpublish.Resumed:
		t.event(&report.Event{Head: report.Head{Event: report.Resumed}, Away: seconds(e.Away)})
	case gstpublish.Rejoined:
		t.event(&report.Event{Head: report.Head{Event: report.Rejoined}, Away: seconds(e.Away), Attempts: e.Attempts})
	case gstpublish.JoinFailed:
		t.event(&report.Event{
			Head: report.Head{Event: report.JoinFailed}, Away: seconds(e.Away), Attempts: e.Attempts, Error: e.Err.Error(),
		})
	case gstpublish.Lost:
	}
}

// encoderEvent prints a choice or a failure of an encoder as an object.
func (t *Teller) encoderEvent(ev sink.EncoderEvent) {
	layer := ev.Layer
	if ev.Backup {
		layer = "backup"
	}
	t.event(&report.Event{
		Head: report.Head{Event: report.EncoderChanged}, Layer: layer, Encoder: ev.Encoder, Codec: ev.Codec.String(),
		Failed: ev.Failed, Reason: ev.Reason,
	})
}

// arrivals notices that other participants come and go. The zero value is ready to use. All methods are safe for
// concurrent use.
type arrivals struct {
	once sync.Once
	c    chan struct{}
}

// changes returns a channel that has an element when the participants have changed, and at first.
func (v *arrivals) changes() chan struct{} {
	v.once.Do(func() {
		v.c = make(chan struct{}, 1)
		v.c <- struct{}{}
	})
	return v.c
}

// note notes that the participants have changed.
func (v *arrivals) note() {
	select {
	case v.changes() <- struct{}{}:
	default:
	}
}

// Changes returns a channel that has an element when the participants have changed, and at first.
func (t *Teller) Changes() <-chan struct{} { return t.arrivals.changes() }

// Callback returns the callbacks that a room needs for Changes.
func (t *Teller) Callback() *lksdk.RoomCallback {
	note := func(*lksdk.RemoteParticipant) { t.arrivals.note() }
	return &lksdk.RoomCallback{OnParticipantConnected: note, OnParticipantDisconnected: note}
}

// Viewers notices participants who may subscribe. The zero value has seen none.
type Viewers struct{ seen map[string]string } // identities by SID

// Count prints who has come and left since the last call, and returns how many viewers there are.
func (v *Viewers) Count(t *Teller, room *gstpublish.Room) int {
	now := map[string]string{}
	for _, p := range room.Viewers() {
		now[p.SID()] = p.Identity()
	}
	count := len(now)
	tell := func(kind string, from, others map[string]string) {
		for _, sid := range slices.Sorted(maps.Keys(from)) {
			if _, both := others[sid]; !both {
				t.event(&report.Event{
					Head: report.Head{Event: kind}, Identity: from[sid], ParticipantSID: sid, Viewers: &count,
				})
			}
		}
	}
	tell(report.ViewerLeft, v.seen, now)
	tell(report.ViewerJoined, now, v.seen)
	v.seen = now
	return count
}
