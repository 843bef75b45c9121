// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestMain(m *testing.M) { example.Main(m, main) }

// TestAttach: a viewer sees the ball move, also after the server has restarted. The
// program has proven and uses hardware, measures the network, and writes nothing to
// standard error.
func TestAttach(t *testing.T) {
	need.Server(t)
	program := example.Start(t)
	program.RequireMoving("demo", example.Ball)
	program.RequireOutput("encoded by .*vavp8enc")
	program.RestartServer()
	program.RequireMoving("demo", example.Ball)
	program.Interrupt()
	program.RequireOutput(`[1-9]\d* reports of the server, round trip [1-9]`)
}
