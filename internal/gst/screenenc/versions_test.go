// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

//go:build !noscreenenc

package screenenc

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

// TestTheVersionOfLibaomDecides: a version is not asked for what it cannot do well.
func TestTheVersionOfLibaomDecides(t *testing.T) {
	library, ok := catalogue.LibraryOf("gpav1enc")
	require.True(t, ok)
	for _, gain := range library.Gains {
		require.Equal(t, "3.12", gain.Since, "as here")
	}
	for _, v := range []struct {
		major, minor int
		moving       int // the speed for a moving screen from 1280x720 on
		fine, aq     int // the same and aq-mode, while the quantizer is nearly the minimum
		maps         bool
		dropsLater   bool
	}{
		{3, 0, 9, 10, 0, false, true},
		{3, 6, 9, 10, 0, false, true}, // Debian 12
		{3, 11, 9, 10, 0, false, false},
		{3, 12, 8, 8, 3, true, false}, // Debian 13
		{3, 13, 8, 8, 3, true, false},
		{4, 0, 8, 8, 3, true, false},
	} {
		choose := func(screen bool, quality, width, height int) int {
			c := av1With(v.major, v.minor, screen, quality, width, height)
			require.Equal(t, v.maps, c.maps, "libaom %d.%d", v.major, v.minor)
			require.Equal(t, v.dropsLater, c.dropsLater, "libaom %d.%d", v.major, v.minor)
			if !screen || quality > 0 || width*height < 1280*720 {
				require.Equal(t, c.speed, c.fine, "a large moving screen alone")
				require.Equal(t, 3, c.aq)
			} else {
				require.Equal(t, v.fine, c.fine, "libaom %d.%d", v.major, v.minor)
				require.Equal(t, v.aq, c.aq, "libaom %d.%d", v.major, v.minor)
			}
			return c.speed
		}
		require.Equal(t, v.moving, choose(true, 0, 1280, 720), "libaom %d.%d", v.major, v.minor)
		require.Equal(t, v.moving, choose(true, 0, 2560, 1440), "libaom %d.%d", v.major, v.minor)
		require.Equal(t, 8, choose(true, 1, 1280, 720), "a still screen")
		require.Equal(t, 8, choose(true, 0, 640, 360), "a small one in motion")
		require.Equal(t, 6, choose(true, 1, 640, 360), "a small one that is still")
		require.Equal(t, 7, choose(false, 0, 1280, 720), "a camera")
	}
}
