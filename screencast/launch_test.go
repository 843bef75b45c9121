// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
)

func TestX11Launch(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target target
		opts   Options
		want   string
	}{
		{
			name:   "screen",
			target: target{display: ":0", region: Region{0, 0, 640, 480}, gate: 5},
			opts:   Options{FPS: 30},
			want: `ximagesrc display-name=":0" use-damage=false remote=true show-pointer=false` +
				` ! ximagegate id=5 xid=0 ! video/x-raw,framerate=30/1`,
		},
		{
			name:   "region of a window, with the pointer",
			target: target{display: "a b:1.0", window: 0x20, region: Region{7, 9, 33, 21}, fixed: true, gate: 5},
			opts:   Options{FPS: 15, Cursor: true},
			want: `ximagesrc display-name="a b:1.0" use-damage=false remote=true show-pointer=true xid=32` +
				` startx=7 starty=9 endx=39 endy=29 ! ximagegate id=5 xid=32` +
				` ! video/x-raw,framerate=15/1,width=33,height=21`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, x11Launch(&tt.target, &tt.opts)) })
	}
}

func TestPipeWireLaunch(t *testing.T) {
	o := Options{FPS: 30, PipeWire: &PipeWire{Node: "47"}}
	const rest = ` ! video/x-raw ! videorate drop-only=true max-rate=30`
	require.Equal(t, `pipewiresrc path="47" do-timestamp=true always-copy=true`+rest, pipeWireLaunch(&o))
	o.PipeWire.FD = 9
	require.Equal(t, `pipewiresrc path="47" do-timestamp=true always-copy=true fd=9`+rest, pipeWireLaunch(&o))
}

// TestPipeWire: where the element is missing, its package is named.
func TestPipeWire(t *testing.T) {
	s, err := Open(&Options{PipeWire: &PipeWire{Node: "47"}})
	if pipeline.Installed("pipewiresrc") == nil {
		require.NoError(t, err)
		require.Equal(t, "PipeWire node 47", s.What())
		require.NoError(t, s.Close())
		require.NoError(t, s.Err())
		return
	}
	var missing *pipeline.MissingElementError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "gstreamer1.0-pipewire", missing.Package)
}
