// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

func TestEachCodecArrives(t *testing.T) {
	t.Parallel()
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 640, 360, nil)
			pub := publish(t, join(t, name), src, &sink.Options{Encoding: sink.EncodingOptions{Codec: codec}})
			c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
			requireFrames(t, v, c, 30, 640, 360)
			requireTrack(t, v, codec.MimeType(), "camera", livekit.TrackSource_CAMERA)
			require.Zero(t, v.Stats().KeyFramesWithoutParameterSets)
			require.Equal(t, codec.MimeType(), pub.Stats().Codec)
		})
	}
}

func requireTrack(t *testing.T, v *viewer.Viewer, mime, name string, source livekit.TrackSource) {
	t.Helper()
	track, ok := v.Track()
	require.True(t, ok)
	require.Equal(t, mime, track.MimeType)
	require.Equal(t, name, track.Name)
	require.Equal(t, source, track.Source)
	require.Equal(t, [2]int{640, 360}, [2]int{track.Width, track.Height})
}

func TestEachBufferTypeArrives(t *testing.T) {
	t.Parallel()
	for typ := appsrc.BufferRGBA; typ <= appsrc.BufferNV12; typ++ {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 0, 0, nil)
			publish(t, join(t, name), src, &sink.Options{Encoding: sink.EncodingOptions{Bitrate: 2_000_000}})
			c := shoot(t, src, strided(typ, 321, 241), nil)
			requireFrames(t, v, c, 12, 321, 241)
		})
	}
}

// strided returns a test frame with padding after each row.
func strided(typ appsrc.BufferType, w, h int) *appsrc.VideoFrame {
	f := &appsrc.VideoFrame{Type: typ, Width: w, Height: h}
	for i := range typ.PlaneCount() {
		row, rows := typ.PlaneSize(i, w, h)
		f.Planes[i] = appsrc.Plane{Data: make([]byte, (row+14)*rows), Stride: row + 14}
	}
	testframe.Paint(f, 0)
	return f
}

func TestFramesByReferenceArrive(t *testing.T) {
	t.Parallel()
	for _, typ := range []appsrc.BufferType{appsrc.BufferI420, appsrc.BufferBGRA} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 0, 0, nil)
			publish(t, join(t, name), src, &sink.Options{Encoding: sink.EncodingOptions{Bitrate: 2_000_000}})
			free := make(chan *appsrc.VideoFrame, 8)
			for range cap(free) {
				f := strided(typ, 322, 242)
				f.Release = func() { free <- f }
				free <- f
			}
			c := shootOwned(t, src, free)
			requireFrames(t, v, c, 12, 322, 242)
		})
	}
}

// shootOwned captures frames that are released after their use.
func shootOwned(t *testing.T, src *appsrc.VideoSource, free chan *appsrc.VideoFrame) *camera {
	t.Helper()
	c := newCamera(t, src, nil)
	c.next = func() *appsrc.VideoFrame { return <-free }
	c.start()
	return c
}

func TestRotationIsAppliedToThePixels(t *testing.T) {
	t.Parallel()
	for _, r := range []appsrc.Rotation{appsrc.Rotation90, appsrc.Rotation180, appsrc.Rotation270} {
		t.Run(r.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 0, 0, nil)
			publish(t, join(t, name), src, &sink.Options{Encoding: sink.EncodingOptions{Bitrate: 2_000_000}})
			shoot(t, src, testframe.Draw(appsrc.BufferRGBA, 320, 240, 0), &appsrc.CaptureOptions{Rotation: r})
			p := until(t, v, "the right colours, once they are sharp", func(p *viewer.Frame) bool {
				return testframe.CheckColours(p.RGBA(), r, 3) == nil
			})
			if r == appsrc.Rotation180 {
				require.Equal(t, [2]int{320, 240}, [2]int{p.Width, p.Height})
			} else {
				require.Equal(t, [2]int{240, 320}, [2]int{p.Width, p.Height})
			}
			turned, err := testframe.Orientation(p.RGBA())
			require.NoError(t, err)
			require.Equal(t, r, turned)
			_, ok := testframe.Read(p.RGBA(), r)
			require.True(t, ok)
		})
	}
}

