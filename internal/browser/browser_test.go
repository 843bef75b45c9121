// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gstpublish/gstpublish/internal/browser"
)

func TestEval(t *testing.T) {
	t.Parallel()
	page := open(t, "about:blank")
	ctx := within(t)
	var sum int
	require.NoError(t, page.Eval(ctx, "Promise.resolve(1 + 2)", &sum))
	require.Equal(t, 3, sum)
	require.NoError(t, page.Call(ctx, "(a, b) => a.length + b", &sum, "four", 5))
	require.Equal(t, 9, sum)
	require.NoError(t, page.Eval(ctx, "undefined", nil))
	require.ErrorContains(t, page.Eval(ctx, "undefined", &sum), "no value")
	require.ErrorContains(t, page.Eval(ctx, "Promise.reject(new TypeError('out of cheese'))", nil),
		"TypeError: out of cheese")
	require.ErrorContains(t, page.Eval(ctx, "(() => { throw 'plain' })()", nil), "plain")
	require.Error(t, page.Eval(ctx, "a syntax error", nil))
	require.Error(t, page.Eval(ctx, "'text'", &sum))
	require.Error(t, page.Call(ctx, "x => x", nil, make(chan int)))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, page.Eval(gone, "new Promise(() => {})", nil), context.Canceled)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<title>here</title>")
	}))
	defer site.Close()
	var title string
	require.NoError(t, open(t, site.URL).Eval(within(t), "document.title", &title))
	require.Equal(t, "here", title)
	for _, url := range []string{"http://localhost:1", "http://127.0.0.1:1", "http://gstpublish.example"} {
		_, err := chromium.Open(within(t), url)
		require.ErrorContains(t, err, url)
	}
}

// TestStop checks that Stop leaves no processes and no files.
func TestStop(t *testing.T) {
	dir := shortDir(t)
	t.Setenv("TMPDIR", dir)
	b, err := browser.Start(within(t), nil)
	require.NoError(t, err)
	page, err := b.Open(within(t), "about:blank")
	require.NoError(t, err)
	waiting := make(chan error)
	go func() { waiting <- page.Eval(context.Background(), "new Promise(() => {})", nil) }()
	require.NoError(t, page.Eval(within(t), "1", nil))
	require.NoError(t, b.Stop())
	require.Error(t, <-waiting)
	require.NoError(t, b.Stop())
	require.True(t, ended(b.PID()))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// shortDir returns a folder with a short path.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "b") //nolint:usetesting // t.TempDir has the test's name in it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// ended reports whether a process group has no processes.
func ended(group int) bool { return errors.Is(syscall.Kill(-group, 0), syscall.ESRCH) }

func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	_, err := browser.Start(within(t), &browser.Options{Path: "/bin/false"})
	require.Error(t, err)
	_, err = browser.Start(within(t), &browser.Options{Path: dir})
	require.ErrorContains(t, err, dir)
	t.Setenv("CHROMIUM", "/nowhere/chromium")
	_, err = browser.Start(within(t), nil)
	require.ErrorContains(t, err, "CHROMIUM=/nowhere/chromium")
	t.Setenv("CHROMIUM", "")
	t.Setenv("PATH", dir)
	_, err = browser.Start(within(t), nil)
	require.ErrorIs(t, err, browser.ErrNotFound)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// parentVariable makes this test binary a parent process that will be killed.
const parentVariable = "GSTPUBLISH_TEST_BROWSER_PARENT"

// parent starts a browser, prints its process ID, and waits.
func parent() {
	b, err := browser.Start(context.Background(), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Fprintln(os.Stdout, b.PID())
	select {}
}

// TestBrowserEndsWithItsParent kills the parent process of a browser with SIGKILL.
func TestBrowserEndsWithItsParent(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(within(t), self)
	cmd.Env = append(os.Environ(), parentVariable+"=1", "TMPDIR="+shortDir(t))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var group int
	_, err = fmt.Fscanln(stdout, &group)
	_ = cmd.Process.Kill() // It fails only if the process has ended, which the next call shows.
	require.ErrorContains(t, cmd.Wait(), "killed")
	require.NoError(t, err)
	waitFor(t, "the end of the browser", func() bool { return ended(group) })
}
