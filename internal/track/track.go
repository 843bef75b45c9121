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

	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/sink/packets"
)

// Track writes coded samples into one LiveKit track, or into one layer of it.
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
	// awaitKey tells that what was sent doesn't reach up to the next sample.
	awaitKey atomic.Bool
	pts      int64                // of the last sample that had one; only for the one who writes
	shut     atomic.Bool          // muted, or unmuted a moment ago
	opening  atomic.Bool          // about to end that
	asleep   atomic.Bool          // nobody watches
	unpad    func()               // ends the network\'s use of it for padding
	opened   func()               // called when the track is bound, unmuted or watched again
	since    atomic.Int64         // when writing began, in ns of Unix time; 0 while nothing is written
	rtt      func() time.Duration // of the network, with what waits in its queues; 0 where it isn't known
	n        *Counters
	start    *timeline.Timeline
	over     <-chan struct{} // closed when the publication is
}

// pad sends a packet of padding, for the network to find out whether it can carry
// more.
func (t *Track) pad(bytes int) bool { return t.Open() && t.writer.Pad(bytes) }

// End lets go of what the track has of others.
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
		if !t.awaken() {
			t.keys.requestForViewer()
		}
	}
}

// Open reports whether what is written now would be sent, and seen.
func (t *Track) Open() bool {
	pub, w := t.pub.Load(), t.wire.Load()
	if pub == nil || !w.connected.Load() || !w.local.IsBound() {
		return false
	}
	if pub.IsMuted() {
		t.shut.Store(true)
	}
	if w.unwatched() {
		t.asleep.Store(true)
	}
	return !t.shut.Load() && !t.asleep.Load()
}

// OnOpen calls f, not on the caller's goroutine, whenever the track is bound,
// unmuted or watched again.
func (t *Track) OnOpen(f func()) { t.opened = f }

// Check notices what the SDK doesn't tell: that the track was muted or unmuted,
// or is watched again.
func (t *Track) Check() {
	t.awaken()
	switch pub := t.pub.Load(); {
	case pub == nil:
	case pub.IsMuted():
		t.shut.Store(true)
	case t.shut.Load() && t.opening.CompareAndSwap(false, true):
		time.AfterFunc(unmuteGrace, t.reopen)
	}
}

// awaken lets a track go on that nobody has watched and somebody does now. It
// tells whether it did.
func (t *Track) awaken() bool {
	if t.wire.Load().unwatched() || !t.asleep.CompareAndSwap(true, false) {
		return false
	}
	t.goOn()
	return true
}

// unmuteGrace is how long an unmuted track stays silent. The server drops media
// until it has handled the unmuting, which goes another way than the media, and
// then goes on in the middle, without asking for a key frame: viewers would
// decode on top of a picture that they never got.
const unmuteGrace = 100 * time.Millisecond

// reopen lets media through again.
func (t *Track) reopen() {
	t.opening.Store(false)
	if t.pub.Load().IsMuted() {
		return
	}
	t.shut.Store(false)
	t.goOn()
}

// goOn begins with a key frame. A second one mends what the server missed where
// it wasn't ready yet.
func (t *Track) goOn() {
	t.awaitKey.Store(true)
	if t.opened != nil {
		t.opened()
		t.keys.request()
	}
}

func (t *Track) CountClosed() {
	switch {
	case t.shut.Load():
		t.n.Muted.Add(1)
	case t.asleep.Load():
		t.n.Unwatched.Add(1)
	default:
		t.n.Unbound.Add(1)
	}
}

// RequestKey asks for a key frame.
func (t *Track) RequestKey() { t.keys.request() }

// AwaitKey notes that what was sent does not reach up to the next sample: a key frame must come first.
func (t *Track) AwaitKey() { t.awaitKey.Store(true) }

// KeyDue reports whether the frame at hand is to be a key frame since nothing that was sent reaches up to it. So the
// source, which waits for us, is not asked.
func (t *Track) KeyDue() bool {
	if !t.awaitKey.Load() || !t.keys.due() {
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

// MimeType is that of the codec.
func (t *Track) MimeType() string { return t.codec.MimeType }
