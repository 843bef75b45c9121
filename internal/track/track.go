// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"log/slog"
	"sync/atomic"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/packets"
	"github.com/gstpublish/gstpublish/internal/timeline"
)

// Track writes samples to one LiveKit track, or to one of its layers.
type Track struct {
	log        *slog.Logger
	codec      webrtc.RTPCodecCapability
	create     func() ([]*lksdk.LocalTrack, error) // returns the SDK's tracks for a room: see wire
	wire       atomic.Pointer[wire]
	room       func() *lksdk.Room // the current room
	clock      packets.Clock
	writer     *packets.Writer // used only by the writing goroutine
	video      bool
	layered    bool          // packets name their temporal and spatial layers
	descriptor atomic.Uint32 // the ID of the header extension for that; 0 for none
	layers     description   // of the current sample; only for the one who writes
	keys       *keyLimiter   // of video
	pub        *Published
	muted      func() (muted, accepted bool) // accepted reports whether the server has answered
	// awaitKey is true if a key frame must come before any other sample.
	awaitKey atomic.Bool
	pts      int64 // of the last sample that had one; only for the one who writes
	gate     gate
	unpad    func()               // ends the network's use of the track for padding
	opened   func()               // called when the track is bound, unmuted or watched again
	since    atomic.Int64         // when writing began, in ns of Unix time; 0 while nothing is written
	rtt      func() time.Duration // of the network, including its queues; 0 if unknown
	n        *Counters
	passing  passing // used only by the writing goroutine
	pump     pump
	passed   atomic.Pointer[Passed]
	start    *timeline.Timeline
	over     <-chan struct{} // closed with the publication
}

// pad sends a padding packet, which the network uses to probe for bandwidth. It reports whether it did.
func (t *Track) pad(bytes int) bool { return t.Open() && t.writer.Pad(bytes) }

// End stops the track's timers and its use for padding.
func (t *Track) End() {
	if t.keys != nil {
		t.keys.stop()
	}
	if t.unpad != nil {
		t.unpad()
	}
}

// onRTCP runs in the SDK's reading goroutine and must not block.
func (t *Track) onRTCP(packet rtcp.Packet) {
	switch packet.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		t.n.PLIs.Add(1)
		t.pump.ask()
		if !t.look() {
			t.keys.requestForViewer()
		}
	}
}

// Open reports whether viewers can receive samples now.
func (t *Track) Open() bool {
	muted, watched, bound := t.state()
	return bound && !muted && watched && !t.gate.isShut()
}

// state returns the SDK's current state of the track.
func (t *Track) state() (muted, watched, bound bool) {
	w := t.wire.Load()
	muted, accepted := t.muted()
	return muted, w.watched() > 0, accepted && w.connected.Load() && w.out.IsBound()
}

// State is the state of a track.
type State struct {
	// Negotiated reports whether the server has answered, and packets get through.
	Negotiated bool
	// Muted reports whether the track is muted.
	Muted bool
	// Watched is false if the server has reported that there is no viewer.
	Watched bool
	// NeedsKeyFrame reports whether a key frame must come before any other sample.
	NeedsKeyFrame bool
}

// State returns the current state.
func (t *Track) State() State {
	muted, watched, negotiated := t.state()
	return State{
		Negotiated: negotiated, Muted: muted, Watched: watched, NeedsKeyFrame: t.video && t.awaitKey.Load(),
	}
}

// OnOpen sets a function to call whenever the track opens: when it is bound or unmuted, or has viewers again. Look, or
// a goroutine of the track or the SDK, calls it and waits for it. Call OnOpen before the track is published.
func (t *Track) OnOpen(f func()) { t.opened = f }

// Look checks for changes that the SDK does not report: that the track was muted or unmuted, or has a viewer again. If
// it is called regularly, it also detects that the process was stopped.
func (t *Track) Look() {
	t.pump.tick()
	t.look()
}

// look is Look, and reports whether the track has opened.
func (t *Track) look() bool {
	muted, watched, bound := t.state()
	if bound && muted {
		t.announce()
	}
	opened, wait := t.gate.look(time.Now(), muted, watched)
	if wait > 0 {
		time.AfterFunc(wait, t.Look)
	}
	if opened {
		t.open()
		if t.keys != nil {
			t.keys.request() // A second one repairs what the server missed if it was not ready yet.
		}
	}
	return opened
}

// announce sends the server a packet of a track that is muted from the start of a connection. Until a packet has come,
// the server does not list the track, so that no one could see or unmute it.
func (t *Track) announce() {
	w := t.wire.Load()
	if !w.spoken.Load() && !w.announced.Swap(true) {
		w.announced.Store(t.writer.Announce())
	}
}

// open begins to send, with a key frame.
func (t *Track) open() {
	t.awaitKey.Store(true)
	if t.opened != nil {
		t.opened()
	}
}

// Drop counts a frame or sample that is dropped because the track is not open. The next sample must be a key frame.
func (t *Track) Drop() {
	t.awaitKey.Store(true)
	isMuted, watched, bound := t.state()
	if !bound {
		isMuted, watched = false, true // They are unknown.
	}
	switch t.gate.drop(isMuted, watched) {
	case muted:
		t.n.Muted.Add(1)
	case unwatched:
		t.n.Unwatched.Add(1)
	case unbound:
		t.n.Unbound.Add(1)
	}
}

// RequestKey requests a key frame.
func (t *Track) RequestKey() { t.keys.request() }

// AwaitKey records that a key frame must come before any other sample, because samples before it were not sent.
func (t *Track) AwaitKey() { t.awaitKey.Store(true) }

// KeyDue reports whether the current frame must be a key frame: because needed is true, or because samples before it
// were not sent. If the last request is too recent, a later frame becomes the key frame. KeyDue does not call the
// source, which waits for the caller.
func (t *Track) KeyDue(needed bool) bool {
	if !needed && !t.awaitKey.Load() || !t.keys.due() {
		return false
	}
	t.n.KeyRequests.Add(1)
	return true
}

// Counters returns the track's counters.
func (t *Track) Counters() *Counters { return t.n }

// Video reports whether it is a track of video.
func (t *Track) Video() bool { return t.video }

// Layered reports whether packets name their temporal and spatial layers.
func (t *Track) Layered() bool { return t.layered }

// MimeType returns the codec's MIME type.
func (t *Track) MimeType() string { return t.codec.MimeType }
