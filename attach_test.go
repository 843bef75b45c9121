// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"context"
	"testing"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// connect joins a room with the SDK.
func connect(t *testing.T, url, room string, opts ...lksdk.ConnectOption) *lksdk.Room {
	t.Helper()
	r, err := lksdk.ConnectToRoomWithToken(url, token(t, room, "publisher"), nil, opts...)
	require.NoError(t, err)
	t.Cleanup(r.Disconnect)
	return r
}

func TestAttach(t *testing.T) {
	need.Server(t)
	own, err := devserver.Start(within(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop(context.Background())) })
	name, happened := newRoom(t), newEvents()
	joined := connect(t, own.URL(), name, gstpublish.ConnectOptions()...)
	room, err := gstpublish.Attach(joined, &gstpublish.AttachOptions{
		OnEvent: func(e gstpublish.Event) { happened <- e },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, room.Close()) })
	require.Same(t, joined, room.LiveKit())
	_, err = gstpublish.Attach(joined, nil)
	require.ErrorIs(t, err, gstpublish.ErrAttached)

	pub, err := room.Publish(within(t), newFilm(t, nil), nil)
	require.NoError(t, err)
	requireSeen(t, own.URL(), name, "camera", 30)
	require.Positive(t, room.Stats().Network.Reports, "the network is measured")

	own.Kill()
	require.Equal(t, gstpublish.Interrupted, happened.next(t).Kind)
	require.NoError(t, own.Restart(within(t)))
	require.Equal(t, gstpublish.Resumed, happened.next(t).Kind)
	requireSeen(t, own.URL(), name, "camera", 3)

	require.NoError(t, room.Close())
	<-pub.Done()
	require.Equal(t, lksdk.ConnectionStateConnected, joined.ConnectionState(), "it is the caller's")
	again, err := gstpublish.Attach(joined, nil)
	require.NoError(t, err)
	_, err = again.Publish(within(t), newFilm(t, nil), &sink.Options{Name: "again"})
	require.NoError(t, err)
	requireSeen(t, own.URL(), name, "again", 30)
	require.Positive(t, again.Stats().Network.Reports, "it is measured again")

	joined.Disconnect()
	<-again.Done()
	lost := (*gstpublish.LostError)(nil)
	require.ErrorAs(t, again.Err(), &lost)
	require.NoError(t, again.Close())
	_, err = gstpublish.Attach(joined, nil)
	require.ErrorContains(t, err, "not connected")
}

// TestAttachUnprepared: nothing degrades in silence.
func TestAttachUnprepared(t *testing.T) {
	need.Server(t)
	_, err := gstpublish.Attach(connect(t, server.URL(), newRoom(t)), nil)
	require.ErrorIs(t, err, gstpublish.ErrNotPrepared)

	joined := connect(t, server.URL(), newRoom(t), gstpublish.ConnectOptions()...)
	_, err = gstpublish.Attach(joined, &gstpublish.AttachOptions{MaxBandwidth: -1})
	require.ErrorContains(t, err, "MaxBandwidth")
	room, err := gstpublish.Attach(joined, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, room.Close()) }()
	svc := &sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.VP9}, Layers: sink.LayerOptions{Sizes: 3}}
	_, err = room.Publish(within(t), parse(t, "videotestsrc is-live=true ! video/x-raw,width=1280,height=720"), svc)
	require.ErrorIs(t, err, sink.ErrUnprepared)
	require.ErrorContains(t, err, "gstpublish.Prepare")
}

// TestPrepare: a room that is prepared too takes several sizes of VP9.
func TestPrepare(t *testing.T) {
	need.Server(t)
	name := newRoom(t)
	joined := lksdk.NewRoom(nil)
	require.NoError(t, gstpublish.Prepare(joined))
	require.NoError(t, joined.JoinWithToken(server.URL(), token(t, name, "publisher"), gstpublish.ConnectOptions()...))
	t.Cleanup(joined.Disconnect)
	room, err := gstpublish.Attach(joined, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, room.Close()) }()
	_, err = room.Publish(within(t), parse(t, "videotestsrc is-live=true ! video/x-raw,width=1280,height=720"),
		&sink.Options{Encoding: sink.EncodingOptions{Codec: pipeline.VP9}, Layers: sink.LayerOptions{Sizes: 2}})
	require.NoError(t, err)
	requireSeen(t, server.URL(), name, "camera", 3)
}
