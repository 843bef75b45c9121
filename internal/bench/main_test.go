// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/encode"
	"github.com/gstpublish/gstpublish/internal/frames"
	"github.com/gstpublish/gstpublish/internal/gsttest"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

// TestMain also runs the publishing processes of the benchmarks of layers and networks.
func TestMain(m *testing.M) {
	viewer.SetSDKLogger(nil)
	if !publishIfAsked() && !publishManyIfAsked() {
		gsttest.Main(m)
	}
}

// way is the path of a frame: a source, an encoder, and a goroutine that pulls the samples.
type way struct {
	tb      testing.TB
	src     *appsrc.VideoSource
	chain   *encode.Chain
	pushed  time.Duration // PTS of the last frame
	dropped uint64
	samples chan sample
	bytes   atomic.Int64 // of all samples
}

// sample has the time at which a sample was pulled.
type sample struct {
	pts time.Duration
	at  time.Time
}

// Offer implements frames.Consumer.
func (w *way) Offer(f frames.Frame) (replaced int, err error) {
	w.pushed = f.PTS
	dropped, err := w.chain.Push(f.Buffer, f.Caps, f.PTS)
	replaced, w.dropped = int(dropped-w.dropped), dropped
	return replaced, err
}

func newWay(tb testing.TB, o *encode.Options) *way {
	tb.Helper()
	return newScreenWay(tb, o, false)
}

// newScreenWay is newWay with a source that compares frames, if it is a screen.
func newScreenWay(tb testing.TB, o *encode.Options, screen bool) *way {
	tb.Helper()
	chain, err := encode.New(o)
	require.NoError(tb, err)
	src, err := appsrc.NewVideoSource(0, 0, &appsrc.Options{IsScreencast: screen})
	require.NoError(tb, err)
	w := &way{tb: tb, src: src, chain: chain, samples: make(chan sample, 1)}
	ended := make(chan error, 1)
	go func() { ended <- chain.Run(context.Background()) }()
	go w.pump()
	feed := frames.NewFeed(frames.Of(src), w)
	feed.Attach()
	tb.Cleanup(func() {
		feed.Detach()
		require.NoError(tb, src.Close())
		require.NoError(tb, chain.Close())
		for range w.samples {
		}
		require.NoError(tb, <-ended)
	})
	<-chain.Started()
	require.NoError(tb, chain.Err())
	return w
}

func (w *way) pump() {
	defer close(w.samples)
	var data []byte
	for {
		s, err := w.chain.Output().Pull(data)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			w.tb.Error(err)
			return
		}
		data = s.Data
		w.bytes.Add(int64(len(data)))
		w.samples <- sample{time.Duration(s.PTS), time.Now()}
	}
}

// dropPatience is how long a frame may take before it counts as dropped: the rate control drops frames if the settings
// permit it. longPatience is for frames that must not be dropped, on a machine with other work.
const (
	dropPatience = time.Second
	longPatience = time.Minute
)

// encode captures one frame and returns the time until its sample was pulled, or false if the encoder dropped it.
func (w *way) encode(f *appsrc.VideoFrame, patience time.Duration) (latency time.Duration, ok bool) {
	w.tb.Helper()
	begin := time.Now()
	require.NoError(w.tb, w.src.CaptureFrame(f, nil))
	left := time.NewTimer(patience)
	defer left.Stop()
	for {
		select {
		case s, open := <-w.samples:
			require.True(w.tb, open, "the encoder has ended: %v", w.chain.Err())
			if s.pts == w.pushed {
				return s.at.Sub(begin), true
			}
		case <-left.C:
			return 0, false
		}
	}
}
