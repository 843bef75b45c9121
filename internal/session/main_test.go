// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// wait bounds each wait of a test.
const wait = 30 * time.Second

// shared is the server of all tests that do not stop it.
var shared *devserver.Server

func TestMain(m *testing.M) {
	lksdk.SetLogger(logger.GetDiscardLogger())
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // the end of a TestMain
}

func run(m *testing.M) (code int, err error) {
	if need.Short() {
		return m.Run(), nil
	}
	if shared, err = devserver.Start(context.Background(), nil); err != nil {
		return 1, err
	}
	code = m.Run()
	err = shared.Stop(context.Background())
	// The SDK sleeps for up to 20 s before it notices that a room was left.
	for end := time.Now().Add(wait); code == 0 && time.Now().Before(end); {
		if leak := goleak.Find(); leak == nil {
			return code, err
		} else if time.Until(end) < time.Second {
			return 1, errors.Join(err, leak)
		}
	}
	return code, err
}

// sharedURL returns the URL of the shared server.
func sharedURL(t *testing.T) string {
	t.Helper()
	need.Server(t)
	return shared.URL()
}

func startServer(t *testing.T) *devserver.Server {
	t.Helper()
	need.Server(t)
	server, err := devserver.Start(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	return server
}

var rooms atomic.Int64

func newRoom(t *testing.T) string {
	t.Helper()
	need.Server(t)
	return fmt.Sprintf("%s-%d", t.Name(), rooms.Add(1))
}

func token(room, identity string) (string, error) {
	return auth.NewAccessToken(shared.APIKey(), shared.APISecret()).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).
		SetIdentity(identity).SetValidFor(time.Hour).ToJWT()
}

// host is a session with its events.
type host struct {
	*session.Session
	events chan session.Event
	tokens atomic.Int64 // that it asked for
}

// join starts a session. change may alter its options.
func join(t *testing.T, url, room string, change func(o *session.Options)) *host {
	t.Helper()
	h := &host{events: make(chan session.Event, 100)}
	o := &session.Options{
		URL: url,
		Token: func(context.Context) (string, error) {
			h.tokens.Add(1)
			return token(room, "publisher")
		},
		OnEvent: func(e session.Event) { h.events <- e },
	}
	if change != nil {
		change(o)
	}
	var err error
	h.Session, err = session.Join(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(h.Leave)
	return h
}

// next returns the next event.
func (h *host) next(t *testing.T) session.Event {
	t.Helper()
	return receive(t, h.events)
}

func receive[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(wait):
		require.FailNow(t, "no event")
	}
	return v
}

// keyFrame looks like one of VP8 (RFC 6386, section 9.1), of 16 by 16 px.
func keyFrame() []byte {
	return append([]byte{0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0}, make([]byte, 90)...)
}

// feeder is a publication. It sends fifty samples a second that look like key frames.
type feeder struct {
	moves atomic.Int64
	fail  atomic.Int64 // so many moves fail first
	track atomic.Pointer[lksdk.LocalTrack]
}

var errMove = errors.New("it doesn't move")

func (f *feeder) Move(_ context.Context, room *lksdk.Room) error {
	f.moves.Add(1)
	if f.fail.Add(-1) >= 0 {
		return errMove
	}
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000})
	if err != nil {
		return err
	}
	_, err = room.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{Name: "camera"})
	f.track.Store(track)
	return err
}

// feed publishes until the test ends.
func feed(t *testing.T, h *host) *feeder {
	t.Helper()
	f := &feeder{}
	room := h.Room()
	require.NoError(t, f.Move(t.Context(), room))
	require.NoError(t, h.Add(t.Context(), f, room))
	f.run(t)
	return f
}

// run sends until the test ends.
func (f *feeder) run(t *testing.T) {
	t.Helper()
	stop := make(chan struct{})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				// Writing may fail: the tests interrupt connections.
				_ = f.track.Load().WriteSample(media.Sample{Data: keyFrame(), Duration: 20 * time.Millisecond}, nil)
			}
		}
	})
	t.Cleanup(func() { close(stop); feeding.Wait() })
}

// requireSeen waits until a viewer who joins now receives the publisher's media.
func requireSeen(t *testing.T, url, room string) {
	t.Helper()
	got := make(chan error, 10)
	viewer, err := token(room, fmt.Sprint("viewer-", rooms.Add(1)))
	require.NoError(t, err)
	r, err := lksdk.ConnectToRoomWithToken(url, viewer, &lksdk.RoomCallback{
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
				go func() {
					_, _, readErr := track.ReadRTP()
					got <- readErr
				}()
			},
		},
	})
	require.NoError(t, err)
	defer r.Disconnect()
	require.NoError(t, receive(t, got))
}
