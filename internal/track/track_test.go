// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package track

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	sdkatomic "go.uber.org/atomic"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/pipeline"
)

// sdk is a fake of the SDK's side of a track.
type sdk struct {
	bound, accepted, muted bool
	unwanted               *sdkatomic.Bool
	failure                error
	packets                []rtp.Packet
}

func (s *sdk) IsBound() bool { return s.bound }

func (s *sdk) WriteRTP(p *rtp.Packet, _ *lksdk.SampleWriteOptions) error {
	if s.failure != nil {
		return s.failure
	}
	kept := *p
	kept.Payload = slices.Clone(p.Payload) // The caller reuses it.
	s.packets = append(s.packets, kept)
	return nil
}

// fixture is a track whose SDK is a fake.
type fixture struct {
	t      *testing.T
	sdk    *sdk
	track  *Track
	begin  time.Time
	forced []time.Duration // when key frames were requested
	opened []time.Duration // when the track opened
	pts    int64
}

// run runs a test with a bound track in a synctest bubble.
func run(t *testing.T, test func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{t: t, begin: time.Now(), sdk: &sdk{bound: true, accepted: true, unwanted: sdkatomic.NewBool(false)}}
		var err error
		f.track, err = NewVideo(VideoOptions{
			Options: Options{Logger: slog.New(slog.DiscardHandler), Publication: &Published{}},
			ID:      "TR_test", Codec: pipeline.VP8, Counters: &Counters{},
			Sizes:    []allocation.Layer{{RID: allocation.High, Width: 640, Height: 360}},
			ForceKey: func() { f.forced = append(f.forced, time.Since(f.begin)) },
		})
		require.NoError(t, err)
		defer f.track.End()
		f.track.OnOpen(func() { f.opened = append(f.opened, time.Since(f.begin)) })
		f.track.muted = func() (muted, accepted bool) { return f.sdk.muted, f.sdk.accepted }
		w := f.track.wire.Load()
		w.out, w.unwanted = f.sdk, []*sdkatomic.Bool{f.sdk.unwanted}
		w.connected.Store(true)
		test(f)
	})
}

// pass lets time pass and waits for everything that happens in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// write writes a sample.
func (f *fixture) write(key bool) {
	f.pts += int64(time.Second / 30)
	f.track.Write(f.t.Context(), media.Sample{Data: []byte{1, 2, 3}, PTS: f.pts, Key: key})
}

func TestOpenIsAQuery(t *testing.T) {
	run(t, func(f *fixture) {
		require.True(f.t, f.track.Open())
		f.write(true)
		for name, change := range map[string]func(on bool){
			"bound":    func(on bool) { f.sdk.bound = on },
			"accepted": func(on bool) { f.sdk.accepted = on },
			"muted":    func(on bool) { f.sdk.muted = !on },
			"watched":  func(on bool) { f.sdk.unwanted.Store(!on) },
		} {
			change(false)
			require.False(f.t, f.track.Open(), name)
			change(true)
			require.True(f.t, f.track.Open(), name)
		}
		pass(time.Second)
		require.Empty(f.t, f.opened, "to ask is no reason to open")
		require.Empty(f.t, f.forced)
	})
}

func TestAnUnmutedTrackOpensWithAKeyFrame(t *testing.T) {
	run(t, func(f *fixture) {
		f.write(true)
		f.write(false)
		require.Len(f.t, f.sdk.packets, 2)
		f.sdk.muted = true
		f.track.Look()
		f.write(false)
		pass(time.Second)
		f.sdk.muted = false
		f.track.Look()
		f.track.Look() // a second one, as the poll does
		pass(unmuteGrace / 2)
		require.False(f.t, f.track.Open(), "the server may not know yet")
		f.write(true)
		pass(unmuteGrace)
		require.Equal(f.t, []time.Duration{time.Second + unmuteGrace}, f.opened)
		require.True(f.t, f.track.Open())
		require.Equal(f.t, f.opened, f.forced)
		f.write(false)
		require.Len(f.t, f.sdk.packets, 2)
		f.write(true)
		f.write(false)
		require.Len(f.t, f.sdk.packets, 4)
		require.EqualValues(f.t, 2, f.track.n.Muted.Load())
		require.EqualValues(f.t, 1, f.track.n.Undecodable.Load())
	})
}

func TestAViewerWakesATrack(t *testing.T) {
	for name, notice := range map[string]func(f *fixture){
		"by the poll": func(f *fixture) { f.track.Look() },
		"by its key frame request": func(f *fixture) {
			f.track.onRTCP(&rtcp.PictureLossIndication{})
			require.EqualValues(f.t, 1, f.track.n.PLIs.Load())
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(f *fixture) {
				f.write(true)
				f.sdk.unwanted.Store(true)
				f.track.Look()
				require.False(f.t, f.track.Open())
				f.write(false)
				require.EqualValues(f.t, 1, f.track.n.Unwatched.Load())
				pass(time.Second)
				f.sdk.unwanted.Store(false)
				notice(f)
				require.True(f.t, f.track.Open())
				require.Equal(f.t, []time.Duration{time.Second}, f.opened)
				require.Equal(f.t, []time.Duration{time.Second}, f.forced, "one key frame is enough")
			})
		})
	}
}

