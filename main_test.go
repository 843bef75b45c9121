// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/test/film"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// wait bounds everything that a test waits for.
const wait = 30 * time.Second

// server is for all tests that leave it alone; nil under -short.
var server *devserver.Server

func TestMain(m *testing.M) {
	gsttest.Main(withServer{m})
}

// withServer runs the tests between the start and the end of a server.
type withServer struct{ m *testing.M }

func (w withServer) Run() int {
	if need.Short() {
		return w.m.Run()
	}
	return devserver.RunTests(&server, w.m.Run)
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	t.Cleanup(cancel)
	return ctx
}

var rooms atomic.Int64

// newRoom returns the name of a room of this test alone.
func newRoom(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%s-%d", t.Name(), rooms.Add(1))
}

func keyFor(room string) gstpublish.APIKey {
	return gstpublish.APIKey{Key: server.APIKey(), Secret: server.APISecret(), Room: room, Identity: "publisher"}
}

func token(t *testing.T, room, identity string) string {
	t.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).SetIdentity(identity).ToJWT()
	require.NoError(t, err)
	return token
}

// join joins a room until the test ends.
func join(t *testing.T, room string, opts *gstpublish.Options) *gstpublish.Room {
	t.Helper()
	r, err := gstpublish.Join(within(t), server.URL(), keyFor(room), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// newFilm returns a source of test frames, 30 a second, until the test ends.
func newFilm(t *testing.T, opts *appsrc.Options) *appsrc.VideoSource {
	t.Helper()
	source, err := appsrc.NewVideoSource(320, 180, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, source.Close()) })
	film.Start(t, source, 320, 180, 30)
	return source
}

// requireSeen waits until a viewer who joins now sees n frames of a track.
func requireSeen(t *testing.T, url, room, track string, n int) viewer.Track {
	t.Helper()
	v, err := viewer.Join(within(t), url, token(t, room, fmt.Sprint("viewer-", rooms.Add(1))),
		&viewer.Options{TrackName: track})
	require.NoError(t, err)
	defer func() { require.NoError(t, v.Close()) }()
	for range n {
		_, err = v.Next(within(t))
		require.NoError(t, err, "%+v", v.Stats())
	}
	seen, ok := v.Track()
	require.True(t, ok)
	return seen
}

// events collects what a room reports.
type events chan gstpublish.Event

func newEvents() events { return make(events, 100) }

// next returns the next event.
func (e events) next(t *testing.T) gstpublish.Event {
	t.Helper()
	select {
	case event := <-e:
		return event
	case <-time.After(wait):
		require.FailNow(t, "there is no event")
		return gstpublish.Event{}
	}
}
