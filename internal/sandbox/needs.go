// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ports has the default port of each scheme.
var ports = map[string]uint16{
	"http": 80, "https": 443, "ws": 80, "wss": 443, "rtsp": 554, "rtsps": 322, "rtspt": 554, "rtmp": 1935, "rtmps": 443,
}

// datagrams lists the schemes that need no TCP.
var datagrams = []string{"srt", "udp", "rtp", "rist"}

// AddURL permits the TCP port of a URL.
func (o *Options) AddURL(address string) {
	u, err := url.Parse(address)
	if err != nil || slices.Contains(datagrams, u.Scheme) {
		return
	}
	port := ports[u.Scheme]
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		port = uint16(n)
	}
	if port > 0 {
		o.Connect = append(o.Connect, port)
	}
}

// AddInput permits the file, the device or the URL that the argument of `gstpublish run` names.
func (o *Options) AddInput(name string) {
	if strings.Contains(name, "://") {
		o.AddURL(name)
		if u, err := url.Parse(name); err == nil && u.Scheme == "file" {
			o.Read = append(o.Read, u.Path)
		}
		return
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.Mode()&os.ModeCharDevice != 0:
		o.Write = append(o.Write, path)
	default:
		o.Read = append(o.Read, path)
	}
}

// AddServer permits a server of our own at an address: unix:PATH or HOST:PORT. The folder of a Unix socket is writable.
func (o *Options) AddServer(address string) {
	if path, is := strings.CutPrefix(address, "unix:"); is {
		o.Write = append(o.Write, filepath.Dir(path))
		return
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		o.Bind = append(o.Bind, uint16(n))
	}
}

// xPort is the TCP port of the first display of an X server.
const xPort = 6000

// AddDisplay permits the connection to an X11 display such as :0 or host:1, and its authority file. A client of a
// display can see all windows and what is typed.
func (o *Options) AddDisplay(display string, getenv func(string) string) {
	host, number, found := strings.Cut(display, ":")
	number, _, _ = strings.Cut(number, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if !found || err != nil || n > 1<<16-1-xPort {
		return
	}
	if host == "" || host == "unix" {
		o.Sockets, o.AbstractSockets = append(o.Sockets, "/tmp/.X11-unix/X"+number), true
	} else {
		o.Connect = append(o.Connect, xPort+uint16(n))
	}
	if file := getenv("XAUTHORITY"); file != "" {
		o.Read = append(o.Read, file)
	} else if home := getenv("HOME"); home != "" {
		o.Read = append(o.Read, filepath.Join(home, ".Xauthority"))
	}
}

// AddPipeWire permits the connection to PipeWire.
func (o *Options) AddPipeWire(getenv func(string) string) {
	name := getenv("PIPEWIRE_REMOTE")
	if name == "" {
		name = "pipewire-0"
	}
	if !filepath.IsAbs(name) {
		dir := getenv("PIPEWIRE_RUNTIME_DIR")
		if dir == "" {
			dir = getenv("XDG_RUNTIME_DIR")
		}
		name = filepath.Join(dir, name)
	}
	o.Sockets = append(o.Sockets, name)
}

// AddGStreamer permits reading GStreamer's registry of plugins, and plugins outside the system's folders. Without the
// registry, each process would load all plugins to examine them.
func (o *Options) AddGStreamer(getenv func(string) string) {
	for _, of := range []struct{ variable, below, name string }{
		{"XDG_CACHE_HOME", ".cache", "gstreamer-1.0"},
		{"XDG_DATA_HOME", ".local/share", "gstreamer-1.0/plugins"},
	} {
		if dir := getenv(of.variable); dir != "" {
			o.Read = append(o.Read, filepath.Join(dir, of.name))
		} else if home := getenv("HOME"); home != "" {
			o.Read = append(o.Read, filepath.Join(home, of.below, of.name))
		}
	}
	for _, name := range []string{"GST_REGISTRY", "GST_PLUGIN_PATH", "GST_PLUGIN_SYSTEM_PATH"} {
		for _, variable := range []string{name, name + "_1_0"} {
			o.Read = append(o.Read, filepath.SplitList(getenv(variable))...)
		}
	}
}
