// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/gstpublish/gstpublish/internal/test/example"
	"github.com/gstpublish/gstpublish/internal/test/need"
)

func TestMain(m *testing.M) { example.Main(m, main) }

func TestLaunchFile(t *testing.T) {
	need.Server(t)
	program := example.Start(t, "../../pipelines/audio-video.launch")
	program.RequireMoving("demo", example.Ball)
	program.Interrupt()
	program.RequireOutput(`sent [1-9]\d* frames of video and [1-9]\d* packets of audio`)
}