func TestNewSizeWithoutARepublish(t *testing.T) {
	t.Parallel()
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1} {
		t.Run(codec.String(), func(t *testing.T) {
			t.Parallel()
			name := newRoom(t)
			v := view(t, name, "viewer")
			src := newSource(t, 640, 360, nil)
			pub := publish(t, join(t, name), src, &sink.Options{
				Encoding: sink.EncodingOptions{Codec: codec, Bitrate: 4_000_000},
			})
			sid := pub.SID()
			c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
			requireFrames(t, v, c, 5, 640, 360)
			c.frame.Store(testframe.Draw(appsrc.BufferI420, 960, 540, 0))
			for {
				p := next(t, v)
				if p.Width == 640 {
					continue
				}
				require.Equal(t, [2]int{960, 540}, [2]int{p.Width, p.Height})
				require.True(t, p.Key, "the first frame of a new size is a key frame")
				break
			}
			requireFrames(t, v, c, 12, 960, 540)
			track, _ := v.Track()
			require.Equal(t, sid, track.SID)
			require.Equal(t, sid, pub.SID())
		})
	}
}

func TestLateSubscribersSeeAFrameSoon(t *testing.T) {
	name := newRoom(t)
	early := view(t, name, "early")
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, nil)
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		var took []time.Duration
		for _, identity := range []string{"a", "b", "c"} {
			for range 60 { // Two seconds of video.
				next(t, early)
			}
			v := view(t, name, identity)
			require.True(t, next(t, v).Key)
			took = append(took, v.Stats().FirstFrame)
		}
		slices.Sort(took)
		t.Logf("from subscribing to the first decoded frame: %v", took)
		verdict.Want(took[len(took)/2] <= 500*time.Millisecond, "a median of %v", took)
	})
	require.NotZero(t, pub.Stats().PLIs)
}

func TestALateSubscriberSeesAStillSource(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	src := newSource(t, 640, 360, &appsrc.Options{IsScreencast: true})
	pub := publish(t, join(t, name), src, nil)
	// One frame, and then none.
	require.NoError(t, src.CaptureFrame(testframe.Draw(appsrc.BufferI420, 640, 360, 7), nil))
	v := view(t, name, "viewer")
	p := next(t, v)
	require.True(t, p.Key, "%+v", pub.Stats())
	require.EqualValues(t, 7, requireIndex(t, p.RGBA()))
	requireTrack(t, v, "video/VP8", "screen", livekit.TrackSource_SCREEN_SHARE)
}

func TestAFrameFromBeforePublishingIsShown(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 0, 0, nil)
	require.NoError(t, src.CaptureFrame(testframe.Draw(appsrc.BufferI420, 640, 360, 9), nil))
	publish(t, join(t, name), src, nil)
	p := next(t, v)
	require.EqualValues(t, 9, requireIndex(t, p.RGBA()))
}

func TestMuteStopsEncodingAndUnmuteBeginsWithAKeyFrame(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v := view(t, name, "viewer")
	src := newSource(t, 640, 360, nil)
	pub := publish(t, join(t, name), src, nil)
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	for range 10 {
		next(t, v)
	}
	pub.SetMuted(true)
	require.Eventually(t, func() bool { return pub.Stats().DroppedMuted > 15 }, wait, 10*time.Millisecond)
	sent := pub.Stats().Sent
	require.Eventually(t, func() bool { return pub.Stats().DroppedMuted > 30 }, wait, 10*time.Millisecond)
	require.Equal(t, sent, pub.Stats().Sent, "nothing is encoded or sent while it is muted")
	mutedAt := c.index.Load()
	keys := pub.Stats().KeyFrames
	pub.SetMuted(false)
	for {
		p := next(t, v)
		if requireIndex(t, p.RGBA()) > mutedAt {
			require.True(t, p.Key, "the first frame after it was muted")
			break
		}
	}
	require.Greater(t, pub.Stats().KeyFrames, keys)
}

func TestSourceOutlivesItsPublications(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	room := join(t, name)
	src := newSource(t, 640, 360, nil)
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	for range 2 {
		v := view(t, name, "viewer")
		pub := publish(t, room, src, nil)
		next(t, v)
		require.NoError(t, pub.Stop(within(t)))
		<-pub.Done()
		require.NoError(t, pub.Err())
		require.NoError(t, v.Close())
	}
}

func TestPublicationSurvivesAFullReconnect(t *testing.T) {
	t.Parallel()
	name := newRoom(t)
	v, err := viewer.Join(within(t), server.URL(), token(t, name, "viewer"), &viewer.Options{KeepAll: true, Follow: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	room := join(t, name)
	src := newSource(t, 640, 360, nil)
	pub := publish(t, room, src, nil)
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	next(t, v)
	before := pub.SID()
	room.Simulate(lksdk.SimulateNodeFailure)
	require.Eventually(t, func() bool { return pub.SID() != before }, wait, 10*time.Millisecond)
	at := c.index.Load()
	for requireIndex(t, next(t, v).RGBA()) <= at {
		continue
	}
	require.NoError(t, pub.Stop(within(t)))
	require.Empty(t, room.LocalParticipant.TrackPublications())
}
