// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/link"
	"github.com/gstpublish/gstpublish/internal/test/attempt"
	"github.com/gstpublish/gstpublish/internal/testclip"
	"github.com/gstpublish/gstpublish/internal/viewer"
	"github.com/gstpublish/gstpublish/internal/wires"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/sink"
)

// scroll returns a clip of a page of text. It is still for as long as a link of the given rate needs to send it twice,
// since the first viewer requests a key frame of its own. Then it scrolls, and is still again.
func scroll(rate int) (clip *testclip.Clip, from, to int) {
	before := 4 * time.Second
	if rate < 600_000 {
		before = 9 * time.Second
	}
	clip = testclip.Scroll(&testclip.ScrollOptions{Before: before, After: time.Second, Motion: 5 * time.Second})
	changed := clip.Changed()
	return clip, changed[0], changed[len(changed)-1]
}

// widest is a frame rate at which frames no longer fill the link: the screen's step below 30 is 20 frames a second.
const widest = 19

// narrowCase describes a scroll on a narrow link, and what is expected of it.
type narrowCase struct {
	rate int // of the link, in bit/s
	fps  float64
	late time.Duration // 95 % of the frames are shown within that time
}

// TestAScrollOnANarrowLink scrolls a page that was still, on a link that was already narrow when the publisher joined:
// the estimate is only known from a still screen, and each frame is far larger than its share.
func TestAScrollOnANarrowLink(t *testing.T) {
	for _, c := range []struct {
		narrowCase
		codecs []pipeline.Codec
	}{
		// A key frame of VP8 has up to 96 kB here, which takes the link 2.6 s.
		{narrowCase{300_000, 1.5, 3 * time.Second}, []pipeline.Codec{pipeline.VP8}},
		{narrowCase{300_000, 1, 1500 * time.Millisecond}, []pipeline.Codec{pipeline.AV1}},
		{narrowCase{300_000, 3, 1200 * time.Millisecond}, []pipeline.Codec{pipeline.VP9, pipeline.H264}},
		{
			narrowCase{600_000, 5, 600 * time.Millisecond},
			[]pipeline.Codec{pipeline.VP8, pipeline.VP9, pipeline.H264, pipeline.AV1},
		},
		// VP8 has the largest frames; those of AV1 take longest.
		{narrowCase{1_500_000, 8, 600 * time.Millisecond}, []pipeline.Codec{pipeline.VP8, pipeline.AV1}},
	} {
		for _, codec := range c.codecs {
			t.Run(fmt.Sprintf("%s/%d", codec, c.rate), func(t *testing.T) {
				if c.rate == 300_000 {
					t.Parallel() // The link leaves little to encode.
				}
				attempt.Best(t, func(t *testing.T, verdict *attempt.Verdict) {
					t.Helper()
					scrollNarrowly(t, verdict, codec, c.narrowCase)
				})
			})
		}
	}
}

// scrollNarrowly scrolls the page on a link of its own, and judges what the viewer saw, but for the first second.
func scrollNarrowly(t *testing.T, verdict *attempt.Verdict, codec pipeline.Codec, c narrowCase) {
	t.Helper()
	clip, from, to := scroll(c.rate)
	narrow := link.Shape{Delay: 20 * time.Millisecond, Rate: c.rate, Queue: 400 * time.Millisecond}
	n := newLinked(t, narrow, link.Shape{Delay: narrow.Delay})
	name := newRoom(t)
	v := n.view(name)
	src := newSource(t, clip.Width, clip.Height, &appsrc.Options{IsScreencast: true})
	pub := publish(t, n.join(name), src, &sink.Options{
		Encoding: sink.EncodingOptions{Codec: codec, Bitrate: 2_500_000},
	}, wires.Wires{Network: n.net})
	p := play(t, n, v, src, clip, from)

	begin, end := p.captured[from], p.captured[to]
	start := begin.Add(time.Second)
	shown := slices.DeleteFunc(p.shown(clip), func(s shownFrame) bool {
		return s.frame < from || s.at.Before(start) || p.captured[s.frame].After(end)
	})
	onTime := 0
	for _, s := range shown {
		if s.at.Sub(p.captured[s.frame]) <= c.late {
			onTime++
		}
	}
	fps := float64(len(shown)) / end.Sub(start).Seconds()
	used := p.history.Window(time.Second, end.Sub(begin))
	t.Logf("%.1f frames a second, %d of %d within %v, %.0f %% of the link used, queueing delay at most %v; %+v",
		fps, onTime, len(shown), c.late, 100*used.Rate/float64(c.rate), used.MaxQueueDelay, pub.Stats().Screen)
	verdict.Want(fps >= c.fps, "%.1f frames a second, want %.1f", fps, c.fps)
	if fps < widest {
		verdict.Want(used.Rate >= 0.85*float64(c.rate), "%.0f bit/s on the link, want 85 %% of %d", used.Rate, c.rate)
	}
	verdict.Want(float64(onTime+1) >= 0.95*float64(len(shown)), "%d of %d frames on time, want 95 %% but for one",
		onTime, len(shown))
	verdict.Want(used.MaxQueueDelay < 300*time.Millisecond, "a queueing delay of %v", used.MaxQueueDelay)
}

// played describes a published clip.
type played struct {
	captured []time.Time // of each frame
	decoded  []*viewer.Frame
	history  link.History // of the publisher's link, from the first change of the frame on
}

// play captures a clip at its frame rate, and records the arriving frames. The history starts with a frame.
func play(t *testing.T, n *linked, v *viewer.Viewer, src *appsrc.VideoSource, clip *testclip.Clip, from int) *played {
	t.Helper()
	p := &played{captured: make([]time.Time, clip.Frames())}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			frame, err := v.Next(ctx)
			if err != nil {
				return
			}
			p.decoded = append(p.decoded, frame)
		}
	}()
	player := clip.Play()
	frame, err := appsrc.NewVideoFrame(appsrc.BufferI420, clip.Width, clip.Height, player.Pixels())
	require.NoError(t, err)
	begin := time.Now()
	for i := range clip.Frames() {
		<-time.After(time.Until(begin.Add(clip.At(i))))
		if i == from {
			n.mark()
		}
		p.captured[i] = time.Now()
		require.NoError(t, src.CaptureFrame(frame, nil))
		player.Next()
	}
	p.history = n.media().Up().History()
	cancel()
	<-ended
	return p
}

// shownFrame is a frame of the clip, and when the viewer first showed it.
type shownFrame struct {
	frame int
	at    time.Time
}

// shown returns the frames of the clip that the viewer showed, in the order of arrival.
func (p *played) shown(clip *testclip.Clip) (shown []shownFrame) {
	finder, last := clip.Finder(), -1
	for _, f := range p.decoded {
		if f.Width != clip.Width || f.Height != clip.Height {
			continue
		}
		frame, _ := finder.Find(f.YUV[:clip.Width*clip.Height])
		if frame > last {
			last = frame
			shown = append(shown, shownFrame{frame, f.Received})
		}
	}
	return shown
}
