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
	"github.com/gstpublish/gstpublish/internal/testpicture"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/sink"
	"github.com/gstpublish/gstpublish/sink/network"
	"github.com/gstpublish/gstpublish/sink/session"
)

// A server is killed, and comes back after five seconds, knowing nothing any more.
// Capturing goes on meanwhile.
func TestAServerThatWasKilledComesBack(t *testing.T) {
	const away = 5 * time.Second
	others := goleak.IgnoreCurrent()
	// The SDK sleeps between its attempts, and then notices that the room was left.
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return goleak.Find(others) == nil }, wait, tick)
	})
	srv, err := devserver.Start(within(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Stop(context.Background())) })
	name, events := newRoom(t), make(chan session.Event, 10)
	access := func(identity string) (string, error) {
		return auth.NewAccessToken(srv.APIKey(), srv.APISecret()).SetIdentity(identity).
			SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: name}).SetValidFor(time.Minute).ToJWT()
	}
	watch := func() (*viewer.Viewer, error) {
		token, accessErr := access("viewer")
		require.NoError(t, accessErr)
		return viewer.Join(within(t), srv.URL(), token, &viewer.Options{KeepAll: true})
	}
	net := network.New(nil)
	t.Cleanup(net.Close)
	s, err := session.Join(within(t), &session.Options{
		URL:   srv.URL(),
		Token: func(context.Context) (string, error) { return access("publisher") },
		Connect: func() []lksdk.ConnectOption {
			return append(net.ConnectOptions(), lksdk.WithAutoSubscribe(false))
		},
		OnEvent: func(e session.Event) { events <- e },
	})
	require.NoError(t, err)
	t.Cleanup(s.Leave)
	src := newSource(t, 640, 360, nil)
	room := s.Room()
	pub := publish(t, room, src, &sink.Options{Network: net, Layers: 2})
	require.NoError(t, s.Add(within(t), pub, room))
	c := shoot(t, src, testpicture.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	before, err := watch()
	require.NoError(t, err)
	until(t, before, "a picture", indexFrom(0))

	srv.Kill()
	killed := time.Now()
	require.Equal(t, session.Interrupted, (<-events).Kind)
	require.NoError(t, before.Close())
	<-time.After(away - time.Since(killed))
	require.NoError(t, srv.Restart(within(t)))
	back, from := time.Now(), c.index.Load()
	var after *viewer.Viewer
	require.Eventually(t, func() bool {
		after, err = watch()
		return err == nil
	}, wait, tick)
	t.Cleanup(func() { require.NoError(t, after.Close()) })
	p := until(t, after, "a picture after that", indexFrom(from))
	took := time.Since(back)
	require.True(t, p.Key, "the first picture is a key frame")
	require.Equal(t, session.Rejoined, (<-events).Kind)
	t.Logf("%v after the server's return a viewer sees pictures", took)
	require.Less(t, took, 2*time.Second)
	for range 30 {
		next(t, after)
	}
}
