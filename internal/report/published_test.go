// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/sink"
)

// tenSecondsAgo is a meter that has counted nothing yet.
func tenSecondsAgo() *Meter {
	return (&Meter{start: time.Now().Add(-10 * time.Second)}).Total()
}

func layered() Moment {
	layer := func(rid string, width, height int, sent uint64) sink.LayerStats {
		return sink.LayerStats{
			Layer: rid, Codec: "video/VP9", Encoder: "vp9enc", Width: width, Height: height,
			Watched: true, Sent: sent, SentBytes: sent * 1000, KeyFrames: 2,
		}
	}
	return Moment{
		Stats: sink.Stats{
			Codec: "video/VP9", Encoder: "vp9enc", Sent: 500, SentBytes: 500_000, KeyFrames: 4,
			DroppedFrameRate: 100, DroppedCongested: 7, DroppedQueueFull: 3,
			Layers: []sink.LayerStats{
				layer("q", 320, 180, 200), layer("f", 1280, 720, 300),
				{Layer: "f", Backup: true, Codec: "video/VP8", Width: 1280, Height: 720},
			},
		},
		Network: gstpublish.NetworkStats{
			Connected: true, Estimate: 2_000_000, LinkRate: 2_500_000,
			RTT: 20 * time.Millisecond, QueueDelay: 12 * time.Millisecond, Loss: 0.05,
		},
	}
}

func TestTextOfLayers(t *testing.T) {
	p := Publish("end", "duration", tenSecondsAgo(), layered())
	require.Equal(t, "t=10.0s VP9 fps=30.0 kbit/s=400 frames=500 key=4 pli=0 dropped=3 congested=7"+
		" network>=2500 rtt=20ms queue=12ms loss=5.0% (duration)\n"+
		"  1280x720  vp9enc fps=30.0 kbit/s=240 frames=300 key=2\n"+
		"  320x180   vp9enc fps=20.0 kbit/s=160 frames=200 key=2", p.Text())

	s := layered()
	s.Network.LinkIsLimit = true
	require.Contains(t, Publish("end", "", tenSecondsAgo(), s).Text(), " network<=2500 ")
	s = layered()
	s.Layers[0].Reason, s.Layers[1].Reason = sink.ReasonUnwatched, sink.ReasonCongested
	s.Layers[2].Encoder, s.Layers[2].Watched = "vp8enc", true
	meter := tenSecondsAgo()
	Publish("stats", "", meter, s)
	s.Sent += 30
	s.Layers[2].Sent = 30
	meter.layers["backup"].last = meter.layers["backup"].last.Add(-time.Second)
	require.Regexp(t, `^t=.*\n`+
		`  1280x720  off: exceeds what the network carries\n`+
		`  320x180   no viewers\n`+
		`  1280x720  vp8enc \(backup\) fps=30\.\d kbit/s=0 frames=30 key=0$`, Publish("stats", "", meter, s).Text())
}

// TestSpatialLayersAndTheBackupAreLabelled: a reader can tell them apart, in JSON and in words.
func TestSpatialLayersAndTheBackupAreLabelled(t *testing.T) {
	s := layered()
	s.Layers = s.Layers[1:]
	s.Layers[0].Sizes = []sink.Size{{Width: 320, Height: 180}, {Width: 640, Height: 360}, {Width: 1280, Height: 720}}
	s.Layers[0].Encoded, s.Layers[1].Encoder = 2, "vp8enc"
	p := Publish("end", "", tenSecondsAgo(), s)
	require.Regexp(t, `\n  1280x720  vp9enc \(2 of the sizes 320x180, 640x360, 1280x720 in one stream\) fps=30\.0 .*\n`+
		`  1280x720  vp8enc \(backup\) fps=0\.0 .*$`, p.Text())
	require.Equal(t, []string{"svc", "backup"}, []string{p.Layers[0].Label, p.Layers[1].Label})
	require.Equal(t, "q", Publish("end", "", tenSecondsAgo(), layered()).Layers[0].Label)
	s.Layers = s.Layers[:1]
	require.Contains(t, Publish("end", "", tenSecondsAgo(), s).Text(), "in one stream")
}

func TestALayerIsToldOnlyAmongOthers(t *testing.T) {
	s := layered()
	s.Layers = s.Layers[1:]
	require.NotContains(t, Publish("stats", "", tenSecondsAgo(), s).Text(), "\n")
}

func TestWhyNothingIsSent(t *testing.T) {
	because := func(r sink.Reason) func(s *Moment) {
		return func(s *Moment) { s.Reason = r }
	}
	for name, tt := range map[string]struct {
		change func(s *Moment)
		want   string // idle
		text   string
	}{
		"nothing happens": {func(*Moment) {}, "", " frames=500 "},
		"no viewers":      {because(sink.ReasonUnwatched), "unwatched", `^t=10\.0s VP9 no viewers: nothing is encoded$`},
		"something is sent": {
			func(s *Moment) { s.Reason, s.Sent = sink.ReasonUnwatched, s.Sent+1 }, "", " frames=501 ",
		},
		"muted": {because(sink.ReasonMuted), "muted", "muted: nothing is encoded$"},
		"muted by the server": {
			because(sink.ReasonMutedByServer), "muted by the server", "muted by the server: nothing is encoded$",
		},
		"not negotiated": {because(sink.ReasonNotNegotiated), "not negotiated", "not negotiated: nothing is encoded$"},
		"away": {
			func(s *Moment) { s.Reason, s.Away = sink.ReasonUnwatched, true }, "disconnected",
			"no connection: nothing is sent$",
		},
		"an encoder is replaced": {because(sink.ReasonNoEncoder), "no encoder", "no encoder: nothing is encoded$"},
		"already encoded, no viewers": {
			func(s *Moment) { s.Layers, s.Reason = nil, sink.ReasonUnwatched }, "unwatched",
			"no viewers: nothing is sent$",
		},
		"already encoded, no key frame": {
			func(s *Moment) { s.Layers, s.Reason = nil, sink.ReasonNoKeyFrame }, "waiting for a key frame",
			"waiting for a key frame: nothing is sent$",
		},
		"already encoded, nothing happens": {func(s *Moment) { s.Layers = nil }, "", " frames=500 "},
		"audio alone": {
			func(s *Moment) { s.Stats = sink.Stats{AudioSent: 3} }, "", `^t=10\.0s audio=3$`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, meter := layered(), tenSecondsAgo()
			meter.frames = s.Sent // as of the record before
			tt.change(&s)
			p := Publish("stats", "", meter, s)
			require.Equal(t, tt.want, p.Idle)
			require.Regexp(t, tt.text, p.Text())
		})
	}
}

// TestWhatWasChangedIsInTheRecord: conversions, and time stamps by what was wrong with them.
func TestWhatWasChangedIsInTheRecord(t *testing.T) {
	s := Moment{Stats: sink.Stats{
		Conversions: []string{"deinterlaced"}, TimestampsMissing: 1, TimestampsReplaced: 2, TimestampSteps: 3,
	}}
	data, err := json.Marshal(Publish("stats", "", NewMeter(), s))
	require.NoError(t, err)
	for _, want := range []string{
		`"conversions":["deinterlaced"]`, `"timestamps_missing":1`, `"timestamps_replaced":2`, `"timestamp_steps":3`,
	} {
		require.Contains(t, string(data), want)
	}
}
