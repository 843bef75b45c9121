// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/bench/proc"
	"github.com/gstpublish/gstpublish/internal/network"
	"github.com/gstpublish/gstpublish/internal/session"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

const (
	// manyVariable turns a copy of this program into a process that publishes many screens. Its value is a many as JSON.
	manyVariable = "GSTPUBLISH_BENCH_MANY"
	// profileVariable names a file for a CPU profile of that process, from the first line of its input to the second.
	profileVariable = "GSTPUBLISH_BENCH_PROFILE"
)

// many is a process that publishes screens. It reports its usage so far for each line of its input, and ends with the
// input.
type many struct {
	URL       string
	Tokens    []string // one for each room
	Screens   int
	OwnRooms  bool
	Moving    bool // 30 frames a second of a page that scrolls; otherwise one frame
	NoNetwork bool
	Bare      bool // LiveKit's SDK alone
}

// manyUsage is the resource use of a process so far.
type manyUsage struct {
	proc.Used
	proc.Heap

	Goroutines int
	InUse      uint64 // bytes of Go's heap
}

// publishManyIfAsked runs a many from the environment. It reports whether there was one.
func publishManyIfAsked() bool {
	text, ok := os.LookupEnv(manyVariable)
	if !ok {
		return false
	}
	var m many
	err := json.Unmarshal([]byte(text), &m)
	if err == nil {
		err = m.run(os.Stdin, os.Stdout)
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1) //nolint:forbidigo // the end of a publishing process
	}
	return true
}

func (m *many) run(in io.Reader, out io.Writer) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var rooms []*manyRoom
	defer func() {
		cancel()
		running.Wait()
		for _, r := range rooms {
			err = errors.Join(err, r.close())
		}
	}()
	for _, token := range m.Tokens {
		r, err := m.join(ctx, token)
		if err != nil {
			return err
		}
		rooms = append(rooms, r)
	}
	clip := testclip.Scroll(&testclip.ScrollOptions{Before: 1, Motion: m.motion(), After: 1})
	for i := range m.Screens {
		r := rooms[i%len(rooms)]
		play, err := m.publish(ctx, r, clip, fmt.Sprintf("screen-%d", i))
		if err != nil {
			return err
		}
		running.Go(func() { play(ctx) })
	}
	return answer(in, json.NewEncoder(out))
}

// motion is the length of the clip that moving screens repeat.
func (m *many) motion() time.Duration {
	if m.Moving {
		return 10 * time.Second
	}
	return 1
}

// manyRoom is a room with its publications.
type manyRoom struct {
	session *session.Session
	room    *lksdk.Room
	net     *network.Network
	closers []func() error
}

func (m *many) join(ctx context.Context, token string) (*manyRoom, error) {
	r := &manyRoom{}
	if m.Bare {
		var err error
		r.room, err = lksdk.ConnectToRoomWithToken(m.URL, token, nil, lksdk.WithAutoSubscribe(false))
		return r, err
	}
	connect := []lksdk.ConnectOption{lksdk.WithAutoSubscribe(false)}
	if !m.NoNetwork {
		r.net = network.New(nil)
		connect = append(connect, r.net.ConnectOptions()...)
	}
	var err error
	r.session, err = session.Join(ctx, &session.Options{
		URL:     m.URL,
		Token:   func(context.Context) (string, error) { return token, nil },
		Connect: func() []lksdk.ConnectOption { return connect },
	})
	if err == nil {
		r.room = r.session.Room()
	}
	return r, err
}

func (r *manyRoom) close() (err error) {
	for _, c := range r.closers {
		err = errors.Join(err, c())
	}
	if r.session != nil {
		r.session.Leave()
	} else {
		r.room.Disconnect()
	}
	if r.net != nil {
		r.net.Close()
	}
	return err
}

// publish publishes one screen. play captures its frames until the context is done.
func (m *many) publish(
	ctx context.Context, r *manyRoom, clip *testclip.Clip, name string,
) (play func(context.Context), err error) {
	if m.Bare {
		return bareTrack(r.room, name)
	}
	src, err := appsrc.NewVideoSource(1280, 720, &appsrc.Options{IsScreencast: true})
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, src.Close)
	pub, err := sink.Publish(wires.With(ctx, wires.Wires{Network: r.net}), r.room, src, &sink.Options{Name: name})
	if err != nil {
		return nil, err
	}
	r.closers = append([]func() error{pub.Close}, r.closers...)
	if err = r.session.Add(ctx, pub, r.room); err != nil {
		return nil, err
	}
	p := clip.Play()
	frame, err := appsrc.NewVideoFrame(appsrc.BufferI420, clip.Width, clip.Height, p.Pixels())
	if err != nil {
		return nil, err
	}
	if !m.Moving {
		return func(context.Context) {}, src.CaptureFrame(frame, nil)
	}
	return func(ctx context.Context) {
		every(ctx, clip.Interval(), func() bool {
			if !p.Next() {
				p.Rewind()
			}
			return src.CaptureFrame(frame, nil) == nil
		})
	}, nil
}

// bareTrack publishes a track on which a packet of 100 bytes is sent once a second.
func bareTrack(room *lksdk.Room, name string) (play func(context.Context), err error) {
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000})
	if err != nil {
		return nil, err
	}
	_, err = room.LocalParticipant.PublishTrack(track, &lksdk.TrackPublicationOptions{
		Name: name, Source: livekit.TrackSource_SCREEN_SHARE, VideoWidth: 1280, VideoHeight: 720,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		// The beginning of a key frame of 1280x720, without which the server forwards nothing.
		payload := append([]byte{0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 5, 0xd0, 2}, make([]byte, 89)...)
		packet := rtp.Packet{Header: rtp.Header{Version: 2, Marker: true}, Payload: payload}
		every(ctx, time.Second, func() bool {
			packet.SequenceNumber++
			packet.Timestamp += 90_000
			_ = track.WriteRTP(&packet, nil) // It fails while the track is not negotiated.
			return true
		})
	}, nil
}

// every calls f at a steady rate until it returns false or the context is done.
func every(ctx context.Context, interval time.Duration, f func() bool) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// answer reports the usage for each line, until there are no more.
func answer(in io.Reader, out *json.Encoder) error {
	path, profiling := os.Getenv(profileVariable), false
	for s := bufio.NewScanner(in); s.Scan(); {
		if profiling {
			pprof.StopCPUProfile()
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		u := &manyUsage{Used: proc.Self(), Heap: proc.SelfHeap(), Goroutines: runtime.NumGoroutine(), InUse: m.HeapInuse}
		if err := out.Encode(u); err != nil {
			return err
		}
		if path == "" || profiling {
			continue
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		if err = pprof.StartCPUProfile(f); err != nil {
			return err
		}
		profiling = true
	}
	return nil
}
