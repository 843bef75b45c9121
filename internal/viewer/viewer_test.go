// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// server is the LiveKit server of all tests. Each test has its own room.
var server *devserver.Server

func TestMain(m *testing.M) {
	SetSDKLogger(nil)
	if need.Short() {
		gsttest.Main(m)
		return
	}
	var err error
	if server, err = devserver.Start(context.Background(), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // as testing.M's users do
	}
	gsttest.Main(tests{m})
}

// tests runs the tests and then stops the server.
type tests struct{ m *testing.M }

func (s tests) Run() int {
	code := s.m.Run()
	if err := server.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// join views a room until the test ends.
func join(t *testing.T, room, identity string, opts *Options) *Viewer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	v, err := Join(ctx, server.URL(), token(t, room, identity), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

// next waits for a frame.
func next(t *testing.T, v *Viewer) *Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	p, err := v.Next(ctx)
	require.NoError(t, err, "%+v", v.Stats())
	return p
}

// indexOf reads the index of a frame, which must be undamaged.
func indexOf(t *testing.T, p *Frame) uint32 {
	t.Helper()
	index, ok := testframe.Read(p.RGBA(), appsrc.Rotation0)
	require.True(t, ok, "%dx%d", p.Width, p.Height)
	return index
}

// until takes frames up to the first for which found is true.
func until(t *testing.T, v *Viewer, found func(p *Frame) bool) *Frame {
	t.Helper()
	for range 1000 {
		if p := next(t, v); found(p) {
			return p
		}
	}
	require.Fail(t, "not in 1000 frames")
	return nil
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, testTimeout, 5*time.Millisecond)
}

// Each frame arrives in order, undamaged, and before the next one is sent. So does the last.
func TestView(t *testing.T) {
	need.Server(t)
	const last = 45
	for codec := range encoders {
		t.Run(codec, func(t *testing.T) {
			v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
			p := newPublisher(t, t.Name())
			p.last.Store(last)
			_, end := p.publish(codec, "screen", livekit.TrackSource_SCREEN_SHARE)

			first := next(t, v)
			require.True(t, first.Key)
			<-v.Subscribed()
			firstIndex, rate := indexOf(t, first), 0.0
			for index := firstIndex; index < last; {
				p := next(t, v)
				i := indexOf(t, p)
				require.Greater(t, i, index)
				index = i
				require.Equal(t, first.RTPTime+(index-firstIndex)*rtpStep, p.RTPTime)
				require.NoError(t, testframe.CheckColours(p.RGBA(), appsrc.Rotation0, 3))
				require.Equal(t, [2]int{320, 240}, [2]int{p.Width, p.Height})
				require.Positive(t, p.Bytes)
				require.False(t, p.Decoded.Before(p.Received))
				s := v.Stats()
				rate = max(rate, min(s.FPS, s.BitsPerSecond))
			}
			require.Positive(t, rate)
			requireTrack(t, v, codec)
			end()
			requireEnd(t, v, codec)
		})
	}
}

// TestBFramesAreCounted: this viewer decodes them, but a browser would drop them, and the frames after them up to the
// next key frame.
func TestBFramesAreCounted(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
	p := newPublisher(t, t.Name())
	p.encoder = "x264enc bframes=2 b-adapt=false rc-lookahead=2 speed-preset=ultrafast threads=1 key-int-max=15 " +
		"! video/x-h264,profile=main ! h264parse config-interval=-1 " +
		"! video/x-h264,stream-format=byte-stream,alignment=au"
	_, end := p.publish("H264", "screen", livekit.TrackSource_SCREEN_SHARE)
	eventually(t, func() bool { return v.Stats().Decoded >= 45 })
	end()
	s := v.Stats()
	require.Greater(t, s.Unshown, s.Decoded/2, "%+v", s)
	require.Less(t, s.Unshown, s.Decoded, "key frames are shown: %+v", s)
}

func requireTrack(t *testing.T, v *Viewer, codec string) {
	t.Helper()
	eventually(t, func() bool { // The server reports the codec a little later.
		track, ok := v.Track()
		return ok && strings.EqualFold(track.MimeType, "video/"+codec)
	})
	track, _ := v.Track()
	require.NotEmpty(t, track.SID)
	require.Equal(t, Track{
		SID: track.SID, Name: "screen", Publisher: "publisher", Source: livekit.TrackSource_SCREEN_SHARE,
		MimeType: track.MimeType, Width: 320, Height: 240,
	}, track)
}

