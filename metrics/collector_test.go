// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish"
	"github.com/gstpublish/gstpublish/metrics"
	"github.com/gstpublish/gstpublish/sink"
)

// fakePublication is a publication whose statistics are known.
type fakePublication struct{ stats sink.Stats }

func (f *fakePublication) Stats() sink.Stats { return f.stats }

// fakeRoom is a room whose statistics are known.
type fakeRoom struct{ stats gstpublish.Stats }

func (f *fakeRoom) Stats() gstpublish.Stats { return f.stats }

// full is a publication of a screen with all kinds of metrics.
func full() *fakePublication {
	return &fakePublication{sink.Stats{
		Codec: "video/VP9", Encoder: "gpvp9enc", Reason: sink.ReasonMutedByServer,
		Offered: 100, Unchanged: 40, Refused: 16, Repeats: 7, Sent: 61, SentBytes: 5000, KeyFrames: 3, PLIs: 2,
		KeyRequests: 5, ViewerKeyRequests: 2,
		DroppedQueueFull: 1, DroppedFrameRate: 2, DroppedUnbound: 3, DroppedMuted: 4, DroppedUnwatched: 5,
		DroppedCongested: 6, DroppedSwitching: 7, DroppedUndecodable: 8, DroppedDamaged: 9, WriteErrors: 10, Gaps: 11,
		TimestampsMissing: 17, TimestampsReplaced: 18, TimestampSteps: 19,
		EncoderSwitches: 12, EncoderFailures: 13, AudioSent: 14, AudioSentBytes: 15,
		EncodeTime: sink.Histogram{
			Buckets: []sink.Bucket{{Max: 10 * time.Millisecond, Count: 50}, {Max: time.Second, Count: 61}},
			Count:   62, Sum: 3 * time.Second,
		},
		Screen: sink.ScreenStats{Target: 8000, FPS: 15, Sharp: true},
		Layers: []sink.LayerStats{
			{
				Layer: "f", Encoder: "gpvp9enc", Codec: "video/VP9", Width: 640, Height: 360, Watched: true,
				Target: 8000, Share: 16000, Quantizer: 20, Sent: 60, SentBytes: 4900, KeyFrames: 2,
			},
			{Layer: "f", Backup: true, Codec: "video/VP8", Sent: 1, SentBytes: 100, KeyFrames: 1, Quantizer: -1},
		},
	}}
}

func gather(t *testing.T, c *metrics.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(c))
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	var text strings.Builder
	for _, family := range families {
		_, err = expfmt.MetricFamilyToText(&text, family)
		require.NoError(t, err)
	}
	values := map[string]float64{}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var value float64
		name, number, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "livekit_gstpublish_"), " ")
		_, err = fmt.Sscan(number, &value)
		require.NoError(t, err, line)
		values[name] = value
	}
	return values
}

func TestPublication(t *testing.T) {
	c := metrics.NewCollector()
	c.AddPublication("screen", full())
	values := gather(t, c)
	require.Subset(t, values, map[string]float64{
		`frames_total{outcome="sent",publication="screen"}`:                           61,
		`frames_total{outcome="unchanged",publication="screen"}`:                      40,
		`frames_total{outcome="dropped",publication="screen"}`:                        1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9,
		`frames_total{outcome="refused",publication="screen"}`:                        16,
		`frames_total{outcome="failed",publication="screen"}`:                         10,
		`timestamps_total{outcome="missing",publication="screen"}`:                    17,
		`timestamps_total{outcome="replaced",publication="screen"}`:                   18,
		`timestamps_total{outcome="step",publication="screen"}`:                       19,
		`dropped_frames_total{cause="queue_full",publication="screen"}`:               1,
		`dropped_frames_total{cause="damaged",publication="screen"}`:                  9,
		`sent_samples_total{layer="f",publication="screen"}`:                          60,
		`sent_samples_total{layer="backup",publication="screen"}`:                     1,
		`key_frames_total{layer="f",publication="screen"}`:                            2,
		`key_frame_requests_total{cause="viewer",publication="screen"}`:               2,
		`key_frame_requests_total{cause="publisher",publication="screen"}`:            3,
		`encoder_info{codec="vp9",encoder="gpvp9enc",layer="f",publication="screen"}`: 1,
		`target_bytes_per_second{layer="f",publication="screen"}`:                     1000,
		`allocated_bytes_per_second{layer="f",publication="screen"}`:                  2000,
		`quantizer{layer="f",publication="screen"}`:                                   20,
		`layer_watched{layer="f",publication="screen"}`:                               1,
		`layer_watched{layer="backup",publication="screen"}`:                          0,
		`idle_reason{publication="screen",reason="muted_by_the_server"}`:              1,
		`idle_reason{publication="screen",reason="none"}`:                             0,
		`screen_sharp{publication="screen"}`:                                          1,
		`encode_seconds_bucket{publication="screen",le="0.01"}`:                       50,
		`encode_seconds_bucket{publication="screen",le="+Inf"}`:                       62,
		`encode_seconds_sum{publication="screen"}`:                                    3,
		`audio_packets_total{publication="screen"}`:                                   14,
	})
	require.NotContains(t, values, `quantizer{layer="backup",publication="screen"}`)
}

