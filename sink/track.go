// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	sdkatomic "go.uber.org/atomic"

	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink/allocation"
	"github.com/gstpublish/gstpublish/sink/packets"
	"github.com/gstpublish/gstpublish/sink/signal"
)

// Clock rates of RTP (RFC 7741 and its like for video; RFC 7587).
const (
	videoClockRate = 90_000
	opusClockRate  = 48_000
)

// h264Fmtp is constrained baseline, which every browser decodes; the level is
// a receiver's matter.
const h264Fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

// track writes coded samples into one LiveKit track, or into one layer of it.
type track struct {
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
	backup     bool          // for clients that don't know the main one's codec
	keys       *keyLimiter   // of video
	pub        *published
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
	n        *counters
	start    *timeline.Timeline
	over     <-chan struct{} // closed when the publication is
}

// published is what the server knows a track as, with all its layers. It is empty
// until the server has answered.
type published = atomic.Pointer[lksdk.LocalTrackPublication]

// wire is the SDK's side of a track in one room.
type wire struct {
	// all are one track, or, where several sizes are in one stream, one for each from low
	// to high. Only the last, local, sends; the server speaks of each size by its own.
	all   []*lksdk.LocalTrack
	local *lksdk.LocalTrack
	// unwanted is, for each of all, while nobody watches it; nil where that can't be
	// known.
	unwanted []*sdkatomic.Bool
	// spoken tells that something was sent: before that, whether somebody watches
	// doesn't count. The server gives up on a track that it gets nothing of.
	spoken    atomic.Bool
	connected atomic.Bool // since it was bound, the connection has been up
}

// unwatched tells whether nobody would see what is sent.
func (w *wire) unwatched() bool { return w.watched() == 0 }

// watched is up to which of all somebody watches: 0 for none.
func (w *wire) watched() int {
	if !w.spoken.Load() {
		return len(w.all)
	}
	for i, unwanted := range slices.Backward(w.unwanted) {
		if unwanted == nil || !unwanted.Load() {
			return i + 1
		}
	}
	return 0
}

// newVideoTrack makes a track of one layer, or of several in one stream. Layers of one
// track have its ID. forceKey asks the encoder for a key unit.
func newVideoTrack(
	p *Publication, id string, codec pipeline.Codec, sizes []allocation.Layer, n *counters, forceKey func(),
) (*track, error) {
	t := &track{log: p.log, clock: packets.NewClock(videoClockRate), video: true, pub: &p.video, n: n}
	t.awaitKey.Store(true)
	t.keys = newKeyLimiter(keyUnitInterval, func() {
		t.n.keyRequests.Add(1)
		forceKey()
	})
	t.codec = webrtc.RTPCodecCapability{MimeType: codec.MimeType(), ClockRate: videoClockRate}
	if codec == pipeline.H264 {
		t.codec.SDPFmtpLine = h264Fmtp
	}
	t.layered = p.opts.layered(codec)
	t.create = func() (all []*lksdk.LocalTrack, err error) {
		for i := range sizes {
			// One layer goes the way of simulcast too: only there does the SDK tell the
			// server the codec.
			local, err := lksdk.NewLocalTrack(t.codec, lksdk.WithSimulcast(id, announced(&sizes[i])),
				lksdk.WithRTCPHandler(t.onRTCP))
			if err != nil {
				return nil, err
			}
			all = append(all, local)
		}
		return all, nil
	}
	return t, t.begin(p)
}

// announced is what the server is told of a layer.
func announced(l *allocation.Layer) *livekit.VideoLayer {
	return &livekit.VideoLayer{
		Quality: quality(l.RID), Width: uint32(l.Width), Height: uint32(l.Height), Bitrate: uint32(l.Bitrate),
	}
}

// quality is LiveKit's name for a layer.
func quality(rid string) livekit.VideoQuality {
	switch rid {
	case "q":
		return livekit.VideoQuality_LOW
	case "h":
		return livekit.VideoQuality_MEDIUM
	default:
		return livekit.VideoQuality_HIGH
	}
}

func newAudioTrack(p *Publication) (*track, error) {
	t := &track{log: p.log, clock: packets.NewClock(opusClockRate), pub: &p.audio, n: &counters{}}
	t.codec = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: opusClockRate, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	t.create = func() ([]*lksdk.LocalTrack, error) {
		local, err := lksdk.NewLocalTrack(t.codec)
		return []*lksdk.LocalTrack{local}, err
	}
	return t, t.begin(p)
}

func (t *track) begin(p *Publication) (err error) {
	t.room, t.start, t.over = p.roomNow, p.start, p.ctx.Done()
	t.rtt = func() time.Duration { return 0 }
	var pace packets.Pace // Sound doesn't wait.
	if t.video && p.opts.Network != nil {
		pace = p.opts.Network.Wait
		t.rtt = func() time.Duration { return p.opts.Network.Stats().RTT }
	}
	if t.writer, err = packets.NewWriter(t.codec, pace, t.send); err != nil {
		return err
	}
	if pace != nil {
		t.unpad = p.opts.Network.AddPadding(t.pad)
	}
	return t.renew()
}

// pad sends a packet of padding, for the network to find out whether it can carry
// more.
func (t *track) pad(bytes int) bool { return t.open() && t.writer.Pad(bytes) }

// end lets go of what the track has of others.
func (t *track) end() {
	if t.keys != nil {
		t.keys.stop()
	}
	if t.unpad != nil {
		t.unpad()
	}
}

