// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"context"
	"log/slog"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/incoming"
	"github.com/gstpublish/gstpublish/internal/packets"
	"github.com/gstpublish/gstpublish/internal/timeline"
	"github.com/gstpublish/gstpublish/pipeline"
)

// Clock rates of RTP (RFC 7741 and its like for video; RFC 7587).
const (
	videoClockRate = 90_000
	opusClockRate  = 48_000
)

// h264Fmtp announces constrained baseline, which every browser decodes. The level does not restrict receivers.
const h264Fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

// Options configures any track.
type Options struct {
	Logger   *slog.Logger
	Timeline *timeline.Timeline // nil records nothing
	// Room returns the room that the track is in.
	Room func() *lksdk.Room
	// Over is closed when nothing more will be sent.
	Over <-chan struct{}
	// Publication holds the server's answer, for all layers of a track.
	Publication *Published
}

// VideoOptions configures a video track.
type VideoOptions struct {
	Options

	// ID is the track's ID. All simulcast layers of a track share it.
	ID    string
	Codec pipeline.Codec
	// Sizes are the sizes in this stream, from low to high.
	Sizes []allocation.Layer
	// Layered reports whether packets name their temporal and spatial layers.
	Layered bool
	// Network paces the packets; nil for none.
	Network Network
	// Counters count the fate of the samples.
	Counters *Counters
	// ForceKey requests a key frame from the encoder.
	ForceKey func()
	// Check checks samples that a pipeline has encoded, and has already checked the first; nil for others.
	Check *incoming.Check
	// Warning is the check's warning about the first sample.
	Warning string
}

// Network is the part of the network that a track uses.
type Network interface {
	// Wait waits until packets may be sent: see network.Network.
	Wait(ctx context.Context, packets, bytes int) (granted int, err error)
	// AddPadding offers the track for padding, until remove is called: see network.Network.
	AddPadding(send func(bytes int) bool) (remove func())
	// RTT returns the round-trip time; 0 if it is unknown.
	RTT() time.Duration
}

// NewVideo returns a track of one layer, or of several in one stream.
func NewVideo(o VideoOptions) (*Track, error) {
	t := &Track{clock: packets.NewClock(videoClockRate), video: true, layered: o.Layered, n: o.Counters}
	t.awaitKey.Store(true)
	t.keys = newKeyLimiter(func(forViewer bool) {
		t.n.KeyRequests.Add(1)
		if forViewer {
			t.n.ViewerKeys.Add(1)
		}
		o.ForceKey()
	})
	t.codec = webrtc.RTPCodecCapability{MimeType: o.Codec.MimeType(), ClockRate: videoClockRate}
	if o.Codec == pipeline.H264 {
		t.codec.SDPFmtpLine = h264Fmtp
	}
	if t.passing.check = o.Check; o.Check != nil {
		t.noteFormat(o.Warning)
		if fmtp := o.Check.Fmtp(); fmtp != "" {
			t.codec.SDPFmtpLine = fmtp
		}
	}
	t.create = func() (all []*lksdk.LocalTrack, err error) {
		for i := range o.Sizes {
			// A single layer is announced as simulcast too: otherwise the SDK does not announce the codec.
			local, err := lksdk.NewLocalTrack(t.codec, lksdk.WithSimulcast(o.ID, announced(&o.Sizes[i])),
				lksdk.WithRTCPHandler(t.onRTCP))
			if err != nil {
				return nil, err
			}
			all = append(all, local)
		}
		return all, nil
	}
	return t, t.begin(&o.Options, o.Network)
}

// NewAudio returns a track of Opus. Audio does not wait for the network.
func NewAudio(o *Options) (*Track, error) {
	t := &Track{clock: packets.NewClock(opusClockRate), n: &Counters{}}
	t.codec = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: opusClockRate, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	t.create = func() ([]*lksdk.LocalTrack, error) {
		local, err := lksdk.NewLocalTrack(t.codec)
		return []*lksdk.LocalTrack{local}, err
	}
	return t, t.begin(o, nil)
}

func (t *Track) begin(o *Options, net Network) (err error) {
	t.log, t.start, t.room, t.over, t.pub = o.Logger, o.Timeline, o.Room, o.Over, o.Publication
	t.muted = func() (muted, accepted bool) {
		pub := t.pub.Load()
		return pub != nil && pub.IsMuted(), pub != nil
	}
	t.rtt = func() time.Duration { return 0 }
	t.pump.begun, t.pump.bound, t.pump.asked = time.Now(), make(chan struct{}), make(chan struct{}, 1)
	var pace packets.Pace
	if net != nil {
		pace, t.rtt = net.Wait, net.RTT
	}
	if t.writer, err = packets.NewWriter(t.codec, pace, t.send); err != nil {
		return err
	}
	if net != nil {
		t.unpad = net.AddPadding(t.pad)
	}
	return t.Renew()
}
