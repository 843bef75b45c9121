// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// sender is the peer of a receiver.
type sender struct {
	t     *testing.T
	track *webrtc.TrackLocalStaticRTP
	codec webrtc.RTPCodecCapability
	asked atomic.Bool // whether a key frame was requested
}

// connect connects a receiver with a sender of video of a codec, over the loopback interface.
func connect(t *testing.T, r *receiver, mime string) *sender {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pc.GracefulClose()) })
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	s := &sender{t: t, codec: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90_000}}
	if mime == webrtc.MimeTypeH264 {
		s.codec.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	}
	s.track, err = webrtc.NewTrackLocalStaticRTP(s.codec, "video", "stream")
	require.NoError(t, err)
	rtp, err := pc.AddTrack(s.track)
	require.NoError(t, err)
	go s.listen(rtp)

	offer, err := pc.CreateOffer(nil)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(pc)
	require.NoError(t, pc.SetLocalDescription(offer))
	await(t, gathered, "gathering candidates")
	var answer string
	require.NoError(t, r.page.Call(within(t), "sdp => receiver.answer(sdp)", &answer, pc.LocalDescription().SDP))
	require.NoError(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	await(t, connected, "the connection")
	return s
}

func await(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-within(t).Done():
		require.FailNow(t, "waited too long for "+what)
	}
}

// listen reads the receiver's reports until the connection is closed.
func (s *sender) listen(from *webrtc.RTPSender) {
	for {
		reports, _, err := from.ReadRTCP()
		if err != nil {
			return
		}
		for _, report := range reports {
			switch report.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.asked.Store(true)
			}
		}
	}
}

// play sends the test frames at their rate, up to the last one, and returns what it has sent of
// each. plan returns which layers of a frame to send, and whether it must be a key frame.
func (s *sender) play(src *source, plan func(n int) (upTo layers, key bool)) map[int]sent {
	s.t.Helper()
	f, err := newForwarder(s, src.chain.Codec())
	require.NoError(s.t, err)
	ctx := within(s.t)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.feed(ctx, src, plan, f.done) })
	group.Go(func() error { return f.run(src, plan) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = group.Wait()
	}()
	await(s.t, ended, "the last frame")
	require.NoError(s.t, err)
	return f.sent
}

// feed passes the test frames to the encoder, each when the previous one is encoded, and repeats
// the last until it was sent.
func (s *sender) feed(
	ctx context.Context, src *source, plan func(n int) (layers, bool), done <-chan struct{},
) error {
	tick := time.NewTicker(time.Second / fps)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		if taken, busy := src.chain.Progress(); busy || taken < uint64(n) {
			continue
		}
		if _, key := plan(n); key || s.asked.Swap(false) {
			src.chain.ForceKeyFrame()
		}
		if err := src.push(n); err != nil {
			return err
		}
		n++
	}
}