func TestATrackIsWatchedUntilItHasSent(t *testing.T) {
	run(t, func(f *fixture) {
		f.sdk.unwanted.Store(true)
		require.True(f.t, f.track.Open(), "the server gives up on a track that sends nothing")
		f.write(true)
		require.False(f.t, f.track.Open())
		require.Zero(f.t, f.track.Watched())
	})
}

// A sample after a look must not refer to one that was dropped before it.
func TestATrackThatWasMutedBetweenTwoLooks(t *testing.T) {
	run(t, func(f *fixture) {
		f.write(true)
		f.sdk.muted = true
		f.write(false)
		f.sdk.muted = false
		require.False(f.t, f.track.Open())
		f.track.Look()
		pass(unmuteGrace)
		require.True(f.t, f.track.Open())
		f.write(false)
		require.Len(f.t, f.sdk.packets, 1)
		require.EqualValues(f.t, 1, f.track.n.Undecodable.Load())
	})
}

func TestAllKeyFrameRequestsAreLimited(t *testing.T) {
	run(t, func(f *fixture) {
		ms := time.Millisecond
		f.write(false) // It needs a key frame that was never sent.
		f.track.RequestKey()
		require.False(f.t, f.track.KeyDue(false))
		require.False(f.t, f.track.KeyDue(true))
		f.track.onRTCP(&rtcp.FullIntraRequest{}) // the first viewer's
		pass(10 * ms)
		f.track.onRTCP(&rtcp.PictureLossIndication{})
		f.write(false)
		pass(time.Second)
		require.Equal(f.t, []time.Duration{0, 0, 300 * ms}, f.forced)
		require.True(f.t, f.track.KeyDue(false), "without asking the encoder")
		require.EqualValues(f.t, 4, f.track.n.KeyRequests.Load())
		f.write(true)
		pass(time.Second)
		require.False(f.t, f.track.KeyDue(false), "what comes next has one")
		require.Len(f.t, f.forced, 3)
		require.True(f.t, f.track.KeyDue(true))
		require.False(f.t, f.track.KeyDue(true))
		pass(time.Second)
		require.Equal(f.t, 2310*ms, f.forced[3])
	})
}

func TestASampleThatIsNotSent(t *testing.T) {
	run(t, func(f *fixture) {
		f.write(true)
		f.sdk.failure = errors.New("no room")
		f.write(false)
		f.sdk.failure = nil
		require.EqualValues(f.t, 1, f.track.n.WriteErrors.Load())
		f.write(false)
		require.EqualValues(f.t, 1, f.track.n.Undecodable.Load())
		f.write(true)
		require.EqualValues(f.t, 2, f.track.n.Sent.Load())
		require.EqualValues(f.t, 2, f.track.n.KeyFrames.Load())
		require.EqualValues(f.t, 6, f.track.n.Bytes.Load())
	})
}

func TestASampleWithoutPTSHasThatOfItsPredecessor(t *testing.T) {
	run(t, func(f *fixture) {
		f.write(true)
		f.track.Write(f.t.Context(), media.Sample{Data: []byte{1}, PTS: -1})
		require.Len(f.t, f.sdk.packets, 2)
		require.Equal(f.t, f.sdk.packets[0].Timestamp, f.sdk.packets[1].Timestamp)
	})
}

func TestATrackThatIsMutedFromTheStartIsAnnounced(t *testing.T) {
	run(t, func(f *fixture) {
		f.sdk.muted, f.sdk.bound = true, false
		f.track.Look()
		require.Empty(f.t, f.sdk.packets, "before it is bound")
		f.sdk.bound = true
		f.sdk.failure = errors.New("no room")
		f.track.Look()
		f.sdk.failure = nil
		f.track.Look()
		f.track.Look()
		require.Len(f.t, f.sdk.packets, 1)
		require.Empty(f.t, f.sdk.packets[0].Payload)
		require.True(f.t, f.sdk.packets[0].Padding)
		f.write(true)
		require.Len(f.t, f.sdk.packets, 1, "it stays muted")

		f.track.room = func() *lksdk.Room { return &lksdk.Room{} }
		f.track.bound(f.track.wire.Load())
		f.track.Look()
		require.Len(f.t, f.sdk.packets, 2, "another connection")
		f.sdk.muted = false
		f.track.Look()
		pass(unmuteGrace)
		f.write(true)
		f.sdk.muted = true
		f.track.Look()
		require.Len(f.t, f.sdk.packets, 3, "the server knows it")
		require.NotEmpty(f.t, f.sdk.packets[2].Payload)
	})
}

func TestPaddingNeedsAnOpenTrack(t *testing.T) {
	run(t, func(f *fixture) {
		f.write(true)
		require.True(f.t, f.track.pad(100))
		f.sdk.muted = true
		require.False(f.t, f.track.pad(100))
		require.Len(f.t, f.sdk.packets, 2)
	})
}
