// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc_test

import (
	"fmt"
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/appsrc"
	"github.com/gstpublish/gstpublish/internal/testpicture"
)

// indexed is a picture that shows its index.
func indexed(w, h, n int) *picture {
	p := &picture{w: w, h: h}
	for i, plane := range testpicture.Draw(appsrc.BufferI420, w, h, uint32(n)).Planes[:3] {
		p.planes[i] = plane.Data
	}
	return p
}

// TestBlocksLeftBehind counts the pictures in which a block stayed as it was in the
// one before, which the libraries do at the speeds of real time, and looks that a
// rest mends it.
func TestBlocksLeftBehind(t *testing.T) {
	each(t, func(t *testing.T, e *element) {
		t.Helper()
		for _, screen := range []bool{false, true} {
			const w, h, count = 320, 180, 300
			f := start(t, e, fmt.Sprintf("screen=%v target-bitrate=1200000", screen))
			var all []coded
			for n := range count {
				all = append(all, f.encode(indexed(w, h, n)))
			}
			for quality := range 4 {
				f.set("quality", quality+1)
				all = append(all, f.encode(indexed(w, h, count-1)))
			}
			damaged := 0
			pictures := decode(t, e, all)
			for n, d := range pictures {
				index, ok := testpicture.Read(rgba(d), 0)
				if n >= count {
					continue
				}
				if !ok || int(index) != n {
					damaged++
				}
			}
			t.Logf("screen %v: %d of %d", screen, damaged, count)
			require.LessOrEqual(t, damaged, count/10)
			index, ok := testpicture.Read(rgba(pictures[len(pictures)-1]), 0)
			require.True(t, ok)
			require.EqualValues(t, count-1, index, "at rest")
		}
	})
}

// rgba is the picture in grey.
func rgba(d decoded) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, d.w, d.h))
	for i, v := range d.luma {
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = v, v, v, 255
	}
	return img
}
