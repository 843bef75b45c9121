// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// still is a pipeline whose frames are all equal.
const still = "videotestsrc is-live=true pattern=smpte75 ! video/x-raw,width=640,height=360,framerate=30/1"

//nolint:tparallel // Its subtests run beside each other alone.
func TestAScreenComesToRest(t *testing.T) {
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, &sink.Options{Encoding: sink.EncodingOptions{Codec: codec}})
			p := until(t, s.view, "black, before the first frame is captured", isBlack)
			require.Equal(t, [2]int{screenWidth, screenHeight}, [2]int{p.Width, p.Height})
			begin := time.Now()
			s.capture(1)
			p = s.requireSharp()
			t.Logf("grain and lines are sharp after %v: %.1f dB", p.Decoded.Sub(begin), s.psnr(p))
			s.requireDetail(p)
			s.requireSharpForNewViewer()
			moving := s.keyInMotion()
			begin = time.Now()
			p = s.requireSharp()
			t.Logf("sharp %v after the last motion: %.1f dB", p.Decoded.Sub(begin), s.psnr(p))
			p = s.requireKey()
			t.Logf("key frames: in motion %d bytes, at rest %d bytes with %.1f dB", moving.Bytes, p.Bytes, s.psnr(p))
			require.GreaterOrEqual(t, s.psnr(p), float64(sharp))
			s.requireBounded(codec, moving, p)
		})
	}
}

// requireDetail compares the lines and the grain of a received frame with those of the captured one, row by row, by the
// difference of neighbouring pixels.
func (s *screen) requireDetail(p *viewer.Frame) {
	s.t.Helper()
	for y := range screenHeight {
		row := y * screenWidth
		want, got := detail(s.frame.Planes[0].Data[row:]), detail(p.YUV[row:])
		require.InDelta(s.t, want, got, 2.5+0.1*want, "row %d", y)
	}
}

// detail returns the mean difference of neighbouring pixels in a row.
//
//go:norace
func detail(row []byte) float64 {
	sum := 0
	for x := range screenWidth - 1 {
		d := int(row[x+1]) - int(row[x])
		sum += max(d, -d)
	}
	return float64(sum) / (screenWidth - 1)
}

// requireSharpForNewViewer requires that the first frame of another viewer is sharp.
func (s *screen) requireSharpForNewViewer() {
	s.t.Helper()
	v := view(s.t, s.name, "late")
	p := next(s.t, v)
	s.t.Logf("a viewer who joins a still screen sees a frame after %v: %.1f dB in %d bytes",
		v.Stats().FirstFrame, s.psnr(p), p.Bytes)
	require.True(s.t, p.Key)
	require.GreaterOrEqual(s.t, s.psnr(p), float64(sharp))
	require.NoError(s.t, v.Close())
}

// keyInMotion requests a key frame while text is scrolled. Afterwards the screen is still.
func (s *screen) keyInMotion() *viewer.Frame {
	s.t.Helper()
	c := s.scroll()
	until(s.t, s.view, "motion", indexFrom(scrolled+10))
	p := s.requireKey()
	c.hold()
	return p
}

// keyFrameTime is the maximum share of the target that a key frame in motion takes, so that it does not stall the link:
// the VBV of x264, and approximately libvpx's result for VP8. A page of dense text exceeds the limits of the other two,
// which end at their highest quantizers.
const keyFrameTime = 200 * time.Millisecond

// requireBounded checks the size of a key frame in motion and of one of a still screen.
func (s *screen) requireBounded(codec pipeline.Codec, moving, resting *viewer.Frame) {
	s.t.Helper()
	require.Less(s.t, moving.Bytes, resting.Bytes)
	if codec == pipeline.VP8 || codec == pipeline.H264 {
		most := float64(s.pub.Stats().Screen.Target) / 8 * keyFrameTime.Seconds()
		require.LessOrEqual(s.t, float64(moving.Bytes), 1.2*most)
	}
}

// requireKey requests a key frame until one comes: the server drops requests that come too soon after another.
func (s *screen) requireKey() *viewer.Frame {
	s.t.Helper()
	begin := time.Now()
	asked := begin
	s.view.RequestKeyFrame()
	return until(s.t, s.view, "a key frame", func(p *viewer.Frame) bool {
		if now := time.Now(); now.Sub(asked) > 600*time.Millisecond {
			asked = now
			s.view.RequestKeyFrame()
		}
		return p.Key && p.Received.After(begin)
	})
}

// restless is the maximum number of frames until a still screen sends one a second.
const restless = 60

// requireOneASecond waits until one frame a second arrives, and checks that it is tiny.
func requireOneASecond(t *testing.T, v *viewer.Viewer) {
	t.Helper()
	const early = 900 * time.Millisecond
	last, p := next(t, v), next(t, v)
	for i := 0; since(p, last) < early; i++ {
		require.Less(t, i, restless)
		last, p = p, next(t, v)
	}
	for range 2 {
		last, p = p, next(t, v)
		require.GreaterOrEqual(t, since(p, last), early)
		require.Less(t, since(p, last), 2*time.Second, "the server would call it stopped")
		require.False(t, p.Key)
		require.LessOrEqual(t, p.Bytes, 500, "4 kbit/s")
	}
}

func TestAScreenIsBlackUntilItIsCaptured(t *testing.T) {
	t.Parallel()
	s := newScreen(t, nil)
	until(t, s.view, "black", isBlack)
	requireOneASecond(t, s.view)
	require.True(t, isBlack(next(t, s.view)))
	require.Zero(t, s.pub.Stats().Offered)
	s.capture(1)
	s.requireSharp()
}

