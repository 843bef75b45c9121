// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/pipeline"
)

// Clock rates of RTP (RFC 7741 and its like for video; RFC 7587).
const (
	videoClockRate = 90_000
	opusClockRate  = 48_000
)

// h264Fmtp is constrained baseline, which every browser decodes; the level is
// a receiver's matter.
const h264Fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

// track writes coded samples into one LiveKit track.
type track struct {
	log   *slog.Logger
	local *lksdk.LocalTrack
	clock rtpClock
	// packets is only for the one who writes. The SDK's own way to send samples
	// would send all packets of one at once.
	packets *packets
	video   bool
	keys    *keyLimiter // of video
	// pub is there once the server has answered.
	pub atomic.Pointer[lksdk.LocalTrackPublication]
	// awaitKey tells that what was sent doesn't reach up to the next sample.
	awaitKey atomic.Bool
	pts      int64       // of the last sample that had one; only for the one who writes
	shut     atomic.Bool // muted, or unmuted a moment ago
	opening  atomic.Bool // about to end that
	opened   func()      // called when the track is bound or unmuted
	n        *counters
}

// newVideoTrack makes a track of one layer. forceKey asks the encoder for a key
// unit.
func newVideoTrack(
	log *slog.Logger, codec pipeline.Codec, width, height, bitrate int, n *counters, forceKey func(),
) (*track, error) {
	t := &track{log: log, clock: newRTPClock(videoClockRate), video: true, n: n}
	t.awaitKey.Store(true)
	t.keys = newKeyLimiter(keyUnitInterval, func() {
		t.n.keyRequests.Add(1)
		forceKey()
	})
	capability := webrtc.RTPCodecCapability{MimeType: codec.MimeType(), ClockRate: videoClockRate}
	if codec == pipeline.H264 {
		capability.SDPFmtpLine = h264Fmtp
	}
	// One layer goes the way of simulcast too: only there does the SDK tell
	// the server the codec.
	layer := &livekit.VideoLayer{
		Quality: livekit.VideoQuality_HIGH,
		Width:   uint32(width), Height: uint32(height), Bitrate: uint32(bitrate),
	}
	var err error
	t.local, err = lksdk.NewLocalTrack(capability,
		lksdk.WithSimulcast(newTrackID(), layer), lksdk.WithRTCPHandler(t.onRTCP))
	if err == nil {
		t.packets, err = newPackets(capability, t.send)
	}
	return t, err
}

func (t *track) send(p *rtp.Packet) error { return t.local.WriteRTP(p, nil) }

func newAudioTrack(log *slog.Logger) (*track, error) {
	capability := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: opusClockRate, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	t := &track{log: log, clock: newRTPClock(opusClockRate), n: &counters{}}
	var err error
	if t.local, err = lksdk.NewLocalTrack(capability); err == nil {
		t.packets, err = newPackets(capability, t.send)
	}
	return t, err
}

// onRTCP runs in the SDK's reading goroutine and must not block.
func (t *track) onRTCP(packet rtcp.Packet) {
	switch packet.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		t.n.plis.Add(1)
		t.keys.request()
	}
}

// open tells whether what is written now would be sent.
func (t *track) open() bool {
	pub := t.pub.Load()
	if pub == nil || !t.local.IsBound() {
		return false
	}
	if pub.IsMuted() {
		t.shut.Store(true)
	}
	return !t.shut.Load()
}

// onOpen calls f, not on the caller's goroutine, whenever the track is bound or
// unmuted.
func (t *track) onOpen(f func()) {
	t.opened = f
	t.local.OnBind(func() {
		t.awaitKey.Store(true)
		f()
	})
}

// checkMute notices that the track was muted or unmuted.
func (t *track) checkMute() {
	switch pub := t.pub.Load(); {
	case pub.IsMuted():
		t.shut.Store(true)
	case t.shut.Load() && t.opening.CompareAndSwap(false, true):
		time.AfterFunc(unmuteGrace, t.reopen)
	}
}

// unmuteGrace is how long an unmuted track stays silent. The server drops media
// until it has handled the unmuting, which goes another way than the media, and
// then goes on in the middle, without asking for a key frame: viewers would
// decode on top of a picture that they never got.
const unmuteGrace = 100 * time.Millisecond

// reopen lets media through again, from a key frame on. A second key frame
// mends what the server missed where the grace was too short.
func (t *track) reopen() {
	t.opening.Store(false)
	if t.pub.Load().IsMuted() {
		return
	}
	t.awaitKey.Store(true)
	t.shut.Store(false)
	if t.opened != nil {
		t.opened()
		t.keys.request()
	}
}

func (t *track) countClosed() {
	if t.shut.Load() {
		t.n.muted.Add(1)
		return
	}
	t.n.unbound.Add(1)
}

// write sends one sample, or counts why it doesn't.
func (t *track) write(s pipeline.Sample) {
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
	if err := t.packets.write(s.Data, t.clock.at(s.PTS)); err != nil {
		t.n.writeErrors.Add(1)
		t.awaitKey.Store(true)
		if !errors.Is(err, io.ErrClosedPipe) {
			t.log.Warn("a sample could not be sent", "err", err)
		}
		return
	}
	t.n.sent.Add(1)
	t.n.bytes.Add(uint64(len(s.Data)))
	if s.Key && t.video {
		t.n.keyFrames.Add(1)
	}
}

// pump writes an output's samples until it ends.
func (t *track) pump(out *pipeline.Output) error {
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
		t.write(s)
	}
}

// counters are read while they grow.
type counters struct {
	sent, bytes, keyFrames           atomic.Uint64
	plis, keyRequests                atomic.Uint64
	unbound, muted, undecodable      atomic.Uint64
	queueFull, offered, writeErrors  atomic.Uint64
	switching, paced, repeats        atomic.Uint64
	encoderFailures, encoderSwitches atomic.Uint64
}
