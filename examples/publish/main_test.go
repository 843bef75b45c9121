// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
	"github.com/gstpublish/gstpublish/internal/viewer"
)

func TestMain(m *testing.M) { example.Main(m, main) }

// TestPublish: a viewer sees the square move, also after the server has restarted. The
// program has proven and uses hardware, and writes nothing to standard error.
func TestPublish(t *testing.T) {
	need.Server(t)
	program := example.Start(t)
	program.RequireMoving("demo", leftOfSquare)
	program.RequireOutput("encoded by .*vavp8enc")
	program.RestartServer()
	program.RequireMoving("demo", leftOfSquare)
	program.Interrupt()
}

// leftOfSquare is where the square begins, in px: where it is bright in the middle
// row.
func leftOfSquare(t *testing.T, p *viewer.Frame) int {
	t.Helper()
	row := p.YUV[p.Height/2*p.Width:][:p.Width]
	for x, luma := range row {
		if luma > 100 {
			return x
		}
	}
	require.Fail(t, "no square")
	return 0
}
