// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gst/standin"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/proof"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

// wait limits each wait of a test.
const wait = 20 * time.Second

var server *devserver.Server

// prover starts copies of this process, with the stand-ins that the environment names.
var prover *proof.Prover

func TestMain(m *testing.M) {
	if err := standin.FromEnv(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // before there is a test
	}
	// Parallel tests wait for live video more than they compute. The flag -parallel takes precedence.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // before there is a test
	}
	prover = proof.New(nil)
	lksdk.SetLogger(logger.GetDiscardLogger())
	gsttest.Main(withServer{m})
}

// withServer runs the tests with a server.
type withServer struct{ m *testing.M }

func (w withServer) Run() int {
	if need.ShortSkipsAll("a LiveKit server") {
		return 0
	}
	return devserver.RunTests(&server, w.m.Run)
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	t.Cleanup(cancel)
	return ctx
}

// roomName returns a name that differs for each test and each of its runs.
var rooms atomic.Int64

func newRoom(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%s-%d", t.Name(), rooms.Add(1))
}

func token(t *testing.T, room, identity string) string {
	t.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).
		SetIdentity(identity).SetValidFor(time.Hour).ToJWT()
	require.NoError(t, err)
	return token
}

// join connects a publisher.
func join(t *testing.T, room string) *lksdk.Room {
	t.Helper()
	r, err := lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, "publisher"), nil,
		lksdk.WithAutoSubscribe(false))
	require.NoError(t, err)
	t.Cleanup(r.Disconnect)
	return r
}

// view joins a subscriber.
func view(t *testing.T, room, identity string) *viewer.Viewer {
	t.Helper()
	v, err := viewer.Join(within(t), server.URL(), token(t, room, identity), &viewer.Options{KeepAll: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

func next(t *testing.T, v *viewer.Viewer) *viewer.Frame {
	t.Helper()
	p, err := v.Next(within(t))
	require.NoError(t, err, "%+v", v.Stats())
	return p
}

// camera captures test frames at a steady rate until the test ends.
type camera struct {
	t     *testing.T
	src   *appsrc.VideoSource
	next  func() *appsrc.VideoFrame
	frame atomic.Pointer[appsrc.VideoFrame] // of shoot
	index atomic.Uint32
	opts  *appsrc.CaptureOptions
	times sync.Map // by index, when it was captured, as a taken
	stop  chan struct{}
	done  chan struct{}
}

// taken has the times before and after the capture of a frame.
type taken struct{ begin, end time.Time }

// between returns the minimum and maximum time between the captures of two frames, which differ on a busy machine.
func (c *camera) between(a, b uint32) (least, longest time.Duration) {
	at := func(index uint32) taken {
		when, _ := c.times.Load(index)
		return when.(taken) //nolint:forcetypeassert // nothing else is stored
	}
	return at(b).begin.Sub(at(a).end), at(b).end.Sub(at(a).begin)
}

func newSource(t *testing.T, w, h int, o *appsrc.Options) *appsrc.VideoSource {
	t.Helper()
	src, err := appsrc.NewVideoSource(w, h, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, src.Close()) })
	return src
}

func newCamera(t *testing.T, src *appsrc.VideoSource, opts *appsrc.CaptureOptions) *camera {
	t.Helper()
	return &camera{t: t, src: src, opts: opts, stop: make(chan struct{}), done: make(chan struct{})}
}

// shoot starts to capture one frame repeatedly, 30 times a second, each time with a new index.
func shoot(t *testing.T, src *appsrc.VideoSource, frame *appsrc.VideoFrame, opts *appsrc.CaptureOptions) *camera {
	t.Helper()
	c := newCamera(t, src, opts)
	c.frame.Store(frame)
	c.next = c.frame.Load
	c.start()
	return c
}

func (c *camera) start() {
	go c.run()
	c.t.Cleanup(c.hold)
}

func (c *camera) run() {
	defer close(c.done)
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			c.capture()
		}
	}
}

func (c *camera) capture() {
	frame := c.next()
	index := c.index.Add(1)
	testframe.Redraw(frame, index)
	begin := time.Now()
	c.times.Store(index, taken{begin, begin}) // A viewer may see it before the call returns.
	if err := c.src.CaptureFrame(frame, c.opts); err != nil {
		c.t.Error(err)
	}
	c.times.Store(index, taken{begin, time.Now()})
}

// hold stops capturing.
func (c *camera) hold() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	<-c.done
}

func publish(
	t *testing.T, room *lksdk.Room, src *appsrc.VideoSource, o *sink.Options, with ...wires.Wires,
) *sink.Publication {
	t.Helper()
	pub, err := sink.Publish(wired(t, with), room, src, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pub.Close()) })
	return pub
}

// wired is within, with what a Room of package gstpublish would have; at most one.
func wired(t *testing.T, with []wires.Wires) context.Context {
	t.Helper()
	ctx := within(t)
	for _, w := range with {
		ctx = wires.With(ctx, w)
	}
	return ctx
}

// requireFrames checks n frames: their content, size, order and RTP time, which must be that of their capture.
func requireFrames(t *testing.T, v *viewer.Viewer, c *camera, n, width, height int) {
	t.Helper()
	first, before, rtp := uint32(0), uint32(0), uint32(0)
	for i := range n {
		p := next(t, v)
		require.Equal(t, [2]int{width, height}, [2]int{p.Width, p.Height})
		img := p.RGBA()
		index, ok := testframe.Read(img, 0)
		require.True(t, ok, "the frame's index can't be read")
		require.Greater(t, index, before, "frames come in order, each once")
		before = index
		if i == 0 {
			continue // It may be the repeat of a frame, with a later time.
		}
		if first == 0 {
			first, rtp = index, p.RTPTime
		}
		elapsed := time.Duration(p.RTPTime-rtp) * time.Second / 90_000
		least, longest := c.between(first, index)
		require.Greater(t, elapsed, least-50*time.Millisecond, "frame %d", i)
		require.Less(t, elapsed, longest+50*time.Millisecond, "frame %d", i)
		if n >= 12 && i >= n*3/4 { // The rate control has settled.
			require.NoError(t, testframe.CheckColours(img, 0, 3), "frame %d", i)
		}
	}
}

func requireIndex(t *testing.T, img *image.RGBA) uint32 {
	t.Helper()
	index, ok := testframe.Read(img, 0)
	require.True(t, ok, "the frame's index can't be read")
	return index
}