// renew makes what is published in another room. The SDK's tracks are bound to
// one connection.
func (t *track) renew() error {
	all, err := t.create()
	if err != nil {
		return err
	}
	w := &wire{all: all, local: all[len(all)-1]}
	for _, local := range all {
		w.unwanted = append(w.unwanted, signal.Unwanted(local))
	}
	w.local.OnBind(func() { t.whenConnected(w, func() { t.bound(w) }) })
	t.wire.Store(w)
	return nil
}

// bound begins to send.
func (t *track) bound(w *wire) {
	t.start.Begin("bound")()
	if t.keys != nil {
		t.keys.bound()
	}
	t.descriptor.Store(uint32(signal.Descriptor(t.room())))
	t.awaitKey.Store(true)
	w.spoken.Store(false)
	if t.opened != nil {
		t.opened()
	}
}

func (t *track) local() *lksdk.LocalTrack { return t.wire.Load().local }

func (t *track) send(p *rtp.Packet) error {
	err := t.local().WriteRTP(p, nil)
	if err == nil {
		t.start.Finish("first-packet")
	}
	return err
}

// onRTCP runs in the SDK's reading goroutine and must not block.
func (t *track) onRTCP(packet rtcp.Packet) {
	switch packet.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		t.n.plis.Add(1)
		if !t.awaken() {
			t.keys.requestForViewer()
		}
	}
}

// open tells whether what is written now would be sent, and seen.
func (t *track) open() bool {
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

// onOpen calls f, not on the caller's goroutine, whenever the track is bound,
// unmuted or watched again.
func (t *track) onOpen(f func()) { t.opened = f }

// check notices what the SDK doesn't tell: that the track was muted or unmuted,
// or is watched again.
func (t *track) check() {
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
func (t *track) awaken() bool {
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
func (t *track) reopen() {
	t.opening.Store(false)
	if t.pub.Load().IsMuted() {
		return
	}
	t.shut.Store(false)
	t.goOn()
}

// goOn begins with a key frame. A second one mends what the server missed where
// it wasn't ready yet.
func (t *track) goOn() {
	t.awaitKey.Store(true)
	if t.opened != nil {
		t.opened()
		t.keys.request()
	}
}

func (t *track) countClosed() {
	switch {
	case t.shut.Load():
		t.n.muted.Add(1)
	case t.asleep.Load():
		t.n.unwatched.Add(1)
	default:
		t.n.unbound.Add(1)
	}
}

// write sends one sample, or counts why it doesn't. It waits for the network.
func (t *track) write(ctx context.Context, s pipeline.Sample) {
	if !t.open() {
		t.awaitKey.Store(true)
		t.countClosed()
		return
	}
	if t.video && !s.Key && t.awaitKey.Load() {
		// It refers to what nobody got.
		t.n.undecodable.Add(1)
		t.keys.request()
		return
	}
	if s.Key {
		t.awaitKey.Store(false)
	}
	if s.PTS < 0 {
		// Parsers leave it out of what belongs to the sample before.
		s.PTS = t.pts
	}
	t.pts = s.PTS
	t.since.Store(time.Now().UnixNano())
	err := t.putKeyed(ctx, &s)
	t.since.Store(0)
	if err != nil {
		t.n.writeErrors.Add(1)
		t.awaitKey.Store(true)
		if !errors.Is(err, io.ErrClosedPipe) && ctx.Err() == nil {
			t.log.Warn("a sample could not be sent", "err", err)
		}
		return
	}
	t.wire.Load().spoken.Store(true)
	t.n.sent.Add(1)
	t.n.bytes.Add(uint64(len(s.Data)))
	if s.Key && t.video {
		t.n.keyFrames.Add(1)
	}
}

// putKeyed sends a sample, and tells the limiter of a key frame's way.
func (t *track) putKeyed(ctx context.Context, s *pipeline.Sample) error {
	if !t.video || !s.Key {
		return t.put(ctx, s)
	}
	t.keys.begin()
	err := t.put(ctx, s)
	t.keys.sent(t.rtt())
	return err
}

// put sends a sample.
func (t *track) put(ctx context.Context, s *pipeline.Sample) error {
	at := t.clock.At(s.PTS)
	if !t.layered {
		return t.writer.Write(ctx, s.Data, at)
	}

	t.writer.Describe(uint8(t.descriptor.Load()))
	return t.writer.WriteLayers(ctx, s.Data, at, t.layers.of(s))
}

// writing is for how long the sample at hand has been waiting for the network.
func (t *track) writing() time.Duration {
	since := t.since.Load()
	if since == 0 {
		return 0
	}
	return time.Duration(time.Now().UnixNano() - since)
}

// pump writes an output's samples until it ends.
func (t *track) pump(ctx context.Context, out *pipeline.Output) error {
	var buf []byte
	for {
		s, err := out.Pull(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		buf = s.Data
		t.n.coded.Add(uint64(len(s.Data)))
		t.write(ctx, s)
	}
}

// counters are read while they grow.
type counters struct {
	sent, bytes, keyFrames, coded    atomic.Uint64
	plis, keyRequests                atomic.Uint64
	unbound, muted, undecodable      atomic.Uint64
	unwatched, congested, frameRate  atomic.Uint64
	queueFull, offered, writeErrors  atomic.Uint64
	switching, repeats               atomic.Uint64
	encoderFailures, encoderSwitches atomic.Uint64
}
