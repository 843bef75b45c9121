// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheXServerDies while its screen or a window is captured: libX11 would otherwise end this process.
func TestTheXServerDies(t *testing.T) {
	for name, c := range map[string]struct {
		args []string // of the X server
		opts Options
	}{
		"screen":                {},
		"with its cursor":       {opts: Options{Cursor: true}},
		"region":                {opts: Options{Region: Region{X: 10, Y: 10, Width: 100, Height: 100}}},
		"window":                {opts: Options{Window: "box"}},
		"without shared memory": {args: []string{"-extension", "MIT-SHM", "-screen", "0", "640x480x24"}},
	} {
		t.Run(name, func(t *testing.T) {
			display, kill := startXToKill(t, c.args...)
			newPainter(t, display).window("box", green, rect{10, 20, 120, 90})
			c.opts.Display = display
			f := film(t, &c.opts)
			f.next()
			kill()
			require.ErrorContains(t, f.end(), "the X server closed the connection")
			gone := (*GoneError)(nil)
			require.ErrorAs(t, f.s.Err(), &gone)
			require.Contains(t, gone.Reason, "is no longer accessible")
		})
	}
}
