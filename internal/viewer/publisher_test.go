// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package viewer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/gst"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

const (
	testFPS     = 30
	testTimeout = time.Minute
	rtpStep     = 90000 / testFPS
)

// encoders are launch texts whose output the SDK's payloaders accept.
var encoders = map[string]string{
	"VP8": "vp8enc deadline=1 cpu-used=8 threads=1 target-bitrate=1500000 keyframe-max-dist=3000",
	"VP9": "vp9enc deadline=1 cpu-used=8 threads=1 lag-in-frames=0 target-bitrate=1500000 keyframe-max-dist=3000",
	"H264": "x264enc tune=zerolatency speed-preset=ultrafast threads=1 bitrate=1500 key-int-max=3000 " +
		"! video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 " +
		"! video/x-h264,stream-format=byte-stream,alignment=au",
	"H265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1500 key-int-max=3000 " +
		"option-string=bframes=0:frame-threads=1:pools=none:info=0 " +
		"! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au",
	// In Debian 12 it ignores key frame requests.
	"AV1": "av1enc cpu-used=10 usage-profile=realtime end-usage=cbr min-quantizer=10 max-quantizer=56 threads=1 " +
		"lag-in-frames=0 target-bitrate=1500 keyframe-max-dist=15",
}

// publisher publishes numbered test frames with the SDK alone.
type publisher struct {
	t       *testing.T
	codec   string
	encoder string // launch text for H.264 that may have B-frames; "" for that of encoders
	room    *lksdk.Room
	plis    atomic.Int64
	lose    atomic.Bool   // the next frame is lost
	last    atomic.Uint32 // index of the last frame; 0 means no end

	mu            sync.Mutex
	width, height int
}

func token(t *testing.T, room, identity string) string {
	t.Helper()
	need.Server(t)
	jwt, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).ToJWT()
	require.NoError(t, err)
	return jwt
}

// newPublisher joins a room as "publisher", and leaves it when the test ends.
func newPublisher(t *testing.T, room string) *publisher {
	t.Helper()
	p := &publisher{t: t, width: 320, height: 240}
	p.room = lksdk.NewRoom(nil)
	log := sdkLogger(slog.New(slog.DiscardHandler), "")
	p.room.SetLogger(log)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	t.Cleanup(func() { require.NoError(t, leave(p.room)) })
	jwt := token(t, room, "publisher")
	require.NoError(t, p.room.JoinWithContextAndToken(ctx, server.URL(), jwt, lksdk.WithLogger(log)))
	return p
}

func (p *publisher) resize(width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.width, p.height = width, height
}

// publish publishes a video track and feeds it until the test ends or the returned function, which
// unpublishes it, is called.
func (p *publisher) publish(codec, name string, source livekit.TrackSource) (
	pub *lksdk.LocalTrackPublication, end func(),
) {
	p.t.Helper()
	p.codec = codec
	keyFrame := make(chan struct{}, 1)
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: "video/" + codec, ClockRate: 90000},
		lksdk.WithRTCPHandler(func(packet rtcp.Packet) {
			if _, ok := packet.(*rtcp.PictureLossIndication); ok {
				p.plis.Add(1)
				select {
				case keyFrame <- struct{}{}:
				default:
				}
			}
		}))
	require.NoError(p.t, err)
	bound := make(chan struct{})
	track.OnBind(sync.OnceFunc(func() { close(bound) }))
	pub, err = p.room.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{
		Name: name, Source: source, VideoWidth: 320, VideoHeight: 240,
	})
	require.NoError(p.t, err)
	select {
	case <-bound:
	case <-time.After(testTimeout):
		require.Fail(p.t, "the track was not bound")
	}
	e := newEncoder(p.t, cmp.Or(p.encoder, encoders[codec]))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.feed(ctx, e, keyFrame) })
	running.Go(func() { p.drain(ctx, e, track) })
	end = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		e.close(p.t)
		_ = p.room.LocalParticipant.UnpublishTrack(pub.SID()) // It fails if the participant has left the room already.
	})
	p.t.Cleanup(end)
	return pub, end
}

