// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package devserver

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain lets this test binary act as a server that misbehaves, under the name of a fake (see
// [fake]).
func TestMain(m *testing.M) {
	if behave, ok := fakes[filepath.Base(os.Args[0])]; ok {
		behave()
		return
	}
	goleak.VerifyTestMain(m)
}

// fakes are the servers that misbehave, by name.
var fakes = map[string]func(){
	"fake-quits":     func() { quit("out of cheese") },
	"fake-port":      func() { quit("listen tcp 127.0.0.1:1: bind: address already in use") },
	"fake-silent":    silent,
	"fake-stubborn":  stubborn,
	"fake-unhealthy": unhealthy,
	"fake-parent":    parent,
}

// fake returns the path of the fake with a name.
func fake(t *testing.T, name string) string {
	t.Helper()
	require.Contains(t, fakes, name)
	self, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Symlink(self, path))
	return path
}

// quit prints a text and exits with success, as the real server does. It bypasses the race
// detector, whose exit takes a second.
func quit(text string) {
	fmt.Fprintln(os.Stdout, text)
	syscall.Exit(0)
}

// silent prints one text, and nothing after it.
func silent() {
	fmt.Fprintln(os.Stdout, "thinking")
	select {}
}

// stubborn is ready, and ignores SIGTERM.
func stubborn() {
	signal.Ignore(syscall.SIGTERM)
	serve(http.StatusOK, "OK")
}

// unhealthy listens and is never ready.
func unhealthy() {
	serve(http.StatusNotAcceptable, "Not Ready")
}

func serve(status int, text string) {
	port := regexp.MustCompile(`(?m)^port: (\d+)$`).FindStringSubmatch(os.Getenv("LIVEKIT_CONFIG"))[1]
	fmt.Fprintln(os.Stdout, listeningText)
	err := http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	fmt.Fprintln(os.Stdout, err)
}

// parent starts a real server, prints its address, and waits to be killed.
func parent() {
	s, err := Start(context.Background(), nil)
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, s.addr())
	select {}
}
