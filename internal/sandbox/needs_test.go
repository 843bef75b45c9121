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
	} {
		o.AddInput(input)
	}
	o.AddServer("unix:/run/a/http")
	o.AddServer("127.0.0.1:9000")
	require.Equal(t, Options{
		Read: []string{file}, Write: []string{"/dev/null", "/run/a"},
		Connect: []uint16{554, 8443, 7001}, Bind: []uint16{9000},
	}, o)
}

func TestApplied(t *testing.T) {
	require.Equal(t, "nothing", Applied{}.String())
	require.Equal(t, "Landlock 3 (files)", Applied{Landlock: 3}.String())
	require.Equal(t, "Landlock 9 (files, TCP, devices, signals and abstract sockets, Unix sockets), seccomp "+
		"(system calls)", Applied{Landlock: 9, Seccomp: true}.String())
	require.EqualError(t, &UnavailableError{Available: Applied{Seccomp: true}, Err: os.ErrInvalid},
		"sandbox: this system cannot limit files, TCP and system calls (it has: seccomp (system calls)): invalid argument")
}
