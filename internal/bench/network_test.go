// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"cmp"
	"context"
	"os"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/devserver"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// againstVariable is the variable with the path of another build of this package's test binary, for BenchmarkBefore.
const againstVariable = "GSTPUBLISH_BENCH_AGAINST"

const (
	// startPatience limits the time before the measurement.
	startPatience = 30 * time.Second
	// settling is the time that a publisher has before the measurement.
	settling = 3 * time.Second
	// lowBitrate is the bit rate of a camera's lowest layer in package allocation, and lowWidth its width.
	lowBitrate, lowWidth = 160_000, 320
	// enough is the number of frames that figures need to be meaningful.
	enough = 0.9
)

// The benchmarks of this file publish twice at the same time, in two processes with a viewer each,
// and compare their CPU time: other load on the machine affects both equally. -benchtime counts
// frames. Figures are for each frame, and for a still screen for each second. -count makes further
// pairs, of new processes.

// BenchmarkLowLayer compares three layers, of which only the lowest has viewers, with a single one that an estimate
// limits to the same size and target.
func BenchmarkLowLayer(b *testing.B) {
	benchPair(b, &pair{
		of:      publishing{FPS: 20, Layers: 3},
		by:      publishing{FPS: 20, Layers: 1, Estimate: lowBitrate},
		quality: viewer.Low, width: lowWidth,
	})
}

// BenchmarkNetwork compares a camera with a network.Network and one without.
func BenchmarkNetwork(b *testing.B) {
	benchPair(b, &pair{of: publishing{FPS: 30, Layers: 1, Network: true}, by: publishing{FPS: 30, Layers: 1}, width: 1280})
}

// BenchmarkNetworkAtRest does the same for a still screen.
func BenchmarkNetworkAtRest(b *testing.B) {
	benchPair(b, &pair{
		of:    publishing{FPS: 30, Layers: 1, Network: true, Screen: true},
		by:    publishing{FPS: 30, Layers: 1, Screen: true},
		width: 1280,
	})
}

// BenchmarkBefore compares this build with another one, without a network.Network.
func BenchmarkBefore(b *testing.B) {
	against := os.Getenv(againstVariable)
	if against == "" {
		b.Skip(againstVariable + " names no other build of this test binary")
	}
	camera, screen := publishing{FPS: 30, Layers: 1}, publishing{FPS: 30, Layers: 1, Screen: true}
	b.Run("camera", func(b *testing.B) { benchPair(b, &pair{of: camera, by: camera, against: against, width: 1280}) })
	b.Run("rest", func(b *testing.B) { benchPair(b, &pair{of: screen, by: screen, against: against, width: 1280}) })
}

// pair has the two publishers to compare.
type pair struct {
	of, by  publishing
	against string // the program of by; this one if empty
	quality viewer.Quality
	width   int // px, of the frames that viewers receive at the end
}

// publisher is a publishing process and its viewer.
type publisher struct {
	*child
	viewer *viewer.Viewer
}

func benchPair(b *testing.B, p *pair) {
	b.Helper()
	server, err := devserver.Start(b.Context(), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Stop(context.Background())) })
	self, err := os.Executable()
	require.NoError(b, err)
	of := startPublisher(b, server, self, "of", p)
	by := startPublisher(b, server, cmp.Or(p.against, self), "by", p)
	of.awaitFrame(b, p.width)
	by.awaitFrame(b, p.width)
	if p.of.Layers > 1 {
		of.awaitSleep(b, p.width)
	}
	pause(b, settling)
	tick := time.NewTicker(time.Second / time.Duration(p.of.FPS))
	defer tick.Stop()
	ofBefore, byBefore, begin := of.usage(b), by.usage(b), time.Now()
	for b.Loop() {
		<-tick.C
	}
	ofAfter, byAfter, elapsed := of.usage(b), by.usage(b), time.Since(begin)
	b.ReportMetric(0, "ns/op") // It is the pace.
	ofCPU := report(b, "of", &p.of, &ofBefore, &ofAfter, elapsed)
	byCPU := report(b, "by", &p.by, &byBefore, &byAfter, elapsed)
	b.ReportMetric(ofCPU/byCPU, "of/by")
}

// report reports the usage of one publisher per frame, or per second for a still screen, and returns its CPU time.
func report(
	b *testing.B, name string, how *publishing, before, after *usage, elapsed time.Duration,
) (cpu float64) {
	b.Helper()
	ops := float64(after.Captured - before.Captured)
	if how.Screen {
		ops = elapsed.Seconds()
	}
	require.Positive(b, ops)
	sent := float64(after.Stats.Sent - before.Stats.Sent)
	if !how.Screen && sent < enough*ops {
		b.Logf("%s sent %v of %v frames: %+v, %+v", name, sent, ops, after.Stats, after.Network)
	}
	cpu = float64((after.CPU - before.CPU).Microseconds()) / ops
	b.ReportMetric(cpu, name+"-µs")
	b.ReportMetric(float64(after.Objects-before.Objects)/ops, name+"-allocs")
	b.ReportMetric(float64(after.Bytes-before.Bytes)/ops, name+"-B")
	b.ReportMetric(float64(after.Switches-before.Switches)/ops, name+"-switches")
	b.ReportMetric(sent/ops, name+"-samples")
	b.ReportMetric(float64(after.Stats.SentBytes-before.Stats.SentBytes)/ops, name+"-coded-B")
	return cpu
}

// startPublisher starts one of the two, in a room of its own.
func startPublisher(b *testing.B, server *devserver.Server, program, name string, p *pair) *publisher {
	b.Helper()
	token := func(identity string) string {
		token, err := auth.NewAccessToken(server.APIKey(), server.APISecret()).SetIdentity(identity).
			SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: name}).SetValidFor(time.Hour).ToJWT()
		require.NoError(b, err)
		return token
	}
	ctx, cancel := context.WithTimeout(b.Context(), startPatience)
	b.Cleanup(cancel)
	v, err := viewer.Join(ctx, server.URL(), token("viewer"), &viewer.Options{Quality: p.quality})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, v.Close()) })
	how := p.of
	if name == "by" {
		how = p.by
	}
	how.URL, how.Token = server.URL(), token("publisher")
	return &publisher{startChild(b, program, publishingVariable, how), v}
}

// usage requests the usage so far.
func (p *publisher) usage(b *testing.B) (u usage) {
	b.Helper()
	p.ask(b, &u)
	return u
}

// awaitFrame waits until the viewer receives frames of a width in px.
func (p *publisher) awaitFrame(b *testing.B, width int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), startPatience)
	defer cancel()
	for {
		frame, err := p.viewer.Next(ctx)
		require.NoError(b, err, "%+v", p.viewer.Stats())
		if frame.Width == width {
			return
		}
	}
}

// awaitSleep waits until only the layer of a width in px has viewers.
func (p *publisher) awaitSleep(b *testing.B, width int) {
	b.Helper()
	alone := func() bool {
		stats := p.usage(b).Stats
		for _, l := range stats.Layers {
			if l.Watched != (l.Width == width) {
				return false
			}
		}
		return true
	}
	for begin := time.Now(); !alone(); pause(b, settling/10) {
		require.Less(b, time.Since(begin), startPatience, "other layers stay awake")
	}
}

// pause waits for a time.
func pause(b *testing.B, d time.Duration) {
	b.Helper()
	select {
	case <-time.After(d):
	case <-b.Context().Done():
		require.NoError(b, b.Context().Err())
	}
}
