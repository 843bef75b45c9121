// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testframe"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/sink"
)

func TestMediaGoesThroughTheLinkAlone(t *testing.T) {
	n := newLinked(t, link.Shape{}, link.Shape{})
	name := newRoom(t)
	v := n.view(name)
	src := newSource(t, 640, 360, nil)
	publish(t, n.join(name), src, nil, wires.Wires{Network: n.net})
	c := shoot(t, src, testframe.Draw(appsrc.BufferI420, 640, 360, 0), nil)
	for range 30 {
		next(t, v)
	}
	seen, sent := v.Stats(), n.media().Up().Stats()
	t.Logf("seen %+v, sent %+v", seen, sent)
	require.GreaterOrEqual(t, sent.PacketsOut, seen.Packets)
	require.GreaterOrEqual(t, sent.BytesOut, seen.Bytes)
	require.LessOrEqual(t, sent.BytesOut, 2*seen.Bytes, "nothing else is sent, but for ICE, DTLS and RTCP")

	cut := link.Shape{Loss: 1}
	n.shape(cut, cut)
	captured := func(frames uint32) {
		want := c.index.Load() + frames
		require.Eventually(t, func() bool { return c.index.Load() >= want }, wait, tick)
	}
	captured(15) // The frames in transit arrive.
	seen, sent = v.Stats(), n.media().Up().Stats()
	captured(30)
	require.Greater(t, n.media().Up().Stats().Lost, sent.Lost)
	require.Equal(t, seen.Packets, v.Stats().Packets, "there is no way around a link that is cut")
	at := c.index.Load()
	n.shape(link.Shape{}, link.Shape{})
	until(t, v, "a frame from after the cut", indexFrom(at))
}

const (
	// fullRate is the frame rate that counts as the full 30, in frames a second.
	fullRate = 27
	// noDrift is a PSNR, in dB, that waves do not reach compared with the previous frame.
	noDrift = 32.0
	// settled is how long the sender may take to measure the link.
	settled = 2 * time.Second
)

// waves are moving frames of grain over waves. Grain can use any rate, so that each frame has several packets. Waves
// show whether a frame was decoded with the wrong reference.
type waves struct {
	frames [16]*appsrc.VideoFrame
	luma   [16][]byte         // of frames without an index
	last   *appsrc.VideoFrame // of original
}

//go:norace
func newWaves() *waves {
	const step, height, grain = 4, 160, 8 // px per frame, and luma
	w := &waves{}
	period := step * len(w.frames)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range w.frames {
		w.frames[i] = testframe.Draw(appsrc.BufferI420, screenWidth, screenHeight, 0)
		for j := range w.frames[i].Planes[0].Data {
			at := (j%screenWidth + j/screenWidth + step*i) % period
			wave := height * max(at, period-at) / period // from half the height to the full height
			w.frames[i].Planes[0].Data[j] = byte(40 + wave + random.IntN(grain))
		}
		w.luma[i] = slices.Clone(w.frames[i].Planes[0].Data)
	}
	w.last = testframe.Draw(appsrc.BufferI420, screenWidth, screenHeight, 0)
	return w
}

// original returns the luma of the frame with an index. It is valid until the next call.
func (w *waves) original(index uint32) []byte {
	copy(w.last.Planes[0].Data, w.luma[int(index)%len(w.luma)])
	testframe.Redraw(w.last, index)
	return w.last.Planes[0].Data
}

// shoot starts to capture them.
func (w *waves) shoot(t *testing.T, src *appsrc.VideoSource) *camera {
	t.Helper()
	c := newCamera(t, src, nil)
	c.next = func() *appsrc.VideoFrame {
		return w.frames[int(c.index.Load()+1)%len(w.frames)] // The index is drawn later.
	}
	c.start()
	return c
}

// TestWhileAScreenIsStill runs the long tests with a link while a screen is still for a minute, which costs almost
// nothing.
//
//nolint:tparallel // One of them waits for the others, and then is judged by time alone.
func TestWhileAScreenIsStill(t *testing.T) {
	t.Run("MotionAfterALongRest", testMotionAfterALongRest) // It continues after the others.
	t.Run("LossIsRepaired", testLossIsRepaired)
	t.Run("AScreenOnALinkThatNarrows", testAScreenOnALinkThatNarrows)
}

