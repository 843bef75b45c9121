// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/allocation"
	"github.com/gstpublish/gstpublish/internal/test/locked"
	"github.com/gstpublish/gstpublish/internal/track"
	"github.com/gstpublish/gstpublish/pipeline"
)

// newTestTrack returns a video track of a publication that is in no room.
func newTestTrack(t *testing.T, p *Publication, codec pipeline.Codec) *track.Track {
	t.Helper()
	made, err := p.newVideoTrack(&track.VideoOptions{
		ID: "TR_test", Codec: codec, Sizes: []allocation.Layer{{RID: allocation.High, Width: 640, Height: 360}},
		Counters: &track.Counters{}, ForceKey: func() {},
	})
	require.NoError(t, err)
	return made
}

// TestStatsAreSums: those of a publication are the sums of its layers', from the smallest up.
func TestStatsAreSums(t *testing.T) {
	onStage(t, 1280, 720, &Options{Layers: LayerOptions{Sizes: 3}}, func(s *stage) {
		s.captures(1, 1280, 720)
		for i, e := range s.layers {
			n := uint64(i + 1)
			for _, counter := range []interface{ Store(n uint64) }{
				&e.n.Sent, &e.n.Bytes, &e.n.KeyFrames, &e.n.PLIs, &e.n.KeyRequests, &e.n.Unbound, &e.n.Muted, &e.n.Unwatched,
				&e.n.Undecodable, &e.n.Damaged, &e.n.WriteErrors, &e.n.repeats, &e.n.congested, &e.n.frameRate,
				&e.n.queueFull, &e.n.switching, &e.n.encoderFailures, &e.n.encoderSwitches,
			} {
				counter.Store(n)
			}
			e.n.offered.Store(10 * n)
		}
		stats := s.p.Stats()
		for i, n := range []uint64{
			stats.Sent, stats.SentBytes, stats.KeyFrames, stats.PLIs, stats.KeyRequests, stats.DroppedUnbound,
			stats.DroppedMuted, stats.DroppedUnwatched, stats.DroppedUndecodable, stats.DroppedDamaged, stats.WriteErrors,
			stats.Repeats, stats.DroppedCongested, stats.DroppedFrameRate, stats.DroppedQueueFull, stats.DroppedSwitching,
			stats.EncoderFailures, stats.EncoderSwitches,
		} {
			require.EqualValues(s.t, 1+2+3, n, "%d", i)
		}
		require.EqualValues(s.t, 10, stats.Offered, "of the full size alone")
		require.Equal(s.t, "vp8enc", stats.Encoder)
		var sent []uint64
		for _, l := range stats.Layers {
			sent = append(sent, l.Sent)
			require.Equal(s.t, l.Sent, l.SentBytes)
			require.Equal(s.t, l.Sent, l.KeyFrames)
			require.Equal(s.t, "vp8enc", l.Encoder)
			require.Equal(s.t, "video/VP8", l.Codec)
			require.False(s.t, l.Backup)
		}
		require.Equal(s.t, []uint64{3, 2, 1}, sent)
	})
}

func TestStatsOfTracks(t *testing.T) {
	o, err := (*Options)(nil).withDefaults(false)
	require.NoError(t, err)
	p := newPublication(t.Context(), o)
	defer func() { require.NoError(t, p.Close()) }()
	require.Equal(t, Stats{}, p.Stats(), "before there is a track")
	main, backup := newTestTrack(t, p, pipeline.AV1), newTestTrack(t, p, pipeline.VP8)
	sound, err := track.NewAudio(p.trackOptions(&p.audio))
	require.NoError(t, err)
	p.tracks, p.backup = []*track.Track{main, backup, sound}, backup
	sound.Counters().Sent.Store(50)
	sound.Counters().Bytes.Store(5000)
	stats := p.Stats()
	require.Equal(t, "video/AV1", stats.Codec, "not that of the backup")
	require.EqualValues(t, 50, stats.AudioSent)
	require.EqualValues(t, 5000, stats.AudioSentBytes)
	require.Zero(t, stats.Sent, "audio does not count as video")
	require.Equal(t, ReasonDisconnected, stats.AudioReason)
}

// TestTheLastEncoderEventsAreKept: a hundred of each layer, in the order of time.
func TestTheLastEncoderEventsAreKept(t *testing.T) {
	onStage(t, 640, 360, &Options{Layers: LayerOptions{Sizes: 2}}, func(s *stage) {
		for i := range 2 * keptEvents {
			pass(time.Millisecond)
			s.layers[i%2].tell(EncoderEvent{Encoder: "vp8enc", Failed: true, Reason: string(rune('a' + i%26))})
		}
		pass(time.Millisecond)
		s.layers[0].tell(EncoderEvent{Encoder: "the last"})
		events := s.p.EncoderEvents()
		require.Len(s.t, events, 2*keptEvents)
		require.Equal(s.t, "the last", events[len(events)-1].Encoder)
		for i, ev := range events[1:] {
			require.False(s.t, ev.Time.Before(events[i].Time), "event %d", i+1)
		}
		require.Equal(s.t, "h", events[len(events)-1].Layer)
		require.EqualValues(s.t, 2*keptEvents, s.p.Stats().EncoderFailures, "what is forgotten counts too")
		require.Len(s.t, s.events, 2+2*keptEvents+1, "OnEncoder has received each")
	})
}

