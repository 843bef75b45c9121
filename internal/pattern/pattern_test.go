// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"bytes"
	"image"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// noon is a time with a fraction of a second.
var noon = time.Date(2026, 11, 30, 12, 0, 0, 123e6, time.UTC)

func TestFramesCarryTheirTime(t *testing.T) {
	t.Parallel()
	p := newPainter()
	for i := range 3 {
		at := noon.Add(time.Duration(i) * 7 * time.Millisecond)
		p.draw(at)
		got, ok := ReadTime(p.img)
		require.True(t, ok)
		require.True(t, at.Equal(got), got)
	}
	fill(p.img, Code.bounds(), paper)
	_, ok := ReadTime(p.img)
	require.False(t, ok, "cells that are all white have another sum")
	_, ok = ReadTime(image.NewGray(image.Rect(0, 0, 640, 360)))
	require.False(t, ok)
}

// TestPatchHasTheFinestDetail checks that neighbours in a row of Fine are black and white.
func TestPatchHasTheFinestDetail(t *testing.T) {
	t.Parallel()
	p := newPainter()
	p.draw(noon)
	for y := Fine.Y; y < Fine.Y+Fine.Height; y++ {
		for x := Fine.X + 1; x < Fine.X+Fine.Width; x++ {
			require.NotEqual(t, p.img.RGBAAt(x, y), p.img.RGBAAt(x-1, y), "at %d,%d", x, y)
		}
	}
}

// TestDrawingTheSameTimeChangesNothing: a still screen costs nothing only if its pixels stay.
func TestDrawingTheSameTimeChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPainter()
	p.draw(noon)
	before := bytes.Clone(p.img.Pix)
	p.draw(noon)
	require.True(t, bytes.Equal(before, p.img.Pix))
	p.draw(noon.Add(time.Second / FPS))
	require.False(t, bytes.Equal(before, p.img.Pix))
}
