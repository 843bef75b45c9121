// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/media"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestEncodersFollowTheirTarget changes the target while it encodes frames that could use any rate, and measures the
// last two of four seconds.
func TestEncodersFollowTheirTarget(t *testing.T) {
	need.Encoding(t)
	camera, screen := faintGrain(), strongGrain()
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		frames := camera
		if o.Screencast && o.Encoder != "av1enc" {
			// Most encoders ignore faint grain on screens; av1enc drops frames with strong grain.
			frames = screen
		}
		o.Bitrate, o.FPS = 750_000, 15 // Half of the frames take half of the time.
		f := startFeeder(t, &o)
		f.size(grainWidth, grainHeight)
		for _, target := range []int{750_000, 200_000, 750_000} {
			require.NoError(t, f.chain.SetBitrate(target))
			got := f.rate(frames)
			t.Logf("%d bit/s of %d", got, target)
			require.InEpsilon(t, target, got, 0.25)
		}
	})
}

// rate encodes four seconds as fast as possible, and returns the rate of the last two, in bit/s. The encoder may drop
// frames.
func (f *feeder) rate(frames [][]byte) int {
	f.t.Helper()
	const seconds = 2
	count := 4 * f.fps
	from := int64(f.time(f.n + count - seconds*f.fps))
	bits := 0
	note := func(s media.Sample) {
		if s.PTS >= from {
			bits += 8 * len(s.Data)
		}
	}
	for range count {
		f.give(frames[f.n%len(frames)])
		for busy := true; busy; {
			select {
			case s := <-f.out:
				note(s)
				busy = s.PTS < int64(f.time(f.n-1))
			case <-time.After(2 * time.Millisecond): // The encoder may have dropped it.
				taken, working := f.chain.Progress()
				busy = working || taken == 0
			}
		}
	}
	for { // The samples that are still in the chain.
		select {
		case s := <-f.out:
			note(s)
		case <-time.After(200 * time.Millisecond):
			return bits / seconds
		}
	}
}

// give pushes a frame in GStreamer's layout of I420.
func (f *feeder) give(frame []byte) {
	f.t.Helper()
	b, err := f.pool.Acquire(func(data []byte) { copy(data, frame) })
	require.NoError(f.t, err)
	defer b.Unref()
	_, err = f.chain.Push(b, f.caps, f.time(f.n))
	require.NoError(f.t, err)
	f.n++
}

// time returns the time of a frame.
func (f *feeder) time(n int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(f.fps)
}

const grainWidth, grainHeight = 320, 180

// The grain of cameras and one that is too strong for encoders to ignore.
var (
	faintGrain  = sync.OnceValue(func() [][]byte { return grain(9) })
	strongGrain = sync.OnceValue(func() [][]byte { return grain(16) })
)

// grain returns a second of frames with moving soft waves and the grain of a camera. Encoded coarsely they need few
// bits, encoded finely as many as there are.
//
//go:norace
func grain(depth int) [][]byte {
	const width, height = grainWidth, grainHeight
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same grain each time
	frames := make([][]byte, 32)
	for n := range frames {
		p := make([]byte, width*height*3/2)
		for i := range p {
			if p[i] = 128; i < width*height {
				wave := (i%width + i/width + 2*n) % 64
				p[i] = byte(64 + 2*min(wave, 64-wave) + random.IntN(depth))
			}
		}
		frames[n] = p
	}
	return frames
}
