// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/need"
)

// vp9 returns the encoder that has spatial layers.
func vp9(t *testing.T) *element {
	t.Helper()
	av1(t) // registers them
	return &elements[1]
}

// scaledTo halves the frame until it has that width.
func (p *frame) scaledTo(w int) *frame {
	for p.w > w {
		p = p.half()
	}
	return p
}

// TestActiveLayers switches spatial layers off and on, and changes the bitrate, without a key
// frame.
func TestActiveLayers(t *testing.T) {
	need.Encoding(t)
	const w, h, each = 320, 180, 7
	e := vp9(t)
	steps := []int{3, 1, 2, 3, 2, 3, 1, 3}
	active := func(n int) int { return steps[n/each] }
	for _, name := range []string{"L3T1", "L3T2", "L3T3", "L3T1_KEY", "L3T3_KEY"} {
		t.Run(name, func(t *testing.T) {
			f := start(t, e, "screen=true scalability-mode="+name)
			var all []sample
			var drawn []*frame
			for n := range each * len(steps) {
				f.set("active-layers", active(n)%3) // 0 is all
				f.set("target-bitrate", 1_000_000*active(n)+1000*(n%5))
				drawn = append(drawn, page(w, h, n))
				all = append(all, f.encode(drawn[n]))
				require.Equal(t, n == 0, all[n].key, "frame %d", n)
			}
			checkLayers(t, name, active, all)
			for s := range 3 {
				decode(t, e, only(all, s, 2), func(n int, d decoded) {
					l := all[n].info.Layers[min(s, active(n)-1)]
					require.Equal(t, [2]int{l.Width, l.Height}, [2]int{d.w, d.h}, "frame %d", n)
					require.Greater(t, drawn[n].scaledTo(d.w).psnr(d.luma), 16.0, "frame %d, S%d", n, s)
				})
			}
		})
	}
}

// TestModesAreChanged changes the mode while the encoder runs. Each mode starts with a key frame,
// and the last has no layers.
func TestModesAreChanged(t *testing.T) {
	eachMode(t, func(t *testing.T, e *element, name string) {
		t.Helper()
		spatial, _, _ := mode(name)
		f := start(t, e, "screen=true target-bitrate=2000000")
		var all []sample
		other := map[bool]string{true: "L1T3", false: "L1T2"}[name == "L1T2"]
		for _, m := range []string{"L1T1", name, other, name, "L1T1"} {
			f.set("scalability-mode", m)
			var part []sample
			for n := range 5 {
				part = append(part, f.encode(page(160, 90+2*spatial, f.n)))
				require.Equal(t, n == 0, part[n].key, "%s, frame %d", m, n)
			}
			layers, _, _ := mode(m)
			if layers < 3 { // the lowest of three would be too small
				checkLayers(t, m, func(int) int { return layers }, part)
			}
			all = append(all, part...)
		}
		decode(t, e, all, nil)
	})
}

// TestDroppedFramesWithLayers: later frames do not refer to a frame that was dropped.
func TestDroppedFramesWithLayers(t *testing.T) {
	need.Encoding(t)
	eachMode(t, func(t *testing.T, e *element, name string) {
		t.Helper()
		spatial, _, _ := mode(name)
		f := start(t, e, "screen=true drop-frame=60 target-bitrate=500000 buffer-initial-size=60 max-quantizer=30 "+
			"scalability-mode="+name)
		var all []sample
		for n := range 90 {
			if n == 45 {
				require.True(t, f.sink.ForceKeyFrame())
			}
			f.push(noise(160, 128, uint64(n)), time.Duration(n)*time.Second/30)
			f.settled()
			if c, ok := f.pullIf(); ok {
				all = append(all, c)
			}
		}
		require.Less(t, len(all), 70, "too few were dropped")
		require.Greater(t, len(all), 5)
		checkLayers(t, name, func(int) int { return spatial }, all)
		decode(t, e, all, nil)
		decode(t, e, only(all, 0, 0), nil)
	})
}