func TestEqualFramesAreNotEncoded(t *testing.T) {
	t.Parallel()
	s := newScreen(t, nil)
	s.stand(1)
	s.requireSharp()
	before := s.pub.Stats()
	requireOneASecond(t, s.view)
	n := s.pub.Stats()
	require.Equal(t, before.Offered, n.Offered)
	require.Greater(t, n.Unchanged, before.Unchanged+20)
	require.LessOrEqual(t, n.Sent, before.Sent+10)
}

func TestEqualFramesOfAPipelineAreNotEncoded(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	pub := publishPipeline(t, join(t, name), still, &sink.Options{Screencast: true})
	requireOneASecond(t, v)
	n := pub.Stats()
	require.LessOrEqual(t, n.Offered, uint64(1))
	require.Greater(t, n.Unchanged, uint64(20))
	require.True(t, n.Screen.Sharp)
	requireTrack(t, v, "video/VP8", "screen", livekit.TrackSource_SCREEN_SHARE)
}

func TestAScreenThatIsSilentAtRest(t *testing.T) {
	t.Parallel()
	s := newScreen(t, &sink.Options{Screen: sink.ScreenOptions{IdleRepeat: sink.NeverRepeat}})
	s.stand(1)
	s.requireSharp()
	requireSilence(t, s)
	p := s.requireKey()
	require.GreaterOrEqual(t, s.psnr(p), float64(sharp))
	requireSilence(t, s)
	s.requireSharpForNewViewer()
}

// requireSilence waits until nothing is sent during a hundred equal frames. A requested key frame may come before that.
func requireSilence(t *testing.T, s *screen) {
	t.Helper()
	quiet := s.pub.Stats()
	s.eventually("silence", func(n sink.Stats) bool {
		if n.Sent != quiet.Sent {
			quiet = n
		}
		return n.Unchanged > quiet.Unchanged+100
	})
	require.Equal(t, quiet.Sent, s.pub.Stats().Sent)
}

func TestAScreenAtRestAfterItWasMuted(t *testing.T) {
	t.Parallel()
	s := newScreen(t, nil)
	s.capture(1)
	s.requireSharp()
	s.pub.SetMuted(true)
	require.Eventually(t, func() bool {
		track, ok := s.view.Track()
		return ok && track.Muted
	}, wait, tick)
	at := time.Now()
	s.pub.SetMuted(false)
	s.requireFirstKeySharp(at)
}

func TestAScreenAtRestAfterAFullReconnect(t *testing.T) {
	t.Parallel()
	s := newScreen(t, nil)
	s.capture(1)
	s.requireSharp()
	at, before := time.Now(), s.pub.SID()
	s.room.Simulate(lksdk.SimulateNodeFailure)
	require.Eventually(t, func() bool { return s.pub.SID() != before }, wait, tick)
	s.requireFirstKeySharp(at)
}

// requireFirstKeySharp requires that the next key frame is sharp. Nothing is captured for it.
func (s *screen) requireFirstKeySharp(at time.Time) {
	s.t.Helper()
	p := until(s.t, s.view, "a key frame", func(p *viewer.Frame) bool { return p.Key && p.Received.After(at) })
	require.GreaterOrEqual(s.t, s.psnr(p), float64(sharp))
	require.EqualValues(s.t, 1, s.pub.Stats().Offered)
}

func TestAnEncoderThatFailsAtRestIsReplaced(t *testing.T) {
	standIn(t, standin.Fault{})
	s := newScreen(t, h264Options(), proving())
	s.capture(1)
	s.requireSharp()
	require.Equal(t, hardware, s.pub.Stats().Encoder, "%+v", s.pub.EncoderEvents())
	begin := time.Now()
	standin.SetFault(hardware, standin.Fault{Kind: standin.Fail, Frame: 1})
	s.eventually("another encoder", func(n sink.Stats) bool { return n.EncoderSwitches == 1 })
	key := until(t, s.view, "its key frame", func(p *viewer.Frame) bool { return p.Key && p.Decoded.After(begin) })
	p := until(t, s.view, "a sharp frame of it", s.isSharp)
	t.Logf("its key frame has %.1f dB, and it is sharp %v after", s.psnr(key), p.Decoded.Sub(key.Decoded))
	n := s.pub.Stats()
	require.Equal(t, "x264enc", n.Encoder, "%+v", s.pub.EncoderEvents())
	require.EqualValues(t, 1, n.Offered, "nothing was captured for it")
}

func TestScreensAreAnnouncedByLiveKitsPresets(t *testing.T) {
	room := join(t, newRoom(t))
	for _, c := range []struct {
		width, height, fps int
		bitrate            uint32
		options            sink.Options
	}{
		{1920, 1080, 30, 5_000_000, sink.Options{}},
		{1920, 1080, 15, 2_500_000, sink.Options{}},
		{1280, 720, 30, 2_000_000, sink.Options{}},
		{1280, 720, 30, 3_000_000, sink.Options{Encoding: sink.EncodingOptions{Bitrate: 3_000_000}}},
		{640, 360, 15, 1_200_000, sink.Options{}}, // the floor
	} {
		src := newSource(t, c.width, c.height, &appsrc.Options{IsScreencast: true, FPS: c.fps})
		pub := publish(t, room, src, &c.options)
		track := pub.LocalTrack().TrackInfo()
		require.Equal(t, "screen", track.GetName())
		require.Equal(t, livekit.TrackSource_SCREEN_SHARE, track.GetSource())
		require.Len(t, track.GetCodecs(), 1)
		require.Len(t, track.GetCodecs()[0].GetLayers(), 1)
		layer := track.GetCodecs()[0].GetLayers()[0]
		require.Equal(t, c.bitrate, layer.GetBitrate())
		require.Equal(t, [2]uint32{uint32(c.width), uint32(c.height)}, [2]uint32{layer.GetWidth(), layer.GetHeight()})
		require.NoError(t, pub.Close())
	}
}
