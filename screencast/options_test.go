// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package screencast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/pipeline"
)

func TestParseRegion(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Region
		err  string
	}{
		{text: "0,0,1280,720", want: Region{0, 0, 1280, 720}},
		{text: " 7, 9 ,333,201", want: Region{7, 9, 333, 201}},
		{text: "0,0,16,16", want: Region{0, 0, 16, 16}},
		{text: "", err: "must be X,Y,W,H in px"},
		{text: "1,2,3", err: "must be X,Y,W,H in px"},
		{text: "1,2,30,40,50", err: "must be X,Y,W,H in px"},
		{text: "1280x720+0+0", err: "must be X,Y,W,H in px"},
		{text: "0,0,12.5,16", err: "must be X,Y,W,H in px"},
		{text: "0,0,99999999999999999999,16", err: "must be X,Y,W,H in px"},
		{text: "0,0,0,0", err: "the region is empty"},
		{text: "5,5,0,100", err: "the region is empty"},
		{text: "5,5,100,0", err: "the region is empty"},
		{text: "-1,5,100,100", err: "X and Y must not be negative"},
		{text: "1,-5,100,100", err: "X and Y must not be negative"},
		{text: "1,5,-100,100", err: "must not be negative"},
		{text: "1,5,100,-100", err: "must not be negative"},
		{text: "1,5,15,100", err: "encoders need at least 16x16 px"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ParseRegion(tt.text)
			if tt.err == "" {
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
				return
			}
			require.ErrorContains(t, err, tt.err)
			var refused *RegionError
			require.ErrorAs(t, err, &refused)
		})
	}
}

func TestRegionWithin(t *testing.T) {
	for _, tt := range []struct {
		region Region
		want   Region
		err    string
	}{
		{region: Region{}, want: Region{0, 0, 640, 480}},
		{region: Region{0, 0, 640, 480}, want: Region{0, 0, 640, 480}},
		{region: Region{600, 440, 40, 40}, want: Region{600, 440, 40, 40}},
		{
			region: Region{601, 440, 40, 40},
			err:    "screencast: region 601,440,40,40: extends beyond the screen, which is 640x480 px",
		},
		{region: Region{600, 441, 40, 40}, err: "extends beyond"},
		{region: Region{640, 0, 16, 16}, err: "extends beyond"},
		{region: Region{0, 480, 16, 16}, err: "extends beyond"},
		{region: Region{math.MaxInt, 0, math.MaxInt, 16}, err: "extends beyond"},
		{region: Region{1, 0, math.MaxInt, 16}, err: "extends beyond"},
	} {
		got, err := tt.region.within("the screen", 640, 480)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
	_, err := Region{}.within("the window", 640, 15)
	require.ErrorContains(t, err, "the window is too small")
}

// TestOptionsAreRefused before anything is opened.
func TestOptionsAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		opts Options
		want string
	}{
		"rate":        {Options{FPS: -1}, "FPS must be between 1 and 240, got -1"},
		"high rate":   {Options{FPS: 241}, "FPS must be between 1 and 240, got 241"},
		"region":      {Options{Region: Region{0, 0, -1, 20}}, "region 0,0,-1,20"},
		"no node":     {Options{PipeWire: &PipeWire{}}, "Node is empty"},
		"descriptor":  {Options{PipeWire: &PipeWire{Node: "4", FD: -1}}, "-1 is not a file"},
		"node region": {Options{PipeWire: &PipeWire{Node: "4"}, Cursor: true}, "apply only to X11"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(&tt.opts)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestDefaults(t *testing.T) {
	var none *Options
	o, err := none.withDefaults()
	require.NoError(t, err)
	require.Equal(t, 30, o.FPS)
	require.NotNil(t, o.Logger)
	require.False(t, o.Cursor)
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	_, err := Open(nil)
	require.EqualError(t, err,
		"screencast: no display: the environment variable DISPLAY is not set; the first X server is usually :0")

	// Nothing is captured by chance: without a node, PipeWire gives a camera.
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	_, err = Open(nil)
	require.ErrorContains(t, err, "this is Wayland (WAYLAND_DISPLAY=wayland-0) without X11")
	require.ErrorContains(t, err, "org.freedesktop.portal.ScreenCast")
	if pipeline.Installed("pipewiresrc") != nil {
		var missing *pipeline.MissingElementError
		require.ErrorAs(t, err, &missing)
		require.ErrorContains(t, err, "install the Debian package gstreamer1.0-pipewire")
	}
}

func TestDisplaysThatCantBeOpened(t *testing.T) {
	for display, text := range map[string]string{
		":12345":           "screencast: display :12345: no X server answers",
		"nonsense":         "not an X11 display, which looks like :0",
		":":                "not an X11 display",
		startX(t) + ".7":   "there is no screen with this number",
		"/no/such/place:0": "no X server answers",
	} {
		_, err := Open(&Options{Display: display})
		require.ErrorContains(t, err, text)
		var unopened *DisplayError
		require.ErrorAs(t, err, &unopened)
	}
}
