// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

const wait = 5 * time.Second

func start(t *testing.T, text string) (p *Pipeline, run chan error) {
	t.Helper()
	p, err := Parse(text, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	run = make(chan error, 1)
	go func() { run <- p.Run(context.Background()) }()
	return p, run
}

func ended(t *testing.T, run chan error) error {
	t.Helper()
	select {
	case err := <-run:
		return err
	case <-time.After(wait):
		require.FailNow(t, "Run didn't return")
		return nil
	}
}

// drainOutput pulls until the end, and then sends the number of samples.
func drainOutput(o *Output) chan int {
	n := make(chan int, 1)
	go func() {
		count := 0
		for {
			if _, err := media.Of(o).Pull(nil); err != nil {
				n <- count
				return
			}
			count++
		}
	}()
	return n
}

func TestRunEndsWithTheStream(t *testing.T) {
	p, run := start(t, "videotestsrc num-buffers=5 ! vp8enc deadline=1")
	n := drainOutput(p.Outputs()[0])
	require.NoError(t, ended(t, run))
	require.Equal(t, 5, <-n)
	require.Equal(t, StateStopped, p.State())
	require.ErrorIs(t, p.Run(context.Background()), ErrStopped)
}

func TestSourcesThatAreNotLiveKeepThePaceOfTheirTimestamps(t *testing.T) {
	need.RealTime(t)
	begin := time.Now() // The first frame may be pulled late, so its own time would be no bound.
	p, _ := start(t, "videotestsrc num-buffers=11 ! video/x-raw,width=16,height=16,framerate=20/1")
	for range 11 {
		s, err := media.Of(p.Outputs()[0]).PullRaw()
		require.NoError(t, err)
		s.Buffer.Unref()
	}
	require.GreaterOrEqual(t, time.Since(begin), 500*time.Millisecond, "ten times 50 ms lie between 11 frames")
}

func TestStopDrains(t *testing.T) {
	need.RealTime(t)
	p, run := start(t, "videotestsrc is-live=true ! vp8enc deadline=1")
	first, err := media.Of(p.Outputs()[0]).Pull(nil)
	require.NoError(t, err)
	require.True(t, first.Key)
	n := drainOutput(p.Outputs()[0])
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	require.NoError(t, p.Stop(ctx))
	require.NoError(t, ended(t, run))
	<-n
	require.NoError(t, p.Stop(ctx))
}

func TestStopGivesUpAtItsDeadline(t *testing.T) {
	need.RealTime(t)
	// The second output is not pulled, so the end of the stream is stuck behind more frames than
	// fit there.
	p, run := start(t, "videotestsrc is-live=true ! video/x-raw,width=64,height=64,framerate=240/1 ! tee name=t"+
		"  t. ! queue ! vp8enc deadline=1  t. ! queue ! vp8enc deadline=1")
	for range 3 * media.Queued {
		_, err := media.Of(p.Outputs()[0]).Pull(nil)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, p.Stop(ctx), ErrDrain)
	require.NoError(t, ended(t, run))
}

func TestStopAndCloseBeforeRun(t *testing.T) {
	p, err := Parse("videotestsrc", nil)
	require.NoError(t, err)
	require.NoError(t, p.Stop(context.Background()))
	require.ErrorIs(t, p.Run(context.Background()), ErrStopped)
	_, err = media.Of(p.Outputs()[0]).Pull(nil)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	require.Empty(t, p.Dot())
}

func TestCloseEndsRunAndPull(t *testing.T) {
	need.RealTime(t)
	p, run := start(t, "videotestsrc is-live=true ! vp8enc deadline=1")
	_, err := media.Of(p.Outputs()[0]).Pull(nil)
	require.NoError(t, err)
	n := drainOutput(p.Outputs()[0])
	require.NoError(t, p.Close())
	require.NoError(t, ended(t, run))
	<-n
	p.Outputs()[0].ForceKeyFrame() // does nothing
	require.Nil(t, media.Of(p.Outputs()[0]).Caps())
}

func TestContextEndsRun(t *testing.T) {
	need.RealTime(t)
	p, err := Parse("videotestsrc is-live=true ! vp8enc", nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	ctx, cancel := context.WithCancelCause(context.Background())
	run := make(chan error, 1)
	go func() { run <- p.Run(ctx) }()
	<-p.Started()
	why := errors.New("no more")
	cancel(why)
	require.ErrorIs(t, ended(t, run), why)
}

func TestFailureAtTheStart(t *testing.T) {
	p, run := start(t, "filesrc location=/nonexistent/clip ! decodebin ! videoconvert")
	err := ended(t, run)
	var element *ElementError
	require.ErrorAs(t, err, &element)
	require.Equal(t, "filesrc", element.Factory)
	require.ErrorContains(t, err, "/nonexistent/clip")
	require.ErrorIs(t, p.Err(), err)
	_, err = media.Of(p.Outputs()[0]).Pull(nil)
	require.ErrorIs(t, err, io.EOF)
}

func TestFailureWhileRunning(t *testing.T) {
	need.RealTime(t)
	p, run := start(t, "videotestsrc is-live=true ! identity name=saboteur error-after=3 ! vp8enc deadline=1")
	n := drainOutput(p.Outputs()[0])
	var element *ElementError
	require.ErrorAs(t, ended(t, run), &element)
	require.Equal(t, "saboteur", element.Element())
	require.Less(t, <-n, 4)
}

func TestForceKeyFrameOfThePipelinesOwnEncoder(t *testing.T) {
	need.RealTime(t)
	p, _ := start(t, "videotestsrc is-live=true ! video/x-raw,framerate=60/1 ! x264enc tune=zerolatency key-int-max=2000")
	o := p.Outputs()[0]
	for keys := 0; keys < 3; {
		s, err := media.Of(o).Pull(nil)
		require.NoError(t, err)
		if s.Key {
			keys++
			require.True(t, hasParameterSets(s.Data), "SPS and PPS go with every key frame")
			o.ForceKeyFrame()
		}
	}
}

// hasParameterSets looks for NAL units 7 (SPS) and 8 (PPS) in Annex B.
func hasParameterSets(data []byte) bool {
	var sps, pps bool
	for i := 0; i+3 < len(data); i++ {
		if data[i] == 0 && data[i+1] == 0 && data[i+2] == 1 {
			sps = sps || data[i+3]&31 == 7
			pps = pps || data[i+3]&31 == 8
		}
	}
	return sps && pps
}

func TestParseCodec(t *testing.T) {
	for name, want := range map[string]Codec{"vp8": VP8, "H264": H264, "h.264": H264, "Vp9": VP9, "av1": AV1} {
		c, err := ParseCodec(name)
		require.NoError(t, err)
		require.Equal(t, want, c)
	}
	_, err := ParseCodec("mpeg2")
	require.ErrorContains(t, err, "VP8, H264, VP9, AV1")
	require.Equal(t, "video/AV1", AV1.MimeType())
	require.Equal(t, "Codec(9)", Codec(9).String())
	require.Empty(t, Codec(9).MimeType())
}

func TestPrerollComesBeforeRun(t *testing.T) {
	need.RealTime(t)
	for text, live := range map[string]bool{
		"videotestsrc num-buffers=5":              false,
		"videotestsrc num-buffers=5 is-live=true": true,
	} {
		p, err := Parse(text, nil)
		require.NoError(t, err)
		got, err := p.Preroll(t.Context())
		require.NoError(t, err)
		require.Equal(t, live, got, text)
		require.Equal(t, StateBuilt, p.State())
		_, err = p.Preroll(t.Context())
		require.ErrorIs(t, err, ErrStopped, "once")
		ended := make(chan error, 1)
		go func() { ended <- p.Run(t.Context()) }()
		frames := 0
		for {
			frame, pullErr := media.Of(p.Outputs()[0]).PullRaw()
			if pullErr != nil {
				break
			}
			frame.Buffer.Unref()
			frames++
		}
		require.NoError(t, <-ended)
		require.Equal(t, 5, frames)
		require.NoError(t, p.Close())
		_, err = p.Preroll(t.Context())
		require.ErrorIs(t, err, ErrStopped)
	}
}

func TestPrerollThatFailsSaysWhy(t *testing.T) {
	p, err := Parse("filesrc location=/nonexistent/clip ! rawvideoparse width=320 height=240", nil)
	require.NoError(t, err)
	_, err = p.Preroll(t.Context())
	require.ErrorContains(t, err, "/nonexistent/clip")
	require.NoError(t, p.Close())
}

func TestCloseAfterPreroll(t *testing.T) {
	p, err := Parse("videotestsrc", nil)
	require.NoError(t, err)
	_, err = p.Preroll(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.Close())
}

// TestTakenCapsOutliveThePipeline: a pipeline may be closed while the caps of its first frame are read.
func TestTakenCapsOutliveThePipeline(t *testing.T) {
	p, err := Parse("videotestsrc ! video/x-raw,width=64,height=48", nil)
	require.NoError(t, err)
	go func() { _ = p.Run(context.Background()) }()
	out := media.Of(p.Outputs()[0])
	frame, err := out.PullRaw()
	require.NoError(t, err)
	frame.Buffer.Unref()
	caps := out.TakeCaps()
	defer caps.Unref()
	require.NoError(t, p.Close())
	width, height := caps.Size()
	require.Equal(t, [2]int{64, 48}, [2]int{width, height})
	require.Nil(t, out.TakeCaps())
	width, height = out.Caps().Size()
	require.Zero(t, width+height)
}
