// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package tell prints the events of a room and of its publications: lines for the user, and objects for programs.
package tell

import (
	"fmt"
	"strings"
	"time"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/options"
	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/internal/report"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/sink"
)

// Teller prints events. Create it with New.
type Teller struct {
	Records metrics.Records // what participants receive who ask for the statistics

	status func(format string, args ...any)
	event  func(e *report.Event)
	place  place

	arrivals arrivals
}

// New returns a Teller that prints lines for the user and, for programs, events.
func New(status func(format string, args ...any), event func(e *report.Event)) *Teller {
	return &Teller{status: status, event: event}
}

// Place returns the room and the track of the publication.
func (t *Teller) Place() report.Place { return t.place.now() }

// Joined prints the room and the identity of the participant.
func (t *Teller) Joined(room *gstpublish.Room, c *options.Connection) {
	joined := room.LiveKit()
	t.place.join(room)
	t.event(&report.Event{
		Head: report.Head{Event: report.Joined}, URL: c.URL,
		Identity: joined.LocalParticipant.Identity(), ParticipantSID: joined.LocalParticipant.SID(),
	})
	t.status("in room %q of %s as %q", joined.Name(), c.URL, joined.LocalParticipant.Identity())
}

// Connection returns a function that prints the events of a connection. It leaves out the loss of the connection, which
// is an error and printed as one.
func (t *Teller) Connection(c *options.Connection) func(gstpublish.Event) {
	failure := "" // the last one, which is printed once
	return func(e gstpublish.Event) {
		t.connectionEvent(e)
		away := e.Away.Round(100 * time.Millisecond)
		switch {
		case c.Patience == gstpublish.ReconnectNever:
		case e.Kind == gstpublish.Interrupted:
			t.status("the connection was interrupted; reconnecting")
		case e.Kind == gstpublish.Resumed:
			t.status("reconnected after %v", away)
		case e.Kind == gstpublish.Rejoined:
			t.status("rejoined the room and published again after %v", away)
		case e.Kind == gstpublish.JoinFailed && e.Err.Error() != failure:
			failure = e.Err.Error()
			t.status("%s; retrying", problem.WithoutPackage(failure))
		}
	}
}

// Published prints the codec, the encoder and the sizes of a publication.
func (t *Teller) Published(pub *sink.Publication, v *options.Video) {
	stats := pub.Stats()
	t.place.publish(pub)
	t.Records.Add(t.place.joined(), pub)
	t.event(&report.Event{
		Head: report.Head{Event: report.TrackPublished, TrackSID: pub.SID()}, Track: pub.LocalTrack().Name(),
		Codec: CodecName(stats), Encoder: stats.Encoder,
	})
	how, backup, inOne := "", "", ""
	if stats.Encoder != "" {
		how = " by " + stats.Encoder
	}
	var sizes []string
	for _, l := range stats.Layers {
		if l.Backup {
			backup = ", with " + report.MimeName(l.Codec) + " for viewers who can't decode it"
		} else {
			sizes = append(sizes, fmt.Sprintf("%dx%d", l.Width, l.Height))
		}
		if len(l.Sizes) > 0 {
			sizes = nil
			for _, s := range l.Sizes {
				sizes = append(sizes, fmt.Sprintf("%dx%d", s.Width, s.Height))
			}
			inOne = " (one stream)"
		}
	}
	if len(sizes) > 1 {
		how += " in " + strings.Join(sizes, ", ") + inOne
	}
	t.status("publishing %s%s as track %q (%s)%s", CodecName(stats), how, pub.LocalTrack().Name(), pub.SID(), backup)
	if n := len(sizes); n > 0 && n < v.Layers {
		t.status("a frame of %s px is too small for %d layers: publishing %d", sizes[n-1], v.Layers, n)
	}
}

// CodecName returns the name of the codec of a publication.
func CodecName(s sink.Stats) string {
	if s.Codec == "" {
		return "Opus"
	}
	return report.MimeName(s.Codec)
}
