// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/pipeline"
)

// BenchmarkEncodeLatency measures the time from CaptureFrame until the sample was pulled. Frames come at 30 a second,
// one at a time, as from a camera: a panning, noisy I420 frame with the encoder's settings for cameras, and scrolling
// text in BGRA with those for screens. Bit rates are LiveKit's presets. -benchtime counts frames; the 95th percentile
// needs at least 300x.
func BenchmarkEncodeLatency(b *testing.B) {
	for _, codec := range []pipeline.Codec{pipeline.VP8, pipeline.H264, pipeline.VP9, pipeline.AV1} {
		for _, size := range []struct {
			name          string
			width, height int
			camera        int // bit/s
			screen        int // bit/s
		}{{"720p", 1280, 720, 1_700_000, 2_000_000}, {"1080p", 1920, 1080, 3_000_000, 5_000_000}} {
			o := encode.Options{Codec: codec, Bitrate: size.camera}
			b.Run(codec.String()+"/"+size.name+"/camera", func(b *testing.B) {
				content, err := newRoom(size.width, size.height)
				require.NoError(b, err)
				benchLatency(b, &o, content)
			})
			o.Screencast, o.Bitrate = true, size.screen
			b.Run(codec.String()+"/"+size.name+"/screen", func(b *testing.B) {
				content, err := newPage(size.width, size.height)
				require.NoError(b, err)
				benchLatency(b, &o, content)
			})
		}
	}
}

// warmUp is the number of frames before the measurement: the first is a key frame and sets up the encoder, and then the
// rate control has to settle.
const warmUp = 30

// maxLeftOut is the maximum number of dropped frames in a benchmark.
const maxLeftOut = 200

func benchLatency(b *testing.B, o *encode.Options, content moving) {
	b.Helper()
	w := newWay(b, o)
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	var latencies []time.Duration
	leftOut, n := 0, 0
	frame := func() {
		f := content.paint(n)
		n++
		<-tick.C
		if latency, ok := w.encode(f, dropPatience); ok {
			latencies = append(latencies, latency)
			return
		}
		leftOut++
		require.Less(b, leftOut, maxLeftOut, "too few samples have the time of their frames")
	}
	for range warmUp {
		frame()
	}
	latencies = latencies[:0]
	for b.Loop() {
		frame()
	}
	require.NotEmpty(b, latencies)
	slices.Sort(latencies)
	percentile := func(p int) float64 {
		return latencies[(len(latencies)-1)*p/100].Seconds() * 1e3
	}
	b.ReportMetric(0, "ns/op") // It is the frame interval.
	b.ReportMetric(percentile(50), "p50-ms")
	b.ReportMetric(percentile(95), "p95-ms")
	b.ReportMetric(float64(leftOut), "left-out")
}
