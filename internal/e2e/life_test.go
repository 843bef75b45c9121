// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

// living is a publication in the room of a session.
type living struct {
	t       *testing.T
	server  *devserver.Server
	name    string // of the room
	session *session.Session
	events  chan session.Event
	pub     *sink.Publication
	camera  *camera
}

// awaitTheSDK makes the test wait for the SDK's goroutines. The SDK sleeps between its attempts to connect, and only
// then notices that the participant has left the room.
func awaitTheSDK(t *testing.T) {
	t.Helper()
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return goleak.Find(others) == nil }, wait, tick)
	})
}

func newLiving(t *testing.T, srv *devserver.Server) *living {
	t.Helper()
	l := &living{t: t, server: srv, name: newRoom(t), events: make(chan session.Event, 10)}
	net := network.New(nil)
	t.Cleanup(net.Close)
	var err error
	l.session, err = session.Join(within(t), &session.Options{
		URL:   srv.URL(),
		Token: func(context.Context) (string, error) { return l.access("publisher") },
		Connect: func() []lksdk.ConnectOption {
			return append(net.ConnectOptions(), lksdk.WithAutoSubscribe(false))
		},
		OnEvent: func(e session.Event) { l.events <- e },
	})
	require.NoError(t, err)
	t.Cleanup(l.session.Leave)
	src := newSource(t, 640, 360, nil)
	room := l.session.Room()
	l.pub = publish(t, room, src, &sink.Options{Layers: sink.LayerOptions{Sizes: 2}}, wires.Wires{Network: net})
	require.NoError(t, l.session.Add(within(t), l.pub, room))
	l.camera = shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	return l
}

func (l *living) access(identity string) (string, error) {
	return auth.NewAccessToken(l.server.APIKey(), l.server.APISecret()).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: l.name}).SetValidFor(time.Minute).ToJWT()
}

func (l *living) watch(identity string) (*viewer.Viewer, error) {
	token, err := l.access(identity)
	require.NoError(l.t, err)
	return viewer.Join(within(l.t), l.server.URL(), token, &viewer.Options{KeepAll: true, Follow: true})
}

func (l *living) requireEvent(want session.EventKind) {
	l.t.Helper()
	select {
	case e := <-l.events:
		require.Equal(l.t, want, e.Kind, "%+v", e)
	case <-time.After(wait):
		require.FailNow(l.t, "no event", want)
	}
}

// TestConnectionsThatTheSDKRepairs tests interruptions that the SDK ends itself: capture continues, and viewers see
// frames again.
//
//nolint:tparallel // Its subtests run beside each other alone: it counts goroutines.
func TestConnectionsThatTheSDKRepairs(t *testing.T) {
	awaitTheSDK(t)
	for name, c := range map[string]struct {
		scenario      lksdk.SimulateScenario
		kept, changed bool // which SIDs the publication may have afterwards
	}{
		"the signal connection": {lksdk.SimulateSignalReconnect, true, false},
		// The server closes its end of the media connection. If the SDK sees that before it has
		// resumed, it connects again and publishes again.
		"migration": {lksdk.SimulateMigration, true, true},
		"all of it": {lksdk.SimulateNodeFailure, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiving(t, server)
			v, err := l.watch("viewer")
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, v.Close()) })
			until(t, v, "a frame", indexFrom(0))
			sid := l.pub.SID()
			l.session.Room().Simulate(c.scenario)
			l.requireEvent(session.Interrupted)
			l.requireEvent(session.Resumed)
			require.Eventually(t, func() bool {
				return c.kept && l.pub.SID() == sid || c.changed && l.pub.SID() != sid
			}, wait, tick)
			at := l.camera.index.Load()
			until(t, v, "a frame from after that", indexFrom(at))
			for range 30 {
				next(t, v)
			}
		})
	}
}

// A server is killed, and returns after five seconds without any state. Capture continues
// meanwhile.
func TestAServerThatWasKilledComesBack(t *testing.T) {
	attempt.Best(t, killServer)
}

func killServer(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	const away = 5 * time.Second
	awaitTheSDK(t)
	srv, err := devserver.Start(within(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Stop(context.Background())) })
	l := newLiving(t, srv)
	before, err := l.watch("viewer")
	require.NoError(t, err)
	until(t, before, "a frame", indexFrom(0))

	srv.Kill()
	killed := time.Now()
	l.requireEvent(session.Interrupted)
	require.NoError(t, before.Close())
	<-time.After(away - time.Since(killed))
	require.NoError(t, srv.Restart(within(t)))
	back, from := time.Now(), l.camera.index.Load()
	var after *viewer.Viewer
	require.Eventually(t, func() bool {
		after, err = l.watch("viewer")
		return err == nil
	}, wait, tick)
	t.Cleanup(func() { require.NoError(t, after.Close()) })
	p := until(t, after, "a frame after that", indexFrom(from))
	took := time.Since(back)
	require.True(t, p.Key, "the first frame is a key frame")
	l.requireEvent(session.Rejoined)
	t.Logf("%v after the server's return a viewer sees frames", took)
	verdict.Want(took < 2*time.Second, "%v until a viewer sees frames", took)
	for range 30 {
		next(t, after)
	}
}