// TestSmallAndOddFrames checks that there are fewer layers if one would be too small, and that the
// highest of several has an even size.
func TestSmallAndOddFrames(t *testing.T) {
	need.Encoding(t)
	for _, c := range []struct {
		mode            string
		w, h            int
		spatial         int
		codedW, codedH  int
		lowestW, lowest int
	}{
		{"L3T3", 16, 16, 1, 16, 16, 16, 16},
		{"L3T3_KEY", 17, 19, 1, 17, 19, 17, 19},
		{"L3T1", 64, 64, 2, 64, 64, 32, 32},
		{"L3T2_KEY", 640, 66, 2, 640, 66, 320, 34},
		{"L3T3", 161, 131, 3, 160, 130, 40, 32},
		{"L2T1", 323, 181, 2, 322, 180, 162, 90},
		{"L1T3", 161, 91, 1, 161, 91, 161, 91},
		{"L3T3_KEY", 1918, 1079, 3, 1918, 1078, 480, 270},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.mode, c.w, c.h), func(t *testing.T) {
			e := vp9(t)
			f := start(t, e, "screen=true target-bitrate=4000000 scalability-mode="+c.mode)
			var all []sample
			for n := range 6 {
				all = append(all, f.encode(page(c.w, c.h, n)))
				i := all[n].info
				require.Equal(t, [2]int{c.spatial, c.spatial}, [2]int{i.SpatialLayers, i.N})
				require.Equal(t, [2]int{c.lowestW, c.lowest}, [2]int{i.Layers[0].Width, i.Layers[0].Height})
			}
			decode(t, e, all, func(_ int, d decoded) {
				require.Equal(t, [2]int{c.codedW, c.codedH}, [2]int{d.w, d.h})
			})
			decode(t, e, only(all, 0, 0), func(_ int, d decoded) {
				require.Equal(t, [2]int{c.lowestW, c.lowest}, [2]int{d.w, d.h})
			})
		})
	}
}

// TestRestIsSharpInLayers checks that a still frame becomes sharp in each layer, for each viewer,
// and then costs little.
func TestRestIsSharpInLayers(t *testing.T) {
	need.Encoding(t)
	eachMode(t, func(t *testing.T, e *element, name string) {
		t.Helper()
		spatial, temporal, _ := mode(name)
		f := start(t, e, "target-bitrate=400000 screen=true scalability-mode="+name)
		var all []sample
		for n := range 20 {
			all = append(all, f.encode(page(320, 180, 3*n)))
		}
		last := page(320, 180, 57)
		sharp, idle := 0, 0 // bytes
		for step := range 4 {
			f.set("quality", step+1)
			all = append(all, f.encode(last))
			sharp += len(all[len(all)-1].data)
		}
		for s, l := range all[len(all)-1].info.Layers[:spatial] {
			require.LessOrEqual(t, l.Quantizer, 30, "layer %d", s)
		}
		f.set("quality", -1)
		for range 4 {
			all = append(all, f.encode(last))
			idle += len(all[len(all)-1].data)
			require.Zero(t, all[len(all)-1].info.Temporal, "everybody is to have it")
		}
		for s := range spatial {
			for tid := range temporal {
				received := only(all, s, tid)
				decode(t, e, received, func(n int, d decoded) {
					if n < len(received)-1 {
						return
					}
					psnr := last.scaledTo(d.w).psnr(d.luma)
					t.Logf("S%d T%d: %.1f dB; %d bytes until it is sharp, then %d", s, tid, psnr, sharp, idle)
					if s == spatial-1 {
						require.Greater(t, psnr, 45.0)
					}
				})
			}
		}
		require.Less(t, idle, sharp/3, "a sharp frame again")
	})
}

// TestModesOfCodecs checks that VP8 and AV1 have no spatial layers here.
func TestModesOfCodecs(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		f := start(t, e, "scalability-mode=L1T2")
		for _, name := range []string{"L2T1", "L4T1", "T2"} {
			if e == vp9(t) && name == "L2T1" {
				require.NoError(t, f.element.Set("scalability-mode", name))
				continue
			}
			require.Error(t, f.element.Set("scalability-mode", name), name)
		}
	})
}
