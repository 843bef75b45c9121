// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package sandbox limits what this process and its children may do: which files they open, which TCP ports they connect
// to, and which system calls they make. It uses Landlock and seccomp, which need no privileges. Limits cannot be
// removed.
package sandbox

import (
	"fmt"
	"strings"
)

// Options lists what a process may do, besides what every gstpublish needs: to read the system's libraries and
// GStreamer's plugins, to use graphics cards, to send and receive UDP, and to connect to DNS servers. Paths that do not
// exist are ignored.
type Options struct {
	// Required makes Apply fail unless files, TCP and system calls can all be limited. Otherwise it does what it can.
	Required bool
	// Read has files and folders to read, and Write those to read and write, devices included.
	Read, Write []string
	// Sockets has Unix sockets with a path, to connect to. Before Landlock 9, connections to others are not refused.
	Sockets []string
	// AbstractSockets permits connections to Unix sockets without a path, to which libxcb connects before all others.
	AbstractSockets bool
	// Execute has programs to run. Every other program is refused.
	Execute []string
	// Connect has TCP ports, of any host. Bind has TCP ports to listen at.
	Connect, Bind []uint16
}

// Applied is what limits a process.
type Applied struct {
	Landlock int  // version of Landlock's interface; 0 for none
	Seccomp  bool // dangerous system calls are refused
	Abstract bool // abstract Unix sockets are not limited
}

// String returns the limits in words.
func (a Applied) String() string {
	var limits []string
	if a.Landlock > 0 {
		limits = append(limits, fmt.Sprintf("Landlock %d (%s)", a.Landlock, strings.Join(a.landlock(), ", ")))
	}
	if a.Seccomp {
		limits = append(limits, "seccomp (system calls)")
	}
	if len(limits) == 0 {
		return "nothing"
	}
	return strings.Join(limits, ", ")
}

// The versions of Landlock's interface that began to limit something. UDP is never limited: WebRTC needs it.
const (
	landlockTCP     = 4
	landlockDevices = 5
	landlockScopes  = 6
	landlockSockets = 9
)

// landlock returns what Landlock limits.
func (a Applied) landlock() []string {
	limits, scopes := []string{"files"}, "signals and abstract sockets"
	if a.Abstract {
		scopes = "signals"
	}
	for _, l := range []struct {
		since int
		what  string
	}{
		{landlockTCP, "TCP"},
		{landlockDevices, "devices"},
		{landlockScopes, scopes},
		{landlockSockets, "Unix sockets"},
	} {
		if a.Landlock >= l.since {
			limits = append(limits, l.what)
		}
	}
	return limits
}

// UnavailableError reports that a sandbox is required that this system does not have.
type UnavailableError struct {
	Available Applied
	Err       error // of the system; nil if it is only too old
}

func (e *UnavailableError) Error() string {
	text := fmt.Sprintf("sandbox: this system cannot limit files, TCP and system calls (it has: %s)", e.Available)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *UnavailableError) Unwrap() error { return e.Err }
