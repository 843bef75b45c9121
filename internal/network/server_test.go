// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/packets"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// wait bounds each wait of a test, also on a busy machine.
const wait = time.Minute

// site is a room on a real server, with a publisher and a viewer.
type site struct {
	t         *testing.T
	n         *Network
	link      *link.Link
	connect   func() // makes the publisher's room, and publishes
	room      *lksdk.Room
	publisher *source
	watcher   *sequence
}

// open makes a site. lose selects packets to drop on their way to the server; nil drops none.
func open(t *testing.T, shape link.Shape, layers int, lose func(*rtp.Header) bool) *site {
	t.Helper()
	need.Server(t)
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	relay := netip.MustParseAddr("127.0.0.2")
	server, err := devserver.Start(ctx, &devserver.Options{MediaIP: relay})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	s := &site{t: t, n: New(nil), watcher: &sequence{}}
	s.link, err = link.Start(ctx, &link.Options{Server: server.MediaAddr(), Listen: relay})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.link.Close()) })

	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(
		track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant,
	) {
		s.watcher.follow(track)
	}
	s.join(server, "watcher", callback)
	s.link.SetDefault(shape, link.Shape{Delay: shape.Delay})
	var first []interceptor.Factory
	if lose != nil {
		first = append(first, lossy{lose: lose})
	}
	s.connect = func() {
		s.room = s.join(server, "publisher", nil, lksdk.WithInterceptors(append(first, factory{s.n})),
			lksdk.WithIncludeDefaultInterceptors(true))
		s.publisher = publish(t, s.n, s.room, layers)
	}
	s.connect()
	t.Cleanup(s.n.Close) // Before the room's end, as a program might.
	return s
}

func (s *site) join(
	server *devserver.Server, identity string, callback *lksdk.RoomCallback, options ...lksdk.ConnectOption,
) *lksdk.Room {
	s.t.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "room"}).ToJWT()
	require.NoError(s.t, err)
	room, err := lksdk.ConnectToRoomWithToken(server.URL(), token, callback, options...)
	require.NoError(s.t, err)
	s.t.Cleanup(func() {
		connections := []*webrtc.PeerConnection{
			room.LocalParticipant.GetPublisherPeerConnection(), room.LocalParticipant.GetSubscriberPeerConnection(),
		}
		room.Disconnect()
		for _, pc := range connections { // The SDK closes them later, or much later where it was connecting again.
			if pc != nil {
				require.NoError(s.t, pc.Close())
			}
		}
	})
	return room
}

// leave leaves the publisher's room, and returns once its connection has ended.
func (s *site) leave() {
	s.publisher.stop()
	s.room.Disconnect()
	s.eventually(func() bool { return !s.n.Stats().Connected })
}

func (s *site) eventually(is func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(wait)
	for !is() {
		require.False(s.t, time.Now().After(deadline), "%+v", s.n.Stats())
		<-time.After(10 * time.Millisecond)
	}
}

// source publishes frames as fast as the network's estimate says, up to its demand.
type source struct {
	stop    context.CancelFunc
	demand  atomic.Int64 // bit/s
	lost    atomic.Int64 // by the last receiver report
	packets atomic.Int64 // written
	plis    atomic.Int64
}

const frames = 30 // a second

// publish writes into a track with a number of layers until the test ends.
func publish(t *testing.T, n *Network, room *lksdk.Room, layers int) *source {
	t.Helper()
	s := &source{}
	var tracks []*lksdk.LocalTrack
	qualities := []livekit.VideoQuality{livekit.VideoQuality_HIGH, livekit.VideoQuality_MEDIUM, livekit.VideoQuality_LOW}
	for _, quality := range qualities[:layers] {
		track, err := lksdk.NewLocalTrack(vp8, lksdk.WithRTCPHandler(s.onRTCP),
			lksdk.WithSimulcast("track", &livekit.VideoLayer{Quality: quality, Width: 320, Height: 240}))
		require.NoError(t, err)
		tracks = append(tracks, track)
	}
	_, err := room.LocalParticipant.PublishSimulcastTrack(tracks, &lksdk.TrackPublicationOptions{
		Name: "screen", Source: livekit.TrackSource_SCREEN_SHARE,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context()) // It ends before what is cleaned up.
	s.stop = stop
	for _, track := range tracks {
		w, err := packets.NewWriter(vp8, n.Wait, func(p *rtp.Packet) error {
			s.packets.Add(1)
			return track.WriteRTP(p, nil)
		})
		require.NoError(t, err)
		remove := n.AddPadding(w.Pad)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.write(ctx, n, w, layers)
		}()
		t.Cleanup(func() { remove(); <-done })
	}
	return s
}

