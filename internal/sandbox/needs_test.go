// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNeeds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.mp4")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	var o Options
	for _, input := range []string{
		file, "/dev/null", "rtsp://camera/stream", "https://host:8443/a", "srt://host:7001", "videotestsrc ! a", "/none",
		"file:///media/a%20b.mp4",
	} {
		o.AddInput(input)
	}
	o.AddServer("unix:/run/a/http")
	o.AddServer("127.0.0.1:9000")
	require.Equal(t, Options{
		Read: []string{file, "/media/a b.mp4"}, Write: []string{"/dev/null", "/run/a"},
		Connect: []uint16{554, 8443}, Bind: []uint16{9000},
	}, o)
}

func TestDisplay(t *testing.T) {
	environment := map[string]string{"HOME": "/home/a", "XDG_RUNTIME_DIR": "/run/user/1000"}
	getenv := func(name string) string { return environment[name] }
	added := func(display string) (o Options) {
		o.AddDisplay(display, getenv)
		return o
	}
	local := Options{
		Sockets: []string{"/tmp/.X11-unix/X1"}, AbstractSockets: true, Read: []string{"/home/a/.Xauthority"},
	}
	require.Equal(t, local, added(":1.0"))
	require.Equal(t, local, added("unix:1"))
	require.Equal(t, Options{Connect: []uint16{6002}, Read: []string{"/home/a/.Xauthority"}}, added("host:2"))
	for _, wrong := range []string{"", "1", ":a", ":65000"} {
		require.Zero(t, added(wrong), wrong)
	}
	environment["XAUTHORITY"] = "/run/a"
	require.Equal(t, []string{"/run/a"}, added(":1").Read)

	var o Options
	o.AddPipeWire(getenv)
	environment["PIPEWIRE_REMOTE"] = "other"
	o.AddPipeWire(getenv)
	environment["PIPEWIRE_RUNTIME_DIR"] = "/run/pipewire"
	o.AddPipeWire(getenv)
	environment["PIPEWIRE_REMOTE"] = "/a/b"
	o.AddPipeWire(getenv)
	require.Equal(t, Options{Sockets: []string{
		"/run/user/1000/pipewire-0", "/run/user/1000/other", "/run/pipewire/other", "/a/b",
	}}, o)
}

func TestGStreamer(t *testing.T) {
	environment := map[string]string{"HOME": "/home/a"}
	added := func() (o Options) {
		o.AddGStreamer(func(name string) string { return environment[name] })
		return o
	}
	require.Equal(t, Options{Read: []string{
		"/home/a/.cache/gstreamer-1.0", "/home/a/.local/share/gstreamer-1.0/plugins",
	}}, added())
	environment = map[string]string{
		"XDG_CACHE_HOME": "/cache", "GST_REGISTRY_1_0": "/a/registry", "GST_PLUGIN_PATH": "/b:/c",
	}
	require.Equal(t, Options{Read: []string{"/cache/gstreamer-1.0", "/a/registry", "/b", "/c"}}, added())
}

func TestApplied(t *testing.T) {
	require.Equal(t, "nothing", Applied{}.String())
	require.Equal(t, "Landlock 3 (files)", Applied{Landlock: 3}.String())
	require.Equal(t, "Landlock 9 (files, TCP, devices, signals and abstract sockets, Unix sockets), seccomp "+
		"(system calls)", Applied{Landlock: 9, Seccomp: true}.String())
	require.Equal(t, "Landlock 7 (files, TCP, devices, signals)", Applied{Landlock: 7, Abstract: true}.String())
	require.EqualError(t, &UnavailableError{Available: Applied{Seccomp: true}, Err: os.ErrInvalid},
		"sandbox: this system cannot limit files, TCP and system calls (it has: seccomp (system calls)): invalid argument")
}
