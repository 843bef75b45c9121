// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

func TestMain(m *testing.M) { example.Main(m, main) }

func TestDesktop(t *testing.T) {
	need.Server(t)
	need.Display(t)
	program := example.Start(t, "xterm", "-geometry", "80x20+100+100", "-e", "while :; do date +%N; sleep 0.1; done")
	program.RequireOutput(`publishing display :\d+, encoded by .*vavp8enc`)
	program.RequireMoving("demo", brightness)
	program.Interrupt()
}

// brightness is the sum of all pixels, which differs from text to text.
func brightness(_ *testing.T, p *viewer.Frame) (sum int) {
	for _, luma := range p.YUV[:p.Width*p.Height] {
		sum += int(luma)
	}
	return sum
}