var vp8 = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000}

func (s *source) onRTCP(p rtcp.Packet) {
	switch p := p.(type) {
	case *rtcp.ReceiverReport:
		for _, r := range p.Reports {
			s.lost.Store(int64(r.TotalLost))
		}
	case *rtcp.PictureLossIndication:
		s.plis.Add(1)
	}
}

// write writes samples that look like VP8 key frames.
func (s *source) write(ctx context.Context, n *Network, w *packets.Writer, layers int) {
	ticker := time.NewTicker(time.Second / frames)
	defer ticker.Stop()
	for timestamp := uint32(0); ctx.Err() == nil; timestamp += 90_000 / frames {
		rate := int(s.demand.Load())
		if estimate := n.Estimate(); estimate > 0 {
			rate = min(rate, estimate)
		}
		data := make([]byte, max(rate*9/10/8/frames/layers, 20))
		copy(data, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 1, 240, 0}) // RFC 6386, 9.1
		if w.Write(ctx, data, timestamp) != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// sequence is what a viewer receives of a track.
type sequence struct {
	packets, missing, tracks atomic.Int64
}

func (s *sequence) follow(track *webrtc.TrackRemote) {
	s.tracks.Add(1)
	go func() {
		var seen [1 << 16]bool
		first, highest := uint16(0), uint16(0)
		for begun := false; ; begun = true {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if !begun {
				first, highest = p.SequenceNumber, p.SequenceNumber-1
			}
			if int16(p.SequenceNumber-first) < 0 && p.SequenceNumber-first > 1<<15 && s.packets.Load() < 1<<15 {
				continue
			}
			if ahead := int16(p.SequenceNumber - highest); ahead > 0 {
				s.missing.Add(int64(ahead - 1))
				highest = p.SequenceNumber
				for i := p.SequenceNumber - uint16(ahead) + 1; i != p.SequenceNumber+1; i++ {
					seen[i] = false
				}
			} else if !seen[p.SequenceNumber] {
				s.missing.Add(-1)
			}
			seen[p.SequenceNumber] = true
			s.packets.Add(1)
		}
	}()
}

// lossy drops packets below the network's interceptor.
type lossy struct {
	interceptor.NoOp
	lose func(*rtp.Header) bool
}

func (l lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return &l, nil }

func (l *lossy) BindLocalStream(_ *interceptor.StreamInfo, out interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if l.lose(h) {
			return len(payload), nil
		}
		return out.Write(h, payload, a)
	})
}

// Probes, or bursts of media that show as much, raise the estimate from its initial value to the demand, without harm.
func TestTheEstimateReachesTheDemand(t *testing.T) {
	t.Parallel()
	s := open(t, link.Shape{}, 1, nil)
	const demand = 3_000_000
	s.publisher.demand.Store(demand)
	s.n.NewSender().SetDemand(demand)
	s.eventually(func() bool { return s.watcher.packets.Load() > 0 })
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	stats := s.n.Stats()
	t.Logf("%+v", stats)
	require.True(t, stats.Probes > 0 || stats.Link.Rate >= demand, "nothing has shown that the link carries so much")
	require.NotZero(t, stats.RTT)
	watched := s.watcher.packets.Load()
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+500 })
	require.Zero(t, s.watcher.missing.Load())
	require.Zero(t, s.publisher.lost.Load())
	require.Zero(t, s.n.Stats().Retransmissions)
}

func TestTheEstimateOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	s := open(t, link.Shape{}, 1, nil)
	const demand = 3_000_000
	s.publisher.demand.Store(demand)
	s.n.NewSender().SetDemand(demand)
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	old := s.n.connection()
	least := atomic.Int64{}
	least.Store(demand)
	s.n.NewSender().OnShare(func(share Share) { least.Store(min(least.Load(), int64(share.Bitrate))) })
	s.room.Simulate(lksdk.SimulateNodeFailure)
	s.eventually(func() bool { c := s.n.connection(); return c != nil && c != old })
	reports, watched := s.n.Stats().Reports, s.watcher.packets.Load()
	s.eventually(func() bool { return s.n.Stats().Reports > reports+5 })
	s.eventually(func() bool { return s.watcher.packets.Load() > watched+100 })
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	require.GreaterOrEqual(t, least.Load(), int64(demand/2))
}

