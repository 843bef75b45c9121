// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package gstpublish_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// TestSeveralPublications has a camera, a screen and a pipeline with sound in one room.
func TestSeveralPublications(t *testing.T) {
	need.Server(t)
	name := newRoom(t)
	room := join(t, name, nil)
	camera, err := room.Publish(within(t), newFilm(t, nil), nil)
	require.NoError(t, err)
	screen, err := room.Publish(within(t), newFilm(t, &appsrc.Options{IsScreencast: true}), nil)
	require.NoError(t, err)
	pipe, err := pipeline.Parse("videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! queue "+
		"audiotestsrc is-live=true ! audio/x-raw,rate=48000", nil)
	require.NoError(t, err)
	both, err := room.Publish(within(t), pipe, &sink.Options{Name: "bars"})
	require.NoError(t, err)

	require.Equal(t, livekit.TrackSource_CAMERA, requireSeen(t, server.URL(), name, "camera", 3).Source)
	require.Equal(t, livekit.TrackSource_SCREEN_SHARE, requireSeen(t, server.URL(), name, "screen", 3).Source)
	requireSeen(t, server.URL(), name, "bars", 3)
	require.Eventually(t, func() bool { return both.Stats().AudioSent > 0 }, wait, 10*time.Millisecond)
	require.Len(t, room.LiveKit().LocalParticipant.TrackPublications(), 4)
	require.Equal(t, "publisher", room.LiveKit().LocalParticipant.Identity())

	stats := room.Stats()
	require.True(t, stats.Joined)
	require.Equal(t, 3, stats.Publications)
	require.Positive(t, stats.Network.Reports, "the network is measured")
	require.Positive(t, stats.Network.Estimate)
	require.Empty(t, stats.ProofError)
	require.NotEmpty(t, camera.Stats().Encoder)

	require.NoError(t, camera.Close())
	require.Eventually(t, func() bool { return room.Stats().Publications == 2 }, wait, time.Millisecond)
	require.NoError(t, room.Close())
	for _, pub := range []*sink.Publication{screen, both} {
		<-pub.Done()
		require.NoError(t, pub.Err())
	}
	require.NoError(t, room.Err())
	<-room.Done()
	require.NoError(t, room.Close(), "once more")
	_, err = room.Publish(within(t), newFilm(t, nil), nil)
	require.ErrorIs(t, err, gstpublish.ErrClosed)
	require.ErrorIs(t, room.Join(within(t)), gstpublish.ErrClosed)
}

// TestServerRestarts: everything that was published comes back.
func TestServerRestarts(t *testing.T) {
	need.Server(t)
	own, err := devserver.Start(within(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop(context.Background())) })
	name, happened := newRoom(t), newEvents()
	room, err := gstpublish.Join(within(t), own.URL(), keyFor(name), &gstpublish.Options{
		OnEvent: func(e gstpublish.Event) { happened <- e },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, room.Close()) })
	for _, track := range []string{"one", "two"} {
		_, err = room.Publish(within(t), newFilm(t, nil), &sink.Options{Name: track})
		require.NoError(t, err)
	}
	requireSeen(t, own.URL(), name, "one", 3)

	own.Kill()
	require.Equal(t, gstpublish.Interrupted, happened.next(t).Kind)
	require.True(t, room.Stats().Interrupted)
	require.NoError(t, own.Restart(within(t)))
	back := happened.next(t)
	require.Contains(t, []gstpublish.EventKind{gstpublish.Resumed, gstpublish.Rejoined}, back.Kind)
	require.Positive(t, back.Away)
	for _, track := range []string{"one", "two"} {
		requireSeen(t, own.URL(), name, track, 3)
	}
	require.EqualValues(t, 1, room.Stats().Interruptions)
	require.False(t, room.Stats().Interrupted)
}

// TestRoomIsLost: the publications end with the room, which says why.
func TestRoomIsLost(t *testing.T) {
	need.Server(t)
	name, happened := newRoom(t), newEvents()
	room := join(t, name, &gstpublish.Options{OnEvent: func(e gstpublish.Event) { happened <- e }})
	pub, err := room.Publish(within(t), newFilm(t, nil), nil)
	require.NoError(t, err)
	join(t, name, nil) // with the same identity
	e := happened.next(t)
	require.Equal(t, gstpublish.Lost, e.Kind)
	<-room.Done()
	<-pub.Done()
	lost := (*gstpublish.LostError)(nil)
	require.ErrorAs(t, room.Err(), &lost)
	require.ErrorAs(t, e.Err, &lost)
	require.Equal(t, livekit.DisconnectReason_DUPLICATE_IDENTITY, lost.Reason)
	require.EqualError(t, lost,
		"gstpublish: the connection to the room is lost: another client took this participant's identity")
	_, err = room.Publish(within(t), newFilm(t, nil), nil)
	require.ErrorAs(t, err, &lost)
}