// TestEveryDropHasACause compares the metrics with all fields of sink.Stats that count drops.
func TestEveryDropHasACause(t *testing.T) {
	p := &fakePublication{}
	stats, want := reflect.ValueOf(&p.stats).Elem(), map[string]float64{}
	words := regexp.MustCompile(`[A-Z][a-z]+`)
	for i := range stats.NumField() {
		name, is := strings.CutPrefix(stats.Type().Field(i).Name, "Dropped")
		if !is {
			continue
		}
		cause := strings.ToLower(strings.Join(words.FindAllString(name, -1), "_"))
		want[fmt.Sprintf(`dropped_frames_total{cause=%q,publication="a"}`, cause)] = float64(i)
		stats.Field(i).SetUint(uint64(i))
	}
	c := metrics.NewCollector()
	c.AddPublication("a", p)
	values := gather(t, c)
	maps.DeleteFunc(values, func(name string, _ float64) bool { return !strings.HasPrefix(name, "dropped_frames_total") })
	require.Equal(t, want, values)
}

// TestOneReasonHolds sees that exactly one reason is 1, whichever it is.
func TestOneReasonHolds(t *testing.T) {
	for _, reason := range sink.Reasons() {
		p := full()
		p.stats.Reason = reason
		c := metrics.NewCollector()
		c.AddPublication("", p)
		values := gather(t, c)
		maps.DeleteFunc(values, func(name string, value float64) bool {
			return !strings.HasPrefix(name, "idle_reason") || value == 0
		})
		require.Len(t, values, 1, reason)
	}
}

func TestEncodedByThePipeline(t *testing.T) {
	c := metrics.NewCollector()
	c.AddPublication("file", &fakePublication{sink.Stats{Codec: "video/H264", Sent: 5, SentBytes: 50, KeyFrames: 1}})
	require.Subset(t, gather(t, c), map[string]float64{
		`sent_samples_total{layer="f",publication="file"}`: 5, `sent_bytes_total{layer="f",publication="file"}`: 50,
	})
}

func TestRoom(t *testing.T) {
	c := metrics.NewCollector()
	room := &fakeRoom{gstpublish.Stats{
		Joined: true, Rejoins: 2, Publications: 3, Viewers: 4,
		Network: gstpublish.NetworkStats{
			Estimate: 8000, RTT: 20 * time.Millisecond, Loss: 0.25, Bytes: 7, Waited: time.Minute,
		},
	}}
	c.AddRoom("demo", room)
	require.Subset(t, gather(t, c), map[string]float64{
		`room_connected{room="demo"}`:                    1,
		`room_rejoins_total{room="demo"}`:                2,
		`room_viewers{room="demo"}`:                      4,
		`network_estimate_bytes_per_second{room="demo"}`: 1000,
		`network_round_trip_seconds{room="demo"}`:        0.02,
		`network_loss_ratio{room="demo"}`:                0.25,
		`network_wait_seconds_total{room="demo"}`:        60,
	})
	room.stats.Interrupted = true
	require.Zero(t, gather(t, c)[`room_connected{room="demo"}`])
}

func TestRemove(t *testing.T) {
	c := metrics.NewCollector()
	first := c.AddPublication("a", full())
	second := c.AddPublication("a", full()) // a restart
	first()
	require.NotEmpty(t, gather(t, c), "the second has taken the place of the first")
	second()
	require.Empty(t, gather(t, c))
}

// TestSpatialLayers: layers in one stream are not taken for a stream of the full size.
func TestSpatialLayers(t *testing.T) {
	p := full()
	sizes := []sink.Size{{Width: 320, Height: 180}, {Width: 640, Height: 360}}
	p.stats.Layers = []sink.LayerStats{{Layer: "f", Width: 640, Sizes: sizes}}
	c := metrics.NewCollector()
	c.AddPublication("a", p)
	series := gather(t, c)
	require.InDelta(t, 640, series[`layer_width_pixels{layer="svc",publication="a"}`], 0)
	require.NotContains(t, series, `layer_width_pixels{layer="f",publication="a"}`)
}

// TestFewSeries bounds the number of time series of a publication with all layers, and of a room.
func TestFewSeries(t *testing.T) {
	p := full()
	p.stats.Layers = slices.Concat(p.stats.Layers, []sink.LayerStats{
		{Layer: "h", Encoder: "gpvp9enc"}, {Layer: "q", Encoder: "gpvp9enc"},
	})
	c := metrics.NewCollector()
	c.AddPublication("a", p)
	require.Less(t, len(gather(t, c)), 120)
	c = metrics.NewCollector()
	c.AddRoom("a", &fakeRoom{})
	require.Less(t, len(gather(t, c)), 30)
}

// TestPage compares the names in the table of docs/operators.md with those that the collector describes.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../docs/operators.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "<!-- metrics:")
	require.True(t, found)
	table, _, found = strings.Cut(table, "<!-- end of metrics -->")
	require.True(t, found)
	var listed, described []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
				listed = append(listed, name[1])
			}
		}
	}
	descriptions := make(chan *prometheus.Desc, 200)
	metrics.NewCollector().Describe(descriptions)
	close(descriptions)
	for d := range descriptions {
		name := regexp.MustCompile(`fqName: "livekit_gstpublish_([a-z_]+)"`).FindStringSubmatch(d.String())
		described = append(described, name[1])
	}
	require.ElementsMatch(t, described, listed)
}
