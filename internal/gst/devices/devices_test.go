// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devices

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/gst/standin/camera"
	"github.com/gstpublish/gstpublish/internal/gsttest"
)

func TestMain(m *testing.M) { gsttest.Main(m) }

// TestACameraIsFound with what the element that reads it needs.
func TestACameraIsFound(t *testing.T) {
	before := List(Cameras)
	require.NoError(t, camera.Register("A camera", "/dev/video7"))
	all := List(Cameras)
	require.Len(t, all, len(before)+1)
	require.Contains(t, all, Device{
		Name: "A camera", Class: Cameras,
		Caps:    "video/x-raw, width=(int)640, height=(int)480, framerate=(fraction)30/1; image/jpeg",
		Element: "v4l2src", Property: "device", Value: "/dev/video7",
	})
	for _, d := range List(Microphones) {
		require.NotEmpty(t, d.Name)
	}
}