func requireEnd(t *testing.T, v *Viewer, codec string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	_, err := v.Next(ctx)
	require.Equal(t, io.EOF, err)
	s := v.Stats()
	require.Equal(t, codec, s.Codec)
	require.Equal(t, [2]int{320, 240}, [2]int{s.Width, s.Height})
	require.Equal(t, s.Decoded, s.Samples)
	require.Positive(t, s.KeyFrames)
	require.Zero(t, s.KeyFramesWithoutParameterSets)
	require.GreaterOrEqual(t, s.Packets, s.Samples)
	require.Positive(t, s.Bytes)
	require.Positive(t, s.FirstFrame)
	require.Zero(t, s.Lost+s.Discarded+s.Dropped+s.PLIs)
	// The server's own key frames must not count as the publisher's.
	require.Equal(t, codec == "VP8" || codec == "H264", s.Blank > 0, "%d", s.Blank)
}

func TestJoinLate(t *testing.T) {
	need.Server(t)
	early := join(t, t.Name(), "early", nil)
	newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
	until(t, early, func(p *Frame) bool { return !p.Key && indexOf(t, p) > 10 })
	late := join(t, t.Name(), "late", &Options{KeepAll: true})
	p := next(t, late)
	require.True(t, p.Key)
	require.Greater(t, indexOf(t, p), uint32(10))
	require.Equal(t, uint64(1), late.Stats().KeyFrames)
	t.Logf("first frame after %v", late.Stats().FirstFrame)
}

func TestResize(t *testing.T) {
	need.Server(t)
	for codec := range encoders {
		t.Run(codec, func(t *testing.T) {
			v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
			p := newPublisher(t, t.Name())
			p.publish(codec, "", livekit.TrackSource_SCREEN_SHARE)
			require.Equal(t, 320, next(t, v).Width)
			before, ok := v.Track()
			require.True(t, ok)
			odd := 1
			if strings.HasPrefix(codec, "H26") {
				odd = 0 // x264 and x265 do not support odd sizes in 4:2:0.
			}
			for _, size := range [][2]int{{640, 360}, {320 + odd, 242 + odd}} {
				p.resize(size[0], size[1])
				got := until(t, v, func(p *Frame) bool { return p.Height == size[1] })
				require.Equal(t, size[0], got.Width)
				require.True(t, got.Key)
				indexOf(t, got)
			}
			after, ok := v.Track()
			require.True(t, ok)
			require.Equal(t, before.SID, after.SID)
			require.Zero(t, v.Stats().KeyFramesWithoutParameterSets)
		})
	}
}

// A lost frame must not let a damaged one through.
func TestLoss(t *testing.T) {
	need.Server(t)
	for _, codec := range []string{"VP8", "VP9", "H264", "H265"} { // av1enc ignores requests.
		t.Run(codec, func(t *testing.T) {
			v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
			p := newPublisher(t, t.Name())
			p.publish(codec, "", livekit.TrackSource_CAMERA)
			before := until(t, v, func(p *Frame) bool { return !p.Key && indexOf(t, p) > 10 })
			p.lose.Store(true)
			after := until(t, v, func(p *Frame) bool {
				i := indexOf(t, p)
				return i > indexOf(t, before) && p.Key
			})
			s := v.Stats()
			t.Logf("%+v, %d after", s, indexOf(t, after)-indexOf(t, before))
			require.Positive(t, s.Lost)
			require.Positive(t, s.Discarded)
			require.Positive(t, s.PLIs)
			require.GreaterOrEqual(t, s.KeyFrames, uint64(2))
		})
	}
}

func TestRequestKeyFrame(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
	v.RequestKeyFrame() // There is no track yet.
	newPublisher(t, t.Name()).publish("H264", "", livekit.TrackSource_CAMERA)
	require.True(t, next(t, v).Key)
	require.Zero(t, v.Stats().PLIs)
	until(t, v, func(p *Frame) bool { return !p.Key })
	until(t, v, func(p *Frame) bool {
		v.RequestKeyFrame() // Repeated, since the server drops some.
		return p.Key
	})
	require.Positive(t, v.Stats().PLIs)
}

func TestMute(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", nil)
	_, ok := v.Track()
	require.False(t, ok)
	pub, _ := newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
	next(t, v)
	for _, muted := range []bool{true, false} {
		pub.SetMuted(muted)
		eventually(t, func() bool {
			track, ok := v.Track()
			return ok && track.Muted == muted
		})
	}
}