// A link that becomes narrow and wide again is used fully, without a queue.
func TestALinkThatChanges(t *testing.T) {
	t.Parallel()
	attempt.Best(t, changesLink)
}

func changesLink(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	const delay, narrow, demand = 20 * time.Millisecond, 600_000, 2_500_000
	s := open(t, link.Shape{Delay: delay}, 1, nil)
	s.publisher.demand.Store(demand)
	s.n.NewSender().SetDemand(demand)
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	s.shape(link.Shape{Delay: delay, Rate: narrow, Queue: 2 * time.Second}, link.Shape{Delay: delay})
	s.eventually(func() bool { return s.n.Estimate() < 800_000 })
	busy := func() link.History {
		var most link.History
		for _, f := range s.link.Flows() {
			if h := f.Up().History(); len(h.Events) > len(most.Events) && f.Up().Shape().Delay == delay {
				most = h
			}
		}
		return most
	}
	const span = 8 * time.Second
	s.eventually(func() bool { return time.Since(busy().Since) > span })
	history := busy()
	w := history.Window(2*time.Second, span)
	t.Logf("%.0f kbit/s, queue %v, 95%% %v; %+v", w.Rate/1000, w.MaxQueueDelay, w.P95, s.n.Stats())
	verdict.Want(w.Rate > 0.7*narrow, "%.0f bit/s, want 70 %% of the link", w.Rate)
	verdict.Want(w.MaxQueueDelay < 500*time.Millisecond, "a queue of %v, want less than 500 ms", w.MaxQueueDelay)
	require.Zero(t, w.Dropped)
	s.shape(link.Shape{Delay: delay}, link.Shape{Delay: delay})
	widened := time.Now()
	s.eventually(func() bool { return s.n.Estimate() >= demand })
	found := time.Since(widened)
	t.Logf("the estimate meets the demand %v after the link is free again; %+v", found, s.n.Stats())
	verdict.Want(found < 3*time.Second, "found after %v, want less than 3 s", found)
	require.NotZero(t, s.n.Stats().ProbeBytes)
	s.eventually(func() bool { return s.watcher.missing.Load() == 0 }) // Padding is unknown to the watcher.
}

// shape changes the publisher's link in both directions, for current and future connections, and restarts its history.
func (s *site) shape(up, down link.Shape) {
	s.link.SetDefault(up, down)
	for _, f := range s.link.Flows() {
		if f.Up().Shape().Delay == up.Delay {
			f.SetUp(up)
			f.SetDown(down)
			f.Mark()
		}
	}
}

func (n *Network) connection() *conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conn
}

// Lost packets are sent again, in each layer.
func TestLossIsRepaired(t *testing.T) {
	t.Parallel()
	for name, layers := range map[string]int{"one layer": 1, "two layers": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent, lost atomic.Int64
			seen := newSeen()
			s := open(t, link.Shape{Delay: 10 * time.Millisecond}, layers, func(h *rtp.Header) bool {
				lose := seen.first(h) && sent.Add(1) > 100 && sent.Load()%20 == 0
				if lose {
					lost.Add(1)
				}
				return lose
			})
			s.publisher.demand.Store(1_500_000)
			s.n.NewSender().SetDemand(1_500_000)
			s.eventually(func() bool { return lost.Load() >= 40 })
			s.eventually(func() bool { return s.n.Stats().Retransmissions >= 36 })
			t.Logf("%+v, lost %d, missing %d of %d, PLI %d", s.n.Stats(), lost.Load(),
				s.watcher.missing.Load(), s.watcher.packets.Load(), s.publisher.plis.Load())
			require.Less(t, s.n.Stats().Retransmissions, uint64(3*lost.Load()), "each is requested once or twice")
			require.Greater(t, s.n.Stats().Loss, 0.02, "retransmissions do not hide the loss")
			s.eventually(func() bool { return s.watcher.missing.Load() < 10 })
			require.EqualValues(t, 1, s.watcher.tracks.Load())
		})
	}
}