// TestPublishBeforeJoining prepares what is published while the room is being joined.
func TestPublishBeforeJoining(t *testing.T) {
	need.Server(t)
	for kind, source := range map[string]func(t *testing.T) gstpublish.Source{
		"frames": func(t *testing.T) gstpublish.Source {
			t.Helper()
			return newFilm(t, nil)
		},
		"live pipeline": func(t *testing.T) gstpublish.Source {
			t.Helper()
			return parse(t, "videotestsrc is-live=true ! video/x-raw,width=320,height=240")
		},
		"file": func(t *testing.T) gstpublish.Source {
			t.Helper()
			return parse(t, "videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1")
		},
	} {
		for _, retry := range []bool{false, true} {
			t.Run(kind, func(t *testing.T) {
				name := newRoom(t)
				room, err := gstpublish.NewRoom(server.URL(), keyFor(name), &gstpublish.Options{RetryJoin: retry})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, room.Close()) })
				require.Nil(t, room.LiveKit())
				encoder, err := room.Prove(within(t), nil)
				require.NoError(t, err)
				require.NotEmpty(t, encoder)
				published := make(chan error, 1)
				go func() {
					_, publishErr := room.Publish(within(t), source(t), nil)
					published <- publishErr
				}()
				require.NoError(t, room.Join(within(t)))
				require.NoError(t, <-published)
				requireSeen(t, server.URL(), name, "camera", 3)
				require.ErrorContains(t, room.Join(within(t)), "joined already")
			})
		}
	}
}

func parse(t *testing.T, text string) *pipeline.Pipeline {
	t.Helper()
	pipe, err := pipeline.Parse(text, nil)
	require.NoError(t, err)
	return pipe
}

// TestJoinIsRetried until there is a server.
func TestJoinIsRetried(t *testing.T) {
	need.Server(t)
	own, err := devserver.Start(within(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, own.Stop(context.Background())) })
	own.Kill()
	happened := newEvents()
	joined := make(chan error, 1)
	room, err := gstpublish.NewRoom(own.URL(), keyFor(newRoom(t)), &gstpublish.Options{
		RetryJoin: true, Reconnect: gstpublish.ReconnectForever,
		OnEvent: func(e gstpublish.Event) { happened <- e },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, room.Close()) })
	ctx := within(t)
	go func() { joined <- room.Join(ctx) }()
	e := happened.next(t)
	require.Equal(t, gstpublish.JoinFailed, e.Kind)
	require.Equal(t, 1, e.Attempts)
	failed := (*gstpublish.JoinError)(nil)
	require.ErrorAs(t, e.Err, &failed)
	require.Equal(t, gstpublish.ServerUnreachable, failed.Failure)
	require.NoError(t, own.Restart(within(t)))
	require.NoError(t, <-joined)
}

// TestCloseEndsWhatIsUnderWay: joining, and publishing that waits for it.
func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	need.RealTime(t)
	happened := newEvents()
	room, err := gstpublish.NewRoom("ws://127.0.0.1:1", gstpublish.Token("token"), &gstpublish.Options{
		RetryJoin: true, Reconnect: gstpublish.ReconnectForever,
		OnEvent: func(e gstpublish.Event) { happened <- e },
	})
	require.NoError(t, err)
	pipe := parse(t, "videotestsrc is-live=true ! video/x-raw,width=320,height=240")
	ctx := within(t)
	joined, published := make(chan error, 1), make(chan error, 1)
	go func() { joined <- room.Join(ctx) }()
	go func() {
		_, publishErr := room.Publish(ctx, pipe, nil)
		published <- publishErr
	}()
	happened.next(t)
	require.NoError(t, room.Close())
	require.ErrorIs(t, <-joined, gstpublish.ErrClosed)
	require.ErrorIs(t, <-published, gstpublish.ErrClosed)
	require.Equal(t, pipeline.StateStopped, pipe.State(), "the pipeline belonged to the room")
}

// TestJoinFails says what is wrong, without the token.
func TestJoinFails(t *testing.T) {
	need.Server(t)
	secret := token(t, "room", "publisher")
	for name, tt := range map[string]struct {
		url         string
		credentials gstpublish.Credentials
		want        gstpublish.JoinFailure
	}{
		"unreachable":  {"ws://127.0.0.1:1", gstpublish.Token(secret), gstpublish.ServerUnreachable},
		"unknown host": {"ws://host.invalid", gstpublish.Token(secret), gstpublish.HostUnknown},
		"not a token":  {server.URL(), gstpublish.Token("rubbish"), gstpublish.Unauthorized},
		"wrong secret": {
			server.URL(),
			gstpublish.APIKey{Key: server.APIKey(), Secret: "0123456789abcdef0123456789abcdef", Room: "room"},
			gstpublish.Unauthorized,
		},
		"wrong path": {server.URL() + "/elsewhere", gstpublish.Token(secret), gstpublish.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gstpublish.Join(within(t), tt.url, tt.credentials, nil)
			failed := (*gstpublish.JoinError)(nil)
			require.ErrorAs(t, err, &failed)
			require.Equal(t, tt.want, failed.Failure, err)
			require.ErrorContains(t, err, tt.url)
			require.NotContains(t, err.Error(), secret)
		})
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("not now"))
	_, err := gstpublish.Join(ctx, server.URL(), keyFor("room"), nil)
	require.ErrorContains(t, err, "not now")
	mine := errors.New("the token service is away")
	_, err = gstpublish.Join(within(t), server.URL(), gstpublish.TokenFunc(func(context.Context) (string, error) {
		return "", mine
	}), nil)
	require.ErrorIs(t, err, mine)
}

// TestCallback is called for what other participants do.
func TestCallback(t *testing.T) {
	need.Server(t)
	name := newRoom(t)
	arrived := make(chan string, 10)
	join(t, name, &gstpublish.Options{Callback: &lksdk.RoomCallback{
		OnParticipantConnected: func(p *lksdk.RemoteParticipant) { arrived <- p.Identity() },
	}})
	other := keyFor(name)
	other.Identity = "other"
	room, err := gstpublish.Join(within(t), server.URL(), other, nil)
	require.NoError(t, err)
	require.Equal(t, "other", <-arrived)
	require.NoError(t, room.Close())
}