// TestEncodersAreLogged: a failure is a warning, unless the caller receives it.
func TestEncodersAreLogged(t *testing.T) {
	for _, received := range []bool{false, true} {
		var out locked.Buffer
		o, err := (&Options{Logger: slog.New(slog.NewTextHandler(&out, nil))}).withDefaults(false)
		require.NoError(t, err)
		if received {
			o.OnEncoder = func(EncoderEvent) {}
		}
		p := newPublication(t.Context(), o)
		e := &encoding{p: p, n: &counters{}, rid: "f"}
		e.tell(EncoderEvent{
			Encoder: "x264enc", Codec: pipeline.H264, Reason: "proven",
			Rejected: []pipeline.Rejection{{Encoder: "vah264enc", Reason: "it hangs"}},
		})
		e.tell(EncoderEvent{Encoder: "x264enc", Codec: pipeline.H264, Failed: true, Reason: "it broke"})
		require.NoError(t, p.Close())
		require.Contains(t, out.String(), `level=INFO msg="encoder not used" encoder=vah264enc reason="it hangs"`)
		require.Contains(t, out.String(), `level=INFO msg="encoder chosen" encoder=x264enc codec=H264 reason=proven`)
		level := map[bool]string{false: "WARN", true: "INFO"}[received]
		require.Contains(t, out.String(), "level="+level+` msg="encoder failed" encoder=x264enc codec=H264 reason="it broke"`)
	}
}

// TestTheReasonIsReportedOnceItHolds: for two looks.
func TestTheReasonIsReportedOnceItHolds(t *testing.T) {
	var received []Reason
	o := &Options{OnReason: func(r Reason) { received = append(received, r) }}
	onStage(t, 320, 180, o, func(s *stage) {
		require.Equal(s.t, ReasonDisconnected, s.p.reason(), "there is no room")
		s.p.complain()
		require.Empty(s.t, received, "it may be over soon")
		s.p.complain()
		require.Equal(s.t, []Reason{ReasonDisconnected}, received)
		s.p.complain()
		require.Len(s.t, received, 1, "it is known")
		s.p.lastReason = ReasonNone // As if it had been gone for one look.
		s.p.complain()
		require.Len(s.t, received, 1)
	})
}

// TestAReasonThatOutlivesTheTracksIsReportedAgain: however short the time between was.
func TestAReasonThatOutlivesTheTracksIsReportedAgain(t *testing.T) {
	var received []Reason
	o := &Options{OnReason: func(r Reason) { received = append(received, r) }}
	onStage(t, 320, 180, o, func(s *stage) {
		look := func() {
			s.p.complain()
			s.p.complain()
		}
		look()
		s.p.renewed.Store(true)
		look()
		look()
		require.Equal(s.t, []Reason{ReasonDisconnected, ReasonDisconnected}, received)
	})
}

func TestAPublicationThatIsClosedIsDone(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		select {
		case <-s.p.Done():
			require.FailNow(s.t, "it is not done yet")
		default:
		}
		require.NoError(s.t, s.p.Err())
		s.p.finish(errBroken)
		s.p.finish(nil)
		<-s.p.Done()
		require.ErrorIs(s.t, s.p.Err(), errBroken, "the first reason counts")
		require.NoError(s.t, s.p.Close())
		require.NoError(s.t, s.p.Close(), "Close is idempotent")
		synctest.Wait()
		require.ErrorContains(s.t, s.p.Move(s.t.Context(), nil), "sink: moving: context canceled")
	})
}

func TestASourceWithoutARoomIsNotPublished(t *testing.T) {
	onStage(t, 320, 180, nil, func(s *stage) {
		_, err := Publish(s.t.Context(), nil, s.src, &Options{Encoding: EncodingOptions{Encoder: "vp8enc"}})
		require.ErrorIs(s.t, err, ErrNoRoom)
		_, err = Publish(s.t.Context(), nil, s.src, &Options{Layers: LayerOptions{Sizes: 7}})
		require.EqualError(s.t, err, "sink: Layers.Sizes must be between 1 and 3, got 7")
	})
}

// TestLayersAreToldApart by their labels: simulcast layers by size, spatial layers as one stream, and the backup codec.
func TestLayersAreToldApart(t *testing.T) {
	sizes := []Size{{320, 180}, {640, 360}}
	for want, l := range map[string]LayerStats{
		"q":      {Layer: "q"},
		"f":      {Layer: "f", Sizes: sizes[:1]},
		"svc":    {Layer: "f", Sizes: sizes},
		"backup": {Layer: "f", Sizes: sizes, Backup: true},
	} {
		require.Equal(t, want, l.Label())
	}
}
