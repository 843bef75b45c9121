// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package encode

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// TestEncodersKeepTheirRate pushes frames that are hard to encode, with the jitter of a camera, and measures the rate
// of the last two of four seconds.
func TestEncodersKeepTheirRate(t *testing.T) {
	need.Encoding(t)
	const target, fps = 700_000, 30
	eachEncoder(t, func(t *testing.T, o Options) {
		t.Helper()
		o.Bitrate = target
		f := startFeeder(t, &o)
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same noise each time
		bits := 0
		for f.n < 4*fps {
			noise := random.Uint64()
			b, err := f.pool.Acquire(func(data []byte) { f.uneven(data, noise) })
			require.NoError(t, err)
			wavering := time.Duration(f.n)*time.Second/fps + time.Duration(random.IntN(16))*time.Millisecond
			_, err = f.chain.Push(b, f.caps, wavering)
			require.NoError(t, err)
			b.Unref()
			f.n++
			if size, sent := f.sample(); sent && f.n > 2*fps {
				bits += 8 * size
			}
		}
		t.Logf("%d bit/s of %d", bits/2, target)
		require.LessOrEqual(t, bits/2, target*5/4)
	})
}

// uneven paints a moving gradient in which the bits of noise make some columns brighter by one step.
//
//go:norace
func (f *feeder) uneven(data []byte, noise uint64) {
	row, column := 0, 0
	for i := range data {
		data[i] = byte(row + column + f.n*2 + int(noise>>(i%64))&1)
		if column++; column == f.w {
			row, column = row+1, 0
		}
	}
}

// sample waits for the sample of a frame. An encoder may drop the frame to keep its rate.
func (f *feeder) sample() (size int, sent bool) {
	f.t.Helper()
	select {
	case s := <-f.out:
		return len(s.Data), true
	case <-time.After(50 * time.Millisecond):
		return 0, false
	}
}
