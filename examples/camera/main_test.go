// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestMain(m *testing.M) { example.Main(m, main) }

// TestCamera runs the example with its stand-in for a camera.
func TestCamera(t *testing.T) {
	need.Server(t)
	program := example.Start(t, "no-such-camera")
	program.RequireOutput("no camera: .*no-such-camera")
	program.RequireMoving("demo", example.Ball)
	for _, size := range []string{"320x180", "640x360", "1280x720"} {
		program.RequireOutput(`(?m)^` + size + `: \d+ frames, \d+ of them key frames, by .*vavp8enc`)
	}
	program.Interrupt()
}