// testLossIsRepaired loses every twentieth packet on the way to the server, and as many of the server's requests.
func testLossIsRepaired(t *testing.T) {
	t.Helper()
	lossy := link.Shape{Delay: 25 * time.Millisecond, Loss: 0.05}
	n := newLinked(t, lossy, lossy)
	name := newRoom(t)
	v := n.view(name)
	src := newSource(t, screenWidth, screenHeight, nil)
	pub := publish(t, n.join(name), src, &sink.Options{
		Encoding: sink.EncodingOptions{Bitrate: 1_500_000},
	}, wires.Wires{Network: n.net})
	w := newWaves()
	require.Less(t, psnr(slices.Clone(w.original(1)), w.original(2)), noDrift)
	c := w.shoot(t, src)
	until(t, v, "the first", indexFrom(0))
	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		r := record(t, v, 30*time.Second, w.original)
		t.Logf("%.1f frames a second, longest freeze %v, PSNR at least %.1f dB", r.fps(0), r.freeze(), r.worst())
		require.Empty(t, r.corrupt())
		require.GreaterOrEqual(t, r.worst(), noDrift)
		verdict.Want(r.freeze() <= 500*time.Millisecond, "a freeze of %v", r.freeze())
	})
	c.hold()
	up, seen := n.media().Up().Stats(), v.Stats()
	t.Logf("%d of %d packets lost, viewer: %d packets, %d lost, %d discarded, %d PLIs, sink: %d PLIs, %d key frames, %+v",
		up.Lost, up.PacketsIn, seen.Packets, seen.Lost, seen.Discarded, seen.PLIs,
		pub.Stats().PLIs, pub.Stats().KeyFrames, n.net.Stats())
	require.InDelta(t, 0.05, float64(up.Lost)/float64(up.PacketsIn), 0.01)
	require.GreaterOrEqual(t, n.net.Stats().Retransmissions, up.Lost*8/10, "requests are answered")
	require.Less(t, seen.Lost, up.Lost/20, "what was lost came again")
}

// testAScreenOnALinkThatNarrows tests a screen in constant motion.
func testAScreenOnALinkThatNarrows(t *testing.T) {
	t.Helper()
	attempt.Best(t, narrowAndWiden)
}

func narrowAndWiden(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	const narrow = 600_000
	free := link.Shape{Delay: 20 * time.Millisecond}
	n := newLinked(t, free, free)
	s := n.screen()
	s.scrollColumns(screenWidth)
	until(t, s.view, "motion", indexFrom(scrolled))
	before := record(t, s.view, 10*time.Second, nil)

	capped := link.Shape{Delay: free.Delay, Rate: narrow, Queue: 2 * time.Second}
	n.mark()
	n.shape(capped, free)
	during := record(t, s.view, 10*time.Second, nil)
	history := n.media().Up().History()
	used := history.Window(settled, 10*time.Second)

	n.shape(free, free)
	after := record(t, s.view, 6*time.Second, nil)
	back, ok := after.steady(fullRate)

	t.Logf("free %.1f frames a second; at 600 kbit/s %.1f, %v px, %.0f %% of the link used, queueing delay at most %v, "+
		"median %v (%v in the first two seconds), %d packets dropped; free again %.1f, full rate after %v (%v); %+v %+v",
		before.fps(0), during.fps(0), during.sizes(), 100*used.Rate/narrow, used.MaxQueueDelay, used.P50,
		history.Window(0, settled).MaxQueueDelay, history.Window(0, 10*time.Second).Dropped,
		after.fps(0), back, ok, s.pub.Stats().Screen, n.net.Stats())
	require.Equal(t, [][2]int{{screenWidth, screenHeight}}, during.sizes())
	verdict.Want(before.fps(settled) >= fullRate, "%.1f frames a second on a free link", before.fps(settled))
	verdict.Want(during.fps(settled) >= 4, "%.1f frames a second on a narrow link", during.fps(settled))
	verdict.Want(used.Rate >= 0.85*narrow, "%.0f bit/s on the narrow link", used.Rate)
	verdict.Want(used.MaxQueueDelay < 300*time.Millisecond, "a queueing delay of %v", used.MaxQueueDelay)
	verdict.Want(ok && back <= 3*time.Second, "the full rate after %v (%t)", back, ok)
}

