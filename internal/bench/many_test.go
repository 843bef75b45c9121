// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/devserver"
)

// manySettling is the time before the measurement, in which screens become sharp and the network's first probes end.
const manySettling = 8 * time.Second

// BenchmarkManyScreens measures how the cost of a publishing process grows with the number of its 720p screens: in one
// room, over one connection, and in rooms of their own. The server and the subscribers are in other processes. "bare"
// is the cost of LiveKit's SDK alone: tracks with one small RTP packet a second, without gstpublish. -benchtime counts
// thirtieths of a second.
func BenchmarkManyScreens(b *testing.B) {
	for _, kind := range []struct {
		name    string
		how     many
		numbers []int
	}{
		{"bare", many{Bare: true}, []int{1, 4, 16, 64}},
		{"still", many{}, []int{1, 4, 16, 64}},
		{"still without a Network", many{NoNetwork: true}, []int{1, 16}},
		{"moving", many{Moving: true}, []int{1, 2, 4}},
	} {
		for _, ownRooms := range []bool{false, true} {
			for _, n := range kind.numbers {
				how := kind.how
				how.Screens, how.OwnRooms = n, ownRooms
				rooms := "one room"
				if ownRooms {
					rooms = "own rooms"
				}
				b.Run(fmt.Sprintf("%s/%s/%d", kind.name, rooms, n), func(b *testing.B) { benchMany(b, how) })
			}
		}
	}
}

// benchMany measures one process.
func benchMany(b *testing.B, how many) {
	b.Helper()
	server, err := devserver.Start(b.Context(), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	how.URL = server.URL()
	rooms := 1
	if how.OwnRooms {
		rooms = how.Screens
	}
	s := &subscribers{seen: make(chan struct{}, how.Screens)}
	for i := range rooms {
		room := fmt.Sprintf("room-%d", i)
		how.Tokens = append(how.Tokens, roomToken(b, server, room, "publisher"))
		s.join(b, how.URL, roomToken(b, server, room, "subscriber"))
	}
	self, err := os.Executable()
	require.NoError(b, err)
	p := startChild(b, self, manyVariable, &how)
	s.await(b, how.Screens)
	pause(b, manySettling)
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	before, begin, packets := usageOfMany(b, p), time.Now(), s.packets.Load()
	for b.Loop() {
		<-tick.C
	}
	after, elapsed := usageOfMany(b, p), time.Since(begin).Seconds()
	memory, err := proc.MemoryOf(p.pid)
	require.NoError(b, err)
	used, heap := after.Used.Since(before.Used), after.Heap.Since(before.Heap)
	const mega = 1e6
	b.ReportMetric(0, "ns/op") // It is the pace.
	b.ReportMetric(100*used.CPU.Seconds()/elapsed, "CPU-%")
	b.ReportMetric(float64(used.Voluntary)/elapsed, "wakes/s")
	b.ReportMetric(float64(heap.Mallocs)/elapsed, "allocs/s")
	b.ReportMetric(float64(s.packets.Load()-packets)/elapsed, "packets/s")
	b.ReportMetric(float64(memory.Resident)/mega, "RSS-MB")
	b.ReportMetric(float64(memory.Proportional)/mega, "PSS-MB")
	b.ReportMetric(float64(memory.Threads), "threads")
	b.ReportMetric(float64(after.Goroutines), "goroutines")
	b.ReportMetric(float64(after.InUse)/mega, "heap-MB")
}

// subscribers receive all tracks of some rooms, and decode none.
type subscribers struct {
	packets atomic.Int64
	seen    chan struct{} // receives a value for each track with a packet
}

func (s *subscribers) join(b *testing.B, url, token string) {
	b.Helper()
	callback := lksdk.NewRoomCallback()
	callback.OnTrackSubscribed = func(
		track *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant,
	) {
		go s.read(track)
	}
	room, err := lksdk.ConnectToRoomWithToken(url, token, callback)
	require.NoError(b, err)
	b.Cleanup(room.Disconnect)
}

func (s *subscribers) read(track *webrtc.TrackRemote) {
	for first := true; ; first = false {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		if s.packets.Add(1); first {
			s.seen <- struct{}{}
		}
	}
}

// await waits until a number of tracks have received a packet.
func (s *subscribers) await(b *testing.B, tracks int) {
	b.Helper()
	patience := time.NewTimer(startPatience + time.Duration(tracks)*time.Second)
	defer patience.Stop()
	for i := range tracks {
		select {
		case <-s.seen:
		case <-patience.C:
			require.Fail(b, "no media", "%d of %d tracks came", i, tracks)
		}
	}
}

func roomToken(b *testing.B, server *devserver.Server, room, identity string) string {
	b.Helper()
	token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity(identity).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room}).SetValidFor(time.Hour).ToJWT()
	require.NoError(b, err)
	return token
}

// usageOfMany requests the usage so far.
func usageOfMany(b *testing.B, c *child) (u manyUsage) {
	b.Helper()
	c.ask(b, &u)
	return u
}
