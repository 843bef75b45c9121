// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// setting is a property and its values to try: a range, or a list.
type setting struct {
	name     string
	min, max int
	values   []string
}

var settings = [...]setting{ // never written
	{name: "target-bitrate", min: 1000, max: 50_000_000},
	{name: "screen", max: 1},
	{name: "quality", min: -1, max: 5},
	{name: "cpu-used", min: -100, max: 16},
	{name: "threads", max: 8},
	{name: "min-quantizer", min: -1, max: 63},
	{name: "max-quantizer", min: -1, max: 63},
	{name: "static-threshold", min: -1, max: 5000},
	{name: "aq-mode", min: -1, max: 3},
	{name: "buffer-initial-size", min: -1, max: 3000},
	{name: "buffer-optimal-size", min: -1, max: 3000},
	{name: "buffer-size", min: -1, max: 3000},
	{name: "max-intra-bitrate", min: -1, max: 2000},
	{name: "drop-frame", min: -1, max: 100},
	{name: "keyframe-max-dist", max: 100},
	{name: "undershoot", min: -1, max: 100},
	{name: "overshoot", min: -1, max: 100},
	{name: "noise-sensitivity", max: 6},
	{name: "sharpness", min: -1, max: 7},
	{name: "palette", min: -1, max: 1},
	{name: "intrabc", min: -1, max: 1},
	{name: "tile-columns", min: -1, max: 6},
	{name: "row-mt", min: -1, max: 1},
	{name: "error-resilient", max: 1},
	{name: "active-layers", max: 3},
	{name: "scalability-mode", values: []string{"L1T1", "L1T2", "L1T3"}},
	{name: "scalability-mode", values: []string{
		"L2T1", "L2T2", "L2T3", "L3T1", "L3T2", "L3T3",
		"L2T1_KEY", "L2T2_KEY", "L2T3_KEY", "L3T1_KEY", "L3T2_KEY", "L3T3_KEY",
	}},
}

// random generates an encoder's settings and frames from a seed.
type random struct {
	*rand.Rand

	f    *encoder
	w, h int
	at   time.Duration
}

// set changes one of the properties. Sometimes it restores most of them, since a set of extremes
// leaves little to try.
func (r *random) set(e *element) {
	s := settings[r.IntN(len(settings))]
	switch {
	case !r.f.element.Has(s.name):
	case s.values == nil && r.IntN(4) == 0:
		r.f.set(s.name, []int{s.min, s.max}[r.IntN(2)])
	case s.values == nil:
		r.f.set(s.name, s.min+r.IntN(s.max-s.min+1))
	case len(s.values) == 3 || e.name == "gpvp9enc":
		r.f.set(s.name, s.values[r.IntN(len(s.values))])
	}
}

// next returns a frame: a page that moves a little, noise, or a frame of another size.
func (r *random) next() *frame {
	switch r.IntN(60) {
	case 0:
		r.w, r.h = 16+r.IntN(400), 16+r.IntN(300)
	case 1:
		r.w, r.h = []int{16, 17, 640, 641}[r.IntN(4)], []int{16, 18, 19, 360}[r.IntN(4)]
	}
	if r.IntN(3) == 0 {
		return noise(r.w, r.h, r.Uint64())
	}
	return page(r.w, r.h, r.IntN(20))
}

// later returns the time to the next frame, which is mostly regular.
func (r *random) later() time.Duration {
	switch r.IntN(30) {
	case 0:
		return 0
	case 1:
		return time.Nanosecond
	case 2:
		return time.Duration(r.IntN(int(time.Hour)))
	default:
		return time.Second/30 + time.Duration(r.IntN(1_000_000))
	}
}

// run encodes frames and decodes the samples, one for each frame that was not dropped.
func (r *random) run(e *element, frames int) {
	r.f.t.Helper()
	var all []sample
	for n := range frames {
		for range r.IntN(4) {
			r.set(e)
		}
		asked := r.IntN(30) == 0 && r.f.sink.ForceKeyFrame()
		r.at += r.later()
		p := r.next()
		r.f.push(p, r.at)
		if m := r.f.p.Next(5 * time.Millisecond); m.Err != nil {
			r.f.t.Fatalf("frame %d: %v", n, m.Err)
		}
		r.f.settled()
		c, ok := r.f.pullIf()
		if !ok {
			require.Nil(r.f.t, r.f.p.Next(0).Err)
			continue
		}
		require.EqualValues(r.f.t, r.at, c.pts)
		require.True(r.f.t, c.key || !asked && len(all) > 0, "frame %d", n)
		all = append(all, c)
	}
	require.NotEmpty(r.f.t, all)
	decode(r.f.t, e, all, nil)
}

// seeds returns the number of runs with random settings: SCREENENC_SEEDS, or one.
func seeds(t *testing.T) (n uint64) {
	t.Helper()
	text := os.Getenv("SCREENENC_SEEDS")
	if text == "" {
		return 1
	}
	n, err := strconv.ParseUint(text, 10, 32)
	require.NoError(t, err)
	return n
}

// TestRandomSettings applies absurd settings before each of many frames, sometimes with other sizes
// and odd times. Each frame is encoded or dropped, and nothing fails. The seed is in the name of
// the test.
func TestRandomSettings(t *testing.T) {
	need.Encoding(t)
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for seed := range seeds(t) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				r := &random{
					Rand: rand.New(rand.NewPCG(6, seed)), //nolint:gosec // the same each time
					f:    start(t, e, ""), w: 160, h: 90,
				}
				r.run(e, 100)
			})
		}
	})
}