func (p *publisher) size() (width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.width, p.height
}

// encoder is a pipeline that encodes raw frames.
type encoder struct {
	pipeline *gst.Pipeline
	src      *gst.AppSrc
	sink     *gst.AppSink
}

func newEncoder(t *testing.T, text string) *encoder {
	t.Helper()
	p, err := gst.Parse("appsrc name=in ! " + text + " ! appsink name=out")
	require.NoError(t, err)
	in := p.ByName("in")
	src, err := gst.NewAppSrc(in)
	require.NoError(t, err)
	in.Release()
	sink, err := gst.NewAppSink(p.ByName("out"), 8)
	require.NoError(t, err)
	require.NoError(t, p.SetState(t.Context(), gst.StatePlaying))
	return &encoder{p, src, sink}
}

// feed pushes frames with increasing indices at testFPS.
func (p *publisher) feed(ctx context.Context, e *encoder, keyFrame <-chan struct{}) {
	tick := time.NewTicker(time.Second / testFPS)
	defer tick.Stop()
	for index := uint32(1); ; index++ {
		select {
		case <-keyFrame:
			e.sink.ForceKeyFrame()
		default:
		}
		if last := p.last.Load(); ctx.Err() != nil || last > 0 && index > last {
			return
		}
		width, height := p.size()
		e.push(width, height, index)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// push encodes a frame. It fails only if the pipeline is closed.
func (e *encoder) push(width, height int, index uint32) {
	caps, err := gst.ParseCaps(fmt.Sprintf(
		"video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1,colorimetry=bt601", width, height, testFPS))
	if err != nil {
		panic(err) //nolint:forbidigo // not on the test's goroutine
	}
	defer caps.Unref()
	f := testframe.Draw(appsrc.BufferI420, width, height, index)
	planes, strides := make([][]byte, 3), make([]int, 3)
	for i := range planes {
		planes[i], strides[i] = f.Planes[i].Data, f.Planes[i].Stride
	}
	b := gst.Wrap("I420", width, height, planes, strides, nil)
	defer b.Unref()
	_, _ = e.src.Push(b, caps, int64(index)*int64(time.Second)/testFPS, -1)
}

// drain writes the encoder's samples to the track.
func (p *publisher) drain(ctx context.Context, e *encoder, track *lksdk.LocalTrack) {
	var lost, number uint16
	for ctx.Err() == nil {
		s, err := e.sink.Pull(20*time.Millisecond, nil)
		switch {
		case errors.Is(err, gst.ErrTimeout):
			continue
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			panic(err) //nolint:forbidigo // not on the test's goroutine
		}
		if p.lose.CompareAndSwap(true, false) {
			lost = 1
			continue
		}
		rtpTime := uint32((s.PTS*9 + 50_000) / 100_000)
		if p.encoder != "" {
			number = writeRTP(track, s.Data, rtpTime, number)
			continue
		}
		_ = track.WriteSample(media.Sample{
			Data: s.Data, PacketTimestamp: rtpTime, PrevDroppedPackets: lost,
			Duration: time.Millisecond, // Constant, since the SDK adds it to the next time stamp.
		}, nil)
		lost = 0
	}
}

// writeRTP writes a sample of H.264 with any RTP time; the SDK's WriteSample discards those before the last. It returns
// the sequence number of the next packet.
func writeRTP(track *lksdk.LocalTrack, data []byte, rtpTime uint32, number uint16) uint16 {
	payloads := new(codecs.H264Payloader).Payload(1100, data)
	for i, payload := range payloads {
		_ = track.WriteRTP(&rtp.Packet{
			Header: rtp.Header{
				Version: 2, SequenceNumber: number, Timestamp: rtpTime, Marker: i == len(payloads)-1,
			},
			Payload: payload,
		}, nil)
		number++
	}
	return number
}

func (e *encoder) close(t *testing.T) {
	t.Helper()
	require.NoError(t, e.pipeline.SetState(context.Background(), gst.StateNull))
	e.src.Close()
	e.sink.Close()
	require.NoError(t, e.pipeline.Close(context.Background()))
}
