// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ports are those of URLs without a port.
var ports = map[string]uint16{
	"http": 80, "https": 443, "ws": 80, "wss": 443, "rtsp": 554, "rtsps": 322, "rtspt": 554, "rtmp": 1935, "rtmps": 443,
}

// AddURL permits the TCP port of a URL.
func (o *Options) AddURL(address string) {
	u, err := url.Parse(address)
	if err != nil {
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

// AddInput permits what the argument of `gstpublish run` names: a file, a device or a URL.
func (o *Options) AddInput(name string) {
	if strings.Contains(name, "://") {
		o.AddURL(name)
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
