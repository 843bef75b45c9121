// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package report prints the state of a publication or of a viewer, and events, in words and as JSON. docs/json.md is
// generated from its types.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// The formats of a Reporter.
const (
	FormatText = "text"
	FormatJSON = "json"
	FormatNone = "none"
)

// The events. Their meaning is in docs/json.md, which is generated from the comments.
const (
	// Statistics, once per `--stats-interval`.
	Stats = "stats"
	// The last object: the publication, or the viewer, has ended.
	End = "end"
	// The room was joined.
	Joined = "joined"
	// The track is published.
	TrackPublished = "published"
	// An encoder was chosen, or has failed.
	EncoderChanged = "encoder"
	// The connection is interrupted. One of `resumed` and `rejoined` follows, or `end`.
	Interrupted = "interrupted"
	// The connection is back, in the same room.
	Resumed = "resumed"
	// The room was joined again, and the track is published again.
	Rejoined = "rejoined"
	// The first join has failed, and gstpublish retries it (`--reconnect forever`).
	JoinFailed = "join_failed"
	// A participant who may subscribe has joined, or was there before. The server may report it 3 s late.
	ViewerJoined = "viewer_joined"
	// Such a participant has left.
	ViewerLeft = "viewer_left"
)

// Record is a line of output: an object for JSON, and words.
type Record interface {
	Text() string
	head() *Head
}

// Place is where something is published or watched.
type Place struct{ Room, RoomSID, TrackSID string }

// Reporter prints records. All methods are safe for concurrent use, and do nothing for a nil *Reporter.
type Reporter struct {
	w      io.Writer
	format string

	mu    sync.Mutex // protects what follows
	place func() Place
	gone  bool // the reader is gone
}

// NewReporter returns a reporter that writes to w, each record in one write.
func NewReporter(w io.Writer, format string) *Reporter { return &Reporter{w: w, format: format} }

// SetPlace sets what says where something is published. It is called for each object, and must not block.
func (r *Reporter) SetPlace(place func() Place) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.place = place
}

// Print prints a record. It reports whether the output still has a reader.
func (r *Reporter) Print(what Record) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.format == FormatNone {
		return !r.gone
	}
	line := what.Text()
	if r.format == FormatJSON {
		line = r.object(what)
	}
	if line == "" {
		return true
	}
	_, err := fmt.Fprintln(r.w, line)
	r.gone = err != nil
	return !r.gone
}

// object returns a record as JSON. r.mu is held.
func (r *Reporter) object(what Record) string {
	h := what.head()
	h.Stamp(time.Now())
	if r.place != nil {
		p := r.place()
		h.Room, h.RoomSID = p.Room, p.RoomSID
		if h.TrackSID == "" {
			h.TrackSID = p.TrackSID
		}
	}
	data, err := json.Marshal(what)
	if err != nil {
		return "" // not with numbers and texts
	}
	return string(data)
}

// Text is empty: the command prints events itself, to standard error.
func (e *Event) Text() string { return "" }
