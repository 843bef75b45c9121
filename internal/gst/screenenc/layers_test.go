// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// modes are all modes except L1T1.
var modes = [...]string{ // never written
	"L1T2", "L1T3", "L2T1", "L2T2", "L2T3", "L3T1", "L3T2", "L3T3",
	"L2T1_KEY", "L2T2_KEY", "L2T3_KEY", "L3T1_KEY", "L3T2_KEY", "L3T3_KEY",
}

// mode parses the name of a mode.
func mode(name string) (spatial, temporal int, keyOnly bool) {
	return int(name[1] - '0'), int(name[3] - '0'), strings.HasSuffix(name, "_KEY")
}

// eachMode runs a test with each mode of each encoder, except for those of some codecs.
func eachMode(t *testing.T, test func(t *testing.T, e *element, name string), without ...catalogue.Codec) {
	t.Helper()
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, name := range modes {
			spatial, _, _ := mode(name)
			if (spatial == 1 || e.codec == catalogue.VP9) && !slices.Contains(without, e.codec) {
				t.Run(name, func(t *testing.T) { test(t, e, name) })
			}
		}
	})
}

// patterns are the temporal layers of frames from a key frame on, by the number of layers.
var patterns = [...][]int{nil, {0}, {0, 1}, {0, 2, 1, 2}} // never written

// half is the frame at half its size.
//
//go:norace
func (p *frame) half() *frame {
	h := newFrame((p.w/2+1)&^1, (p.h/2+1)&^1)
	for y := range h.h {
		upper := p.planes[0][min(2*y, p.h-1)*p.w:][:p.w]
		lower := p.planes[0][min(2*y+1, p.h-1)*p.w:][:p.w]
		row := h.planes[0][y*h.w:][:h.w]
		for x := range row {
			left, right := min(2*x, p.w-1), min(2*x+1, p.w-1)
			row[x] = byte((int(upper[left]) + int(upper[right]) + int(lower[left]) + int(lower[right]) + 2) / 4)
		}
	}
	return h
}

// checkLayers compares the metadata of each sample with its mode.
func checkLayers(t *testing.T, name string, active func(n int) int, all []sample) {
	t.Helper()
	spatial, temporal, keyOnly := mode(name)
	key, restart := 0, 0
	for n, c := range all {
		i := c.info
		if c.key {
			key = n
		}
		rises := n > 0 && active(n) > active(n-1)
		if c.key || rises {
			restart = n
		}
		place := (n - restart) % len(patterns[temporal])
		what := fmt.Sprintf("%s, frame %d: %+v", name, n, i)
		require.Equal(t, patterns[temporal][place], i.Temporal, what)
		require.Equal(t, [2]int{temporal, spatial}, [2]int{i.TemporalLayers, i.SpatialLayers}, what)
		require.Equal(t, active(n), i.N, what)
		require.Equal(t, active(n)-1, i.Spatial, what)
		require.Equal(t, place != 3, i.SwitchUp, what)
		sum := 0
		for s, l := range i.Layers[:i.N] {
			sum += l.Size
			require.Equal(t, s, l.Spatial, what)
			back := rises && s >= active(n-1)
			require.Equal(t, s > 0 && (c.key || back || !keyOnly), l.InterLayer, what)
			if c.key || back {
				require.Zero(t, l.N, what)
				continue
			}
			require.Equal(t, 1, l.N, what)
			from := n - l.References[0]
			require.GreaterOrEqual(t, from, key, what)
			require.Greater(t, all[from].info.N, s, what)
			if i.Temporal > 0 {
				require.Less(t, all[from].info.Temporal, i.Temporal, what)
			} else {
				require.Zero(t, all[from].info.Temporal, what)
			}
			require.NotContains(t, temporals(all[from+1:n]), min(i.Temporal-1, 0), "a nearer one is there: %s", what)
		}
		index := 0
		if i.N > 1 {
			index = 2 + i.N*int(1+c.data[len(c.data)-1]>>3&3)
		}
		require.Equal(t, len(c.data), sum+index, what)
	}
}

func temporals(all []sample) (ids []int) {
	for _, c := range all {
		ids = append(ids, c.info.Temporal)
	}
	return ids
}

// only returns the samples for a viewer that receives at most these layers.
func only(all []sample, spatial, temporal int) (left []sample) {
	for _, c := range all {
		if c.info.Temporal > temporal {
			continue
		}
		size := 0
		for _, l := range c.info.Layers[:min(c.info.N, spatial+1)] {
			size += l.Size
		}
		c.data = c.data[:size]
		left = append(left, c)
	}
	return left
}

// TestLayers encodes a moving page in each mode, with key frames within the pattern, and decodes
// the samples that each viewer receives.
func TestLayers(t *testing.T) {
	need.Encoding(t)
	const w, h, count = 320, 180, 26
	var whole []*frame
	var scaled [3][]*frame // by how often they are halved
	for n := range count {
		whole = append(whole, page(w, h, n))
		p := whole[n]
		for i := range scaled {
			scaled[i] = append(scaled[i], p)
			p = p.half()
		}
	}
	eachMode(t, func(t *testing.T, e *element, name string) {
		t.Helper()
		spatial, temporal, _ := mode(name)
		f := start(t, e, "screen=true target-bitrate=3000000 scalability-mode="+name)
		var all []sample
		for n, p := range whole {
			if n == 7 || n == 8 || n == 18 {
				require.True(t, f.sink.ForceKeyFrame())
			}
			all = append(all, f.encode(p))
			require.Equal(t, slices.Contains([]int{0, 7, 8, 18}, n), all[n].key, "frame %d", n)
		}
		checkLayers(t, name, func(int) int { return spatial }, all)
		decode(t, e, all, nil)
		for s := range spatial {
			want, least := scaled[spatial-1-s], []float64{30, 23, 18}[spatial-1-s] // the scaler is libvpx's
			decodedAt := map[int64][]byte{}
			for tid := range temporal {
				left := only(all, s, tid)
				worst := 100.0
				decode(t, e, left, func(i int, d decoded) {
					p := want[int((left[i].pts*30+5e8)/1e9)]
					require.Equal(t, [2]int{p.w, p.h}, [2]int{d.w, d.h})
					require.Equal(t, [2]int{p.w, p.h}, [2]int{left[i].info.Layers[s].Width, left[i].info.Layers[s].Height})
					worst = min(worst, p.psnr(d.luma))
					if before, ok := decodedAt[left[i].pts]; ok {
						require.True(t, bytes.Equal(before, d.luma), "it depends on what isn't there")
						return
					}
					decodedAt[left[i].pts] = slices.Clone(d.luma)
				})
				t.Logf("S%d T%d: %d frames, at least %.1f dB", s, tid, len(left), worst)
				require.Greater(t, worst, least)
			}
		}
	})
}
