// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package need lets a test declare what it needs beyond a processor and GStreamer. `make check` runs the tests that
// need nothing else (go test -short); `make test` runs all of them. A test of internal/archtest finds tests that start
// a server, a browser or a live source without a declaration.
package need

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Server skips tb under -short, since it needs a LiveKit server.
func Server(tb testing.TB) {
	tb.Helper()
	skip(tb, "a LiveKit server")
}

// Browser skips tb under -short, since it needs Chromium.
func Browser(tb testing.TB) {
	tb.Helper()
	skip(tb, "a browser")
}

// Display skips tb under -short, since it needs an X server.
func Display(tb testing.TB) {
	tb.Helper()
	skip(tb, "an X server")
}

// Prometheus skips tb under -short, since it needs Prometheus's programs.
func Prometheus(tb testing.TB) {
	tb.Helper()
	skip(tb, "Prometheus")
}

// RealTime skips tb under -short, since the wall clock paces it: by a live source, a link or a real timer.
func RealTime(tb testing.TB) {
	tb.Helper()
	skip(tb, "wall-clock time")
}

// Encoding skips tb under -short, since it encodes for more than about two seconds of processor time.
func Encoding(tb testing.TB) {
	tb.Helper()
	skip(tb, "seconds of encoding")
}

func skip(tb testing.TB, what string) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("-short: the test needs " + what)
	}
}

// Short reports whether the tests run under -short. A TestMain calls it before it starts what its tests share. It
// parses the command line if nothing has.
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
