// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package need lets a test declare what it needs beyond a processor and GStreamer. `make check` runs the tests that need
// nothing else (go test -short); `make test` runs all of them. A test of internal/archtest finds tests that start a
// server, a browser or a live source without a declaration.
package need

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Server skips t under -short, since it needs a LiveKit server.
func Server(t testing.TB) {
	t.Helper()
	skip(t, "a LiveKit server")
}

// Browser skips t under -short, since it needs Chromium.
func Browser(t testing.TB) {
	t.Helper()
	skip(t, "a browser")
}

// Display skips t under -short, since it needs an X server.
func Display(t testing.TB) {
	t.Helper()
	skip(t, "an X server")
}

// RealTime skips t under -short, since the wall clock paces it: by a live source, a link or a real timer.
func RealTime(t testing.TB) {
	t.Helper()
	skip(t, "wall-clock time")
}

// Encoding skips t under -short, since it encodes for more than about two seconds of processor time.
func Encoding(t testing.TB) {
	t.Helper()
	skip(t, "seconds of encoding")
}

func skip(t testing.TB, what string) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the test needs " + what)
	}
}

// Short reports whether the tests run under -short. A TestMain calls it before it starts what its tests share. It parses
// the command line if nothing has.
func Short() bool {
	if !flag.Parsed() {
		flag.Parse()
	}
	return testing.Short()
}

// ShortSkipsAll is Short for a TestMain whose tests all need the same. If it returns true, it has printed that no test
// of the package runs, and the caller returns without running any.
func ShortSkipsAll(what string) bool {
	if !Short() {
		return false
	}
	fmt.Fprintf(os.Stderr, "-short: every test of this package needs %s\n", what)
	return true
}
