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

// Track writes samples into one LiveKit track, or into one layer of it.
type Track struct {
	log        *slog.Logger
	codec      webrtc.RTPCodecCapability
	create     func() ([]*lksdk.LocalTrack, error) // those for another room: see wire
	wire       atomic.Pointer[wire]
	room       func() *lksdk.Room // that it is in
	clock      packets.Clock
	writer     *packets.Writer // only for the one who writes
	video      bool
	layered    bool          // what is sent says which temporal and spatial layers it is of
	descriptor atomic.Uint32 // the ID of the header extension that says so too; 0 for none
	layers     description   // of the sample at hand; only for the one who writes
	keys       *keyLimiter   // of video
	pub        *Published
	muted      func() (muted, accepted bool) // accepted reports whether the server has answered
	// awaitKey is true if the last sent sample does not lead up to the next one.
	awaitKey atomic.Bool
	pts      int64 // of the last sample that had one; only for the one who writes
	gate     gate
	unpad    func()               // ends the network\'s use of it for padding
	opened   func()               // called when the track is bound, unmuted or watched again
	since    atomic.Int64         // when writing began, in ns of Unix time; 0 while nothing is written
	rtt      func() time.Duration // of the network, with what waits in its queues; 0 where it isn't known
	n        *Counters
	passing  passing // only for the one who writes
	pump     pump
	passed   atomic.Pointer[Passed]
	start    *timeline.Timeline
	over     <-chan struct{} // closed when the publication is
}

// pad sends a packet of padding, for the network to find out whether it can carry
// more.
func (t *Track) pad(bytes int) bool { return t.Open() && t.writer.Pad(bytes) }

// End releases what the track uses of others.
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
		select {
		case t.pump.asked <- struct{}{}:
		default:
		}
		if !t.look() {
			t.keys.requestForViewer()
		}
	}
}

// Open reports whether viewers get what is written now.
func (t *Track) Open() bool {
	muted, watched, bound := t.state()
	return bound && !muted && watched && !t.gate.isShut()
}

// state returns what the SDK says of the track now.
func (t *Track) state() (muted, watched, bound bool) {
	w := t.wire.Load()
	muted, accepted := t.muted()
	return muted, w.watched() > 0, accepted && w.connected.Load() && w.out.IsBound()
}

// State is what the server and the SDK say of a track, and what it needs.
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

// State returns the state of the track now.
func (t *Track) State() State {
	muted, watched, negotiated := t.state()
	return State{
		Negotiated: negotiated, Muted: muted, Watched: watched, NeedsKeyFrame: t.video && t.awaitKey.Load(),
	}
}

// OnOpen sets a function to call whenever the track opens: when it is bound, unmuted or watched
// again. The call comes on a goroutine of the track's or the SDK's, or in Look, and delays it. It
// must be set before the track is published.
func (t *Track) OnOpen(f func()) { t.opened = f }

// Look notices what the SDK does not tell: that the track was muted or unmuted, or that there is a viewer again. If it
// is called regularly, it also notices that the process was stopped.
func (t *Track) Look() {
	t.pump.tick()
	t.look()
}

// look reports whether the track has opened.
func (t *Track) look() bool {
	muted, watched, _ := t.state()
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

// open begins to send, with a key frame.
func (t *Track) open() {
	t.awaitKey.Store(true)
	if t.opened != nil {
		t.opened()
	}
}

// Drop counts a frame or a sample that no viewer gets, since the track is not open. What comes next must not need it.
func (t *Track) Drop() {
	t.awaitKey.Store(true)
	isMuted, watched, bound := t.state()
	if !bound {
		isMuted, watched = false, true // That is not known.
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

// RequestKey asks for a key frame.
func (t *Track) RequestKey() { t.keys.request() }

// AwaitKey notes that what was sent does not reach up to the next sample: a key frame must come first.
func (t *Track) AwaitKey() { t.awaitKey.Store(true) }

// KeyDue reports whether the frame at hand is to be a key frame since one is needed, or since nothing that was sent
// reaches up to it. So the source, which waits for us, is not asked. If it comes too soon after another request, the
// encoder is asked for one later.
func (t *Track) KeyDue(needed bool) bool {
	if !needed && !t.awaitKey.Load() || !t.keys.due() {
		return false
	}
	t.n.KeyRequests.Add(1)
	return true
}

// Counters returns what the track counts.
func (t *Track) Counters() *Counters { return t.n }

// Video reports whether it is a track of video.
func (t *Track) Video() bool { return t.video }

// Layered reports whether packets say which temporal and spatial layers they are of.
func (t *Track) Layered() bool { return t.layered }

// MimeType returns that of the codec.
func (t *Track) MimeType() string { return t.codec.MimeType }
