// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testframe"
)

// subscriber subscribes and leaves repeatedly.
type subscriber struct {
	room  *lksdk.Room
	pubs  chan *lksdk.RemoteTrackPublication
	media chan struct{} // receives a value at the first packet of each subscription
	gone  chan struct{} // receives a value at the end of each subscription
}

func newSubscriber(t *testing.T, room string, i int) *subscriber {
	t.Helper()
	s := &subscriber{
		pubs: make(chan *lksdk.RemoteTrackPublication, 1), media: make(chan struct{}, 1), gone: make(chan struct{}, 1),
	}
	callback := &lksdk.RoomCallback{ParticipantCallback: lksdk.ParticipantCallback{
		OnTrackPublished: func(p *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) { s.pubs <- p },
		OnTrackSubscribed: func(track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) {
			s.media <- struct{}{}
			go func() {
				for {
					if _, _, err := track.ReadRTP(); err != nil {
						s.gone <- struct{}{}
						return
					}
				}
			}()
		},
	}}
	var err error
	s.room, err = lksdk.ConnectToRoomWithToken(server.URL(), token(t, room, fmt.Sprint("subscriber", i)), callback,
		lksdk.WithAutoSubscribe(false))
	require.NoError(t, err)
	t.Cleanup(s.room.Disconnect)
	return s
}

// comeAndGo subscribes, waits for media and unsubscribes.
func (s *subscriber) comeAndGo(pub *lksdk.RemoteTrackPublication, timeout <-chan time.Time) error {
	for _, step := range []struct {
		subscribed bool
		done       chan struct{}
	}{{true, s.media}, {false, s.gone}} {
		if err := pub.SetSubscribed(step.subscribed); err != nil {
			return err
		}
		select {
		case <-step.done:
		case <-timeout:
			return fmt.Errorf("subscribed %v: no answer for %v", step.subscribed, pub.SID())
		}
	}
	return nil
}

// Subscribers that come and go do not make the publisher produce key frames all the time, and leave nothing behind.
func TestSubscribersComeAndGo(t *testing.T) {
	const subscribers, times, warm = 8, 25, 5
	name := newRoom(t)
	// The subscribers come first, so that the counts include them.
	all := make([]*subscriber, subscribers)
	for i := range all {
		all[i] = newSubscriber(t, name, i)
	}
	src := newSource(t, 320, 180, nil)
	pub := publish(t, join(t, name), src, nil)
	shoot(t, src, testframe.Draw(appsrc.BufferI420, 320, 180, 0), nil)
	pubs := make([]*lksdk.RemoteTrackPublication, subscribers)
	for i, s := range all {
		pubs[i] = <-s.pubs
	}
	timeout := time.After(90 * time.Second)
	run := func(times int) {
		var group errgroup.Group
		for i, s := range all {
			group.Go(func() error {
				for range times {
					if err := s.comeAndGo(pubs[i], timeout); err != nil {
						return err
					}
				}
				return nil
			})
		}
		require.NoError(t, group.Wait())
	}
	run(warm)
	settled := func() (heap uint64, goroutines int) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, runtime.NumGoroutine()
	}
	require.Eventually(t, func() bool { return !pub.Stats().Layers[0].Watched }, wait, tick)
	heap, goroutines := settled()
	before, begin := pub.Stats(), time.Now()
	run(times)
	took := time.Since(begin)
	require.Eventually(t, func() bool { return !pub.Stats().Layers[0].Watched }, wait, tick)
	n := pub.Stats()
	var after uint64
	require.Eventually(t, func() bool {
		var now int
		after, now = settled()
		return now <= goroutines+2
	}, wait, 10*tick, "goroutines: %d", goroutines)
	t.Logf("%d subscriptions in %v: %d PLIs, %d key frames asked for, %d key frames of %d samples, "+
		"heap %d kB before, %d after",
		subscribers*times, took, n.PLIs-before.PLIs, n.KeyRequests-before.KeyRequests, n.KeyFrames-before.KeyFrames,
		n.Sent-before.Sent, heap/1000, after/1000)
	most := uint64(took/(300*time.Millisecond)) + 2
	require.LessOrEqual(t, n.KeyFrames-before.KeyFrames, most, "key frames are 300 ms apart")
	require.Less(t, after, heap+8_000_000)
}
