// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/cmd/gstpublish/internal/problem"
	"github.com/gstpublish/gstpublish/pipeline"
	"github.com/gstpublish/gstpublish/pipeline/catalogue"
)

func TestDevices(t *testing.T) {
	dev := t.TempDir()
	require.Empty(t, deviceFiles(dev))
	require.Empty(t, hardwareHints(dev, nil))

	render := filepath.Join(dev, "dri", "renderD128")
	require.NoError(t, os.Mkdir(filepath.Dir(render), 0o700))
	require.NoError(t, os.WriteFile(render, nil, 0o600))
	require.True(t, usableDevice(render))
	require.False(t, usableDevice(filepath.Join(dev, "dri", "renderD129")))
	require.NoError(t, os.WriteFile(filepath.Join(dev, "nvidia0"), nil, 0o600))
	require.Equal(t, []string{render, filepath.Join(dev, "nvidia0")}, deviceFiles(dev))

	hints := hardwareHints(dev, func(path string) bool { return path != render })
	require.Contains(t, hints[0], "You may not open "+render)
	require.Contains(t, hints[0], "usermod -aG render")
}

func TestTextOfADiagnosis(t *testing.T) {
	proven := func(fps float64) *Trial { return &Trial{Proven: true, FPS: fps, Decoder: "avdec_h264"} }
	d := &Diagnosis{
		Gstpublish: "v1", GStreamer: "1.22.0", Width: 1280, Height: 720,
		Plugins: map[string]string{"x264": "1.22.0", "va": "1.22.1"}, Devices: []string{"/dev/dri/renderD128"},
		Codecs: []Codec{{
			Codec: pipeline.H264, Camera: "x264enc", Screen: "x264enc",
			Candidates: []Candidate{
				{Element: "nvh264enc", Family: catalogue.NVENC, Why: problem.NoDevice},
				{Element: "vah264lpenc", Family: catalogue.VA, Why: problem.NoDevice},
				{
					Element: "vah264enc", Family: catalogue.VA, Installed: true, Encoder: "vapostproc ! vah264enc",
					Camera: &Trial{Reason: "no surfaces"}, Screen: &Trial{Reason: "no surfaces"},
				},
				{
					Element: "x264enc", Family: catalogue.Software, Installed: true, Encoder: "x264enc",
					Camera: proven(200), Screen: proven(150),
				},
			},
		}, {Codec: pipeline.AV1}},
		Hints: []string{"Try again."},
	}
	d.Libraries = map[string]string{}
	d.libraries("gpav1enc", "3.6.0")
	d.libraries("av1enc", "3.6.0")
	d.libraries("x264enc", "164")
	d.libraries("x265enc", "")
	require.Equal(t, `gstpublish  v1
GStreamer   1.22.0
plugins     va 1.22.1, x264 1.22.0
libraries   libaom 3.6.0, libx264 164
devices     /dev/dri/renderD128

codec  encoder                   camera      screen
H264   vapostproc ! vah264enc     fails     fails
         no surfaces
       x264enc                      200 *     150 *
AV1    none

not available
  NVENC: the plugin is installed, but finds no device or driver
  vah264lpenc: not supported by this device or this version of GStreamer

newer libraries
  libaom 3.12: gpav1enc uses cpu-used=8 for moving screens from 1280x720 on, for 27 % fewer bytes and 1.4 dB more
  libaom 3.12: gpav1enc encodes only what has changed of a sharp screen, in half the time at 1080p

Numbers: frames of 1280x720 encoded per second, proven by decoding them.
*: the encoder that --codec would choose.

Try again.
`, d.Text())
	d.Newer = nil
	d.Libraries = map[string]string{}
	d.libraries("gpav1enc", "3.12.1")
	require.NotContains(t, d.Text(), "newer libraries")
}

func TestReport(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"etc/os-release": "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "proc/sys/kernel/osrelease": "6.1.0\n",
	} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Setenv("DISPLAY", ":7")
	t.Setenv("WAYLAND_DISPLAY", "wayland-1")
	t.Setenv("HOME", "/home/alice")
	s := ReadSystem(root)
	require.Equal(t, System{"Debian GNU/Linux 12 (bookworm)", "6.1.0", "Wayland and X11"}, s)
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	require.Equal(t, System{"unknown", "unknown", "no display"}, ReadSystem(t.TempDir()))

	d := &Diagnosis{Gstpublish: "v1", Hints: []string{"Remove /home/alice/.cache/x."}}
	report := d.Report(Versions{OS: "linux", Arch: "arm64", Go: "go1"}, s)
	require.Contains(t, report, "system      Debian GNU/Linux 12 (bookworm), kernel 6.1.0, linux/arm64, CPUs: ")
	require.Contains(t, report, "built with  go1, server-sdk-go unknown, pion/webrtc unknown\n")
	require.Contains(t, report, "own         no encoders: built with -tags noscreenenc\n")
	require.Contains(t, report, "Remove ~/.cache/x.")
	require.NotContains(t, report, "alice")
}