func TestSlow(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", &Options{Queue: 2})
	newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
	eventually(t, func() bool { return v.Stats().Decoded >= 10 })
	require.GreaterOrEqual(t, v.Stats().Dropped, uint64(8))
	first := indexOf(t, next(t, v))
	require.GreaterOrEqual(t, first, uint32(9), "the newest are kept")
	require.Greater(t, indexOf(t, next(t, v)), first)
}

func TestFollow(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", &Options{KeepAll: true, Follow: true})
	p := newPublisher(t, t.Name())
	for i, codec := range []string{"VP8", "H264", "VP8"} {
		_, end := p.publish(codec, fmt.Sprint(i), livekit.TrackSource_CAMERA)
		eventually(t, func() bool {
			track, ok := v.Track()
			return ok && track.Name == fmt.Sprint(i) && v.Stats().FirstFrame > 0
		})
		require.Equal(t, codec, v.Stats().Codec)
		until(t, v, func(p *Frame) bool { return p.Key })
		end()
	}
}

func TestChoice(t *testing.T) {
	need.Server(t)
	p := newPublisher(t, t.Name())
	p.publish("VP8", "one", livekit.TrackSource_CAMERA)
	two, _ := p.publish("H264", "two", livekit.TrackSource_SCREEN_SHARE)
	v := join(t, t.Name(), "viewer", &Options{Publisher: "publisher", TrackName: "two"})
	next(t, v)
	track, ok := v.Track()
	require.True(t, ok)
	require.Equal(t, two.SID(), track.SID)
	require.Equal(t, "H264", v.Stats().Codec)

	absent := join(t, t.Name(), "viewer of no publisher", &Options{Publisher: "absent"})
	eventually(t, func() bool { return len(absent.room.GetRemoteParticipants()) == 2 })
	_, ok = absent.Track()
	require.False(t, ok)
	select {
	case <-absent.Subscribed():
		require.Fail(t, "subscribed")
	default:
	}
}

func TestAudio(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", nil)
	p := newPublisher(t, t.Name())
	p.publish("VP8", "", livekit.TrackSource_CAMERA)
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	track, err := lksdk.NewLocalTrack(opus)
	require.NoError(t, err)
	microphone := &lksdk.TrackPublicationOptions{Source: livekit.TrackSource_MICROPHONE}
	_, err = p.room.LocalParticipant.PublishTrack(track, microphone)
	require.NoError(t, err)
	next(t, v)
	silence := []byte{0xf8, 0xff, 0xfe} // 20 ms
	eventually(t, func() bool {
		_ = track.WriteSample(media.Sample{Data: silence, Duration: 20 * time.Millisecond}, nil)
		return v.Stats().AudioPackets >= 5
	})
	require.Positive(t, v.Stats().Decoded)
}

func TestPublisherLeaves(t *testing.T) {
	need.Server(t)
	v := join(t, t.Name(), "viewer", &Options{KeepAll: true})
	p := newPublisher(t, t.Name())
	p.publish("VP8", "", livekit.TrackSource_CAMERA)
	next(t, v)
	p.room.Disconnect()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	for {
		if _, err := v.Next(ctx); err != nil {
			require.Equal(t, io.EOF, err)
			return
		}
	}
}

// A viewer that loses its signalling connection continues. If it has to rejoin, it finds the track
// again if Follow is set.
func TestReconnect(t *testing.T) {
	need.Server(t)
	for name, scenario := range map[string]lksdk.SimulateScenario{
		"resume":  lksdk.SimulateSignalReconnect,
		"restart": lksdk.SimulateNodeFailure,
	} {
		t.Run(name, func(t *testing.T) {
			v := join(t, t.Name(), "viewer", &Options{KeepAll: true, Follow: true})
			newPublisher(t, t.Name()).publish("VP8", "", livekit.TrackSource_CAMERA)
			index := indexOf(t, next(t, v))
			before := v.Stats().Requested
			v.room.Simulate(scenario)
			if name == "restart" {
				eventually(t, func() bool { return v.Stats().Requested.After(before) && v.Stats().FirstFrame > 0 })
			}
			until(t, v, func(p *Frame) bool { return indexOf(t, p) > index+45 })
			eventually(t, func() bool { return v.room.ConnectionState() == lksdk.ConnectionStateConnected })
		})
	}
}