// testMotionAfterALongRest keeps a screen still for a minute, in which almost nothing is sent that could show how much
// the link carries.
func testMotionAfterALongRest(t *testing.T) {
	t.Helper()
	narrow := link.Shape{Delay: 20 * time.Millisecond, Rate: 3_000_000}
	n := newLinked(t, narrow, narrow)
	s := n.screen()
	c := s.scrollColumns(screenWidth)
	until(t, s.view, "motion", indexFrom(scrolled))
	first := record(t, s.view, 5*time.Second, nil)
	c.hold()
	still := time.Now()
	t.Parallel() // with the following tests of the parent
	rest := record(t, s.view, max(time.Minute-time.Since(still), time.Second), nil)
	t.Logf("%.1f frames a second, at rest %.1f; %+v", first.fps(settled), rest.fps(settled), n.net.Stats())
	require.GreaterOrEqual(t, n.net.Stats().Estimate, s.pub.Stats().Screen.Target, "what was known is held")

	attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
		t.Helper()
		n.mark()
		c := s.scrollColumns(screenWidth)
		motion := record(t, s.view, 5*time.Second, nil)
		c.hold()
		full, ok := motion.steady(fullRate)
		history := n.media().Up().History()
		w := history.Window(0, 5*time.Second)
		t.Logf("%.1f frames a second, full rate after %v (%v), %.0f %% of the link used, "+
			"queueing delay at most %v; %+v %+v", motion.fps(0), full, ok, 100*w.Rate/float64(narrow.Rate),
			w.MaxQueueDelay, s.pub.Stats().Screen, n.net.Stats())
		verdict.Want(ok && full <= 300*time.Millisecond, "the full rate after %v (%t)", full, ok)
		if !verdict.Good() {
			record(t, s.view, 5*time.Second, nil) // still
		}
	})
}

// TestAPipelinesOwnVideoGetsItsRate tests a pipeline that encodes several times the initial estimate. It cannot be made
// to send less.
func TestAPipelinesOwnVideoGetsItsRate(t *testing.T) {
	attempt.Best(t, encodeMuch)
}

func encodeMuch(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	const rate = 4_000_000
	free := link.Shape{Delay: 20 * time.Millisecond}
	n := newLinked(t, free, free)
	name := newRoom(t)
	v := n.view(name)
	text := "videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,height=360,framerate=30/1 ! " +
		"vp8enc deadline=1 cpu-used=8 keyframe-max-dist=3000 end-usage=cbr min-quantizer=4 target-bitrate=" +
		strconv.Itoa(rate)
	pub := publishPipeline(t, n.join(name), text, nil, wires.Wires{Network: n.net})
	next(t, v)
	require.Eventually(t, func() bool { return n.net.Stats().Estimate > rate }, wait, tick, "%+v", n.net.Stats())
	before, at := pub.Stats().Sent, time.Now()
	require.Eventually(t, func() bool { return pub.Stats().Sent >= before+90 }, wait, tick)
	t.Logf("90 samples in %v, viewer at %.0f kbit/s: %+v", time.Since(at), v.Stats().BitsPerSecond/1000, n.net.Stats())
	verdict.Want(v.Stats().BitsPerSecond > 0.75*rate, "%.0f bit/s", v.Stats().BitsPerSecond)
}

// TestACameraThatStalled tests a camera whose capture stalls for a moment, on a link without limits: the frame after
// the gap must not be so large that the next ones are dropped, which would cause another gap.
func TestACameraThatStalled(t *testing.T) {
	attempt.Best(t, stallCamera)
}

func stallCamera(t *testing.T, verdict *attempt.Verdict) {
	t.Helper()
	free := link.Shape{Delay: 5 * time.Millisecond}
	n := newLinked(t, free, free)
	name := newRoom(t)
	v := n.view(name)
	src := newSource(t, screenWidth, screenHeight, nil)
	pub := publish(t, n.join(name), src, &sink.Options{
		Encoding: sink.EncodingOptions{Bitrate: 1_500_000},
	}, wires.Wires{Network: n.net})
	w := newWaves()
	c := w.shoot(t, src)
	until(t, v, "frames", indexFrom(60))
	for range 3 {
		c.hold()
		at := c.index.Load()
		<-time.After(300 * time.Millisecond)
		c = newCamera(t, src, nil)
		c.index.Store(at)
		c.next = func() *appsrc.VideoFrame { return w.frames[int(c.index.Load()+1)%len(w.frames)] }
		c.start()
		until(t, v, "frames after the gap", indexFrom(at+5))
		before := pub.Stats()
		require.Eventually(t, func() bool { return pub.Stats().Offered >= before.Offered+60 }, wait, tick)
		after := pub.Stats()
		t.Logf("%d of %d sent, %d congested, %d queue full: %+v", after.Sent-before.Sent, after.Offered-before.Offered,
			after.DroppedCongested-before.DroppedCongested, after.DroppedQueueFull-before.DroppedQueueFull, n.net.Stats())
		verdict.Want(after.Sent-before.Sent >= 54, "%d of 60 frames sent", after.Sent-before.Sent)
	}
}
